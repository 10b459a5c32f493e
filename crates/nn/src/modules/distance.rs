//! Distances between vectors.

use crate::functional::{cosine_similarity, pairwise_distance_with};
use crate::{Module, Result, Site};
use rushlight_autograd::Tensor;

/// Writes a function of two tensors as a layer: a struct with a public field per row, `new`, a chained
/// setter for each, and the call. What it is set to is not printed, as in PyTorch.
macro_rules! distance {
    (
        $(#[$struct_doc:meta])*
        $Layer:ident {}
        $( $(#[$doc:meta])* $name:ident: $T:ty = $default:expr; )*
        |$layer:ident, $x1:ident, $x2:ident| $forward:expr
    ) => {
        $(#[$struct_doc])*
        #[derive(Module, Debug)]
        pub struct $Layer {
            $($(#[$doc])* #[module(skip)] pub $name: $T,)*
            /// The layer's place in a model.
            pub site: Site,
        }

        impl $Layer {
            /// The layer with default settings.
            #[allow(clippy::new_without_default, reason = "layers are made by `new`")]
            pub fn new() -> $Layer {
                $Layer { $($name: $default,)* site: Site::default() }
            }

            $(
                $(#[$doc])*
                #[must_use]
                pub fn $name(mut self, $name: $T) -> $Layer {
                    self.$name = $name;
                    self
                }
            )*

            /// Calls the layer.
            pub fn forward(&self, $x1: &Tensor, $x2: &Tensor) -> Result<Tensor> {
                let $layer = self;
                self.site.locate($forward)
            }
        }
    };
}

distance! {
    /// The `p`-norm of the difference of two vectors, along the last dimension; see
    /// [`pairwise_distance`](crate::functional::pairwise_distance).
    PairwiseDistance {}
    /// The norm. Default: 2.
    p: f64 = 2.0;
    /// Added to differences before the norm is taken. Default: 1e-6.
    eps: f64 = 1e-6;
    /// Whether the last dimension is kept. Default: false.
    keepdim: bool = false;
    |layer, x1, x2| pairwise_distance_with(x1, x2, layer.p, layer.eps, layer.keepdim)
}

distance! {
    /// The cosine of the angle between two vectors; see [`cosine_similarity`].
    CosineSimilarity {}
    /// The dimension along which vectors lie. Default: 1.
    dim: isize = 1;
    /// The least length that counts. Default: 1e-8.
    eps: f64 = 1e-8;
    |layer, x1, x2| cosine_similarity(x1, x2, layer.dim, layer.eps)
}

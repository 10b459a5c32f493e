//! Distances between vectors.

use crate::builder::arguments;
use crate::functional::{cosine_similarity, pairwise_distance_with};
use crate::{Module, Result, Site};
use rushlight_autograd::Tensor;

/// Writes a function of two tensors as a layer: a struct with a public field per row, `new`, a chained
/// setter for each, and the call. What it is set to is not printed, as in PyTorch.
macro_rules! distance {
    (
        $(#[$struct_doc:meta])*
        $Layer:ident {}
        $( $(#[doc = $doc:literal])* $name:ident: $T:ty = $default:expr; )*
        |$layer:ident, $x1:ident, $x2:ident| $forward:expr
    ) => {
        $(#[$struct_doc])*
        #[doc = arguments!($($name: $($doc)*;)*)]
        #[derive(Module, Debug)]
        pub struct $Layer {
            $($(#[doc = $doc])* #[module(skip)] pub $name: $T,)*
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
                $(#[doc = $doc])*
                #[must_use]
                pub fn $name(mut self, $name: $T) -> $Layer {
                    self.$name = $name;
                    self
                }
            )*

            /// Calls the layer.
            pub fn forward(&self, $x1: &Tensor, $x2: &Tensor) -> Result<Tensor> {
                let $layer = self;
                self.site.call_all([$x1, $x2], |[$x1, $x2]| $forward)
            }
        }
    };
}

distance! {
    /// The `p`-norm of the difference of two vectors, `(sum of |x1 - x2 + eps|^p)^(1/p)`, along the
    /// last dimension; see [`pairwise_distance`](crate::functional::pairwise_distance).
    ///
    /// # Shape
    ///
    /// `[..., features]` twice `-> [...]`, or `[..., 1]` if `keepdim`
    ///
    /// ```
    /// # use rushlight_autograd::{Result, tensor};
    /// # use rushlight_nn::PairwiseDistance;
    /// # fn main() -> Result<()> {
    /// let layer = PairwiseDistance::new().eps(0.0);
    /// let y = layer.forward(&tensor([[1.0, 2.0]])?, &tensor([[4.0, 6.0]])?)?;
    /// assert_eq!(y.to_vec::<f32>()?, [5.0]);
    /// # Ok(()) }
    /// ```
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
    /// The cosine of the angle between two vectors, `x1 . x2 / (max(|x1|, eps) max(|x2|, eps))`;
    /// see [`cosine_similarity`].
    ///
    /// # Shape
    ///
    /// `[..., features, ...]` twice `-> [..., ...]`, without dimension `dim`
    ///
    /// ```
    /// # use rushlight_autograd::{Result, tensor};
    /// # use rushlight_nn::CosineSimilarity;
    /// # fn main() -> Result<()> {
    /// let layer = CosineSimilarity::new();
    /// let y = layer.forward(&tensor([[3.0, 4.0]])?, &tensor([[4.0, 3.0]])?)?;
    /// assert!((y.item()? - 0.96).abs() < 1e-6);
    /// # Ok(()) }
    /// ```
    CosineSimilarity {}
    /// The dimension along which vectors lie. Default: 1.
    dim: isize = 1;
    /// The least length that counts. Default: 1e-8.
    eps: f64 = 1e-8;
    |layer, x1, x2| cosine_similarity(x1, x2, layer.dim, layer.eps)
}

//! Dropout: random elements are set to zero while training.

use crate::functional::{self, check_probability};
use crate::{Forward, Module, Result, Setting, Site};
use rushlight_autograd::Tensor;

macro_rules! dropout_layers {
    ($(
        $(#[$doc:meta])*
        $Layer:ident |$x:ident, $p:ident, $training:ident| $forward:expr;
    )*) => { $(
        $(#[$doc])*
        #[derive(Module, Debug)]
        #[module(repr = Self::text)]
        pub struct $Layer {
            /// The probability with which something is dropped.
            pub p: f64,
            /// Only printed; see [`Inplace`](crate::Inplace).
            pub inplace: bool,
            /// The layer's place in a model.
            pub site: Site,
        }

        impl $Layer {
            /// A layer that drops with probability `p`, an error unless it is from 0 to 1.
            pub fn new(p: f64) -> Result<$Layer> {
                check_probability(stringify!($Layer), p)?;
                Ok($Layer { p, inplace: false, site: Site::default() })
            }

            /// Only printed; see [`Inplace`](crate::Inplace). Default: false.
            #[must_use]
            pub fn inplace(mut self, inplace: bool) -> $Layer {
                self.inplace = inplace;
                self
            }

            fn text(&self) -> String {
                format!("p={}, inplace={}", self.p.text(), self.inplace.text())
            }
        }

        impl Forward for $Layer {
            fn forward(&self, x: &Tensor) -> Result<Tensor> {
                self.site.call(x, |$x| {
                    let ($p, $training) = (self.p, self.site.is_training());
                    $forward
                })
            }
        }
    )* };
}

dropout_layers! {
    /// Sets each element to zero with probability `p` while training, and divides the others by
    /// `1 - p`. In evaluation mode it returns its input.
    ///
    /// ```
    /// # use rushlight_autograd::{Result, Tensor};
    /// # use rushlight_nn::{Dropout, Forward, Module};
    /// # fn main() -> Result<()> {
    /// let (layer, x) = (Dropout::new(0.5)?, Tensor::ones(&[4])?);
    /// assert!(layer.forward(&x)?.to_vec::<f32>()?.iter().all(|&y| y == 0.0 || y == 2.0));
    /// layer.eval();
    /// assert_eq!(layer.forward(&x)?.to_vec::<f32>()?, [1.0; 4]);
    /// # Ok(()) }
    /// ```
    Dropout |x, p, training| functional::dropout(x, p, training);
    /// As [`Dropout`] for whole channels of sequences.
    ///
    /// Shapes: `[n, channels, length]` or `[channels, length]`.
    Dropout1d |x, p, training| functional::dropout1d(x, p, training);
    /// As [`Dropout`] for whole channels of images.
    ///
    /// Shapes: `[n, channels, height, width]`; three dimensions are taken for `[n, channels, length]`.
    Dropout2d |x, p, training| functional::dropout2d(x, p, training);
    /// As [`Dropout`] for whole channels of volumes.
    ///
    /// Shapes: `[n, channels, depth, height, width]` or `[channels, depth, height, width]`.
    Dropout3d |x, p, training| functional::dropout3d(x, p, training);
    /// As [`Dropout`], keeping mean 0 and variance 1, for use with [`SELU`](crate::SELU).
    AlphaDropout |x, p, training| functional::alpha_dropout(x, p, training);
    /// As [`AlphaDropout`] for whole channels.
    ///
    /// Shapes: `[n, channels, ...]`.
    FeatureAlphaDropout |x, p, training| functional::feature_alpha_dropout(x, p, training);
}

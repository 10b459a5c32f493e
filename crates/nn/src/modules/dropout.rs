//! Dropout: random elements are set to zero while training.

use crate::builder::arguments;
use crate::functional::{self, check_probability};
use crate::{Forward, Module, Result, Setting, Site};
use rushlight_autograd::Tensor;

macro_rules! dropout_layers {
    ($(
        $(#[$doc:meta])*
        $Layer:ident |$x:ident, $p:ident, $training:ident| $forward:expr;
    )*) => { $(
        $(#[$doc])*
        #[doc = arguments!(
            p: " The probability with which something is dropped, from 0 to 1.";
            inplace: " Only printed; see [`Inplace`](crate::Inplace). Default: false.";
        )]
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
    /// # Shape
    ///
    /// Any shape; the result has the same.
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
    /// # Shape
    ///
    /// `[n, channels, length]` or `[channels, length]`; the result has the same.
    ///
    /// ```
    /// # use rushlight_autograd::{Result, Tensor};
    /// # use rushlight_nn::{Dropout1d, Forward};
    /// # fn main() -> Result<()> {
    /// let y = Dropout1d::new(0.5)?.forward(&Tensor::ones(&[2, 3, 4])?)?;
    /// let channels = y.mean_dim(&[-1], false)?.to_vec::<f32>()?;
    /// assert!(channels.iter().all(|&mean| mean == 0.0 || mean == 2.0));
    /// # Ok(()) }
    /// ```
    Dropout1d |x, p, training| functional::dropout1d(x, p, training);
    /// As [`Dropout`] for whole channels of images.
    ///
    /// # Shape
    ///
    /// `[n, channels, height, width]`; three dimensions are taken for `[n, channels, length]`. The
    /// result has the same.
    ///
    /// ```
    /// # use rushlight_autograd::{Result, Tensor};
    /// # use rushlight_nn::{Dropout2d, Forward};
    /// # fn main() -> Result<()> {
    /// let y = Dropout2d::new(0.5)?.forward(&Tensor::ones(&[2, 3, 4, 5])?)?;
    /// let channels = y.mean_dim(&[-1, -2], false)?.to_vec::<f32>()?;
    /// assert!(channels.iter().all(|&mean| mean == 0.0 || mean == 2.0));
    /// # Ok(()) }
    /// ```
    Dropout2d |x, p, training| functional::dropout2d(x, p, training);
    /// As [`Dropout`] for whole channels of volumes.
    ///
    /// # Shape
    ///
    /// `[n, channels, depth, height, width]` or `[channels, depth, height, width]`; the result has
    /// the same.
    ///
    /// ```
    /// # use rushlight_autograd::{Result, Tensor};
    /// # use rushlight_nn::{Dropout3d, Forward};
    /// # fn main() -> Result<()> {
    /// let y = Dropout3d::new(0.5)?.forward(&Tensor::ones(&[2, 3, 4, 5, 6])?)?;
    /// let channels = y.mean_dim(&[-1, -2, -3], false)?.to_vec::<f32>()?;
    /// assert!(channels.iter().all(|&mean| mean == 0.0 || mean == 2.0));
    /// # Ok(()) }
    /// ```
    Dropout3d |x, p, training| functional::dropout3d(x, p, training);
    /// As [`Dropout`], but dropped elements become the least value of [`SELU`](crate::SELU), and
    /// all are scaled and moved so that mean 0 and variance 1 are kept (Klambauer et al. 2017).
    ///
    /// # Shape
    ///
    /// Any shape; the result has the same.
    ///
    /// ```
    /// # use rushlight_autograd::{Result, Tensor};
    /// # use rushlight_nn::{AlphaDropout, Forward, Module};
    /// # fn main() -> Result<()> {
    /// let (layer, x) = (AlphaDropout::new(0.5)?, Tensor::ones(&[4])?);
    /// layer.eval();
    /// assert_eq!(layer.forward(&x)?.to_vec::<f32>()?, [1.0; 4]);
    /// # Ok(()) }
    /// ```
    AlphaDropout |x, p, training| functional::alpha_dropout(x, p, training);
    /// As [`AlphaDropout`] for whole channels.
    ///
    /// # Shape
    ///
    /// `[n, channels, ...]`; the result has the same.
    ///
    /// ```
    /// # use rushlight_autograd::{Result, Tensor};
    /// # use rushlight_nn::{FeatureAlphaDropout, Forward, Module};
    /// # fn main() -> Result<()> {
    /// let (layer, x) = (FeatureAlphaDropout::new(0.5)?, Tensor::ones(&[1, 2, 2])?);
    /// layer.eval();
    /// assert_eq!(layer.forward(&x)?.to_vec::<f32>()?, [1.0; 4]);
    /// # Ok(()) }
    /// ```
    FeatureAlphaDropout |x, p, training| functional::feature_alpha_dropout(x, p, training);
}

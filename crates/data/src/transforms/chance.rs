//! Transforms that are done now and then.

use std::fmt;
use std::sync::Arc;

use rushlight_autograd::Tensor;

use super::tone::{adjust_sharpness, autocontrast, equalize, invert, posterize, solarize};
use super::{Transform, color, draw};
use crate::Result;

/// Writes transforms that are done with a probability. A row is `Name(settings) probability |image|
/// result;`.
macro_rules! chances {
    ($($(#[$doc:meta])* $Name:ident($($setting:ident: $T:ty),*) $p:literal |$image:ident| $result:expr;)*) => { $(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy)]
        pub struct $Name {
            p: f64,
            $($setting: $T,)*
        }

        chances! { @constructors $Name($($setting: $T),*) $p }

        impl Transform for $Name {
            fn apply(&self, $image: &Tensor) -> Result<Tensor> {
                $(let $setting = self.$setting;)*
                match draw::uniform(0.0, 1.0)? < self.p {
                    true => Ok($result?),
                    false => Ok($image.clone()),
                }
            }
        }
    )* };
    (@constructors $Name:ident() $p:literal) => {
        impl $Name {
            /// Done with the probability `p`.
            pub fn new(p: f64) -> $Name {
                $Name { p }
            }
        }

        impl Default for $Name {
            #[doc = concat!("Done with a probability of ", $p, ".")]
            fn default() -> $Name {
                $Name::new($p)
            }
        }
    };
    (@constructors $Name:ident($($setting:ident: $T:ty),*) $p:literal) => {
        impl $Name {
            #[doc = concat!("Done with a probability of ", $p, ".")]
            pub fn new($($setting: $T),*) -> $Name {
                $Name { p: $p, $($setting),* }
            }

            #[doc = concat!("With which probability it is done. Default: ", $p, ".")]
            #[must_use]
            pub fn p(mut self, p: f64) -> $Name {
                self.p = p;
                self
            }
        }
    };
}

chances! {
    /// Now and then left becomes right: `transforms.RandomHorizontalFlip`.
    RandomHorizontalFlip() 0.5 |image| image.flip(&[-1]);
    /// Now and then top becomes bottom: `transforms.RandomVerticalFlip`.
    RandomVerticalFlip() 0.5 |image| image.flip(&[-2]);
    /// Now and then colours become shades of grey, in as many channels: `transforms.RandomGrayscale`.
    RandomGrayscale() 0.1 |image| color::to_gray(image);
    /// Now and then every colour becomes its opposite: `transforms.RandomInvert`.
    RandomInvert() 0.5 |image| invert(image);
    /// Now and then each channel reaches from black to white: `transforms.RandomAutocontrast`.
    RandomAutocontrast() 0.5 |image| autocontrast(image);
    /// Now and then all shades become about as frequent: `transforms.RandomEqualize`.
    RandomEqualize() 0.5 |image| equalize(image);
    /// Now and then each channel keeps its highest bits only: `transforms.RandomPosterize`.
    RandomPosterize(bits: u32) 0.5 |image| posterize(image, bits);
    /// Now and then what is as bright as a threshold becomes its opposite: `transforms.RandomSolarize`.
    RandomSolarize(threshold: f64) 0.5 |image| solarize(image, threshold);
    /// Now and then edges become sharper by a factor, or softer by one below 1:
    /// `transforms.RandomAdjustSharpness`.
    RandomAdjustSharpness(factor: f64) 0.5 |image| adjust_sharpness(image, factor);
}

/// Now and then does what another transform does: `transforms.RandomApply`.
///
/// ```
/// use rushlight_data::transforms::{Compose, GaussianBlur, RandomApply, RandomSolarize};
///
/// let blur = RandomApply::new(GaussianBlur::new(23)).p(0.1);
/// let steps = Compose::new().then(blur).then(RandomSolarize::new(128.0).p(0.2));
/// ```
#[derive(Clone)]
pub struct RandomApply {
    transform: Arc<dyn Transform>,
    p: f64,
}

impl RandomApply {
    /// Done with a probability of 0.5.
    pub fn new(transform: impl Transform + 'static) -> RandomApply {
        RandomApply {
            transform: Arc::new(transform),
            p: 0.5,
        }
    }

    /// With which probability it is done. Default: 0.5.
    #[must_use]
    pub fn p(mut self, p: f64) -> RandomApply {
        self.p = p;
        self
    }
}

impl Transform for RandomApply {
    fn apply(&self, image: &Tensor) -> Result<Tensor> {
        match draw::uniform(0.0, 1.0)? < self.p {
            true => self.transform.apply(image),
            false => Ok(image.clone()),
        }
    }
}

impl fmt::Debug for RandomApply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RandomApply")
            .field("p", &self.p)
            .finish_non_exhaustive()
    }
}

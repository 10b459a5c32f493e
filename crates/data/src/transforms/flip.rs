//! Mirrored images.

use rushlight_autograd::Tensor;

use super::{Transform, draw};
use crate::Result;

macro_rules! flips {
    ($($(#[$doc:meta])* $Flip:ident $dim:literal;)*) => { $(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy)]
        pub struct $Flip {
            p: f64,
        }

        impl $Flip {
            /// Mirrors with the probability `p`.
            pub fn new(p: f64) -> $Flip {
                $Flip { p }
            }
        }

        impl Default for $Flip {
            /// Every other image.
            fn default() -> $Flip {
                $Flip::new(0.5)
            }
        }

        impl Transform for $Flip {
            fn apply(&self, image: &Tensor) -> Result<Tensor> {
                match draw::uniform(0.0, 1.0)? < self.p {
                    true => Ok(image.flip(&[$dim])?),
                    false => Ok(image.clone()),
                }
            }
        }
    )* };
}

flips! {
    /// Now and then left becomes right: `transforms.RandomHorizontalFlip`.
    RandomHorizontalFlip -1;
    /// Now and then top becomes bottom: `transforms.RandomVerticalFlip`.
    RandomVerticalFlip -2;
}

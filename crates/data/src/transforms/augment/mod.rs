//! Policies that change images in several ways at random.

mod operation;
mod policies;

pub use policies::AutoAugmentPolicy;

use rushlight_autograd::{DType, Tensor};

use super::{Interpolation, Transform, draw, size_of};
use crate::{Error, Result};
use operation::{Entry, Operation, Pixels, Strength};

/// Writes the settings that all policies have.
macro_rules! pixel_settings {
    ($($Name:ident $interpolation:ident $default:literal;)*) => { $(
        impl $Name {
            #[doc = concat!(
                "How pixels between those of the image are found, nearest or bilinear. Default: ",
                $default, "."
            )]
            #[must_use]
            pub fn interpolation(mut self, interpolation: Interpolation) -> $Name {
                self.pixels.interpolation = interpolation;
                self
            }

            /// What lies outside of turned and shifted images: a number, or one for each channel.
            /// Default: black.
            #[must_use]
            pub fn fill(mut self, fill: impl Into<Vec<f64>>) -> $Name {
                self.pixels.fill = fill.into();
                self
            }
        }
    )* };
}

pixel_settings! {
    AutoAugment Nearest "nearest";
    RandAugment Nearest "nearest";
    TrivialAugmentWide Nearest "nearest";
    AugMix Bilinear "bilinear";
}

/// Two changes of a learned policy: `transforms.AutoAugment` (Cubuk et al. 2019).
#[derive(Debug, Clone)]
pub struct AutoAugment {
    policy: AutoAugmentPolicy,
    pixels: Pixels,
}

impl AutoAugment {
    /// With the policy that was learned for a dataset.
    pub fn new(policy: AutoAugmentPolicy) -> AutoAugment {
        let pixels = Pixels::default();
        AutoAugment { policy, pixels }
    }
}

impl Default for AutoAugment {
    /// With the policy for ImageNet.
    fn default() -> AutoAugment {
        AutoAugment::new(AutoAugmentPolicy::ImageNet)
    }
}

impl Transform for AutoAugment {
    fn apply(&self, image: &Tensor) -> Result<Tensor> {
        let size = size_of("AutoAugment", image)?;
        let rules = self.policy.rules();
        let mut image = image.clone();
        for &(operation, p, level) in &rules[draw::below(rules.len())?] {
            if draw::at_most(p)? {
                let strength = operation::strength_of(operation);
                let magnitude = strength.magnitude(size, 10, || Ok(level))?;
                image = operation.apply(&image, magnitude, &self.pixels)?;
            }
        }
        Ok(image)
    }
}

/// Some changes of one strength: `transforms.RandAugment` (Cubuk et al. 2020).
///
/// ```
/// use rushlight_autograd::Tensor;
/// use rushlight_data::transforms::{RandAugment, Transform};
///
/// # fn main() -> rushlight_data::Result<()> {
/// let image = Tensor::from_vec(vec![128_u8; 3 * 32 * 32], &[3, 32, 32])?;
/// let changed = RandAugment::new().magnitude(5).apply(&image)?;
/// assert_eq!(changed.shape(), [3, 32, 32]);
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct RandAugment {
    num_ops: usize,
    magnitude: usize,
    num_magnitude_bins: usize,
    pixels: Pixels,
}

impl Default for RandAugment {
    /// Two changes, at level 9 of 31.
    fn default() -> RandAugment {
        RandAugment {
            num_ops: 2,
            magnitude: 9,
            num_magnitude_bins: 31,
            pixels: Pixels::default(),
        }
    }
}

impl RandAugment {
    /// Two changes, at level 9 of 31.
    pub fn new() -> RandAugment {
        RandAugment::default()
    }

    /// How many changes. Default: 2.
    #[must_use]
    pub fn num_ops(mut self, num_ops: usize) -> RandAugment {
        self.num_ops = num_ops;
        self
    }

    /// The level of all changes, from 0. Default: 9.
    #[must_use]
    pub fn magnitude(mut self, magnitude: usize) -> RandAugment {
        self.magnitude = magnitude;
        self
    }

    /// How many levels there are. Default: 31.
    #[must_use]
    pub fn num_magnitude_bins(mut self, num_magnitude_bins: usize) -> RandAugment {
        self.num_magnitude_bins = num_magnitude_bins;
        self
    }
}

impl Transform for RandAugment {
    fn apply(&self, image: &Tensor) -> Result<Tensor> {
        let size = size_of("RandAugment", image)?;
        let mut image = image.clone();
        for _ in 0..self.num_ops {
            let (operation, strength) = drawn(&operation::RAND_AUGMENT)?;
            let level = || Ok(self.magnitude);
            let magnitude = strength.magnitude(size, self.num_magnitude_bins, level)?;
            image = operation.apply(&image, magnitude, &self.pixels)?;
        }
        Ok(image)
    }
}

/// One change of any strength: `transforms.TrivialAugmentWide` (Müller and Hutter 2021).
#[derive(Debug, Clone)]
pub struct TrivialAugmentWide {
    num_magnitude_bins: usize,
    pixels: Pixels,
}

impl Default for TrivialAugmentWide {
    /// At one of 31 levels.
    fn default() -> TrivialAugmentWide {
        TrivialAugmentWide {
            num_magnitude_bins: 31,
            pixels: Pixels::default(),
        }
    }
}

impl TrivialAugmentWide {
    /// At one of 31 levels.
    pub fn new() -> TrivialAugmentWide {
        TrivialAugmentWide::default()
    }

    /// How many levels there are. Default: 31.
    #[must_use]
    pub fn num_magnitude_bins(mut self, num_magnitude_bins: usize) -> TrivialAugmentWide {
        self.num_magnitude_bins = num_magnitude_bins;
        self
    }
}

impl Transform for TrivialAugmentWide {
    fn apply(&self, image: &Tensor) -> Result<Tensor> {
        let size = size_of("TrivialAugmentWide", image)?;
        let (operation, strength) = drawn(&operation::TRIVIAL_AUGMENT_WIDE)?;
        let bins = self.num_magnitude_bins;
        let magnitude = strength.magnitude(size, bins, || draw::below(bins))?;
        operation.apply(image, magnitude, &self.pixels)
    }
}

/// A mixture of the image and chains of changes: `transforms.AugMix` (Hendrycks et al. 2020).
#[derive(Debug, Clone)]
pub struct AugMix {
    severity: usize,
    mixture_width: usize,
    chain_depth: Option<usize>,
    alpha: f64,
    all_ops: bool,
    pixels: Pixels,
}

/// The levels of [`AugMix`].
const LEVELS: usize = 10;

impl Default for AugMix {
    /// Three chains of one to three changes, of the lowest three levels.
    fn default() -> AugMix {
        AugMix {
            severity: 3,
            mixture_width: 3,
            chain_depth: None,
            alpha: 1.0,
            all_ops: true,
            pixels: Pixels {
                interpolation: Interpolation::Bilinear,
                ..Pixels::default()
            },
        }
    }
}

impl AugMix {
    /// Three chains of one to three changes, of the lowest three levels.
    pub fn new() -> AugMix {
        AugMix::default()
    }

    /// How many of the ten levels are used, the lowest ones. Default: 3.
    #[must_use]
    pub fn severity(mut self, severity: usize) -> AugMix {
        self.severity = severity;
        self
    }

    /// How many chains there are. Default: 3.
    #[must_use]
    pub fn mixture_width(mut self, mixture_width: usize) -> AugMix {
        self.mixture_width = mixture_width;
        self
    }

    /// How many changes are in a chain. Default: one to three.
    #[must_use]
    pub fn chain_depth(mut self, chain_depth: usize) -> AugMix {
        self.chain_depth = Some(chain_depth);
        self
    }

    /// The concentration of the shares, which are more alike the larger it is. Default: 1.
    #[must_use]
    pub fn alpha(mut self, alpha: f64) -> AugMix {
        self.alpha = alpha;
        self
    }

    /// Whether brightness, colour, contrast and sharpness change, too. Default: true.
    #[must_use]
    pub fn all_ops(mut self, all_ops: bool) -> AugMix {
        self.all_ops = all_ops;
        self
    }
}

impl Transform for AugMix {
    fn apply(&self, image: &Tensor) -> Result<Tensor> {
        const OP: &str = "AugMix";
        let size = size_of(OP, image)?;
        if !(1..=LEVELS).contains(&self.severity) {
            return Err(Error::argument(
                OP,
                "severity",
                self.severity,
                "from 1 to 10",
            ));
        }
        let entries = match self.all_ops {
            true => &operation::AUG_MIX[..],
            false => &operation::AUG_MIX[..operation::AUG_MIX.len() - 4],
        };
        let shares = draw::dirichlet(OP, self.alpha, 2)?;
        let chains = draw::dirichlet(OP, self.alpha, self.mixture_width)?;
        let float = match image.dtype() {
            DType::U8 => DType::F32,
            dtype => dtype,
        };
        let mut mixture = image.to_dtype(float)?.mul(shares[0])?;
        for chain in chains {
            let mut changed = image.clone();
            let depth = match self.chain_depth {
                Some(depth) if depth > 0 => depth,
                _ => 1 + draw::below(3)?,
            };
            for _ in 0..depth {
                let (operation, strength) = drawn(entries)?;
                let level = || draw::below(self.severity);
                let magnitude = strength.magnitude(size, LEVELS, level)?;
                changed = operation.apply(&changed, magnitude, &self.pixels)?;
            }
            let changed = changed.to_dtype(float)?.mul(chain * shares[1])?;
            mixture = mixture.add(&changed)?;
        }
        Ok(mixture.to_dtype(image.dtype())?)
    }
}

/// One of the entries.
fn drawn(entries: &[Entry]) -> Result<(Operation, Strength)> {
    Ok(entries[draw::below(entries.len())?])
}

//! What published weights expect.

use rushlight_autograd::Tensor;

use super::{Interpolation, Resize, Transform, center_crop, normalize, to_tensor};
use crate::Result;

/// What is done with an image for a model that classifies it: the shorter side is resized, the middle
/// is cut out, and channels in 0 to 1 are normalised.
///
/// Shapes: `[..., 3, height, width] -> [..., 3, crop_size, crop_size]`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ImageClassification {
    /// What the shorter side is resized to.
    pub resize_size: usize,
    /// Height and width of what is cut out.
    pub crop_size: usize,
    /// How the image is resized.
    pub interpolation: Interpolation,
    /// How channels are normalised.
    pub normalisation: Normalisation,
}

/// What is subtracted from each channel, and what it is then divided by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Normalisation {
    /// What is subtracted.
    pub mean: [f64; 3],
    /// What it is divided by.
    pub std: [f64; 3],
}

impl Normalisation {
    /// The statistics of ImageNet.
    pub const IMAGENET: Normalisation = Normalisation {
        mean: [0.485, 0.456, 0.406],
        std: [0.229, 0.224, 0.225],
    };
}

impl Transform for ImageClassification {
    fn apply(&self, image: &Tensor) -> Result<Tensor> {
        let resize = Resize::new(self.resize_size).interpolation(self.interpolation);
        let image = center_crop(&resize.apply(image)?, [self.crop_size; 2])?;
        let Normalisation { mean, std } = self.normalisation;
        normalize(&to_tensor(&image)?, &mean, &std)
    }
}

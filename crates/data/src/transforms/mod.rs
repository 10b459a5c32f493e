//! What is done with images before a model sees them: torchvision's transforms.
//!
//! An image is a tensor `[..., height, width]`: bytes from 0 to 255 as they are decoded, or floating
//! point. What is random draws from the generator of the process as torchvision does, or from that of
//! the [`scope`](rushlight_tensor::random::Generator::scope) it runs in; a loader's workers run each
//! batch in a scope of its own.
//!
//! ```
//! use rushlight_autograd::Tensor;
//! use rushlight_data::transforms::{CenterCrop, Compose, Normalize, Resize, ToTensor, Transform};
//!
//! # fn main() -> rushlight_data::Result<()> {
//! let preset = Compose::new()
//!     .then(Resize::new(256))
//!     .then(CenterCrop::new(224))
//!     .then(ToTensor)
//!     .then(Normalize::new([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]));
//! let photograph = Tensor::from_vec(vec![128_u8; 3 * 300 * 400], &[3, 300, 400])?;
//! assert_eq!(preset.apply(&photograph)?.shape(), [3, 224, 224]);
//! # Ok(()) }
//! ```

mod affine;
mod augment;
mod blur;
mod chance;
mod color;
mod crop;
mod draw;
mod erase;
mod mix;
mod pad;
mod perspective;
mod pillow;
mod planes;
mod preset;
mod resize;
mod tone;
mod values;
mod warp;

pub use affine::{Affine, RandomAffine, RandomRotation, Rotation, affine, rotate};
pub use augment::{AugMix, AutoAugment, AutoAugmentPolicy, RandAugment, TrivialAugmentWide};
pub use blur::{GaussianBlur, gaussian_blur};
pub use chance::*;
pub use color::{
    ColorJitter, Grayscale, adjust_brightness, adjust_contrast, adjust_hue, adjust_saturation,
    rgb_to_grayscale,
};
pub use crop::{CenterCrop, RandomCrop, RandomResizedCrop, center_crop, crop};
pub use draw::Spread;
pub use erase::{RandomErasing, erase};
pub use mix::{CutMix, MixUp};
pub use pad::{Pad, Padding, PaddingMode, pad};
pub use perspective::{Corners, RandomPerspective, perspective};
pub use preset::{ImageClassification, Normalisation};
pub use resize::{Interpolation, Resampler, Resize, resize};
pub use tone::{adjust_sharpness, autocontrast, equalize, invert, posterize, solarize};
pub use values::{Normalize, ToTensor, normalize, to_tensor};

use std::fmt;
use std::sync::Arc;

use rushlight_autograd::Tensor;

use crate::{Dataset, Result};

/// Makes an image of an image.
///
/// A function of an image is a transform.
pub trait Transform: Send + Sync {
    /// The image that becomes of `image`.
    ///
    /// # Errors
    /// If the image has too few dimensions, or is of another dtype than the transform is for.
    fn apply(&self, image: &Tensor) -> Result<Tensor>;
}

impl<F: Fn(&Tensor) -> Result<Tensor> + Send + Sync> Transform for F {
    fn apply(&self, image: &Tensor) -> Result<Tensor> {
        self(image)
    }
}

/// Transforms one after the other: `transforms.Compose`.
#[derive(Clone, Default)]
pub struct Compose {
    transforms: Vec<Arc<dyn Transform>>,
}

impl Compose {
    /// No transforms, which leave an image as it is.
    pub fn new() -> Compose {
        Compose::default()
    }

    /// These transforms, and `next` after them.
    #[must_use]
    pub fn then(mut self, next: impl Transform + 'static) -> Compose {
        self.transforms.push(Arc::new(next));
        self
    }
}

impl Transform for Compose {
    fn apply(&self, image: &Tensor) -> Result<Tensor> {
        let mut image = image.clone();
        for transform in &self.transforms {
            image = transform.apply(&image)?;
        }
        Ok(image)
    }
}

impl fmt::Debug for Compose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Compose")
            .field("transforms", &self.transforms.len())
            .finish()
    }
}

/// A dataset of images, transformed; see [`Dataset::transform`].
#[derive(Debug, Clone)]
pub struct Transformed<D, T> {
    pub(crate) dataset: D,
    pub(crate) transform: T,
}

impl<D, T> Transformed<D, T> {
    /// The dataset the images come from.
    pub fn dataset(&self) -> &D {
        &self.dataset
    }
}

impl<D, T, L> Dataset for Transformed<D, T>
where
    D: Dataset<Item = (Tensor, L)>,
    T: Transform,
{
    type Item = (Tensor, L);

    fn len(&self) -> usize {
        self.dataset.len()
    }

    fn get(&self, index: usize) -> Result<(Tensor, L)> {
        let (image, label) = self.dataset.get(index)?;
        Ok((self.transform.apply(&image)?, label))
    }
}

/// Height and width of an image.
pub(crate) fn size_of(op: &'static str, image: &Tensor) -> Result<[usize; 2]> {
    let shape = image.shape();
    match shape[..] {
        [.., height, width] => Ok([height, width]),
        _ => {
            let expected = "at least two dimensions, [..., height, width]";
            Err(rushlight_tensor::Error::shape(op, &shape, expected).into())
        }
    }
}

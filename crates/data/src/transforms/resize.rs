//! Other sizes.

use rushlight_autograd::{DType, Resampling, Sampling, Tensor};

use super::{Transform, pillow, size_of};
use crate::{Error, Result};

/// How pixels between those of an image are found; the filter widens where the image becomes smaller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Interpolation {
    /// The nearest pixel.
    Nearest,
    /// Weighted by the distance.
    #[default]
    Bilinear,
    /// Weighted by a cubic function of the distance.
    Bicubic,
}

/// Whose arithmetic images of bytes are resized with; the two differ by 1 here and there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Resampler {
    /// Pillow's: bytes with weights of 22 bits, rows first and then columns. What models were trained
    /// and measured with.
    #[default]
    Pillow,
    /// That of tensors: in `f32`, rounded once.
    Tensor,
}

/// The largest height and width; torchvision has no limit, memory does.
const MAX_SIZE: usize = 1 << 20;

/// Resizes to a shorter side, or to a height and width: `transforms.Resize`.
#[derive(Debug, Clone, Copy)]
pub struct Resize {
    size: Size,
    interpolation: Interpolation,
    resampler: Resampler,
}

#[derive(Debug, Clone, Copy)]
enum Size {
    Shorter(usize),
    Both([usize; 2]),
}

impl Resize {
    /// To this length of the shorter side; the other one keeps the image's form.
    pub fn new(shorter: usize) -> Resize {
        Resize::of(Size::Shorter(shorter))
    }

    /// To this height and width.
    pub fn to(size: [usize; 2]) -> Resize {
        Resize::of(Size::Both(size))
    }

    fn of(size: Size) -> Resize {
        Resize {
            size,
            interpolation: Interpolation::default(),
            resampler: Resampler::default(),
        }
    }

    /// How pixels between those of the image are found. Default: bilinear.
    #[must_use]
    pub fn interpolation(mut self, interpolation: Interpolation) -> Resize {
        self.interpolation = interpolation;
        self
    }

    /// Whose arithmetic bytes are resized with. Default: Pillow's.
    #[must_use]
    pub fn resampler(mut self, resampler: Resampler) -> Resize {
        self.resampler = resampler;
        self
    }
}

impl Transform for Resize {
    fn apply(&self, image: &Tensor) -> Result<Tensor> {
        let [height, width] = size_of("resize", image)?;
        let (shorter, longer) = (height.min(width), height.max(width));
        let size = match self.size {
            Size::Both(size) => size,
            Size::Shorter(_) if shorter == 0 => return Err(wrong_size([height, width])),
            Size::Shorter(size) => {
                let other = size as u128 * longer as u128 / shorter as u128;
                let other = usize::try_from(other).unwrap_or(usize::MAX);
                match width <= height {
                    true => [other, size],
                    false => [size, other],
                }
            }
        };
        resize(image, size, self.interpolation, self.resampler)
    }
}

/// The image in this height and width: `functional.resize` with `antialias=True`.
///
/// # Errors
/// If a size is zero or larger than a million, or the image is of integers other than bytes.
pub fn resize(
    image: &Tensor,
    size: [usize; 2],
    interpolation: Interpolation,
    resampler: Resampler,
) -> Result<Tensor> {
    let own = size_of("resize", image)?;
    if let Some(wrong) = [own, size].into_iter().find(|size| size.contains(&0)) {
        return Err(wrong_size(wrong));
    }
    if size.iter().any(|&length| length > MAX_SIZE) {
        return Err(wrong_size(size));
    }
    match (image.dtype(), resampler) {
        _ if own == size => Ok(image.clone()),
        (DType::U8, Resampler::Pillow) => pillow::resize(image, own, size, interpolation),
        (DType::U8, Resampler::Tensor) => {
            let resized = resample(&image.to_dtype(DType::F32)?, size, interpolation)?;
            Ok(resized.clamp(0.0, 255.0)?.round()?.to_dtype(DType::U8)?)
        }
        (dtype, _) if dtype.is_floating_point() => resample(image, size, interpolation),
        (dtype, _) => {
            let expected = "bytes or floating point";
            Err(Error::argument("resize", "dtype", dtype, expected))
        }
    }
}

fn resample(image: &Tensor, size: [usize; 2], interpolation: Interpolation) -> Result<Tensor> {
    let (sampling, antialias) = match interpolation {
        Interpolation::Nearest => (Sampling::Nearest, false),
        Interpolation::Bilinear => (Sampling::Linear, true),
        Interpolation::Bicubic => (Sampling::Cubic, true),
    };
    let resampling = Resampling {
        sampling,
        align_corners: false,
        antialias,
    };
    Ok(image.resample(resampling, &size, &[None, None])?)
}

fn wrong_size([height, width]: [usize; 2]) -> Error {
    let got = format!("{height} x {width}");
    Error::argument("resize", "size", got, "from 1 to a million each")
}

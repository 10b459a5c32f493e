//! Gaussian blur.

use rushlight_autograd::{ConvOptions, DType, PadMode, Tensor};

use super::planes::channels_of;
use super::{Spread, Transform, draw, size_of};
use crate::{Error, Result};

/// Blurs an image by a random amount: `transforms.GaussianBlur`.
#[derive(Debug, Clone, Copy)]
pub struct GaussianBlur {
    kernel_size: [usize; 2],
    sigma: [f64; 2],
}

impl GaussianBlur {
    /// With a window of so many pixels, an odd number.
    pub fn new(kernel_size: usize) -> GaussianBlur {
        GaussianBlur::of([kernel_size; 2])
    }

    /// With a window of this width and height, odd numbers.
    pub fn of(kernel_size: [usize; 2]) -> GaussianBlur {
        GaussianBlur {
            kernel_size,
            sigma: [0.1, 2.0],
        }
    }

    /// The standard deviation in pixels, a number or from one to another. Default: from 0.1 to 2.
    #[must_use]
    pub fn sigma(mut self, sigma: impl Into<Spread>) -> GaussianBlur {
        self.sigma = match sigma.into() {
            Spread::Around(sigma) => [sigma; 2],
            Spread::Between(range) => range,
        };
        self
    }
}

impl Transform for GaussianBlur {
    fn apply(&self, image: &Tensor) -> Result<Tensor> {
        let sigma = draw::uniform(self.sigma[0], self.sigma[1])?;
        gaussian_blur(image, self.kernel_size, [sigma; 2])
    }
}

/// A weighted mean of the pixels around each: `functional.gaussian_blur`. Window and deviation are
/// along the width and along the height; the image is mirrored at its outermost pixels.
///
/// # Errors
/// If the window is even or reaches over the image, or a deviation is not positive.
pub fn gaussian_blur(image: &Tensor, kernel_size: [usize; 2], sigma: [f64; 2]) -> Result<Tensor> {
    const OP: &str = "gaussian_blur";
    let channels = channels_of(OP, image)?;
    let [height, width] = size_of(OP, image)?;
    if kernel_size.iter().any(|size| size % 2 == 0) {
        let got = format!("{kernel_size:?}");
        return Err(Error::argument(OP, "kernel_size", got, "odd numbers"));
    }
    if !sigma.iter().all(|&sigma| sigma > 0.0 && sigma.is_finite()) {
        let got = format!("{sigma:?}");
        return Err(Error::argument(OP, "sigma", got, "positive numbers"));
    }
    if image.numel() == 0 {
        return Ok(image.clone());
    }
    let is_bytes = image.dtype() == DType::U8;
    let dtype = if is_bytes { DType::F32 } else { image.dtype() };
    let [beside, over] = kernel_size.map(|size| isize::try_from(size / 2).unwrap_or(isize::MAX));
    let sizes = [-1, channels as isize, height as isize, width as isize];
    let mut values = image.to_dtype(dtype)?.reshape(&sizes)?;
    values = values.pad(&[beside, beside, over, over], PadMode::Reflect)?;
    let options = ConvOptions {
        groups: channels,
        ..ConvOptions::default()
    };
    // The weights of a window are products of those along its sides.
    for (at, (size, sigma)) in kernel_size.into_iter().zip(sigma).enumerate() {
        let shape = [[channels, 1, 1, size], [channels, 1, size, 1]][at];
        let own = [[1, 1, 1, size], [1, 1, size, 1]][at];
        let kernel = weights(size, sigma, dtype)?.view_as(&Tensor::empty(&own)?)?;
        let kernel = kernel.to_device(image.device())?;
        let kernel = kernel.broadcast_to(&shape)?.contiguous()?;
        values = values.conv2d(&kernel, None, &options)?;
    }
    if is_bytes {
        values = values.round()?;
    }
    Ok(values.view_as(image)?.to_dtype(image.dtype())?)
}

/// Weights along a side, which sum to one.
fn weights(size: usize, sigma: f64, dtype: DType) -> Result<Tensor> {
    // Half the squared distance is the square of this one.
    let end = (size as f64 - 1.0) / 8.0_f64.sqrt();
    let distance = Tensor::linspace(-end, end, size)?.to_dtype(dtype)?;
    Ok(distance.div(sigma)?.square()?.neg()?.softmax(0)?)
}

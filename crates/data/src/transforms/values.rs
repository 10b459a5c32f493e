//! The values of an image's elements.

use rushlight_autograd::{DType, Tensor};

use super::Transform;
use crate::{Error, Result};

/// Bytes from 0 to 255 become `f32` from 0 to 1: `transforms.ToTensor` of an image.
///
/// Floating point stays as it is.
#[derive(Debug, Clone, Copy, Default)]
pub struct ToTensor;

impl Transform for ToTensor {
    fn apply(&self, image: &Tensor) -> Result<Tensor> {
        to_tensor(image)
    }
}

/// Bytes from 0 to 255 become `f32` from 0 to 1; floating point stays as it is.
///
/// # Errors
/// If the image is of integers other than bytes.
pub fn to_tensor(image: &Tensor) -> Result<Tensor> {
    match image.dtype() {
        DType::U8 => Ok(image.to_dtype(DType::F32)?.div(255.0)?),
        dtype if dtype.is_floating_point() => Ok(image.clone()),
        dtype => {
            let expected = "bytes or floating point";
            Err(Error::argument("to_tensor", "dtype", dtype, expected))
        }
    }
}

/// Subtracts a mean from each channel and divides by a standard deviation: `transforms.Normalize`.
///
/// Shapes: `[..., channels, height, width]`, of floating point.
#[derive(Debug, Clone)]
pub struct Normalize {
    mean: Vec<f64>,
    std: Vec<f64>,
}

impl Normalize {
    /// Subtracts `mean` and divides by `std`, which have an element for each channel.
    pub fn new(mean: impl Into<Vec<f64>>, std: impl Into<Vec<f64>>) -> Normalize {
        Normalize {
            mean: mean.into(),
            std: std.into(),
        }
    }
}

impl Transform for Normalize {
    fn apply(&self, image: &Tensor) -> Result<Tensor> {
        normalize(image, &self.mean, &self.std)
    }
}

/// Subtracts `mean` from each channel and divides by `std`.
///
/// # Errors
/// If the image is not of floating point, the statistics do not fit the channels, or a deviation is zero.
pub fn normalize(image: &Tensor, mean: &[f64], std: &[f64]) -> Result<Tensor> {
    const OP: &str = "normalize";
    if !image.is_floating_point() {
        let expected = "floating point, see `to_tensor`";
        return Err(Error::argument(OP, "dtype", image.dtype(), expected));
    }
    if mean.is_empty() || mean.len() != std.len() {
        let got = format!("{} and {} elements", mean.len(), std.len());
        let expected = "a mean and a deviation for each channel";
        return Err(Error::argument(OP, "mean and std", got, expected));
    }
    if std.contains(&0.0) {
        return Err(Error::argument(OP, "std", "0", "no zero, which divides"));
    }
    let channels = |values: &[f64]| -> Result<Tensor> {
        let values = Tensor::from_slice(values, &[values.len(), 1, 1])?;
        Ok(values.to_dtype(image.dtype())?.to_device(image.device())?)
    };
    Ok(image.sub(&channels(mean)?)?.div(&channels(std)?)?)
}

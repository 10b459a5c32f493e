//! The elements of images, for what reads and writes them one by one.

use rushlight_autograd::{DType, Tensor};

use crate::{Error, Result};

/// The planes of an image, one channel after the other, as `f32`.
pub(super) struct Planes {
    pub(super) values: Vec<f32>,
    pub(super) channels: usize,
    pub(super) size: [usize; 2],
    /// The image's sizes before height and width.
    leading: Vec<usize>,
    dtype: DType,
}

impl Planes {
    /// Reads `[..., channels, height, width]` of bytes or floating point.
    pub(super) fn of(op: &'static str, image: &Tensor) -> Result<Planes> {
        let channels = channels_of(op, image)?;
        let shape = image.shape();
        let (leading, size) = shape.split_at(shape.len() - 2);
        Ok(Planes {
            values: image.to_dtype(DType::F32)?.to_vec::<f32>()?,
            channels,
            size: [size[0], size[1]],
            leading: leading.to_vec(),
            dtype: image.dtype(),
        })
    }

    /// The elements of a plane.
    pub(super) fn area(&self) -> usize {
        self.size[0] * self.size[1]
    }

    /// The image of other planes of some size, as many and of the same dtype. Bytes are cut off, not
    /// rounded.
    pub(super) fn image(&self, values: Vec<f32>, size: [usize; 2]) -> Result<Tensor> {
        let shape = [&self.leading[..], &size].concat();
        Ok(Tensor::from_vec(values, &shape)?.to_dtype(self.dtype)?)
    }

    /// Whether the image is of bytes.
    pub(super) fn is_bytes(&self) -> bool {
        self.dtype == DType::U8
    }
}

/// The number of channels of an image of bytes or floating point.
pub(super) fn channels_of(op: &'static str, image: &Tensor) -> Result<usize> {
    let dtype = image.dtype();
    if dtype != DType::U8 && !dtype.is_floating_point() {
        let expected = "bytes or floating point";
        return Err(Error::argument(op, "dtype", dtype, expected));
    }
    let shape = image.shape();
    match shape[..] {
        [.., channels, _, _] => Ok(channels),
        _ => {
            let expected = "at least three dimensions, [..., channels, height, width]";
            Err(rushlight_tensor::Error::shape(op, &shape, expected).into())
        }
    }
}

/// The number of channels, which are colours or one shade.
pub(super) fn colors_of(op: &'static str, image: &Tensor) -> Result<usize> {
    match channels_of(op, image)? {
        channels @ (1 | 3) => Ok(channels),
        channels => Err(Error::argument(op, "channels", channels, "1 or 3")),
    }
}

/// What white is: 255 of bytes, 1 of floating point.
pub(super) fn white(dtype: DType) -> f64 {
    match dtype {
        DType::U8 => 255.0,
        _ => 1.0,
    }
}

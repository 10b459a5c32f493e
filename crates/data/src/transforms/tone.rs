//! Curves over the shades of each channel, and sharpness.

use rushlight_autograd::{ConvOptions, DType, Tensor};

use super::color::{add_scaled, restored};
use super::planes::{Planes, channels_of, colors_of, white};
use crate::{Error, Result};

/// Every colour becomes its opposite: `functional.invert`.
///
/// # Errors
/// If the image is of integers other than bytes.
pub fn invert(image: &Tensor) -> Result<Tensor> {
    channels_of("invert", image)?;
    match image.dtype() {
        DType::U8 => Ok(image.bitwise_xor(255)?),
        _ => Ok(image.rsub(1.0)?),
    }
}

/// Keeps the highest `bits` of each byte, or so many levels of floating point: `functional.posterize`.
///
/// # Errors
/// If there are more than 8 bits.
pub fn posterize(image: &Tensor, bits: u32) -> Result<Tensor> {
    const OP: &str = "posterize";
    channels_of(OP, image)?;
    if bits > 8 {
        return Err(Error::argument(OP, "bits", bits, "from 0 to 8"));
    }
    let levels = 1_i64 << bits;
    match image.dtype() {
        DType::U8 => Ok(image.bitwise_and((levels - 1) << (8 - bits))?),
        _ => {
            let levels = levels as f64;
            let level = image.mul(levels)?.floor()?.clamp(0.0, levels - 1.0)?;
            Ok(level.mul(1.0 / levels)?)
        }
    }
}

/// What is as bright as `threshold` becomes its opposite: `functional.solarize`.
///
/// # Errors
/// If the threshold is brighter than white, 255 or 1.
pub fn solarize(image: &Tensor, threshold: f64) -> Result<Tensor> {
    const OP: &str = "solarize";
    let inverted = invert(image)?;
    if threshold.is_nan() || threshold > white(image.dtype()) {
        return Err(Error::argument(OP, "threshold", threshold, "at most white"));
    }
    Ok(Tensor::select_where(
        &image.ge(threshold)?,
        &inverted,
        image,
    )?)
}

/// Stretches each channel from black to white: `functional.autocontrast`.
///
/// # Errors
/// If the image has neither 1 nor 3 channels.
pub fn autocontrast(image: &Tensor) -> Result<Tensor> {
    const OP: &str = "autocontrast";
    colors_of(OP, image)?;
    let white = white(image.dtype()) as f32;
    each_plane(OP, image, |plane| {
        let least = plane.iter().copied().fold(f32::INFINITY, f32::min);
        let most = plane.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        if least < most {
            let scale = (most - least) * (1.0 / white);
            let stretched = |x: &mut f32| *x = ((*x - least) / scale).clamp(0.0, white);
            plane.iter_mut().for_each(stretched);
        }
    })
}

/// Makes all shades of each channel about as frequent, as Pillow does: `functional.equalize`.
///
/// Floating point is cut to 256 shades.
///
/// # Errors
/// If the image is of integers other than bytes.
pub fn equalize(image: &Tensor) -> Result<Tensor> {
    const OP: &str = "equalize";
    let is_bytes = image.dtype() == DType::U8;
    each_plane(OP, image, |plane| {
        let shade = |x: f32| {
            if is_bytes {
                x as u8
            } else {
                (x * 255.999) as u8
            }
        };
        let mut counts = [0_usize; 256];
        plane
            .iter()
            .for_each(|&x| counts[usize::from(shade(x))] += 1);
        let curve = equalizing(&counts, plane.len());
        for x in plane {
            let level = f32::from(curve[usize::from(shade(*x))]);
            *x = if is_bytes {
                level
            } else {
                level * (1.0 / 255.0)
            };
        }
    })
}

/// What each shade becomes for all to be about as frequent.
fn equalizing(counts: &[usize; 256], total: usize) -> [u8; 256] {
    let brightest = counts.iter().rev().find(|&&count| count > 0).copied();
    let step = (total - brightest.unwrap_or(0)) / 255;
    let mut darker = 0;
    let mut curve = [0; 256];
    for (shade, count) in counts.iter().enumerate() {
        curve[shade] = match step {
            0 => shade as u8,
            step => ((darker + step / 2) / step).min(255) as u8,
        };
        darker += count;
    }
    curve
}

fn each_plane(op: &'static str, image: &Tensor, change: impl Fn(&mut [f32])) -> Result<Tensor> {
    let mut planes = Planes::of(op, image)?;
    let (area, size) = (planes.area(), planes.size);
    let mut values = std::mem::take(&mut planes.values);
    values.chunks_exact_mut(area.max(1)).for_each(change);
    planes.image(values, size)
}

/// Softens edges by a factor below 1 and sharpens them above: `functional.adjust_sharpness`.
///
/// # Errors
/// If the factor is negative, or the image has neither 1 nor 3 channels.
pub fn adjust_sharpness(image: &Tensor, factor: f64) -> Result<Tensor> {
    const OP: &str = "adjust_sharpness";
    let channels = colors_of(OP, image)?;
    if !(factor >= 0.0 && factor.is_finite()) {
        return Err(Error::argument(OP, "factor", factor, "zero or more"));
    }
    let shape = image.shape();
    let [height, width] = [shape[shape.len() - 2], shape[shape.len() - 1]];
    if image.numel() == 0 || height <= 2 || width <= 2 {
        return Ok(image.clone());
    }
    let dtype = match image.dtype() {
        DType::U8 => DType::F32,
        dtype => dtype,
    };
    let values = image.to_dtype(dtype)?;
    let values = values.reshape(&[-1, channels as isize, height as isize, width as isize])?;
    let kernel = Tensor::from_slice(&SOFT, &[1, 1, 3, 3])?.to((image.device(), dtype))?;
    let kernel = kernel.broadcast_to(&[channels, 1, 3, 3])?.contiguous()?;
    let options = ConvOptions {
        groups: channels,
        ..ConvOptions::default()
    };
    let mut soft = values.conv2d(&kernel, None, &options)?;
    if image.dtype() == DType::U8 {
        soft = soft.round()?;
    }
    // The outermost pixels stay.
    let inside = values.narrow(-2, 1, height - 2)?.narrow(-1, 1, width - 2)?;
    let sharp = add_scaled(&inside, &soft.sub(&inside)?, 1.0 - factor)?;
    let mut whole = values.clone();
    whole.index_put_((.., .., 1..height as i64 - 1, 1..width as i64 - 1), &sharp)?;
    restored(&whole.view_as(image)?, image.dtype())
}

/// A pixel and those around it.
const SOFT: [f64; 9] = {
    let mut kernel = [1.0 / 13.0; 9];
    kernel[4] = 5.0 / 13.0;
    kernel
};

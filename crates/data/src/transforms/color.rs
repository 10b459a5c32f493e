//! Brightness, contrast, saturation and hue.

use rushlight_autograd::{DType, Tensor};

use super::planes::{Planes, channels_of, colors_of, white};
use super::{Spread, Transform, draw};
use crate::{Error, Result};

/// How much red, green and blue are worth in grey.
const LUMA: [f64; 3] = [0.2989, 0.587, 0.114];

/// Shades of grey instead of colours, in one channel or in three: `transforms.Grayscale`.
#[derive(Debug, Clone, Copy)]
pub struct Grayscale {
    channels: usize,
}

impl Grayscale {
    /// In so many channels, 1 or 3.
    pub fn new(num_output_channels: usize) -> Grayscale {
        Grayscale {
            channels: num_output_channels,
        }
    }
}

impl Default for Grayscale {
    /// In one channel.
    fn default() -> Grayscale {
        Grayscale::new(1)
    }
}

impl Transform for Grayscale {
    fn apply(&self, image: &Tensor) -> Result<Tensor> {
        rgb_to_grayscale(image, self.channels)
    }
}

/// Shades of grey instead of colours: `functional.rgb_to_grayscale`.
///
/// # Errors
/// If the image has neither 1 nor 3 channels, or the result should.
pub fn rgb_to_grayscale(image: &Tensor, num_output_channels: usize) -> Result<Tensor> {
    const OP: &str = "rgb_to_grayscale";
    if ![1, 3].contains(&num_output_channels) {
        let (name, expected) = ("num_output_channels", "1 or 3");
        return Err(Error::argument(OP, name, num_output_channels, expected));
    }
    let grey = match colors_of(OP, image)? {
        1 => image.clone(),
        _ => grey(image)?.to_dtype(image.dtype())?,
    };
    let mut shape = grey.shape();
    let channel = shape.len() - 3;
    shape[channel] = num_output_channels;
    Ok(grey.broadcast_to(&shape)?.contiguous()?)
}

/// Shades of grey in as many channels as the image has.
pub(super) fn to_gray(image: &Tensor) -> Result<Tensor> {
    rgb_to_grayscale(image, channels_of("RandomGrayscale", image)?)
}

/// The shade of each pixel `[..., 1, height, width]` of three channels, as floating point.
fn grey(image: &Tensor) -> Result<Tensor> {
    let channel = |at: i64| image.narrow(-3, at, 1);
    let red = channel(0)?.mul(LUMA[0])?;
    let with_green = add_scaled(&red, &channel(1)?, LUMA[1])?;
    add_scaled(&with_green, &channel(2)?, LUMA[2])
}

/// The same where bytes stay whole numbers.
fn whole_grey(image: &Tensor) -> Result<Tensor> {
    let grey = grey(image)?;
    match image.dtype() {
        DType::U8 => Ok(grey.floor()?),
        _ => Ok(grey),
    }
}

/// `x + alpha * y`, of `f32` rounded once. Bytes are cut off afterwards, so that the last bit can be
/// a whole shade.
pub(super) fn add_scaled(x: &Tensor, y: &Tensor, alpha: f64) -> Result<Tensor> {
    if x.dtype() != DType::F32 {
        return Ok(x.add_alpha(y, alpha)?);
    }
    // Products of two `f32` are exact in `f64`.
    let scaled = y.to_dtype(DType::F64)?.mul(f64::from(alpha as f32))?;
    Ok(x.to_dtype(DType::F64)?.add(scaled)?.to_dtype(DType::F32)?)
}

/// Elements from black to white, in the dtype of an image.
pub(super) fn restored(values: &Tensor, dtype: DType) -> Result<Tensor> {
    Ok(values.clamp(0.0, white(dtype))?.to_dtype(dtype)?)
}

/// `factor` of the image and the rest of another one.
fn blend(image: &Tensor, other: &Tensor, factor: f64) -> Result<Tensor> {
    let mixed = add_scaled(&image.mul(factor)?, other, 1.0 - factor)?;
    restored(&mixed, image.dtype())
}

/// The colours of an image, and whether a factor is one.
fn checked(op: &'static str, image: &Tensor, factor: f64) -> Result<usize> {
    match factor >= 0.0 && factor.is_finite() {
        true => colors_of(op, image),
        false => Err(Error::argument(op, "factor", factor, "zero or more")),
    }
}

/// Darker by a factor below 1, brighter above: `functional.adjust_brightness`.
///
/// # Errors
/// If the factor is negative, or the image has neither 1 nor 3 channels.
pub fn adjust_brightness(image: &Tensor, factor: f64) -> Result<Tensor> {
    checked("adjust_brightness", image, factor)?;
    restored(&image.mul(factor)?, image.dtype())
}

/// Nearer to its mean shade by a factor below 1, further from it above: `functional.adjust_contrast`.
///
/// # Errors
/// If the factor is negative, or the image has neither 1 nor 3 channels.
pub fn adjust_contrast(image: &Tensor, factor: f64) -> Result<Tensor> {
    let grey = match (checked("adjust_contrast", image, factor)?, image.dtype()) {
        (3, _) => whole_grey(image)?,
        (_, DType::U8) => image.to_dtype(DType::F32)?,
        _ => image.clone(),
    };
    blend(image, &grey.mean_dim(&[-3, -2, -1], true)?, factor)
}

/// Nearer to shades of grey by a factor below 1, further from them above:
/// `functional.adjust_saturation`.
///
/// # Errors
/// If the factor is negative, or the image has neither 1 nor 3 channels.
pub fn adjust_saturation(image: &Tensor, factor: f64) -> Result<Tensor> {
    match checked("adjust_saturation", image, factor)? {
        1 => Ok(image.clone()),
        _ => blend(image, &whole_grey(image)?, factor),
    }
}

/// Turns every colour by a share of the colour wheel: `functional.adjust_hue`.
///
/// # Errors
/// If the share is not from -0.5 to 0.5, or the image has neither 1 nor 3 channels.
pub fn adjust_hue(image: &Tensor, factor: f64) -> Result<Tensor> {
    const OP: &str = "adjust_hue";
    if !(-0.5..=0.5).contains(&factor) {
        return Err(Error::argument(OP, "factor", factor, "from -0.5 to 0.5"));
    }
    if colors_of(OP, image)? == 1 {
        return Ok(image.clone());
    }
    let mut planes = Planes::of(OP, image)?;
    let (area, is_bytes) = (planes.area(), planes.is_bytes());
    let mut values = std::mem::take(&mut planes.values);
    for image in values.chunks_exact_mut((3 * area).max(1)) {
        let (red, rest) = image.split_at_mut(area);
        let (green, blue) = rest.split_at_mut(area);
        for ((r, g), b) in red.iter_mut().zip(green).zip(blue) {
            let rgb = [*r, *g, *b];
            // Bytes from 0 to 1 and back, where each share of 1 is one of 256 shades.
            [*r, *g, *b] = match is_bytes {
                true => turned(rgb.map(|x| x * (1.0 / 255.0)), factor).map(|x| x * 255.999),
                false => turned(rgb, factor),
            };
        }
    }
    let size = planes.size;
    planes.image(values, size)
}

/// A colour with its hue turned by `factor`.
fn turned([r, g, b]: [f32; 3], factor: f64) -> [f32; 3] {
    let (least, most) = (r.min(g).min(b), r.max(g).max(b));
    let range = most - least;
    let or_one = |x: f32| if range == 0.0 { 1.0 } else { x };
    let saturation = range / or_one(most);
    let [rc, gc, bc] = [r, g, b].map(|x| (most - x) / or_one(range));
    let sector = match most {
        _ if most == r => bc - gc,
        _ if most == g => rc + 2.0 - bc,
        _ => gc + 4.0 - rc,
    };
    let hue = (sector * (1.0 / 6.0) + 1.0) % 1.0;

    let sixths = (hue + factor as f32).rem_euclid(1.0) * 6.0;
    let sector = sixths.floor();
    let product = saturation * (sixths - sector);
    let unit = |x: f32| x.clamp(0.0, 1.0);
    let (v, p) = (most, unit((1.0 - saturation) * most));
    let q = unit((1.0 - product) * most);
    let t = unit((product + (1.0 - saturation)) * most);
    match (sector as i32).rem_euclid(6) {
        0 => [v, t, p],
        1 => [q, v, p],
        2 => [p, v, t],
        3 => [p, q, v],
        4 => [t, p, v],
        _ => [v, p, q],
    }
}

/// Changes brightness, contrast, saturation and hue at random, in random order:
/// `transforms.ColorJitter`.
///
/// ```
/// use rushlight_autograd::Tensor;
/// use rushlight_data::transforms::{ColorJitter, Transform};
///
/// # fn main() -> rushlight_data::Result<()> {
/// let jitter = ColorJitter::new().brightness(0.4).contrast([0.8, 1.5]).hue(0.1);
/// let image = Tensor::from_vec(vec![128_u8; 3 * 8 * 8], &[3, 8, 8])?;
/// assert_eq!(jitter.apply(&image)?.shape(), [3, 8, 8]);
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct ColorJitter {
    /// Ranges of the factors; `None` changes nothing and draws nothing.
    ranges: [Option<[f64; 2]>; 4],
}

/// The functions of [`ColorJitter`] in the order of their numbers, and what changes nothing.
type Adjust = fn(&Tensor, f64) -> Result<Tensor>;
const ADJUST: [Adjust; 4] = [
    adjust_brightness,
    adjust_contrast,
    adjust_saturation,
    adjust_hue,
];

/// Writes the settings of [`ColorJitter`].
macro_rules! ranges {
    ($($(#[$doc:meta])* $name:ident $at:literal $center:literal;)*) => {
        impl ColorJitter {
            /// Changes nothing so far.
            pub fn new() -> ColorJitter {
                ColorJitter::default()
            }

            $(
                $(#[$doc])*
                #[must_use]
                pub fn $name(mut self, spread: impl Into<Spread>) -> ColorJitter {
                    let [mut low, high] = spread.into().range($center);
                    if $center == 1.0 {
                        low = low.max(0.0);
                    }
                    let changes = [low, high] != [$center; 2];
                    self.ranges[$at] = changes.then_some([low, high]);
                    self
                }
            )*
        }
    };
}

ranges! {
    /// How much darker or brighter: factors this far from 1, or from one to another.
    brightness 0 1.0;
    /// How much less or more contrast: factors this far from 1, or from one to another.
    contrast 1 1.0;
    /// How much paler or more colourful: factors this far from 1, or from one to another.
    saturation 2 1.0;
    /// How far colours turn: shares of the wheel up to this one either way, or from one to another.
    hue 3 0.0;
}

impl Transform for ColorJitter {
    fn apply(&self, image: &Tensor) -> Result<Tensor> {
        let order = draw::permutation::<4>();
        let mut factors = [None; 4];
        for (factor, range) in factors.iter_mut().zip(self.ranges) {
            *factor = range
                .map(|[low, high]| draw::uniform(low, high))
                .transpose()?;
        }
        let mut image = image.clone();
        for at in order.map(|at| at as usize) {
            if let Some(factor) = factors[at] {
                image = ADJUST[at](&image, factor)?;
            }
        }
        Ok(image)
    }
}

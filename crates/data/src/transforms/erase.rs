//! Rectangles without content.

use rushlight_autograd::{Ellipsis, Tensor};

use super::planes::channels_of;
use super::{Transform, draw, size_of};
use crate::{Error, Result};

/// Now and then a rectangle of the image is erased: `transforms.RandomErasing`.
///
/// Its area is a share of the image's, and its form lies between two ratios of height to width; where
/// none of ten draws fits into the image, nothing is erased.
#[derive(Debug, Clone)]
pub struct RandomErasing {
    p: f64,
    scale: [f64; 2],
    ratio: [f64; 2],
    /// `None` for noise.
    value: Option<Vec<f64>>,
}

impl Default for RandomErasing {
    /// Every other image.
    fn default() -> RandomErasing {
        RandomErasing::new(0.5)
    }
}

impl RandomErasing {
    /// Done with the probability `p`.
    pub fn new(p: f64) -> RandomErasing {
        RandomErasing {
            p,
            scale: [0.02, 0.33],
            ratio: [0.3, 3.3],
            value: Some(vec![0.0]),
        }
    }

    /// The least and the largest share of the area. Default: 0.02 and 0.33.
    #[must_use]
    pub fn scale(mut self, scale: [f64; 2]) -> RandomErasing {
        self.scale = scale;
        self
    }

    /// The least and the largest ratio of height to width. Default: 0.3 and 3.3.
    #[must_use]
    pub fn ratio(mut self, ratio: [f64; 2]) -> RandomErasing {
        self.ratio = ratio;
        self
    }

    /// What comes in its place: a number, or one for each channel. Default: 0.
    #[must_use]
    pub fn value(mut self, value: impl Into<Vec<f64>>) -> RandomErasing {
        self.value = Some(value.into());
        self
    }

    /// Normal noise comes in its place.
    #[must_use]
    pub fn random_value(mut self) -> RandomErasing {
        self.value = None;
        self
    }

    fn check(&self, channels: usize) -> Result<()> {
        const OP: &str = "RandomErasing";
        let is_range = |[low, high]: [f64; 2]| low >= 0.0 && low <= high && high.is_finite();
        let fits = is_range(self.scale) && self.scale[1] <= 1.0 && is_range(self.ratio);
        if !fits || self.ratio[0] == 0.0 {
            let got = format!("{:?} and {:?}", self.scale, self.ratio);
            let expected = "ranges, of shares and of positive numbers";
            return Err(Error::argument(OP, "scale and ratio", got, expected));
        }
        match &self.value {
            Some(value) if value.len() != 1 && value.len() != channels => {
                let got = format!("{} numbers for {channels} channels", value.len());
                Err(Error::argument(OP, "value", got, "one, or one for each"))
            }
            _ => Ok(()),
        }
    }
}

impl Transform for RandomErasing {
    fn apply(&self, image: &Tensor) -> Result<Tensor> {
        const OP: &str = "RandomErasing";
        let channels = channels_of(OP, image)?;
        self.check(channels)?;
        let [height, width] = size_of(OP, image)?;
        if draw::uniform(0.0, 1.0)? >= self.p {
            return Ok(image.clone());
        }
        let logarithms = self.ratio.map(|ratio| f64::from((ratio as f32).ln()));
        for _ in 0..10 {
            let [least, most] = self.scale;
            let area = (height * width) as f64 * draw::uniform(least, most)?;
            let ratio = draw::uniform(logarithms[0], logarithms[1])? as f32;
            let ratio = f64::from(ratio.exp());
            let rows = (area * ratio).sqrt().round_ties_even() as usize;
            let columns = (area / ratio).sqrt().round_ties_even() as usize;
            if rows >= height || columns >= width {
                continue;
            }
            let value = match &self.value {
                Some(value) => Tensor::from_slice(value, &[value.len(), 1, 1])?,
                None => {
                    let noise = draw::normal(channels * rows * columns)?;
                    Tensor::from_vec(noise, &[channels, rows, columns])?
                }
            };
            let corner = [
                draw::below(height - rows + 1)?,
                draw::below(width - columns + 1)?,
            ];
            return erase(image, corner, [rows, columns], &value);
        }
        Ok(image.clone())
    }
}

/// The image with `value`, which broadcasts, in place of the part that begins at `top` and `left`:
/// `functional.erase`.
///
/// # Errors
/// If the part is not in the image, or the value does not broadcast to it.
pub fn erase(
    image: &Tensor,
    [top, left]: [usize; 2],
    [height, width]: [usize; 2],
    value: &Tensor,
) -> Result<Tensor> {
    let part = super::crop(image, [top, left], [height, width])?;
    if part.numel() == 0 {
        return Ok(image.clone());
    }
    let (rows, columns) = (top..top + height, left..left + width);
    let rows = rows.start as i64..rows.end as i64;
    let columns = columns.start as i64..columns.end as i64;
    let value = value.to((image.device(), image.dtype()))?;
    Ok(image.index_put((Ellipsis, rows, columns), &value, false)?)
}

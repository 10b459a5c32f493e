//! Parts of images.

use rushlight_autograd::Tensor;

use super::{
    Interpolation, Padding, PaddingMode, Resampler, Resize, Transform, draw, pad, size_of,
};
use crate::{Error, Result};

/// The part of an image that begins at `top` and `left`: `functional.crop`.
///
/// # Errors
/// If the part is not in the image.
pub fn crop(
    image: &Tensor,
    [top, left]: [usize; 2],
    [height, width]: [usize; 2],
) -> Result<Tensor> {
    let inside = |first: usize, length: usize, whole: usize| {
        first.checked_add(length).is_some_and(|end| end <= whole)
    };
    let [rows, columns] = size_of("crop", image)?;
    if !inside(top, height, rows) || !inside(left, width, columns) {
        let got = format!("{height} x {width} at {top}, {left} of {rows} x {columns}");
        return Err(Error::argument("crop", "part", got, "a part of the image"));
    }
    let rows = image.narrow(-2, top as i64, height)?;
    Ok(rows.narrow(-1, left as i64, width)?)
}

/// The middle of an image: `functional.center_crop`. A smaller image has zeros around it.
///
/// # Errors
/// If the image has no height and width.
pub fn center_crop(image: &Tensor, size: [usize; 2]) -> Result<Tensor> {
    let mut image = image.clone();
    let [height, width] = size_of("center_crop", &image)?;
    let missing = [
        size[0].saturating_sub(height),
        size[1].saturating_sub(width),
    ];
    if missing != [0, 0] {
        let before = |missing: usize| isize::try_from(missing / 2).unwrap_or(isize::MAX);
        let behind = |missing: usize| isize::try_from(missing.div_ceil(2)).unwrap_or(isize::MAX);
        let [over, beside] = missing;
        let padding = [before(beside), behind(beside), before(over), behind(over)];
        image = image.constant_pad_nd(&padding, 0.0)?;
    }
    let [height, width] = size_of("center_crop", &image)?;
    let middle =
        |whole: usize, part: usize| ((whole - part) as f64 / 2.0).round_ties_even() as usize;
    let corner = [middle(height, size[0]), middle(width, size[1])];
    crop(&image, corner, size)
}

/// The middle of an image: `transforms.CenterCrop`.
#[derive(Debug, Clone, Copy)]
pub struct CenterCrop {
    size: [usize; 2],
}

impl CenterCrop {
    /// A square.
    pub fn new(size: usize) -> CenterCrop {
        CenterCrop::to([size, size])
    }

    /// A rectangle of this height and width.
    pub fn to(size: [usize; 2]) -> CenterCrop {
        CenterCrop { size }
    }
}

impl Transform for CenterCrop {
    fn apply(&self, image: &Tensor) -> Result<Tensor> {
        center_crop(image, self.size)
    }
}

/// A part of an image at a random place: `transforms.RandomCrop`.
///
/// ```
/// use rushlight_autograd::Tensor;
/// use rushlight_data::transforms::{RandomCrop, Transform};
///
/// # fn main() -> rushlight_data::Result<()> {
/// let image = Tensor::from_vec(vec![128_u8; 3 * 32 * 32], &[3, 32, 32])?;
/// assert_eq!(RandomCrop::new(32).padding(4).apply(&image)?.shape(), [3, 32, 32]);
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct RandomCrop {
    size: [usize; 2],
    padding: Padding,
    pad_if_needed: bool,
    fill: Vec<f64>,
    mode: PaddingMode,
}

impl RandomCrop {
    /// A square.
    pub fn new(size: usize) -> RandomCrop {
        RandomCrop::to([size, size])
    }

    /// A rectangle of this height and width.
    pub fn to(size: [usize; 2]) -> RandomCrop {
        RandomCrop {
            size,
            padding: Padding::default(),
            pad_if_needed: false,
            fill: vec![0.0],
            mode: PaddingMode::default(),
        }
    }

    /// Margins that the image gets before. Default: none.
    #[must_use]
    pub fn padding(mut self, padding: impl Into<Padding>) -> RandomCrop {
        self.padding = padding.into();
        self
    }

    /// Whether an image that is smaller gets larger margins. Default: false.
    #[must_use]
    pub fn pad_if_needed(mut self, pad_if_needed: bool) -> RandomCrop {
        self.pad_if_needed = pad_if_needed;
        self
    }

    /// The colour of constant margins: a number, or one for each channel. Default: 0.
    #[must_use]
    pub fn fill(mut self, fill: impl Into<Vec<f64>>) -> RandomCrop {
        self.fill = fill.into();
        self
    }

    /// What the margins are made of. Default: a colour.
    #[must_use]
    pub fn padding_mode(mut self, mode: PaddingMode) -> RandomCrop {
        self.mode = mode;
        self
    }
}

impl Transform for RandomCrop {
    fn apply(&self, image: &Tensor) -> Result<Tensor> {
        let own = size_of("RandomCrop", image)?;
        let Padding([mut left, mut top, mut right, mut bottom]) = self.padding;
        let mut sides = [
            (own[0], &mut top, &mut bottom),
            (own[1], &mut left, &mut right),
        ];
        for ((own, before, after), size) in sides.iter_mut().zip(self.size) {
            let padded = own.saturating_add(**before).saturating_add(**after);
            let missing = match self.pad_if_needed {
                true => size.saturating_sub(padded),
                false => 0,
            };
            **before = before.saturating_add(missing);
            **after = after.saturating_add(missing);
        }
        let padding = [left, top, right, bottom];
        let image = match padding {
            [0, 0, 0, 0] => image.clone(),
            _ => pad(image, padding, &self.fill, self.mode)?,
        };
        let size = size_of("RandomCrop", &image)?;
        let mut corner = [0; 2];
        for (at, (whole, part)) in size.into_iter().zip(self.size).enumerate() {
            if whole > part {
                corner[at] = draw::below(whole - part + 1)?;
            }
        }
        crop(&image, corner, self.size)
    }
}

/// A random part of an image, resized: `transforms.RandomResizedCrop`.
///
/// The part's area is a share of the image's, and its form lies between two ratios of width to height;
/// where none of ten draws fits into the image, it is the largest part of such a form in the middle.
#[derive(Debug, Clone, Copy)]
pub struct RandomResizedCrop {
    resize: Resize,
    scale: [f64; 2],
    ratio: [f64; 2],
}

impl RandomResizedCrop {
    /// To a square.
    pub fn new(size: usize) -> RandomResizedCrop {
        RandomResizedCrop::to([size, size])
    }

    /// To this height and width.
    pub fn to(size: [usize; 2]) -> RandomResizedCrop {
        RandomResizedCrop {
            resize: Resize::to(size),
            scale: [0.08, 1.0],
            ratio: [3.0 / 4.0, 4.0 / 3.0],
        }
    }

    /// The least and the largest share of the area. Default: 0.08 and 1.
    #[must_use]
    pub fn scale(mut self, scale: [f64; 2]) -> RandomResizedCrop {
        self.scale = scale;
        self
    }

    /// The least and the largest ratio of width to height. Default: 3 / 4 and 4 / 3.
    #[must_use]
    pub fn ratio(mut self, ratio: [f64; 2]) -> RandomResizedCrop {
        self.ratio = ratio;
        self
    }

    /// How pixels between those of the image are found. Default: bilinear.
    #[must_use]
    pub fn interpolation(mut self, interpolation: Interpolation) -> RandomResizedCrop {
        self.resize = self.resize.interpolation(interpolation);
        self
    }

    /// Whose arithmetic bytes are resized with. Default: Pillow's.
    #[must_use]
    pub fn resampler(mut self, resampler: Resampler) -> RandomResizedCrop {
        self.resize = self.resize.resampler(resampler);
        self
    }

    /// Top and left, and height and width of a part.
    fn draw(&self, [height, width]: [usize; 2]) -> Result<([usize; 2], [usize; 2])> {
        let area = height as f64 * width as f64;
        let logarithms = self.ratio.map(|ratio| f64::from((ratio as f32).ln()));
        for _ in 0..10 {
            let part = area * draw::uniform(self.scale[0], self.scale[1])?;
            let ratio = draw::uniform(logarithms[0], logarithms[1])? as f32;
            let ratio = f64::from(ratio.exp());
            let columns = (part * ratio).sqrt().round_ties_even() as usize;
            let rows = (part / ratio).sqrt().round_ties_even() as usize;
            if (1..=width).contains(&columns) && (1..=height).contains(&rows) {
                let top = draw::below(height - rows + 1)?;
                let left = draw::below(width - columns + 1)?;
                return Ok(([top, left], [rows, columns]));
            }
        }
        let own = width as f64 / height as f64;
        let of = |length: usize, ratio: f64| (length as f64 * ratio).round_ties_even() as usize;
        let [rows, columns] = match self.ratio {
            [least, _] if own < least => [of(width, 1.0 / least), width],
            [_, largest] if own > largest => [height, of(height, largest)],
            _ => [height, width],
        };
        Ok((
            [(height - rows) / 2, (width - columns) / 2],
            [rows, columns],
        ))
    }
}

impl Transform for RandomResizedCrop {
    fn apply(&self, image: &Tensor) -> Result<Tensor> {
        const OP: &str = "RandomResizedCrop";
        let is_range = |[low, high]: [f64; 2]| low > 0.0 && low <= high && high.is_finite();
        if !is_range(self.scale) || !is_range(self.ratio) {
            let got = format!("{:?} and {:?}", self.scale, self.ratio);
            let expected = "ranges of positive numbers";
            return Err(Error::argument(OP, "scale and ratio", got, expected));
        }
        let size = size_of(OP, image)?;
        if size.contains(&0) {
            let got = format!("{} x {}", size[0], size[1]);
            return Err(Error::argument(OP, "image", got, "some pixels"));
        }
        let (corner, part) = self.draw(size)?;
        self.resize.apply(&crop(image, corner, part)?)
    }
}

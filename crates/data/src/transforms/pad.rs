//! Margins.

use rushlight_autograd::{DType, Ellipsis, Tensor};

use super::planes::channels_of;
use super::{Transform, size_of};
use crate::{Error, Result};

/// What a margin is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PaddingMode {
    /// A colour.
    #[default]
    Constant,
    /// The outermost pixels.
    Edge,
    /// The image, mirrored at its outermost pixels, which are not repeated.
    Reflect,
    /// The image, mirrored at its edge.
    Symmetric,
}

/// The widths of the margins on the left, at the top, on the right and at the bottom.
///
/// One number is for all of them, two are for left and right and for top and bottom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Padding(pub(super) [usize; 4]);

impl From<usize> for Padding {
    fn from(all: usize) -> Padding {
        Padding([all; 4])
    }
}

impl From<[usize; 2]> for Padding {
    fn from([beside, over]: [usize; 2]) -> Padding {
        Padding([beside, over, beside, over])
    }
}

impl From<[usize; 4]> for Padding {
    fn from(each: [usize; 4]) -> Padding {
        Padding(each)
    }
}

/// Adds margins: `transforms.Pad`.
#[derive(Debug, Clone)]
pub struct Pad {
    padding: Padding,
    fill: Vec<f64>,
    mode: PaddingMode,
}

impl Pad {
    /// Black margins of these widths.
    pub fn new(padding: impl Into<Padding>) -> Pad {
        Pad {
            padding: padding.into(),
            fill: vec![0.0],
            mode: PaddingMode::default(),
        }
    }

    /// The colour of constant margins: a number, or one for each channel. Default: 0.
    #[must_use]
    pub fn fill(mut self, fill: impl Into<Vec<f64>>) -> Pad {
        self.fill = fill.into();
        self
    }

    /// What the margins are made of. Default: a colour.
    #[must_use]
    pub fn padding_mode(mut self, mode: PaddingMode) -> Pad {
        self.mode = mode;
        self
    }
}

impl Transform for Pad {
    fn apply(&self, image: &Tensor) -> Result<Tensor> {
        pad(image, self.padding, &self.fill, self.mode)
    }
}

/// An image with margins: `functional.pad`. `fill` is a number or one for each channel.
///
/// # Errors
/// If mirrored margins are wider than the image, or the colour does not fit the channels.
pub fn pad(
    image: &Tensor,
    padding: impl Into<Padding>,
    fill: &[f64],
    mode: PaddingMode,
) -> Result<Tensor> {
    const OP: &str = "pad";
    let Padding([left, top, right, bottom]) = padding.into();
    let [height, width] = size_of(OP, image)?;
    if mode == PaddingMode::Constant {
        return colored(image, [top, left], [bottom, right], fill);
    }
    let rows = sources(mode, height, top, bottom)?.to_device(image.device())?;
    let columns = sources(mode, width, left, right)?.to_device(image.device())?;
    Ok(image.index_select(-2, &rows)?.index_select(-1, &columns)?)
}

fn colored(
    image: &Tensor,
    [top, left]: [usize; 2],
    [bottom, right]: [usize; 2],
    fill: &[f64],
) -> Result<Tensor> {
    const OP: &str = "pad";
    let channels = channels_of(OP, image)?;
    if fill.len() != 1 && fill.len() != channels {
        let got = format!("{} numbers for {channels} channels", fill.len());
        return Err(Error::argument(OP, "fill", got, "one, or one for each"));
    }
    let [height, width] = size_of(OP, image)?;
    let whole = |before: usize, length: usize, after: usize| {
        let whole = before.checked_add(length)?.checked_add(after)?;
        (whole < isize::MAX as usize).then_some(whole)
    };
    let (rows, columns) = (whole(top, height, bottom), whole(left, width, right));
    let (Some(rows), Some(columns)) = (rows, columns) else {
        return Err(too_wide(&[top, left, bottom, right]));
    };
    let mut shape = image.shape();
    let end = shape.len();
    shape[end - 2..].copy_from_slice(&[rows, columns]);
    let color = Tensor::from_slice(fill, &[fill.len(), 1, 1])?.to_dtype(DType::F32)?;
    let color = color.to((image.device(), image.dtype()))?;
    let mut padded = color.broadcast_to(&shape)?.contiguous()?;
    let (top, left) = (top as i64, left as i64);
    let part = (
        Ellipsis,
        top..top + height as i64,
        left..left + width as i64,
    );
    padded.index_put_(part, image)?;
    Ok(padded)
}

/// Which pixels stand along a side with its margins.
fn sources(mode: PaddingMode, length: usize, before: usize, after: usize) -> Result<Tensor> {
    let most = match mode {
        PaddingMode::Constant | PaddingMode::Edge if length > 0 => usize::MAX,
        PaddingMode::Symmetric => length,
        _ => length.saturating_sub(1),
    };
    let whole = before.saturating_add(after).saturating_add(length);
    if before.max(after) > most || whole > isize::MAX as usize / 8 {
        return Err(too_wide(&[before, after]));
    }
    let (length, before, after) = (length as i64, before as i64, after as i64);
    let source = |at: i64| match mode {
        PaddingMode::Constant | PaddingMode::Edge => at.clamp(0, length - 1),
        PaddingMode::Reflect if at < 0 => -at,
        PaddingMode::Reflect if at >= length => 2 * (length - 1) - at,
        PaddingMode::Symmetric if at < 0 => -at - 1,
        PaddingMode::Symmetric if at >= length => 2 * length - 1 - at,
        PaddingMode::Reflect | PaddingMode::Symmetric => at,
    };
    let mut sources = Vec::new();
    if sources.try_reserve_exact(whole).is_err() {
        return Err(too_wide(&[before as usize, after as usize]));
    }
    sources.extend((-before..length + after).map(source));
    Ok(Tensor::from_vec(sources, &[whole])?)
}

fn too_wide(widths: &[usize]) -> Error {
    let expected = "margins that memory and the image allow";
    Error::argument("pad", "padding", format!("{widths:?}"), expected)
}

//! Other spatial sizes, by interpolation.

use crate::{Error, Result};
use rushlight_autograd::{Resampling, Sampling, Tensor};
use std::str::FromStr;

/// How elements between those of the input are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum InterpolationMode {
    /// The element at or before the place.
    #[default]
    Nearest,
    /// The element nearest to the centre of the place.
    NearestExact,
    /// On lines, for one spatial dimension.
    Linear,
    /// On lines, for two.
    Bilinear,
    /// On cubic curves, for two.
    Bicubic,
    /// On lines, for three.
    Trilinear,
    /// The mean of the elements that the place covers.
    Area,
}

/// PyTorch's names.
const NAMES: [(&str, InterpolationMode); 7] = [
    ("nearest", InterpolationMode::Nearest),
    ("nearest-exact", InterpolationMode::NearestExact),
    ("linear", InterpolationMode::Linear),
    ("bilinear", InterpolationMode::Bilinear),
    ("bicubic", InterpolationMode::Bicubic),
    ("trilinear", InterpolationMode::Trilinear),
    ("area", InterpolationMode::Area),
];

impl InterpolationMode {
    /// PyTorch's name of the mode.
    pub fn name(self) -> &'static str {
        let named = NAMES.iter().find(|(_, mode)| *mode == self);
        named.map_or("nearest", |(name, _)| name)
    }

    /// The spatial dimensions that the mode is for, if it is not for all.
    fn spatial(self) -> Option<usize> {
        match self {
            InterpolationMode::Nearest
            | InterpolationMode::NearestExact
            | InterpolationMode::Area => None,
            InterpolationMode::Linear => Some(1),
            InterpolationMode::Bilinear | InterpolationMode::Bicubic => Some(2),
            InterpolationMode::Trilinear => Some(3),
        }
    }
}

impl FromStr for InterpolationMode {
    type Err = rushlight_autograd::Error;

    fn from_str(name: &str) -> Result<InterpolationMode> {
        let named = NAMES.iter().find(|(own, _)| *own == name);
        let expected = "the name of a mode of interpolation";
        let unknown = || Error::argument("interpolate", "mode", name, expected).into();
        named.map(|(_, mode)| *mode).ok_or_else(unknown)
    }
}

/// The spatial sizes of a result.
#[derive(Debug, Clone, PartialEq)]
pub enum Resize {
    /// These sizes, or one for all dimensions.
    To(Vec<usize>),
    /// Those of the input times these factors, or one for all dimensions.
    By(Vec<f64>),
}

/// Settings of [`interpolate`].
#[derive(Debug, Clone, PartialEq)]
pub struct InterpolateOptions {
    /// The sizes of the result.
    pub resize: Resize,
    /// How elements are found. Default: the nearest.
    pub mode: InterpolationMode,
    /// Whether the outermost elements lie upon each other, rather than their edges; for the modes
    /// along lines and curves. Default: false.
    pub align_corners: Option<bool>,
    /// Whether positions follow from the rounded sizes rather than from the factors. Default: false.
    pub recompute_scale_factor: bool,
    /// Whether every element counts where the result is smaller; for images. Default: false.
    pub antialias: bool,
}

impl InterpolateOptions {
    /// The default settings for new sizes.
    pub fn new(resize: Resize) -> InterpolateOptions {
        InterpolateOptions {
            resize,
            mode: InterpolationMode::Nearest,
            align_corners: None,
            recompute_scale_factor: false,
            antialias: false,
        }
    }
}

/// Resizes the spatial dimensions by interpolation.
///
/// Shapes: `[n, c, size, ...]` with one to three spatial dimensions.
///
/// ```
/// # use rushlight_autograd::{Result, tensor};
/// # use rushlight_nn::functional as F;
/// # use rushlight_nn::functional::{InterpolateOptions, Resize};
/// # fn main() -> Result<()> {
/// let x = tensor([[[1.0, 2.0]]])?;
/// let y = F::interpolate(&x, &InterpolateOptions::new(Resize::By(vec![2.0])))?;
/// assert_eq!(y.to_vec::<f32>()?, [1.0, 1.0, 2.0, 2.0]);
/// # Ok(()) }
/// ```
pub fn interpolate(x: &Tensor, options: &InterpolateOptions) -> Result<Tensor> {
    const OP: &str = "interpolate";
    let shape = x.shape();
    let spatial = match shape.len() {
        3..=5 => shape.len() - 2,
        _ => {
            return Err(Error::shape(OP, shape, "[n, c, size, ...] with up to three sizes").into());
        }
    };
    let mode = options.mode;
    if mode.spatial().is_some_and(|dims| dims != spatial) {
        let expected = "a mode for as many spatial dimensions as the input has";
        let got = format!("{} for {shape}", mode.name());
        return Err(Error::argument(OP, "mode", got, expected).into());
    }
    if mode.spatial().is_none() && options.align_corners.is_some() {
        let expected = "unset but for linear, bilinear, bicubic and trilinear";
        return Err(Error::argument(OP, "align_corners", mode.name(), expected).into());
    }
    let smooth = [InterpolationMode::Bilinear, InterpolationMode::Bicubic].contains(&mode);
    if options.antialias && !smooth {
        let expected = "unset but for bilinear and bicubic";
        return Err(Error::argument(OP, "antialias", mode.name(), expected).into());
    }
    let keeps = options.recompute_scale_factor || mode == InterpolationMode::Area;
    let (sizes, scales) = target(&shape[2..], &options.resize, keeps)?;
    let sampling = match mode {
        InterpolationMode::Area => return area(x, &sizes),
        InterpolationMode::Nearest => Sampling::Nearest,
        InterpolationMode::NearestExact => Sampling::NearestExact,
        InterpolationMode::Bicubic => Sampling::Cubic,
        InterpolationMode::Linear | InterpolationMode::Bilinear | InterpolationMode::Trilinear => {
            Sampling::Linear
        }
    };
    let resampling = Resampling {
        sampling,
        align_corners: options.align_corners.unwrap_or(false),
        antialias: options.antialias,
    };
    x.resample(resampling, &sizes, &scales)
}

/// The sizes of the result, and its scales unless they follow from the sizes.
fn target(
    inputs: &[usize],
    resize: &Resize,
    recompute: bool,
) -> Result<(Vec<usize>, Vec<Option<f64>>)> {
    const OP: &str = "interpolate";
    let given = match resize {
        Resize::To(sizes) => sizes.len(),
        Resize::By(factors) => factors.len(),
    };
    if given != 1 && given != inputs.len() {
        let got = format!("{given} for {inputs:?}");
        let expected = "one for all spatial dimensions or one for each";
        return Err(Error::argument(OP, "size or scale_factor", got, expected).into());
    }
    let of = |dim: usize| if given == 1 { 0 } else { dim };
    let dims = 0..inputs.len();
    Ok(match resize {
        Resize::To(sizes) => (
            dims.map(|dim| sizes[of(dim)]).collect(),
            vec![None; inputs.len()],
        ),
        Resize::By(factors) => {
            let factors: Vec<f64> = dims.map(|dim| factors[of(dim)]).collect();
            let scales = factors.iter().map(|&factor| (!recompute).then_some(factor));
            let scaled = inputs.iter().zip(&factors);
            let sizes = scaled.map(|(&input, &factor)| (input as f64 * factor) as usize);
            (sizes.collect(), scales.collect())
        }
    })
}

fn area(x: &Tensor, sizes: &[usize]) -> Result<Tensor> {
    match *sizes {
        [a] => x.adaptive_avg_pool1d([Some(a)]),
        [a, b] => x.adaptive_avg_pool2d([Some(a), Some(b)]),
        [a, b, c] => x.adaptive_avg_pool3d([Some(a), Some(b), Some(c)]),
        _ => Err(Error::shape("interpolate", x.shape(), "up to three spatial dimensions").into()),
    }
}

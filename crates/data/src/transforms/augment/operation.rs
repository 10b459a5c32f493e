//! The changes that policies are made of, and how strong they can be.

use rushlight_autograd::Tensor;

use super::super::affine::{Affine, Rotation, affine, rotate};
use super::super::color::{adjust_brightness, adjust_contrast, adjust_saturation};
use super::super::planes::white;
use super::super::tone::{adjust_sharpness, autocontrast, equalize, invert, posterize, solarize};
use super::super::{Interpolation, draw};
use crate::{Error, Result};

/// What is done to an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation {
    Identity,
    ShearX,
    ShearY,
    TranslateX,
    TranslateY,
    Rotate,
    Brightness,
    Color,
    Contrast,
    Sharpness,
    Posterize,
    Solarize,
    AutoContrast,
    Equalize,
    Invert,
}

/// How strong the levels of an operation are.
#[derive(Debug, Clone, Copy)]
pub(super) enum Strength {
    /// There is nothing to choose.
    Fixed,
    /// From nothing to this much, either way.
    EitherWay(f64),
    /// From nothing to this share of the width, either way.
    OfWidth(f64),
    /// From nothing to this share of the height, either way.
    OfHeight(f64),
    /// From so many bits to the second number fewer.
    Bits(f64, f64),
    /// From white down to black.
    Threshold,
}

/// An operation of a policy.
pub(super) type Entry = (Operation, Strength);

/// How pixels are found in operations that move them.
#[derive(Debug, Clone)]
pub(super) struct Pixels {
    pub(super) interpolation: Interpolation,
    pub(super) fill: Vec<f64>,
}

impl Default for Pixels {
    fn default() -> Pixels {
        Pixels {
            interpolation: Interpolation::Nearest,
            fill: Vec::new(),
        }
    }
}

use Operation::*;
use Strength::*;

pub(super) const RAND_AUGMENT: [Entry; 14] = [
    (Identity, Fixed),
    (ShearX, EitherWay(0.3)),
    (ShearY, EitherWay(0.3)),
    (TranslateX, OfWidth(150.0 / 331.0)),
    (TranslateY, OfHeight(150.0 / 331.0)),
    (Rotate, EitherWay(30.0)),
    (Brightness, EitherWay(0.9)),
    (Color, EitherWay(0.9)),
    (Contrast, EitherWay(0.9)),
    (Sharpness, EitherWay(0.9)),
    (Posterize, Bits(8.0, 4.0)),
    (Solarize, Threshold),
    (AutoContrast, Fixed),
    (Equalize, Fixed),
];

pub(super) const TRIVIAL_AUGMENT_WIDE: [Entry; 14] = [
    (Identity, Fixed),
    (ShearX, EitherWay(0.99)),
    (ShearY, EitherWay(0.99)),
    (TranslateX, EitherWay(32.0)),
    (TranslateY, EitherWay(32.0)),
    (Rotate, EitherWay(135.0)),
    (Brightness, EitherWay(0.99)),
    (Color, EitherWay(0.99)),
    (Contrast, EitherWay(0.99)),
    (Sharpness, EitherWay(0.99)),
    (Posterize, Bits(8.0, 6.0)),
    (Solarize, Threshold),
    (AutoContrast, Fixed),
    (Equalize, Fixed),
];

/// The last four are left out where not all operations are wanted.
pub(super) const AUG_MIX: [Entry; 13] = [
    (ShearX, EitherWay(0.3)),
    (ShearY, EitherWay(0.3)),
    (TranslateX, OfWidth(1.0 / 3.0)),
    (TranslateY, OfHeight(1.0 / 3.0)),
    (Rotate, EitherWay(30.0)),
    (Posterize, Bits(4.0, 4.0)),
    (Solarize, Threshold),
    (AutoContrast, Fixed),
    (Equalize, Fixed),
    (Brightness, EitherWay(0.9)),
    (Color, EitherWay(0.9)),
    (Contrast, EitherWay(0.9)),
    (Sharpness, EitherWay(0.9)),
];

/// How strong an operation is in the policies of `AutoAugment`: as in `RandAugment`.
pub(super) fn strength_of(operation: Operation) -> Strength {
    let mut entries = RAND_AUGMENT.iter();
    let entry = entries.find(|(own, _)| *own == operation);
    entry.map_or(Fixed, |&(_, strength)| strength)
}

impl Strength {
    /// The number of a level that is `drawn` of some, with its sign drawn after it; zero where there is
    /// nothing to choose, which draws nothing.
    pub(super) fn magnitude(
        self,
        [height, width]: [usize; 2],
        levels: usize,
        drawn: impl FnOnce() -> Result<usize>,
    ) -> Result<f64> {
        if levels < 2 {
            let expected = "at least two levels";
            return Err(Error::argument(
                "augment",
                "num_magnitude_bins",
                levels,
                expected,
            ));
        }
        let largest = match self {
            Fixed => return Ok(0.0),
            Bits(..) | Threshold => 1.0,
            EitherWay(largest) => largest,
            OfWidth(share) => share * width as f64,
            OfHeight(share) => share * height as f64,
        };
        let level = drawn()?;
        if level >= levels {
            let got = format!("{level} of {levels}");
            return Err(Error::argument(
                "augment",
                "magnitude",
                got,
                "one of the levels",
            ));
        }
        Ok(match self {
            Bits(from, fewer) => {
                (from - level as f64 * fewer / (levels - 1) as f64).round_ties_even()
            }
            Threshold => linspace(1.0, 0.0, levels, level),
            _ => match linspace(0.0, largest, levels, level) {
                magnitude if draw::at_most(0.5)? => -magnitude,
                magnitude => magnitude,
            },
        })
    }
}

/// `torch.linspace(start, end, steps)[at]`, counted from the nearer end and rounded once, in `f32`.
fn linspace(start: f64, end: f64, steps: usize, at: usize) -> f64 {
    let (start, end) = (start as f32, end as f32);
    let step = f64::from((end - start) / (steps - 1) as f32);
    let exact = match at < steps / 2 {
        true => f64::from(start) + step * at as f64,
        false => f64::from(end) - step * (steps - at - 1) as f64,
    };
    f64::from(exact as f32)
}

impl Operation {
    /// The image changed by this much.
    pub(super) fn apply(self, image: &Tensor, magnitude: f64, pixels: &Pixels) -> Result<Tensor> {
        let Pixels {
            interpolation,
            fill,
        } = pixels;
        let moved = |shear: [f64; 2], translate: [f64; 2], center| {
            let settings = Affine {
                shear,
                translate,
                center,
                interpolation: *interpolation,
                fill: fill.clone(),
                ..Affine::default()
            };
            affine(image, &settings)
        };
        let degrees = magnitude.atan().to_degrees();
        // Shears keep the corner on the top left.
        let corner = Some([0.0; 2]);
        match self {
            Identity => Ok(image.clone()),
            ShearX => moved([degrees, 0.0], [0.0; 2], corner),
            ShearY => moved([0.0, degrees], [0.0; 2], corner),
            TranslateX => moved([0.0; 2], [magnitude.trunc(), 0.0], None),
            TranslateY => moved([0.0; 2], [0.0, magnitude.trunc()], None),
            Rotate => {
                let settings = Rotation {
                    interpolation: *interpolation,
                    fill: fill.clone(),
                    ..Rotation::default()
                };
                rotate(image, magnitude, &settings)
            }
            Brightness => adjust_brightness(image, 1.0 + magnitude),
            Color => adjust_saturation(image, 1.0 + magnitude),
            Contrast => adjust_contrast(image, 1.0 + magnitude),
            Sharpness => adjust_sharpness(image, 1.0 + magnitude),
            Posterize => posterize(image, magnitude as u32),
            Solarize => solarize(image, white(image.dtype()) * magnitude),
            AutoContrast => autocontrast(image),
            Equalize => equalize(image),
            Invert => invert(image),
        }
    }
}

//! Rotations, and all maps that keep lines parallel.

use rushlight_autograd::Tensor;

use super::warp::{Warp, fused};
use super::{Interpolation, Spread, Transform, draw, size_of};
use crate::{Error, Result};

/// What [`affine`] does to an image.
#[derive(Debug, Clone, PartialEq)]
pub struct Affine {
    /// Degrees, clockwise. Default: 0.
    pub angle: f64,
    /// Pixels to the right and down. Default: 0.
    pub translate: [f64; 2],
    /// The factor of both sides. Default: 1.
    pub scale: f64,
    /// Degrees of shear along the width and along the height. Default: 0.
    pub shear: [f64; 2],
    /// How pixels between those of the image are found, nearest or bilinear. Default: nearest.
    pub interpolation: Interpolation,
    /// What lies outside: a number, or one for each channel; nothing is black, without mixing it into
    /// the edge. Default: nothing.
    pub fill: Vec<f64>,
    /// What stays where it is, from the left and from the top. Default: the middle.
    pub center: Option<[f64; 2]>,
}

impl Default for Affine {
    fn default() -> Affine {
        Affine {
            angle: 0.0,
            translate: [0.0; 2],
            scale: 1.0,
            shear: [0.0; 2],
            interpolation: Interpolation::Nearest,
            fill: Vec::new(),
            center: None,
        }
    }
}

/// An image turned, shifted, scaled and sheared: `functional.affine`. Computed in `f32`.
///
/// # Errors
/// If the scale is not positive, a number is not finite, the colour does not fit the channels, or the
/// interpolation is bicubic.
pub fn affine(image: &Tensor, settings: &Affine) -> Result<Tensor> {
    const OP: &str = "affine";
    let size = size_of(OP, image)?;
    map(OP, image, settings, size)
}

/// What [`rotate`] does to an image, beside the angle.
#[derive(Debug, Clone, PartialEq)]
pub struct Rotation {
    /// How pixels between those of the image are found, nearest or bilinear. Default: nearest.
    pub interpolation: Interpolation,
    /// Whether the result is large enough for all of the image. Default: false.
    pub expand: bool,
    /// What lies outside: a number, or one for each channel; nothing is black, without mixing it into
    /// the edge. Default: nothing.
    pub fill: Vec<f64>,
    /// What stays where it is, from the left and from the top. Default: the middle.
    pub center: Option<[f64; 2]>,
}

impl Default for Rotation {
    fn default() -> Rotation {
        Rotation {
            interpolation: Interpolation::Nearest,
            expand: false,
            fill: Vec::new(),
            center: None,
        }
    }
}

/// An image turned by degrees, counterclockwise: `functional.rotate`. Computed in `f32`.
///
/// # Errors
/// If the angle is not finite, the colour does not fit the channels, or the interpolation is bicubic.
pub fn rotate(image: &Tensor, angle: f64, settings: &Rotation) -> Result<Tensor> {
    const OP: &str = "rotate";
    let size = size_of(OP, image)?;
    let angle = angle.rem_euclid(360.0);
    let keeps_shape = settings.expand || size[0] == size[1];
    // Quarters of a turn move whole pixels.
    if settings.center.is_none() && (angle % 180.0 == 0.0 || (angle % 90.0 == 0.0 && keeps_shape)) {
        return Ok(image.rot90((angle / 90.0) as i64, &[-2, -1])?);
    }
    let settings_of_affine = Affine {
        angle: -angle,
        interpolation: settings.interpolation,
        fill: settings.fill.clone(),
        center: settings.center,
        ..Affine::default()
    };
    let size = match settings.expand {
        true => expanded(inverse(&settings_of_affine, size), size),
        false => size,
    };
    map(OP, image, &settings_of_affine, size)
}

fn map(op: &'static str, image: &Tensor, settings: &Affine, size: [usize; 2]) -> Result<Tensor> {
    let [height, width] = size_of(op, image)?;
    let matrix = inverse(settings, [height, width]);
    let is_finite = matrix.iter().all(|&x| x.is_finite());
    if settings.scale <= 0.0 || !is_finite {
        let expected = "a positive scale and finite numbers";
        return Err(Error::argument(
            op,
            "settings",
            format!("{settings:?}"),
            expected,
        ));
    }
    let [a, b, c, d, e, f] = matrix.map(|x| x as f32);
    let (half_width, half_height) = (0.5 * width as f32, 0.5 * height as f32);
    let (a, b, c) = (a / half_width, b / half_width, c / half_width);
    let (d, e, f) = (d / half_height, e / half_height, f / half_height);
    let [middle_y, middle_x] = size.map(|length| (length as f32 - 1.0) * 0.5);
    let place = |[x, y]: [f32; 2]| {
        let (x, y) = (x - middle_x, y - middle_y);
        [fused(y, b, x * a) + c, fused(y, e, x * d) + f]
    };
    let warp = Warp {
        op,
        interpolation: settings.interpolation,
        fill: &settings.fill,
    };
    warp.apply(image, size, &place)
}

/// Two rows of the matrix that leads from pixels of the result to those of the image, both counted
/// from the middle.
fn inverse(settings: &Affine, [height, width]: [usize; 2]) -> [f64; 6] {
    let [x, y] = match settings.center {
        Some([x, y]) => [x - 0.5 * width as f64, y - 0.5 * height as f64],
        None => [0.0; 2],
    };
    let turn = settings.angle.to_radians();
    let [shear_x, shear_y] = settings.shear.map(f64::to_radians);
    // The rotation and shear, whose determinant is 1.
    let a = (turn - shear_y).cos() / shear_y.cos();
    let b = -(a * shear_x.tan() + turn.sin());
    let c = (turn - shear_y).sin() / shear_y.cos();
    let d = turn.cos() - c * shear_x.tan();
    let [m, n, o, p] = [d, -b, -c, a].map(|x| x / settings.scale);
    let [shifted_x, shifted_y] = [x + settings.translate[0], y + settings.translate[1]];
    [
        m,
        n,
        x - m * shifted_x - n * shifted_y,
        o,
        p,
        y - o * shifted_x - p * shifted_y,
    ]
}

/// The height and width that hold all corners, as Pillow rounds them.
fn expanded(matrix: [f64; 6], [height, width]: [usize; 2]) -> [usize; 2] {
    let [a, b, c, d, e, f] = matrix.map(|x| x as f32);
    let (x, y) = (0.5 * width as f32, 0.5 * height as f32);
    let corners = [(-x, -y), (-x, y), (x, y), (x, -y)];
    let length = |place: &dyn Fn((f32, f32)) -> f32, half: f32| {
        let places = corners.map(place);
        // A ten-thousandth of a pixel is none.
        let trimmed = |place: f32| ((place + half) * 1e4).trunc() * 1e-4;
        let least = places.into_iter().fold(f32::INFINITY, f32::min);
        let most = places.into_iter().fold(f32::NEG_INFINITY, f32::max);
        (trimmed(most).ceil() - trimmed(least).floor()) as usize
    };
    [
        length(&|(x, y)| d * x + e * y + f, y),
        length(&|(x, y)| a * x + b * y + c, x),
    ]
}

/// Turns an image at random: `transforms.RandomRotation`.
#[derive(Debug, Clone)]
pub struct RandomRotation {
    degrees: Spread,
    rotation: Rotation,
}

impl RandomRotation {
    /// By up to so many degrees either way, or from some degrees to others; counterclockwise.
    pub fn new(degrees: impl Into<Spread>) -> RandomRotation {
        let fill = vec![0.0];
        RandomRotation {
            degrees: degrees.into(),
            rotation: Rotation {
                fill,
                ..Rotation::default()
            },
        }
    }

    /// How pixels between those of the image are found, nearest or bilinear. Default: nearest.
    #[must_use]
    pub fn interpolation(mut self, interpolation: Interpolation) -> RandomRotation {
        self.rotation.interpolation = interpolation;
        self
    }

    /// Whether the result is large enough for all of the image. Default: false.
    #[must_use]
    pub fn expand(mut self, expand: bool) -> RandomRotation {
        self.rotation.expand = expand;
        self
    }

    /// What stays where it is, from the left and from the top. Default: the middle.
    #[must_use]
    pub fn center(mut self, center: [f64; 2]) -> RandomRotation {
        self.rotation.center = Some(center);
        self
    }

    /// What lies outside: a number, or one for each channel. Default: 0.
    #[must_use]
    pub fn fill(mut self, fill: impl Into<Vec<f64>>) -> RandomRotation {
        self.rotation.fill = fill.into();
        self
    }
}

impl Transform for RandomRotation {
    fn apply(&self, image: &Tensor) -> Result<Tensor> {
        rotate(image, self.degrees.draw()?, &self.rotation)
    }
}

/// Turns, shifts, scales and shears an image at random: `transforms.RandomAffine`.
#[derive(Debug, Clone)]
pub struct RandomAffine {
    degrees: Spread,
    translate: Option<[f64; 2]>,
    scale: Option<[f64; 2]>,
    shear: Option<Spread>,
    shear_y: Option<Spread>,
    affine: Affine,
}

impl RandomAffine {
    /// Turned by up to so many degrees either way, or from some degrees to others; clockwise.
    pub fn new(degrees: impl Into<Spread>) -> RandomAffine {
        let fill = vec![0.0];
        RandomAffine {
            degrees: degrees.into(),
            translate: None,
            scale: None,
            shear: None,
            shear_y: None,
            affine: Affine {
                fill,
                ..Affine::default()
            },
        }
    }

    /// Shifted by up to these shares of the width and height, either way. Default: not.
    #[must_use]
    pub fn translate(mut self, shares: [f64; 2]) -> RandomAffine {
        self.translate = Some(shares);
        self
    }

    /// Scaled by factors from one to another. Default: not.
    #[must_use]
    pub fn scale(mut self, factors: [f64; 2]) -> RandomAffine {
        self.scale = Some(factors);
        self
    }

    /// Sheared along the width by up to so many degrees either way, or from some to others. Default:
    /// not.
    #[must_use]
    pub fn shear(mut self, degrees: impl Into<Spread>) -> RandomAffine {
        self.shear = Some(degrees.into());
        self
    }

    /// Sheared along the height as well, where there is a shear along the width. Default: not.
    #[must_use]
    pub fn shear_y(mut self, degrees: impl Into<Spread>) -> RandomAffine {
        self.shear_y = Some(degrees.into());
        self
    }

    /// How pixels between those of the image are found, nearest or bilinear. Default: nearest.
    #[must_use]
    pub fn interpolation(mut self, interpolation: Interpolation) -> RandomAffine {
        self.affine.interpolation = interpolation;
        self
    }

    /// What stays where it is, from the left and from the top. Default: the middle.
    #[must_use]
    pub fn center(mut self, center: [f64; 2]) -> RandomAffine {
        self.affine.center = Some(center);
        self
    }

    /// What lies outside: a number, or one for each channel. Default: 0.
    #[must_use]
    pub fn fill(mut self, fill: impl Into<Vec<f64>>) -> RandomAffine {
        self.affine.fill = fill.into();
        self
    }
}

impl Transform for RandomAffine {
    fn apply(&self, image: &Tensor) -> Result<Tensor> {
        let [height, width] = size_of("RandomAffine", image)?;
        let mut affine = self.affine.clone();
        affine.angle = self.degrees.draw()?;
        if let Some([x, y]) = self.translate {
            for (at, most) in [x * width as f64, y * height as f64]
                .into_iter()
                .enumerate()
            {
                affine.translate[at] = draw::uniform(-most, most)?.round_ties_even();
            }
        }
        if let Some([least, most]) = self.scale {
            affine.scale = draw::uniform(least, most)?;
        }
        for (at, shear) in [self.shear, self.shear.and(self.shear_y)]
            .into_iter()
            .enumerate()
        {
            if let Some(shear) = shear {
                affine.shear[at] = shear.draw()?;
            }
        }
        self::affine(image, &affine)
    }
}

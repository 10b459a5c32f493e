//! Images as seen from the side.

use rushlight_autograd::Tensor;

use super::warp::{Warp, fused};
use super::{Interpolation, Transform, draw, size_of};
use crate::{Error, Result};

/// The corners of an image, each from the left and from the top: top left, top right, bottom right,
/// bottom left.
pub type Corners = [[f64; 2]; 4];

/// An image whose points `from` come to lie at `to`: `functional.perspective`. Computed in `f32`.
///
/// # Errors
/// If three points lie on a line, the colour does not fit the channels, or the interpolation is bicubic.
pub fn perspective(
    image: &Tensor,
    from: Corners,
    to: Corners,
    interpolation: Interpolation,
    fill: &[f64],
) -> Result<Tensor> {
    const OP: &str = "perspective";
    let size = size_of(OP, image)?;
    let coefficients = coefficients(from, to).ok_or_else(|| {
        let expected = "corners no three of which lie on a line";
        Error::argument(OP, "corners", format!("{to:?}"), expected)
    })?;
    let [a, b, c, d, e, f, g, h] = coefficients.map(|x| x as f32);
    let [half_height, half_width] = size.map(|length| 0.5 * length as f32);
    let (a, b, c) = (a / half_width, b / half_width, c / half_width);
    let (d, e, f) = (d / half_height, e / half_height, f / half_height);
    let place = |[x, y]: [f32; 2]| {
        let (x, y) = (x + 0.5, y + 0.5);
        let depth = fused(y, h, x * g) + 1.0;
        [
            (fused(y, b, x * a) + c) / depth - 1.0,
            (fused(y, e, x * d) + f) / depth - 1.0,
        ]
    };
    let warp = Warp {
        op: OP,
        interpolation,
        fill,
    };
    warp.apply(image, size, &place)
}

/// The numbers `a` to `h` of the map from `to` back to `from`, `((ax + by + c) / (gx + hy + 1), (dx +
/// ey + f) / (gx + hy + 1))`.
fn coefficients(from: Corners, to: Corners) -> Option<[f64; 8]> {
    let mut rows = [[0.0; 9]; 8];
    for (at, ([x, y], [u, v])) in to.into_iter().zip(from).enumerate() {
        rows[2 * at] = [x, y, 1.0, 0.0, 0.0, 0.0, -u * x, -u * y, u];
        rows[2 * at + 1] = [0.0, 0.0, 0.0, x, y, 1.0, -v * x, -v * y, v];
    }
    // Elimination of each unknown from all other rows.
    for at in 0..8 {
        let size = |row: &usize| rows[*row][at].abs();
        let pivot = (at..8).max_by(|a, b| size(a).total_cmp(&size(b)))?;
        rows.swap(at, pivot);
        let own = rows[at];
        if own[at].is_nan() || own[at].abs() < 1e-9 {
            return None;
        }
        let others = rows
            .iter_mut()
            .enumerate()
            .filter(|(other, _)| *other != at);
        for (_, row) in others {
            let factor = row[at] / own[at];
            row.iter_mut()
                .zip(own)
                .for_each(|(x, own)| *x -= factor * own);
        }
    }
    let mut solution = [0.0; 8];
    for (at, row) in rows.iter().enumerate() {
        solution[at] = row[8] / row[at];
    }
    Some(solution)
}

/// Now and then an image is seen from another side: `transforms.RandomPerspective`.
#[derive(Debug, Clone)]
pub struct RandomPerspective {
    distortion_scale: f64,
    p: f64,
    interpolation: Interpolation,
    fill: Vec<f64>,
}

impl RandomPerspective {
    /// Corners move by up to this share of half the image, 0 to 1; torchvision's default is 0.5.
    pub fn new(distortion_scale: f64) -> RandomPerspective {
        RandomPerspective {
            distortion_scale,
            p: 0.5,
            interpolation: Interpolation::Bilinear,
            fill: vec![0.0],
        }
    }

    /// With which probability it is done. Default: 0.5.
    #[must_use]
    pub fn p(mut self, p: f64) -> RandomPerspective {
        self.p = p;
        self
    }

    /// How pixels between those of the image are found, nearest or bilinear. Default: bilinear.
    #[must_use]
    pub fn interpolation(mut self, interpolation: Interpolation) -> RandomPerspective {
        self.interpolation = interpolation;
        self
    }

    /// What lies outside: a number, or one for each channel. Default: 0.
    #[must_use]
    pub fn fill(mut self, fill: impl Into<Vec<f64>>) -> RandomPerspective {
        self.fill = fill.into();
        self
    }
}

impl Transform for RandomPerspective {
    fn apply(&self, image: &Tensor) -> Result<Tensor> {
        const OP: &str = "RandomPerspective";
        let [height, width] = size_of(OP, image)?;
        if !(0.0..=1.0).contains(&self.distortion_scale) {
            let (name, got) = ("distortion_scale", self.distortion_scale);
            return Err(Error::argument(OP, name, got, "from 0 to 1"));
        }
        if draw::uniform(0.0, 1.0)? >= self.p {
            return Ok(image.clone());
        }
        let reach = |length: usize| (self.distortion_scale * (length / 2) as f64) as usize + 1;
        let near = |length: usize| Ok::<_, Error>(draw::below(reach(length))? as f64);
        let far = |length: usize| {
            let first = length.saturating_sub(reach(length));
            Ok::<_, Error>((first + draw::below(reach(length).min(length))?) as f64)
        };
        let to = [
            [near(width)?, near(height)?],
            [far(width)?, near(height)?],
            [far(width)?, far(height)?],
            [near(width)?, far(height)?],
        ];
        let (right, bottom) = (width as f64 - 1.0, height as f64 - 1.0);
        let from = [[0.0, 0.0], [right, 0.0], [right, bottom], [0.0, bottom]];
        perspective(image, from, to, self.interpolation, &self.fill)
    }
}

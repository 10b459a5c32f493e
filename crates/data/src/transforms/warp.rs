//! Images whose pixels come from elsewhere in the image.

use rushlight_autograd::Tensor;

use super::Interpolation;
use super::planes::Planes;
use crate::{Error, Result};

/// How pixels are found: `functional._apply_grid_transform`.
pub(super) struct Warp<'a> {
    pub(super) op: &'static str,
    pub(super) interpolation: Interpolation,
    /// What lies outside, a number or one for each channel; without one it is black, and the edge is
    /// not mixed with it.
    pub(super) fill: &'a [f64],
}

/// Up to four pixels, their weights, and how much of the place is in the image.
#[derive(Clone, Copy, Default)]
struct Tap {
    pixels: [usize; 4],
    weights: [f32; 4],
    inside: f32,
}

impl Warp<'_> {
    /// The image of another size whose pixel at a column and row comes from `place` of them: from -1 to
    /// 1 across the image, first along its width.
    pub(super) fn apply(
        &self,
        image: &Tensor,
        [height, width]: [usize; 2],
        place: &dyn Fn([f32; 2]) -> [f32; 2],
    ) -> Result<Tensor> {
        let mut planes = Planes::of(self.op, image)?;
        self.check(planes.channels)?;
        let mut out = Vec::new();
        let (area, new_area) = (planes.area(), height.saturating_mul(width));
        let length = planes.values.len().checked_div(area).unwrap_or(0);
        let length = length.saturating_mul(new_area);
        if length == 0 || out.try_reserve_exact(length).is_err() {
            let got = format!("{:?} to {height} x {width}", planes.size);
            return Err(Error::argument(
                self.op,
                "size",
                got,
                "some pixels that memory holds",
            ));
        }
        out.resize(length, 0.0);
        let values = std::mem::take(&mut planes.values);
        let mut taps = vec![Tap::default(); width];
        for row in 0..height {
            for (column, tap) in taps.iter_mut().enumerate() {
                *tap = self.tap(place([column as f32, row as f32]), planes.size);
            }
            let from = values.chunks_exact(area);
            let to = out.chunks_exact_mut(new_area);
            for (at, (from, to)) in from.zip(to).enumerate() {
                let fill = self.fill_of(at % planes.channels);
                for (tap, pixel) in taps.iter().zip(&mut to[row * width..]) {
                    *pixel = self.mixed(tap, from, fill);
                }
            }
        }
        if planes.is_bytes() {
            out.iter_mut().for_each(|x| *x = x.round_ties_even());
        }
        planes.image(out, [height, width])
    }

    fn check(&self, channels: usize) -> Result<()> {
        if self.interpolation == Interpolation::Bicubic {
            let (name, expected) = ("interpolation", "nearest or bilinear");
            return Err(Error::argument(self.op, name, "bicubic", expected));
        }
        if self.fill.len() > 1 && self.fill.len() != channels {
            let got = format!("{} numbers for {channels} channels", self.fill.len());
            return Err(Error::argument(
                self.op,
                "fill",
                got,
                "one, or one for each",
            ));
        }
        Ok(())
    }

    fn fill_of(&self, channel: usize) -> Option<f32> {
        match self.fill {
            [all] => Some(*all as f32),
            each => each.get(channel).map(|&fill| fill as f32),
        }
    }

    fn tap(&self, [x, y]: [f32; 2], [height, width]: [usize; 2]) -> Tap {
        let at = |place: f32, length: usize| (place + 1.0) * (length as f32 / 2.0) - 0.5;
        let (x, y) = (at(x, width), at(y, height));
        let corners = match self.interpolation {
            Interpolation::Nearest => {
                let (x, y) = (x.round_ties_even(), y.round_ties_even());
                [(x, y, 1.0), (x, y, 0.0), (x, y, 0.0), (x, y, 0.0)]
            }
            _ => {
                let (left, top) = (x.floor(), y.floor());
                let (east, south) = (x - left, y - top);
                let (west, north) = (1.0 - east, 1.0 - south);
                let (right, bottom) = (left + 1.0, top + 1.0);
                [
                    (left, top, west * north),
                    (right, top, east * north),
                    (left, bottom, west * south),
                    (right, bottom, east * south),
                ]
            }
        };
        let mut tap = Tap::default();
        for (at, (x, y, weight)) in corners.into_iter().enumerate() {
            let is_inside = x >= 0.0 && x < width as f32 && y >= 0.0 && y < height as f32;
            if is_inside {
                tap.pixels[at] = y as usize * width + x as usize;
                tap.weights[at] = weight;
                tap.inside += weight;
            }
        }
        tap
    }

    fn mixed(&self, tap: &Tap, plane: &[f32], fill: Option<f32>) -> f32 {
        let taps = tap.pixels.iter().zip(tap.weights);
        let value = taps.fold(0.0, |sum, (&pixel, weight)| {
            fused(plane[pixel], weight, sum)
        });
        match (fill, self.interpolation) {
            (None, _) => value,
            (Some(fill), Interpolation::Nearest) if tap.inside < 0.5 => fill,
            (Some(_), Interpolation::Nearest) => value,
            (Some(fill), _) => (value - fill) * tap.inside + fill,
        }
    }
}

/// `x * factor + addend`, rounded once as in PyTorch: halves, which bytes are rounded at, are common.
pub(super) fn fused(x: f32, factor: f32, addend: f32) -> f32 {
    (f64::from(x) * f64::from(factor) + f64::from(addend)) as f32
}

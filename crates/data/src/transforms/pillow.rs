//! Resizing of bytes to the bit as Pillow does it.
//!
//! Each output pixel is a weighted mean of the pixels under a filter. Weights are integers of 22 bits
//! after the point. The image is resized along one side, rounded to bytes, and then along the other
//! one: along its height first where that loses more than twice as many pixels as the width, as Pillow
//! 13 does; else, and always in earlier versions, along its width.

use rushlight_autograd::Tensor;

use super::Interpolation;
use crate::{Error, Result};

/// The bits of a weight after the point: what 32 bits leave beside a byte, a sign and a carry.
const PRECISION: u32 = 32 - 8 - 2;

/// The weights of one output pixel, the first of which is that of the input pixel `first`.
struct Window {
    first: usize,
    weights: Vec<i32>,
}

impl Interpolation {
    /// How far the filter reaches.
    fn support(self) -> f64 {
        match self {
            Interpolation::Nearest => 0.0,
            Interpolation::Bilinear => 1.0,
            Interpolation::Bicubic => 2.0,
        }
    }

    /// The weight at a distance.
    fn weight(self, x: f64) -> f64 {
        const A: f64 = -0.5;
        let x = x.abs();
        match self {
            Interpolation::Bilinear if x < 1.0 => 1.0 - x,
            Interpolation::Bicubic if x < 1.0 => ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0,
            Interpolation::Bicubic if x < 2.0 => (((x - 5.0) * x + 8.0) * x - 4.0) * A,
            _ => 0.0,
        }
    }
}

/// The image `[..., height, width]` of bytes in another size; no size is zero.
pub(super) fn resize(
    image: &Tensor,
    [height, width]: [usize; 2],
    [new_height, new_width]: [usize; 2],
    interpolation: Interpolation,
) -> Result<Tensor> {
    let shape = image.shape();
    let planes = &shape[..shape.len() - 2];
    let count = planes.iter().product::<usize>();
    let fits = [height.max(new_height), width.max(new_width), count.max(1)]
        .into_iter()
        .try_fold(1_usize, usize::checked_mul)
        .is_some_and(|size| size <= isize::MAX as usize);
    if !fits {
        let got = format!("{new_height} x {new_width}");
        return Err(Error::argument("resize", "size", got, "what memory holds"));
    }

    let mut bytes = image.to_vec::<u8>()?;
    let columns = windows(height, new_height, interpolation);
    let rows = windows(width, new_width, interpolation);
    let lost = |from: usize, to: usize| from as i64 - to as i64;
    let height_first = new_height < height && 2 * lost(width, new_width) < lost(height, new_height);
    if height_first {
        bytes = along_columns(&bytes, height, width, &columns);
    }
    if new_width != width {
        bytes = along_rows(&bytes, width, &rows);
    }
    if new_height != height && !height_first {
        bytes = along_columns(&bytes, height, new_width, &columns);
    }
    let shape = [planes, &[new_height, new_width]].concat();
    Ok(Tensor::from_vec(bytes, &shape)?)
}

fn windows(length: usize, new_length: usize, interpolation: Interpolation) -> Vec<Window> {
    let scale = length as f64 / new_length as f64;
    if interpolation == Interpolation::Nearest {
        let window = |at: usize| Window {
            first: (((at as f64 + 0.5) * scale) as usize).min(length - 1),
            weights: vec![1 << PRECISION],
        };
        return (0..new_length).map(window).collect();
    }
    let widening = scale.max(1.0);
    let support = interpolation.support() * widening;
    let window = |at: usize| {
        let center = (at as f64 + 0.5) * scale;
        let first = (center - support + 0.5).max(0.0) as usize;
        let end = ((center + support + 0.5) as usize).min(length);
        let weight = |x: usize| interpolation.weight((x as f64 - center + 0.5) / widening);
        let weights: Vec<f64> = (first..end).map(weight).collect();
        let sum: f64 = weights.iter().sum();
        let fixed = |weight: f64| (weight / sum * f64::from(1 << PRECISION)).round() as i32;
        let weights = weights.into_iter().map(fixed).collect();
        Window { first, weights }
    };
    (0..new_length).map(window).collect()
}

fn along_rows(bytes: &[u8], width: usize, windows: &[Window]) -> Vec<u8> {
    let rows = bytes.chunks_exact(width);
    let mean = |row: &[u8], window: &Window| {
        let pixels = &row[window.first..][..window.weights.len()];
        let products = pixels.iter().zip(&window.weights);
        to_byte(
            products
                .map(|(&pixel, weight)| i32::from(pixel) * weight)
                .sum(),
        )
    };
    rows.flat_map(|row| windows.iter().map(move |window| mean(row, window)))
        .collect()
}

fn along_columns(bytes: &[u8], height: usize, width: usize, windows: &[Window]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() / height * windows.len());
    let mut sums = vec![0_i32; width];
    for plane in bytes.chunks_exact(height * width) {
        for window in windows {
            sums.fill(0);
            let rows = plane.chunks_exact(width).skip(window.first);
            for (row, weight) in rows.zip(&window.weights) {
                for (sum, &pixel) in sums.iter_mut().zip(row) {
                    *sum += i32::from(pixel) * weight;
                }
            }
            out.extend(sums.iter().map(|&sum| to_byte(sum)));
        }
    }
    out
}

/// The nearest byte to a sum of weighted bytes.
fn to_byte(sum: i32) -> u8 {
    let rounded = (sum + (1 << (PRECISION - 1))) >> PRECISION;
    rounded.clamp(0, 255) as u8
}

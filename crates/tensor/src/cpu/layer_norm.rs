//! Layer normalisation: each row in one visit, while it is in the first cache.

use super::lanes;
use super::number::Real;
use super::parallel::{DisjointMut, for_each_chunk};
use super::simd::{Level, Simd, Task};
use super::walk::Target;
use crate::ops::layer_norm::{LayerNorm, LayerNormGradients};
use crate::{Array, DType, Element};

/// Elements per parallel chunk.
const GRAIN: usize = 1 << 14;
/// Distances are taken from the mean of this part of a row, but of at least so many elements. It is at most
/// `sqrt(PART)` deviations away from that of the row, so the variance keeps its digits.
const PART: usize = 8;
const LEAST: usize = 64;

pub(crate) fn layer_norm(
    eps: f64,
    x: &Array,
    weight: Option<&Array>,
    bias: Option<&Array>,
    out: &mut LayerNorm,
) {
    match x.dtype() {
        DType::F64 => forward::<f64>(eps, x, weight, bias, out),
        _ => forward::<f32>(eps, x, weight, bias, out),
    }
}

pub(crate) fn layer_norm_backward(
    operands: [&Array; 4],
    weight: Option<&Array>,
    out: &mut LayerNormGradients,
) {
    match out.x.dtype() {
        DType::F64 => backward::<f64>(operands, weight, out),
        _ => backward::<f32>(operands, weight, out),
    }
}

fn forward<C: Real + Element>(
    eps: f64,
    x: &Array,
    weight: Option<&Array>,
    bias: Option<&Array>,
    out: &mut LayerNorm,
) {
    let rows = out.mean.numel();
    let length = x.numel() / rows;
    let level = Level::current();
    let [y, mean, rstd] = [&mut out.y, &mut out.mean, &mut out.rstd].map(Target::new);
    let x = x.dense_slice::<C>();
    let [weight, bias] = [weight, bias].map(|given| given.map(Array::dense_slice::<C>));
    for_each_chunk(rows, (GRAIN / length).max(1), |rows| {
        // SAFETY: chunks are disjoint rows of the outputs.
        let (y, mean, rstd) = unsafe {
            (
                y.slice_mut(rows.start * length, rows.len() * length),
                mean.slice_mut(rows.start, rows.len()),
                rstd.slice_mut(rows.start, rows.len()),
            )
        };
        level.run_up_to_avx2(Forward {
            eps,
            x: &x[rows.start * length..rows.end * length],
            weight,
            bias,
            y,
            mean,
            rstd,
        });
    });
}

/// Some rows forward.
struct Forward<'a, C> {
    eps: f64,
    x: &'a [C],
    weight: Option<&'a [C]>,
    bias: Option<&'a [C]>,
    y: &'a mut [C],
    mean: &'a mut [C],
    rstd: &'a mut [C],
}

impl<C: Real> Task for Forward<'_, C> {
    type Output = ();

    /// Mean and variance come from one pass, in which distances from a rough mean are small.
    #[inline(always)]
    fn run<S: Simd>(self) {
        let (zero, one) = (C::from_f64(0.0), C::from_f64(1.0));
        let length = self.x.len() / self.mean.len();
        let count = C::from_f64(length as f64);
        let first = (length / PART).max(LEAST).min(length);
        let plus = |a: C, b: C| a + b;
        let rows = self
            .x
            .chunks_exact(length)
            .zip(self.y.chunks_exact_mut(length));
        let statistics = self.mean.iter_mut().zip(self.rstd);
        for ((x, y), (mean, rstd)) in rows.zip(statistics) {
            let rough = lanes::sum(&x[..first], zero) / C::from_f64(first as f64);
            let add = |distances: &mut C, squares: &mut C, x: C| {
                let distance = x - rough;
                *distances = *distances + distance;
                *squares = *squares + distance * distance;
            };
            let (rest, squares) = lanes::combine_both(x, (zero, zero), add, (plus, plus));
            let rest = rest / count;
            let var = (squares / count - rest * rest).maximum(zero);
            *mean = rough + rest;
            *rstd = one / (var + C::from_f64(self.eps)).sqrt();
            let (scale, shift) = (*rstd, -rest * *rstd);
            let normal = |x: C| (x - rough) * scale + shift;
            let pairs = y.iter_mut().zip(x);
            match (self.weight, self.bias) {
                (None, None) => pairs.for_each(|(y, &x)| *y = normal(x)),
                (Some(weight), None) => {
                    for ((y, &x), &weight) in pairs.zip(weight) {
                        *y = normal(x) * weight;
                    }
                }
                (None, Some(bias)) => {
                    for ((y, &x), &bias) in pairs.zip(bias) {
                        *y = normal(x) + bias;
                    }
                }
                (Some(weight), Some(bias)) => {
                    for (((y, &x), &weight), &bias) in pairs.zip(weight).zip(bias) {
                        *y = normal(x) * weight + bias;
                    }
                }
            }
        }
    }
}

fn backward<C: Real + Element>(
    [g, x, mean, rstd]: [&Array; 4],
    weight: Option<&Array>,
    out: &mut LayerNormGradients,
) {
    let (rows, length) = (mean.numel(), out.weight.numel());
    let level = Level::current();
    let [dx, dweight, dbias] = [&mut out.x, &mut out.weight, &mut out.bias].map(Target::new);
    let [g, x, mean, rstd] = [g, x, mean, rstd].map(Array::dense_slice::<C>);
    let weight = weight.map(Array::dense_slice::<C>);
    // Each chunk adds up its part of the sums over rows.
    let grain = (GRAIN / length).max(1);
    let chunks = rows.div_ceil(grain);
    let mut sums = vec![C::default(); chunks * length * 2];
    let parts = DisjointMut::new(&mut sums);
    for_each_chunk(rows, grain, |rows| {
        let part = rows.start / grain * length * 2;
        // SAFETY: chunks are disjoint rows, each with a part of its own.
        let (dx, part) = unsafe {
            (
                dx.slice_mut(rows.start * length, rows.len() * length),
                parts.slice(part..part + length * 2),
            )
        };
        let (dweight, dbias) = part.split_at_mut(length);
        let span = rows.start * length..rows.end * length;
        level.run_up_to_avx2(Gradient {
            g: &g[span.clone()],
            x: &x[span],
            mean: &mean[rows.clone()],
            rstd: &rstd[rows.clone()],
            weight,
            dx,
            dweight,
            dbias,
        });
    });
    // SAFETY: nothing else writes these.
    let (dweight, dbias) = unsafe { (dweight.slice_mut(0, length), dbias.slice_mut(0, length)) };
    add_up(&sums, 0, dweight);
    add_up(&sums, 1, dbias);
}

/// Adds the parts, of which every second one belongs to `out`.
fn add_up<C: Real>(parts: &[C], which: usize, out: &mut [C]) {
    for part in parts.chunks_exact(out.len()).skip(which).step_by(2) {
        add(out, part);
    }
}

#[inline(always)]
fn add<C: Real>(totals: &mut [C], x: &[C]) {
    for (total, &x) in totals.iter_mut().zip(x) {
        *total = *total + x;
    }
}

/// Some rows backward.
struct Gradient<'a, C> {
    g: &'a [C],
    x: &'a [C],
    mean: &'a [C],
    rstd: &'a [C],
    weight: Option<&'a [C]>,
    dx: &'a mut [C],
    dweight: &'a mut [C],
    dbias: &'a mut [C],
}

impl<C: Real> Task for Gradient<'_, C> {
    type Output = ();

    /// With `h = g * weight` and `y = (x - mean) * rstd`, the gradient of x is
    /// `rstd * (h - mean(h) - y * mean(h * y))`.
    #[inline(always)]
    fn run<S: Simd>(self) {
        let zero = C::from_f64(0.0);
        let length = self.dweight.len();
        let count = C::from_f64(length as f64);
        let mut products = vec![zero; length];
        let rows = self.g.chunks_exact(length).zip(self.x.chunks_exact(length));
        let statistics = self.mean.iter().zip(self.rstd);
        let targets = self.dx.chunks_exact_mut(length);
        for (((g, x), (&mean, &rstd)), dx) in rows.zip(statistics).zip(targets) {
            for ((product, &g), &x) in products.iter_mut().zip(g).zip(x) {
                *product = g * ((x - mean) * rstd);
            }
            add(self.dweight, &products);
            add(self.dbias, g);
            match self.weight {
                None => dx.copy_from_slice(g),
                Some(weight) => {
                    for ((dx, &g), &weight) in dx.iter_mut().zip(g).zip(weight) {
                        *dx = g * weight;
                    }
                    let pairs = products.iter_mut().zip(weight);
                    pairs.for_each(|(product, &weight)| *product = *product * weight);
                }
            }
            let mean_h = lanes::sum(dx, zero) / count;
            let mean_hy = lanes::sum(&products, zero) / count;
            for (dx, &x) in dx.iter_mut().zip(x) {
                *dx = rstd * (*dx - mean_h - (x - mean) * rstd * mean_hy);
            }
        }
    }
}

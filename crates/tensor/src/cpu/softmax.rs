//! Softmax kernels.
//!
//! A strip of columns along the dimension is brought together, in the output itself where it lies
//! there in one piece, and everything is computed on it. A strip of one column is a row of memory,
//! and its sums run along it.

use super::lanes::{self, LANES};
use super::number::Real;
use super::parallel::for_each_chunk;
use super::simd::{Level, Simd, Task};
use super::walk::{Around, BLOCK, Buffer, Source, Target};
use crate::ops::softmax::SoftmaxOp;
use crate::{Array, DType};
use std::ops::Range;

/// Elements per parallel chunk: some microseconds of work.
const GRAIN: usize = 1 << 13;
/// Elements in a strip, which stays in the second cache.
const STRIP: usize = 1 << 14;

pub(crate) fn softmax(op: SoftmaxOp, dim: usize, x: &Array, out: &mut Array) {
    match out.dtype().to_accumulate() {
        DType::F64 => strips::<f64, _>(Forward(op), dim, x, None, out),
        _ => strips::<f32, _>(Forward(op), dim, x, None, out),
    }
}

pub(crate) fn softmax_backward(op: SoftmaxOp, dim: usize, g: &Array, y: &Array, out: &mut Array) {
    match out.dtype().to_accumulate() {
        DType::F64 => strips::<f64, _>(Backward(op), dim, g, Some(y), out),
        _ => strips::<f32, _>(Backward(op), dim, g, Some(y), out),
    }
}

/// What becomes of a strip `x`, given that of a second operand, if the operation has one.
///
/// `run` is `#[inline(always)]`, as is all below it: it is compiled once for each level.
trait Kernel<C>: Sync {
    /// `totals` is room for a number for each column.
    fn run(&self, x: &mut [C], y: &[C], width: usize, totals: &mut Vec<C>);
}

fn strips<C: Real, K: Kernel<C>>(
    kernel: K,
    dim: usize,
    x: &Array,
    y: Option<&Array>,
    out: &mut Array,
) {
    let Around {
        outer,
        length,
        inner,
    } = Around::new(out.layout(), dim);
    if outer * length * inner == 0 {
        return;
    }
    let width = (STRIP / length).clamp(LANES, BLOCK).min(inner);
    let x = Source::new(x, out);
    let y = y.map(|y| Source::new(y, out));
    let (target, level) = (Target::new(out), Level::current());
    let grain = (GRAIN / (length * width)).max(1);
    for_each_chunk(outer * inner.div_ceil(width), grain, |chunk| {
        level.run(Strips {
            kernel: &kernel,
            x: &x,
            y: y.as_ref(),
            target: &target,
            length,
            inner,
            width,
            chunk,
            scratch: [const { Vec::<C>::new() }; 3],
        });
    });
}

/// Some strips of an operation, and room for one strip of each operand and its totals.
struct Strips<'a, C, K> {
    kernel: &'a K,
    x: &'a Source,
    y: Option<&'a Source>,
    target: &'a Target,
    length: usize,
    inner: usize,
    width: usize,
    chunk: Range<usize>,
    scratch: [Vec<C>; 3],
}

impl<C: Real, K: Kernel<C>> Task for Strips<'_, C, K> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let mut buffer = Buffer::new();
        let [mut strip, mut other, mut totals] = self.scratch;
        let per_row = self.inner.div_ceil(self.width);
        for number in self.chunk {
            let column = number % per_row * self.width;
            let start = number / per_row * self.length * self.inner + column;
            let width = self.width.min(self.inner - column);
            let place = Place::new(start, self.length, self.inner, width);
            let other = match self.y {
                None => &[],
                Some(y) => place.bring(y, &mut other, &mut buffer),
            };
            // SAFETY: strips are disjoint parts of the output.
            match unsafe { place.lend(self.target) } {
                Some(out) => {
                    place.gather(self.x, out, &mut buffer);
                    self.kernel.run(out, other, width, &mut totals);
                }
                None => {
                    strip.resize(place.size(), C::default());
                    place.gather(self.x, &mut strip, &mut buffer);
                    self.kernel.run(&mut strip, other, width, &mut totals);
                    for (start, position, length) in place.pieces() {
                        let piece = &strip[position..position + length];
                        let write = |out: &mut [C]| out.copy_from_slice(piece);
                        // SAFETY: as above.
                        unsafe { self.target.write(start, length, write) };
                    }
                }
            }
        }
    }
}

/// Where a strip lies in an array: rows, a step apart.
#[derive(Clone, Copy)]
struct Place {
    start: usize,
    rows: usize,
    step: usize,
    /// Elements in a row.
    run: usize,
}

impl Place {
    #[inline(always)]
    fn new(start: usize, length: usize, inner: usize, width: usize) -> Place {
        // Rows that touch are one.
        let (rows, run) = match width == inner {
            true => (1, length * inner),
            false => (length, width),
        };
        Place {
            start,
            rows,
            step: inner,
            run,
        }
    }

    #[inline(always)]
    fn size(self) -> usize {
        self.rows * self.run
    }

    /// Pieces of at most a block: where each is in the array and in the strip, and its length.
    #[inline(always)]
    fn pieces(self) -> impl Iterator<Item = (usize, usize, usize)> {
        (0..self.rows).flat_map(move |row| {
            (0..self.run).step_by(BLOCK).map(move |piece| {
                let start = self.start + row * self.step + piece;
                (start, row * self.run + piece, BLOCK.min(self.run - piece))
            })
        })
    }

    #[inline(always)]
    fn gather<C: Real>(self, source: &Source, strip: &mut [C], buffer: &mut Buffer<C>) {
        for (start, position, length) in self.pieces() {
            let block = source.block(start, length, buffer);
            strip[position..position + length].copy_from_slice(block);
        }
    }

    /// The strip of an operand that is only read.
    #[inline(always)]
    fn bring<'a, C: Real>(
        self,
        source: &'a Source,
        strip: &'a mut Vec<C>,
        buffer: &mut Buffer<C>,
    ) -> &'a [C] {
        if self.rows == 1
            && let Some(lent) = source.lend(self.start, self.run)
        {
            return lent;
        }
        strip.resize(self.size(), C::default());
        self.gather(source, strip, buffer);
        strip
    }

    /// The strip in the output, if it is in one piece there.
    ///
    /// # Safety
    /// No other thread writes it.
    #[inline(always)]
    #[allow(
        clippy::mut_from_ref,
        reason = "strips are disjoint by the caller's promise"
    )]
    unsafe fn lend<C: Real>(self, target: &Target) -> Option<&mut [C]> {
        match self.rows {
            // SAFETY: the place lies inside the output; for the rest the caller vouches.
            1 => unsafe { target.lend_own(self.start, self.run) },
            _ => None,
        }
    }
}

struct Forward(SoftmaxOp);

impl<C: Real> Kernel<C> for Forward {
    #[inline(always)]
    fn run(&self, x: &mut [C], _: &[C], width: usize, totals: &mut Vec<C>) {
        let (zero, lowest) = (C::from_f64(0.0), C::from_f64(f64::NEG_INFINITY));
        columns(x, width, lowest, |x| x, C::maximum, totals);
        match self.0 {
            SoftmaxOp::Softmax => {
                for_each(x, width, totals, |x, max| *x = (*x - max).exp());
                columns(x, width, zero, |x| x, |a, b| a + b, totals);
                for_each(x, width, totals, |x, sum| *x = *x / sum);
            }
            SoftmaxOp::LogSoftmax => {
                for_each(x, width, totals, |x, max| *x = *x - max);
                columns(x, width, zero, |x| x.exp(), |a, b| a + b, totals);
                totals.iter_mut().for_each(|sum| *sum = sum.ln());
                for_each(x, width, totals, |x, log| *x = *x - log);
            }
        }
    }
}

struct Backward(SoftmaxOp);

impl<C: Real> Kernel<C> for Backward {
    #[inline(always)]
    fn run(&self, g: &mut [C], y: &[C], width: usize, totals: &mut Vec<C>) {
        let zero = C::from_f64(0.0);
        match self.0 {
            // y * (g - sum(g * y)), of which each product is computed once.
            SoftmaxOp::Softmax => {
                pairs(g, y).for_each(|(g, y)| *g = *g * y);
                columns(g, width, zero, |x| x, |a, b| a + b, totals);
                for_each_pair(g, y, width, totals, |g, y, sum| *g = *g - y * sum);
            }
            // g - exp(y) * sum(g)
            SoftmaxOp::LogSoftmax => {
                columns(g, width, zero, |x| x, |a, b| a + b, totals);
                for_each_pair(g, y, width, totals, |g, y, sum| *g = *g - y.exp() * sum);
            }
        }
    }
}

#[inline(always)]
fn pairs<'a, C: Real>(x: &'a mut [C], y: &'a [C]) -> impl Iterator<Item = (&'a mut C, C)> {
    x.iter_mut().zip(y.iter().copied())
}

/// Combines the elements of each column.
#[inline(always)]
fn columns<C: Real>(
    x: &[C],
    width: usize,
    empty: C,
    single: impl Fn(C) -> C,
    merge: impl Fn(C, C) -> C,
    totals: &mut Vec<C>,
) {
    totals.clear();
    if width == 1 {
        let add = |total: &mut C, x, _| *total = merge(*total, single(x));
        totals.push(lanes::combine(x, empty, add, &merge));
        return;
    }
    totals.resize(width, empty);
    for row in x.chunks_exact(width) {
        for (total, &x) in totals.iter_mut().zip(row) {
            *total = merge(*total, single(x));
        }
    }
}

/// Changes every element, given what belongs to its column.
#[inline(always)]
fn for_each<C: Real>(x: &mut [C], width: usize, columns: &[C], change: impl Fn(&mut C, C)) {
    match *columns {
        [column] => x.iter_mut().for_each(|x| change(x, column)),
        _ => {
            for row in x.chunks_exact_mut(width) {
                pairs(row, columns).for_each(|(x, column)| change(x, column));
            }
        }
    }
}

/// Changes every element, given that of a second strip and what belongs to its column.
#[inline(always)]
fn for_each_pair<C: Real>(
    x: &mut [C],
    y: &[C],
    width: usize,
    columns: &[C],
    change: impl Fn(&mut C, C, C),
) {
    match *columns {
        [column] => pairs(x, y).for_each(|(x, y)| change(x, y, column)),
        _ => {
            for (x, y) in x.chunks_exact_mut(width).zip(y.chunks_exact(width)) {
                for ((x, &y), &column) in x.iter_mut().zip(y).zip(columns) {
                    change(x, y, column);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// More columns than a strip has: strips are brought together beside the output.
    #[test]
    fn columns_of_several_strips_add_up_to_one() {
        let x = Array::full(&[3, 1500], 2.into(), DType::F32, crate::Device::Cpu).unwrap();
        let y = x.softmax(SoftmaxOp::Softmax, 0).unwrap();
        let y = y.to_vec::<f32>().unwrap();
        assert!(y.iter().all(|y| (y - 1.0 / 3.0).abs() < 1e-6));
    }
}

//! Softmax kernels.
//!
//! A strip of columns along the dimension stays in the caches while it is visited several times, where it
//! lies if that is possible. If the dimension is the innermost one, a strip is one line of
//! memory, and its sums run along it.

use super::lanes;
use super::number::Real;
use super::parallel::for_each_chunk;
use super::simd::{Level, Simd, Task};
use super::walk::{Around, BLOCK, Buffer, Source, Target};
use crate::ops::softmax::SoftmaxOp;
use crate::{Array, DType};
use std::marker::PhantomData;
use std::ops::Range;

/// Elements per parallel chunk: some microseconds of work.
const GRAIN: usize = 1 << 13;
/// Elements in a strip, if more columns than the fewest are in it.
const STRIP: usize = 1 << 19;
/// Columns in a strip, at least: some cache lines of a row.
const NARROWEST: usize = 64;
/// Strips that there are for threads to share, if columns are many.
const STRIPS: usize = 8;

pub(crate) fn softmax(op: SoftmaxOp, dim: usize, x: &Array, out: &mut Array) {
    match out.dtype().to_accumulate() {
        DType::F64 => strips::<f64, _, 1>(Forward(op), dim, [x], out),
        _ => strips::<f32, _, 1>(Forward(op), dim, [x], out),
    }
}

pub(crate) fn softmax_backward(op: SoftmaxOp, dim: usize, g: &Array, y: &Array, out: &mut Array) {
    match out.dtype().to_accumulate() {
        DType::F64 => strips::<f64, _, 2>(Backward(op), dim, [g, y], out),
        _ => strips::<f32, _, 2>(Backward(op), dim, [g, y], out),
    }
}

/// What becomes of strips of `N` operands.
///
/// `run` is `#[inline(always)]`, as is all below it: it is compiled once for each level.
trait Kernel<C, const N: usize>: Sync {
    /// `totals` is room for numbers for each column.
    fn run(&self, operands: [Rows<'_, C>; N], out: &Out<'_, C>, totals: &mut [Vec<C>; 2]);
}

fn strips<C: Real, K: Kernel<C, N>, const N: usize>(
    kernel: K,
    dim: usize,
    operands: [&Array; N],
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
    let width = (STRIP / length).min(outer * inner / STRIPS);
    let width = width.next_multiple_of(NARROWEST);
    let width = width.clamp(NARROWEST, BLOCK).min(inner);
    let operands = operands.map(|operand| Source::new(operand, out));
    let (target, level) = (Target::new(out), Level::current());
    let grain = (GRAIN / (length * width)).max(1);
    for_each_chunk(outer * inner.div_ceil(width), grain, |chunk| {
        level.run(Strips {
            kernel: &kernel,
            operands: &operands,
            target: &target,
            length,
            inner,
            width,
            chunk,
            scratch: [const { Vec::<C>::new() }; N],
        });
    });
}

/// Some strips of an operation, and room for one strip of each operand.
struct Strips<'a, C, K, const N: usize> {
    kernel: &'a K,
    operands: &'a [Source; N],
    target: &'a Target,
    length: usize,
    inner: usize,
    width: usize,
    chunk: Range<usize>,
    scratch: [Vec<C>; N],
}

impl<C: Real, K: Kernel<C, N>, const N: usize> Task for Strips<'_, C, K, N> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(mut self) {
        let mut buffer = Buffer::new();
        let (mut strip, mut totals) = (Vec::new(), [const { Vec::new() }; 2]);
        let per_row = self.inner.div_ceil(self.width);
        for number in self.chunk {
            let column = number % per_row * self.width;
            let place = Place {
                start: number / per_row * self.length * self.inner + column,
                length: self.length,
                inner: self.inner,
                width: self.width.min(self.inner - column),
            };
            let mut scratch = self.scratch.iter_mut();
            let operands = self
                .operands
                .each_ref()
                .map(|operand| match scratch.next() {
                    Some(scratch) => place.bring(operand, scratch, &mut buffer),
                    None => unreachable!("each operand has a strip"),
                });
            if let Some(own) = self.target.place::<C>(place.start) {
                let out = place.out(own, self.inner);
                self.kernel.run(operands, &out, &mut totals);
                continue;
            }
            strip.resize(place.length * place.width, C::default());
            let out = place.out(strip.as_mut_ptr(), place.width);
            self.kernel.run(operands, &out, &mut totals);
            for (start, position, length) in place.pieces() {
                let piece = &strip[position..position + length];
                let write = |out: &mut [C]| out.copy_from_slice(piece);
                // SAFETY: strips are disjoint parts of the output.
                unsafe { self.target.write(start, length, write) };
            }
        }
    }
}

/// Where a strip lies in an array of `[outer, length, inner]`.
#[derive(Clone, Copy)]
struct Place {
    start: usize,
    length: usize,
    inner: usize,
    width: usize,
}

impl Place {
    /// Rows and their width, where a line is a single row.
    #[inline(always)]
    fn sizes(self) -> (usize, usize) {
        match self.inner {
            1 => (1, self.length),
            _ => (self.length, self.width),
        }
    }

    /// Pieces of at most a block: where each is in the array and in the strip, and its length.
    #[inline(always)]
    fn pieces(self) -> impl Iterator<Item = (usize, usize, usize)> {
        let (rows, width) = self.sizes();
        (0..rows).flat_map(move |row| {
            (0..width).step_by(BLOCK).map(move |piece| {
                let start = self.start + row * self.inner + piece;
                (start, row * width + piece, BLOCK.min(width - piece))
            })
        })
    }

    /// The strip of an operand, where it lies or in `strip`.
    #[inline(always)]
    fn bring<'a, C: Real>(
        self,
        source: &'a Source,
        strip: &'a mut Vec<C>,
        buffer: &mut Buffer<C>,
    ) -> Rows<'a, C> {
        let (_, width) = self.sizes();
        let is_line = self.inner == 1;
        let span = (self.length - 1) * self.inner + self.width;
        if let Some(elements) = source.lend(self.start, span) {
            let step = if is_line { width } else { self.inner };
            return Rows {
                elements,
                step,
                width,
                is_line,
            };
        }
        strip.resize(self.length * self.width, C::default());
        for (start, position, length) in self.pieces() {
            let block = source.block(start, length, buffer);
            strip[position..position + length].copy_from_slice(block);
        }
        Rows {
            elements: strip,
            step: width,
            width,
            is_line,
        }
    }

    /// The strip of the output, whose rows are `step` apart.
    #[inline(always)]
    fn out<'a, C>(self, start: *mut C, step: usize) -> Out<'a, C> {
        let (count, width) = self.sizes();
        Out {
            start,
            step,
            count,
            width,
            strip: PhantomData,
        }
    }
}

/// A strip that is read: rows `step` apart, of `width` elements that belong to a column each, or a line
/// that is one column.
#[derive(Clone, Copy)]
struct Rows<'a, C> {
    elements: &'a [C],
    step: usize,
    width: usize,
    is_line: bool,
}

impl<'a, C> Rows<'a, C> {
    #[inline(always)]
    fn row(self, row: usize) -> &'a [C] {
        &self.elements[row * self.step..][..self.width]
    }

    #[inline(always)]
    fn count(self) -> usize {
        self.elements.len().div_ceil(self.step)
    }
}

/// A strip that is written. Its rows are nobody else's, but what lies between them is.
struct Out<'a, C> {
    start: *mut C,
    step: usize,
    count: usize,
    width: usize,
    strip: PhantomData<&'a mut [C]>,
}

impl<C> Out<'_, C> {
    #[inline(always)]
    #[allow(clippy::mut_from_ref, reason = "kernels hold one row at a time")]
    fn row(&self, row: usize) -> &mut [C] {
        debug_assert!(row < self.count);
        // SAFETY: the strip has the row.
        unsafe { std::slice::from_raw_parts_mut(self.start.add(row * self.step), self.width) }
    }
}

struct Forward(SoftmaxOp);

impl<C: Real> Kernel<C, 1> for Forward {
    #[inline(always)]
    fn run(&self, [x]: [Rows<'_, C>; 1], out: &Out<'_, C>, totals: &mut [Vec<C>; 2]) {
        let (zero, lowest) = (C::from_f64(0.0), C::from_f64(f64::NEG_INFINITY));
        let [largest, sums] = totals;
        // What is not a number passes here, and makes the sum one that is not either.
        let larger = |a: C, b: C| if b > a { b } else { a };
        combine([x], [], lowest, |[x], []| x, larger, largest);
        let sum = |a: C, b: C| a + b;
        match self.0 {
            SoftmaxOp::Softmax => {
                write(out, [x], [largest], |[x], [max]| {
                    (x - max).exp_of_negative()
                });
                combine_written(out, x.is_line, zero, sum, sums);
                sums.iter_mut().for_each(|sum| *sum = sum.recip());
                rewrite(out, x.is_line, sums, |y, factor| y * factor);
            }
            SoftmaxOp::LogSoftmax => {
                let exp = |[x]: [C; 1], [max]: [C; 1]| (x - max).exp_of_negative();
                combine([x], [largest], zero, exp, sum, sums);
                sums.iter_mut().for_each(|sum| *sum = sum.ln());
                write(out, [x], [largest, sums], |[x], [max, log]| x - max - log);
            }
        }
    }
}

struct Backward(SoftmaxOp);

impl<C: Real> Kernel<C, 2> for Backward {
    #[inline(always)]
    fn run(&self, [g, y]: [Rows<'_, C>; 2], out: &Out<'_, C>, totals: &mut [Vec<C>; 2]) {
        let (zero, sum) = (C::from_f64(0.0), |a: C, b: C| a + b);
        let [sums, _] = totals;
        match self.0 {
            SoftmaxOp::Softmax => {
                combine([g, y], [], zero, |[g, y], []| g * y, sum, sums);
                write(out, [g, y], [sums], |[g, y], [sum]| y * (g - sum));
            }
            SoftmaxOp::LogSoftmax => {
                combine([g], [], zero, |[g], []| g, sum, sums);
                write(out, [g, y], [sums], |[g, y], [sum]| g - y.exp() * sum);
            }
        }
    }
}

/// Combines what `single` makes of the elements of each column of strips of one form, and of numbers
/// that belong to the column.
#[inline(always)]
fn combine<C: Real, const N: usize, const M: usize>(
    strips: [Rows<'_, C>; N],
    columns: [&Vec<C>; M],
    empty: C,
    single: impl Fn([C; N], [C; M]) -> C,
    merge: impl Fn(C, C) -> C,
    totals: &mut Vec<C>,
) {
    totals.clear();
    if strips[0].is_line {
        let of_column = columns.map(|columns| columns[0]);
        let meet = |total: &mut C, x: [C; N]| *total = merge(*total, single(x, of_column));
        let (first, last) = (strips[0].row(0), strips[N - 1].row(0));
        totals.push(match N {
            1 => lanes::combine(first, empty, |total, x, _| meet(total, [x; N]), &merge),
            _ => {
                let pair = |a, b| std::array::from_fn(|i| if i == 0 { a } else { b });
                let add = |total: &mut C, a, b| meet(total, pair(a, b));
                lanes::combine_pairs([first, last], empty, add, &merge)
            }
        });
        return;
    }
    totals.resize(strips[0].width, empty);
    let columns = columns.map(|column| &column[..]);
    for row in 0..strips[0].count() {
        let rows = strips.map(|strip| strip.row(row));
        let add = |total: &mut C, x, of_column| *total = merge(*total, single(x, of_column));
        change(totals, rows, columns, add);
    }
}

/// Combines what has been written, as [`combine`].
#[inline(always)]
fn combine_written<C: Real>(
    out: &Out<'_, C>,
    is_line: bool,
    empty: C,
    merge: impl Fn(C, C) -> C,
    totals: &mut Vec<C>,
) {
    totals.clear();
    if is_line {
        let add = |total: &mut C, x, _| *total = merge(*total, x);
        totals.push(lanes::combine(out.row(0), empty, add, &merge));
        return;
    }
    totals.resize(out.width, empty);
    for row in 0..out.count {
        for (total, &x) in totals.iter_mut().zip(&*out.row(row)) {
            *total = merge(*total, x);
        }
    }
}

/// Writes every element from those of strips, and numbers that belong to its column.
#[inline(always)]
fn write<C: Real, const N: usize, const M: usize>(
    out: &Out<'_, C>,
    strips: [Rows<'_, C>; N],
    columns: [&Vec<C>; M],
    value: impl Fn([C; N], [C; M]) -> C,
) {
    if strips[0].is_line {
        let of_column = columns.map(|column| column[0]);
        let lines = strips.map(|strip| strip.row(0));
        change(out.row(0), lines, [], |y, x, []| *y = value(x, of_column));
        return;
    }
    let columns = columns.map(|column| &column[..]);
    for row in 0..out.count {
        let rows = strips.map(|strip| strip.row(row));
        change(out.row(row), rows, columns, |y, x, of_column| {
            *y = value(x, of_column)
        });
    }
}

/// Changes every element of a row, given those of other rows and the numbers of its column: three together,
/// or fewer. Compilers make vectors of iterators side by side also where a row ends.
#[inline(always)]
fn change<C: Copy, const N: usize, const M: usize>(
    row: &mut [C],
    others: [&[C]; N],
    columns: [&[C]; M],
    change: impl Fn(&mut C, [C; N], [C; M]),
) {
    let mut beside = [others[0]; 3];
    beside[..N].copy_from_slice(&others);
    beside[N..N + M].copy_from_slice(&columns);
    let [first, second, third] = beside;
    let beside = first.iter().zip(second).zip(third);
    for (y, ((&first, &second), &third)) in row.iter_mut().zip(beside) {
        let of = |at: usize| [first, second, third][at];
        change(
            y,
            std::array::from_fn(of),
            std::array::from_fn(|at| of(N + at)),
        );
    }
}

/// Changes every element, given what belongs to its column.
#[inline(always)]
fn rewrite<C: Real>(out: &Out<'_, C>, is_line: bool, columns: &[C], change: impl Fn(C, C) -> C) {
    if is_line {
        let of_column = columns[0];
        let line = out.row(0).iter_mut();
        line.for_each(|y| *y = change(*y, of_column));
        return;
    }
    for row in 0..out.count {
        for (y, &of_column) in out.row(row).iter_mut().zip(columns) {
            *y = change(*y, of_column);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// More columns than a strip has: strips are brought together beside the output.
    #[test]
    fn columns_of_several_strips_add_up_to_one() {
        for dtype in [DType::F32, DType::BF16] {
            let x = Array::full(&[4, 1500], 2.into(), dtype, crate::Device::Cpu).unwrap();
            let y = x.softmax(SoftmaxOp::Softmax, 0).unwrap();
            let y = y.to_dtype(DType::F32).unwrap().to_vec::<f32>().unwrap();
            assert!(y.iter().all(|y| (y - 0.25).abs() < 1e-6));
        }
    }
}

//! Scan kernels. Fractions are carried in `f64`, integers in `i64`.

use super::elementwise::with_number;
use super::number::{Int, Number, Real};
use super::parallel::for_each_chunk;
use super::simd::{Level, Simd, Task};
use super::walk::{Around, BLOCK, Buffer, Source, Target};
use crate::ops::reduce::ExtremeOp;
use crate::ops::scan::{Direction, ScanOp};
use crate::{Array, DType};
use std::num::Wrapping;
use std::ops::Range;

/// Elements per parallel chunk: some microseconds of work.
const GRAIN: usize = 1 << 14;
/// Elements of a row among which a new extreme is looked for at once.
const STEP: usize = 16;

pub(crate) fn scan(op: ScanOp, dim: usize, direction: Direction, x: &Array, out: &mut Array) {
    if op == ScanOp::LogSumExp {
        carry(dim, direction, [x], out, f64::NEG_INFINITY, |sum, [x]| {
            *sum = sum.logaddexp(x);
            *sum
        });
    } else if out.dtype().is_floating_point() {
        arithmetic::<f64>(op, dim, direction, x, out);
    } else {
        arithmetic::<Int>(op, dim, direction, x, out);
    }
}

fn arithmetic<C: Number>(op: ScanOp, dim: usize, direction: Direction, x: &Array, out: &mut Array) {
    let [zero, one] = [0.0, 1.0].map(C::from_f64);
    match op {
        ScanOp::Sum => carry(dim, direction, [x], out, zero, |sum: &mut C, [x]| {
            *sum = *sum + x;
            *sum
        }),
        ScanOp::Prod => carry(dim, direction, [x], out, one, |product: &mut C, [x]| {
            *product = *product * x;
            *product
        }),
        ScanOp::ProdBefore => carry(dim, direction, [x], out, one, |product: &mut C, [x]| {
            std::mem::replace(product, *product * x)
        }),
        ScanOp::LogSumExp => unreachable!("logcumsumexp of integers"),
    }
}

pub(crate) fn recurrence(dim: usize, direction: Direction, a: &Array, b: &Array, out: &mut Array) {
    let step = |y: &mut f64, [a, b]: [f64; 2]| std::mem::replace(y, b + a * *y);
    carry(dim, direction, [a, b], out, 0.0, step);
}

/// Writes what `step` makes of a carried value and each element in turn.
fn carry<C: Number, const N: usize>(
    dim: usize,
    direction: Direction,
    operands: [&Array; N],
    out: &mut Array,
    first: C,
    step: impl Fn(&mut C, [C; N]) -> C + Sync,
) {
    let around = Around::new(out.layout(), dim);
    let sources = operands.map(|x| Source::new(x, out));
    let target = Target::new(out);
    for_each_strip(&around, |columns| {
        let (mut a, mut b) = (Buffer::<C>::new(), Buffer::<C>::new());
        let mut carried = vec![first; columns.len()];
        for (start, length) in blocks(&around, &columns, direction) {
            let mut lent = sources.iter().zip([&mut a, &mut b]);
            let blocks: [&[C]; N] = std::array::from_fn(|_| match lent.next() {
                Some((source, buffer)) => source.block(start, length, buffer),
                None => &[],
            });
            let write = |out: &mut [C]| {
                // A single column's is kept in a register.
                if let [carried] = &mut carried[..] {
                    let mut kept = *carried;
                    for_each_place(length, 1, direction, |place, _| {
                        out[place] = step(&mut kept, blocks.map(|block| block[place]));
                    });
                    *carried = kept;
                    return;
                }
                for_each_place(length, carried.len(), direction, |place, column| {
                    out[place] = step(&mut carried[column], blocks.map(|block| block[place]));
                });
            };
            // SAFETY: strips are disjoint parts of the output.
            unsafe { target.write(start, length, write) };
        }
    });
}

pub(crate) fn scan_extreme(
    op: ExtremeOp,
    dim: usize,
    x: &Array,
    values: &mut Array,
    indices: &mut Array,
) {
    with_number!(x.dtype(), C => match op {
        ExtremeOp::Max => carry_extreme(
            dim, x, values, indices, C::from_f64(f64::NEG_INFINITY), |a: C, b| a >= b),
        ExtremeOp::Min => carry_extreme(
            dim, x, values, indices, C::from_f64(f64::INFINITY), |a: C, b| a <= b),
    });
}

fn carry_extreme<C: Number>(
    dim: usize,
    x: &Array,
    values: &mut Array,
    indices: &mut Array,
    worst: C,
    beats: impl Fn(C, C) -> bool + Sync,
) {
    let (around, level) = (Around::new(values.layout(), dim), Level::current());
    let source = Source::new(x, values);
    let (values, indices) = (Target::new(values), Target::new(indices));
    for_each_strip(&around, |columns| {
        let (mut buffer, mut value_buffer) = (Buffer::<C>::new(), Buffer::<C>::new());
        let mut index_buffer = Buffer::<Int>::new();
        let mut best = vec![worst; columns.len()];
        let mut found = vec![Wrapping(0); columns.len()];
        let mut row = 0;
        for (start, length) in blocks(&around, &columns, Direction::Forward) {
            // SAFETY: strips are disjoint parts of the outputs.
            let (out, places) = unsafe {
                (
                    values.lend(start, length, &mut value_buffer),
                    indices.lend(start, length, &mut index_buffer),
                )
            };
            level.run_up_to_avx2(Extremes {
                block: source.block(start, length, &mut buffer),
                row,
                best: &mut best,
                found: &mut found,
                out,
                places,
                beats: &beats,
            });
            // SAFETY: as above.
            unsafe {
                values.put(start, out);
                indices.put(start, places);
            }
            row += length / columns.len();
        }
        values.finish();
        indices.finish();
    });
}

/// A block of a scan for extreme elements: the best of each column so far and where they were, the place
/// of the block's first row, and what beats what. Not a number beats everything.
struct Extremes<'a, C, B> {
    block: &'a [C],
    row: usize,
    best: &'a mut [C],
    found: &'a mut [Int],
    out: &'a mut [C],
    places: &'a mut [Int],
    beats: &'a B,
}

impl<C: Number, B: Fn(C, C) -> bool> Task for Extremes<'_, C, B> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let Extremes {
            block,
            row,
            best,
            found,
            out,
            places,
            beats,
        } = self;
        let wins = |x: C, best: C| x.is_nan() | beats(x, best);
        if let ([best], [found]) = (&mut *best, &mut *found) {
            let outputs = out.chunks_mut(STEP).zip(places.chunks_mut(STEP));
            for (number, (xs, (out, places))) in block.chunks(STEP).zip(outputs).enumerate() {
                // Usually nothing changes, which vectors see at once.
                if !xs.iter().fold(false, |any, &x| any | wins(x, *best)) {
                    out.fill(*best);
                    places.fill(*found);
                    continue;
                }
                let first = row + number * STEP;
                for (place, (&x, (out, index))) in
                    xs.iter().zip(out.iter_mut().zip(places)).enumerate()
                {
                    if wins(x, *best) {
                        (*best, *found) = (x, Wrapping((first + place) as i64));
                    }
                    (*out, *index) = (*best, *found);
                }
            }
            return;
        }
        let width = best.len();
        let outputs = out
            .chunks_exact_mut(width)
            .zip(places.chunks_exact_mut(width));
        for (number, (xs, (out, places))) in block.chunks_exact(width).zip(outputs).enumerate() {
            let index = Wrapping((row + number) as i64);
            for (column, &x) in xs.iter().enumerate() {
                let is_new = wins(x, best[column]);
                best[column] = if is_new { x } else { best[column] };
                found[column] = if is_new { index } else { found[column] };
            }
            out.copy_from_slice(best);
            places.copy_from_slice(found);
        }
    }
}

/// Calls `f` with the columns of each strip, of at most a block's width, on several threads.
fn for_each_strip(around: &Around, f: impl Fn(Range<usize>) + Sync) {
    let strips = around.inner.div_ceil(BLOCK);
    let work = around.length.max(1) * around.inner.clamp(1, BLOCK);
    for_each_chunk(around.outer * strips, (GRAIN / work).max(1), |chunk| {
        for strip in chunk {
            let (outer, first) = (strip / strips, strip % strips * BLOCK);
            let start = outer * around.inner;
            f(start + first..start + (first + BLOCK).min(around.inner));
        }
    });
}

/// The blocks of a strip in the order of the scan, each of whole rows of the strip.
fn blocks<'a>(
    around: &'a Around,
    columns: &Range<usize>,
    direction: Direction,
) -> impl Iterator<Item = (usize, usize)> + 'a {
    let (outer, first) = (columns.start / around.inner, columns.start % around.inner);
    let width = columns.len();
    let rows = if width == around.inner {
        BLOCK / width
    } else {
        1
    };
    let count = around.length.div_ceil(rows);
    (0..count).map(move |index| {
        let index = match direction {
            Direction::Forward => index,
            Direction::Backward => count - 1 - index,
        };
        let row = index * rows;
        let height = rows.min(around.length - row);
        let start = (outer * around.length + row) * around.inner + first;
        (start, height * width)
    })
}

/// Calls `f` with the places of a block and their columns, row by row in the order of the scan.
#[inline(always)]
fn for_each_place(
    length: usize,
    width: usize,
    direction: Direction,
    mut f: impl FnMut(usize, usize),
) {
    let rows = length / width;
    for row in 0..rows {
        let row = match direction {
            Direction::Forward => row,
            Direction::Backward => rows - 1 - row,
        };
        for column in 0..width {
            f(row * width + column, column);
        }
    }
}

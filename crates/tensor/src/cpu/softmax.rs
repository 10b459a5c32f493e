//! Softmax kernels.
//!
//! A strip of columns along the dimension is brought into a scratch buffer, in which everything is
//! computed; a strip of one column is a row of memory, and its sums run along it.

use super::number::Real;
use super::parallel::for_each_chunk;
use super::walk::{Around, BLOCK, Buffer, Source, Target};
use crate::ops::softmax::SoftmaxOp;
use crate::{Array, DType};

/// Elements per parallel chunk: some microseconds of work.
const GRAIN: usize = 1 << 13;
/// Elements in a strip, which stays in the second cache.
const STRIP: usize = 1 << 14;
/// Sums that a row is spread over, so that they can be computed side by side.
const LANES: usize = 16;

pub(crate) fn softmax(op: SoftmaxOp, dim: usize, x: &Array, out: &mut Array) {
    match out.dtype().to_accumulate() {
        DType::F64 => strips::<f64, 1>(dim, [x], out, |[x], width| forward(op, x, width)),
        _ => strips::<f32, 1>(dim, [x], out, |[x], width| forward(op, x, width)),
    }
}

pub(crate) fn softmax_backward(op: SoftmaxOp, dim: usize, g: &Array, y: &Array, out: &mut Array) {
    match out.dtype().to_accumulate() {
        DType::F64 => strips::<f64, 2>(dim, [g, y], out, |[g, y], width| backward(op, g, y, width)),
        _ => strips::<f32, 2>(dim, [g, y], out, |[g, y], width| backward(op, g, y, width)),
    }
}

/// Brings strips of the operands, row by row, into scratch buffers, of which `kernel` turns the
/// first into that of the output.
fn strips<C: Real, const N: usize>(
    dim: usize,
    operands: [&Array; N],
    out: &mut Array,
    kernel: impl Fn([&mut [C]; N], usize) + Sync,
) {
    let around = Around::new(out.layout(), dim);
    let Around {
        outer,
        length,
        inner,
    } = around;
    if outer * length * inner == 0 {
        return;
    }
    let width = (STRIP / length).clamp(LANES, BLOCK).min(inner);
    let strips = inner.div_ceil(width);
    let sources = operands.map(|x| Source::new(x, out));
    let target = Target::new(out);
    let grain = (GRAIN / (length * width)).max(1);
    for_each_chunk(outer * strips, grain, |chunk| {
        let mut buffer = Buffer::new();
        let mut scratch: [Vec<C>; N] = std::array::from_fn(|_| Vec::new());
        for strip in chunk {
            let (first, column) = (strip / strips * length * inner, strip % strips * width);
            let width = width.min(inner - column);
            // Rows that lie next to each other are moved in one block.
            let (rows, run) = match width == inner {
                true => (1, length * inner),
                false => (length, width),
            };
            let pieces = || {
                (0..rows).flat_map(move |row| {
                    (0..run).step_by(BLOCK).map(move |piece| {
                        let start = first + row * inner + column + piece;
                        (start, row * run + piece, BLOCK.min(run - piece))
                    })
                })
            };
            for (source, scratch) in sources.iter().zip(&mut scratch) {
                scratch.clear();
                for (start, _, length) in pieces() {
                    scratch.extend_from_slice(source.block(start, length, &mut buffer));
                }
            }
            kernel(scratch.each_mut().map(Vec::as_mut_slice), width);
            for (start, place, length) in pieces() {
                let result = &scratch[0][place..place + length];
                // SAFETY: strips are disjoint parts of the output.
                unsafe { target.write(start, length, |out: &mut [C]| out.copy_from_slice(result)) };
            }
        }
    });
}

#[inline(always)]
fn forward<C: Real>(op: SoftmaxOp, x: &mut [C], width: usize) {
    let lowest = C::from_f64(f64::NEG_INFINITY);
    let max = columns(x, width, lowest, |x| x, C::maximum);
    for_each_row(x, width, &max, |x, max| *x = *x - max);
    let zero = C::from_f64(0.0);
    match op {
        SoftmaxOp::Softmax => {
            x.iter_mut().for_each(|x| *x = x.exp());
            let sum = columns(x, width, zero, |x| x, |a, b| a + b);
            for_each_row(x, width, &sum, |x, sum| *x = *x / sum);
        }
        SoftmaxOp::LogSoftmax => {
            let mut log = columns(x, width, zero, |x| x.exp(), |a, b| a + b);
            log.iter_mut().for_each(|sum| *sum = sum.ln());
            for_each_row(x, width, &log, |x, log| *x = *x - log);
        }
    }
}

#[inline(always)]
fn backward<C: Real>(op: SoftmaxOp, g: &mut [C], y: &mut [C], width: usize) {
    let zero = C::from_f64(0.0);
    match op {
        SoftmaxOp::Softmax => {
            // y * (g - sum(g * y))
            let products = g.iter().zip(&*y).map(|(&g, &y)| g * y).collect::<Vec<C>>();
            let sum = columns(&products, width, zero, |x| x, |a, b| a + b);
            for_each_row(g, width, &sum, |g, sum| *g = *g - sum);
            g.iter_mut().zip(&*y).for_each(|(g, &y)| *g = *g * y);
        }
        SoftmaxOp::LogSoftmax => {
            // g - exp(y) * sum(g)
            let sum = columns(g, width, zero, |x| x, |a, b| a + b);
            for_each_row(y, width, &sum, |y, sum| *y = y.exp() * sum);
            g.iter_mut()
                .zip(&*y)
                .for_each(|(g, &share)| *g = *g - share);
        }
    }
}

/// Combines the elements of each column.
#[inline(always)]
fn columns<C: Real>(
    x: &[C],
    width: usize,
    empty: C,
    single: impl Fn(C) -> C,
    merge: impl Fn(C, C) -> C,
) -> Vec<C> {
    let wide = if width == 1 { LANES } else { width };
    let mut totals = vec![empty; wide];
    for row in x.chunks(wide) {
        for (total, &x) in totals.iter_mut().zip(row) {
            *total = merge(*total, single(x));
        }
    }
    if width == 1 {
        let total = totals.drain(..).fold(empty, merge);
        totals.push(total);
    }
    totals
}

/// Changes every element, given what belongs to its column.
#[inline(always)]
fn for_each_row<C: Real>(x: &mut [C], width: usize, columns: &[C], change: impl Fn(&mut C, C)) {
    if let [column] = columns {
        x.iter_mut().for_each(|x| change(x, *column));
        return;
    }
    for row in x.chunks_exact_mut(width) {
        for (x, &column) in row.iter_mut().zip(columns) {
            change(x, column);
        }
    }
}

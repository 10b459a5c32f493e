//! Kernels that write elements by index.

use super::elementwise::with_number;
use super::lines::{Axis, Elements, Lines, with_size_of};
use super::number::{Int, Number};
use super::parallel::for_each_chunk;
use crate::ops::scatter::ScatterOp;
use crate::{Array, DType};

/// Elements per parallel chunk.
const GRAIN: usize = 1 << 14;
/// Longest piece of a run that one thread takes.
const PIECE: usize = 1 << 10;

pub(crate) fn scatter(op: ScatterOp, dim: usize, index: &Array, source: &Array, out: &mut Array) {
    if op == ScatterOp::Replace {
        with_size_of!(out.dtype(), T => scatter_with::<T>(dim, index, source, out, |_, new| new));
        return;
    }
    with_number!(out.dtype(), real C => combine::<C>(op, dim, index, source, out),
        int => combine::<C>(op, dim, index, source, out));
}

fn combine<C: Number>(op: ScatterOp, dim: usize, index: &Array, source: &Array, out: &mut Array) {
    debug_assert_eq!(out.dtype(), C::DTYPE);
    match op {
        ScatterOp::Replace => unreachable!("replacing moves elements of any type"),
        ScatterOp::Add => scatter_with::<C>(dim, index, source, out, |old, new| old + new),
        ScatterOp::Multiply => scatter_with::<C>(dim, index, source, out, |old, new| old * new),
        ScatterOp::Minimum => {
            scatter_with::<C>(dim, index, source, out, |old, new| old.minimum(new))
        }
        ScatterOp::Maximum => {
            scatter_with::<C>(dim, index, source, out, |old, new| old.maximum(new))
        }
    }
}

/// Threads share the lines across `dim`: two of them never reach the same element, and values that
/// meet at one place do so in the order of the index.
fn scatter_with<T: Copy + Send>(
    dim: usize,
    index: &Array,
    source: &Array,
    out: &mut Array,
    combine: impl Fn(T, T) -> T + Sync,
) {
    let axis = |d: usize| Axis {
        size: source.shape()[d],
        strides: [out.strides()[d], index.strides()[d], source.strides()[d]],
    };
    let Axis {
        size: length,
        strides: [step, index_step, source_step],
    } = axis(dim);
    let lines = Lines::new((0..source.rank()).filter(|&d| d != dim).map(axis));
    let run = lines.run();
    let (to, indices, from) = (
        Elements::<T>::of(out),
        Elements::<i64>::of(index),
        Elements::<T>::of(source),
    );
    let combine_at = |[y, i, x]: [isize; 3], j: isize, k: isize| {
        // SAFETY: the offsets are those of elements, since every index is valid for `out`, and no other
        // thread takes element `j` of the line that starts there.
        unsafe {
            let place = *indices.at(i + k * index_step + j * run.strides[1]) as isize;
            let to = to.at(y + place * step + j * run.strides[0]);
            *to = combine(*to, *from.at(x + k * source_step + j * run.strides[2]));
        }
    };
    // Elements that lie side by side are taken one after the other.
    let runs_along = run.size == 1 || (source_step < run.strides[2] && step < run.strides[0]);
    let pieces = run.size.div_ceil(PIECE);
    let grain = (GRAIN / (length * run.size.min(PIECE)).max(1)).max(1);
    for_each_chunk(lines.count() * pieces, grain, |chunk| {
        for number in chunk {
            let start = lines.start(number / pieces);
            let begin = number % pieces * PIECE;
            let piece = begin as isize..run.size.min(begin + PIECE) as isize;
            let along = 0..length as isize;
            if runs_along {
                for j in piece {
                    if (index_step, source_step) != (1, 1) {
                        along.clone().for_each(|k| combine_at(start, j, k));
                        continue;
                    }
                    let [y, i, x] = start;
                    // SAFETY: as above.
                    unsafe {
                        let to = to.at(y + j * run.strides[0]);
                        let indices = indices.at(i + j * run.strides[1]);
                        let from = from.at(x + j * run.strides[2]);
                        let indices = std::slice::from_raw_parts(indices, length);
                        let from = std::slice::from_raw_parts(from, length);
                        combine_line(to, step, indices, from, &combine);
                    }
                }
                continue;
            }
            for k in along {
                if run.strides != [1, 0, 1] {
                    piece.clone().for_each(|j| combine_at(start, j, k));
                    continue;
                }
                let [y, i, x] = start;
                // SAFETY: one index says where the whole piece goes; apart from that as above.
                let (to, from) = unsafe {
                    let place = *indices.at(i + k * index_step) as isize;
                    let to = to.at(y + place * step + piece.start);
                    let from = from.at(x + k * source_step + piece.start);
                    (
                        std::slice::from_raw_parts_mut(to, piece.len()),
                        std::slice::from_raw_parts(from, piece.len()),
                    )
                };
                for (to, &from) in to.iter_mut().zip(from) {
                    *to = combine(*to, from);
                }
            }
        }
    });
}

/// Combines each element with that of the line `to` which its index names, `step` apart.
///
/// # Safety
/// The indices are valid for the line, and nobody else uses it.
#[inline(always)]
unsafe fn combine_line<T: Copy>(
    to: *mut T,
    step: isize,
    indices: &[i64],
    from: &[T],
    combine: &impl Fn(T, T) -> T,
) {
    for (&place, &x) in indices.iter().zip(from) {
        // SAFETY: by the caller's promise.
        unsafe {
            let to = to.offset(place as isize * step);
            *to = combine(*to, x);
        }
    }
}

//! Binary search kernels.

use super::elementwise::with_number;
use super::number::{Int, Number};
use super::parallel::for_each_chunk;
use super::walk::{BLOCK, Buffer, Source, Target};
use crate::ops::search::Side;
use crate::{Array, DType};
use std::num::Wrapping;

/// Elements per parallel chunk: some microseconds of work.
const GRAIN: usize = 1 << 11;

pub(crate) fn search(side: Side, sorted: &Array, x: &Array, out: &mut Array) {
    with_number!(x.dtype(), real C => search_as::<C>(side, sorted, x, out),
        int => search_as::<C>(side, sorted, x, out));
}

fn search_as<C: Number>(side: Side, sorted: &Array, x: &Array, out: &mut Array) {
    let length = sorted.shape().last().copied().unwrap_or(1);
    let per_row = match sorted.rank() {
        1 => x.numel(),
        _ => x.shape().last().copied().unwrap_or(1),
    };
    let rows = x.numel().checked_div(per_row).unwrap_or(0);
    let (haystack, needles) = (Source::row_major(sorted), Source::row_major(x));
    let target = Target::new(out);
    // Not a number belongs at the end, as the comparisons have it.
    let comes_before = |a: C, x: C| match side {
        Side::Left => !matches!(a.partial_cmp(&x), Some(order) if order.is_ge()),
        Side::Right => !matches!(a.partial_cmp(&x), Some(order) if order.is_gt()),
    };
    let mut row = Vec::with_capacity(length);
    for number in 0..rows {
        let mut buffer = Buffer::new();
        row.clear();
        for start in (0..length).step_by(BLOCK) {
            let count = BLOCK.min(length - start);
            row.extend_from_slice(haystack.block(number * length + start, count, &mut buffer));
        }
        for_each_chunk(per_row, GRAIN, |chunk| {
            let mut buffer = Buffer::new();
            for start in chunk.clone().step_by(BLOCK) {
                let (count, start) = (BLOCK.min(chunk.end - start), number * per_row + start);
                let block = needles.block(start, count, &mut buffer);
                let write = |out: &mut [Int]| {
                    for (place, &x) in out.iter_mut().zip(block) {
                        *place = Wrapping(row.partition_point(|&a| comes_before(a, x)) as i64);
                    }
                };
                // SAFETY: chunks are disjoint parts of the output.
                unsafe { target.write(start, count, write) };
            }
        });
    }
}

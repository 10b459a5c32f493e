//! Kernels that pick elements by index.

use super::lines::{Axis, Elements, Lines, with_size_of};
use super::parallel::for_each_chunk;
use super::simd::{Level, Simd, Task};
use super::walk::{BLOCK, Buffer, Source};
use crate::{Array, num_threads};
use std::num::Wrapping;
use std::ops::Range;
use std::sync::Mutex;

/// Elements per parallel chunk.
const GRAIN: usize = 1 << 14;

/// The lowest and the highest of some `i64` indices, of which there is at least one.
pub(crate) fn bounds(index: &Array) -> (i64, i64) {
    let source = Source::row_major(index);
    let found = Mutex::new((i64::MAX, i64::MIN));
    for_each_chunk(
        index.numel(),
        GRAIN.max(index.numel() / num_threads()),
        |chunk| {
            let (lowest, highest) = Level::current().run_up_to_avx2(Bounds(&source, chunk));
            let mut found = found
                .lock()
                .unwrap_or_else(|poisoned| poisoned.into_inner());
            *found = (found.0.min(lowest), found.1.max(highest));
        },
    );
    found
        .into_inner()
        .unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// The bounds of some of the indices.
struct Bounds<'a>(&'a Source, Range<usize>);

impl Task for Bounds<'_> {
    type Output = (i64, i64);

    #[inline(always)]
    fn run<S: Simd>(self) -> (i64, i64) {
        let Bounds(source, chunk) = self;
        let mut buffer = Buffer::<Wrapping<i64>>::new();
        let (mut lowest, mut highest) = (i64::MAX, i64::MIN);
        for start in chunk.clone().step_by(BLOCK) {
            let block = source.block(start, BLOCK.min(chunk.end - start), &mut buffer);
            for &Wrapping(index) in block {
                lowest = lowest.min(index);
                highest = highest.max(index);
            }
        }
        (lowest, highest)
    }
}

pub(crate) fn gather(dim: usize, x: &Array, index: &Array, out: &mut Array) {
    with_size_of!(x.dtype(), T => gather_as::<T>(dim, x, index, out));
}

fn gather_as<T: Copy + Send>(dim: usize, x: &Array, index: &Array, out: &mut Array) {
    // Along `dim` the index says where in `x` to go; along the others `x` follows the output.
    let step = x.strides()[dim];
    let axis = |d: usize| Axis {
        size: out.shape()[d],
        strides: [
            if d == dim { 0 } else { x.strides()[d] },
            index.strides()[d],
            out.strides()[d],
        ],
    };
    let lines = Lines::new((0..out.rank()).map(axis));
    let (from, indices, to) = (
        Elements::<T>::of(x),
        Elements::<i64>::of(index),
        Elements::<T>::of(out),
    );
    let Axis {
        size,
        strides: [from_step, index_step, to_step],
    } = lines.run();
    let grain = (GRAIN / size.max(1)).max(1);
    for_each_chunk(lines.count(), grain, |chunk| {
        for line in chunk {
            let [x, i, y] = lines.start(line);
            // SAFETY: the offsets are those of elements, since every index is valid for `x`; a
            // line of the output is written by one thread, and does not overlap the operands.
            unsafe {
                match (from_step, index_step, to_step) {
                    (1, 0, 1) => {
                        let x = x + *indices.at(i) as isize * step;
                        std::ptr::copy_nonoverlapping(from.at(x), to.at(y), size);
                    }
                    (0, 1, 1) => {
                        let index = std::slice::from_raw_parts(indices.at(i), size);
                        let out = std::slice::from_raw_parts_mut(to.at(y), size);
                        for (place, index) in out.iter_mut().zip(index) {
                            *place = *from.at(x + *index as isize * step);
                        }
                    }
                    _ => {
                        for j in 0..size as isize {
                            let x = x + *indices.at(i + j * index_step) as isize * step;
                            *to.at(y + j * to_step) = *from.at(x + j * from_step);
                        }
                    }
                }
            }
        }
    });
}

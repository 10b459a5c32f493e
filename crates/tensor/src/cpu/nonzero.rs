//! Kernels that find elements that are not zero.

use super::elementwise::with_number;
use super::number::{Int, Number};
use super::parallel::{DisjointMut, for_each_chunk};
use super::simd::{Level, Simd, Task};
use super::walk::{BLOCK, Buffer, Source};
use crate::{Array, DType};

/// Most truth values that one thread counts at a time.
const PIECE: usize = 1 << 16;

/// How many elements are not zero.
pub(crate) fn count(x: &Array) -> usize {
    let mut count = 0;
    with_number!(x.dtype(), C => for_each_block::<C>(x, |_, block| {
        let true_ones = block.iter().map(|x| usize::from(x.is_true()));
        count += true_ones.sum::<usize>();
    }));
    count
}

/// The row-major positions of the elements that are not zero.
pub(crate) fn positions(x: &Array, out: &mut Array) {
    let out = out.dense_slice_mut::<i64>();
    let mut filled = 0;
    with_number!(x.dtype(), C => for_each_block::<C>(x, |start, block| {
        // Each position is written, and the next one over it unless the element counts: no branch to guess.
        let (mut found, mut count) = ([0; BLOCK], 0);
        for (position, x) in (start..).zip(block) {
            found[count] = position as i64;
            count += usize::from(x.is_true());
        }
        out[filled..filled + count].copy_from_slice(&found[..count]);
        filled += count;
    }));
}

/// How many of each `length` neighbours are true.
pub(crate) fn count_runs(truths: &[bool], length: usize, out: &mut Array) {
    let out = out.dense_slice_mut::<i64>();
    let pieces = length.div_ceil(PIECE).max(1);
    let mut counts = vec![0; out.len() * pieces];
    let (level, parts) = (Level::current(), DisjointMut::new(&mut counts));
    let grain = PIECE / length.clamp(1, PIECE);
    for_each_chunk(out.len() * pieces, grain, |chunk| {
        for number in chunk {
            let (output, start) = (number / pieces, number % pieces * PIECE);
            let piece = output * length + start..output * length + length.min(start + PIECE);
            // SAFETY: each number is counted by one thread.
            let count = unsafe { parts.slice(number..number + 1) };
            count[0] = level.run_up_to_avx2(Count(&truths[piece]));
        }
    });
    for (count, parts) in out.iter_mut().zip(counts.chunks(pieces)) {
        *count = parts.iter().sum();
    }
}

/// How many are true.
struct Count<'a>(&'a [bool]);

impl Task for Count<'_> {
    type Output = i64;

    #[inline(always)]
    fn run<S: Simd>(self) -> i64 {
        const WIDTH: usize = 64;
        let mut count = 0;
        // A byte has room for the sum of as many rows.
        for rows in self.0.chunks(WIDTH * u8::MAX as usize) {
            let (rows, rest) = rows.as_chunks::<WIDTH>();
            let mut columns = [0; WIDTH];
            for row in rows {
                for (column, &x) in columns.iter_mut().zip(row) {
                    *column += u8::from(x);
                }
            }
            count += columns.iter().map(|&column| i64::from(column)).sum::<i64>();
            count += rest.iter().map(|&x| i64::from(x)).sum::<i64>();
        }
        count
    }
}

fn for_each_block<C: Number>(x: &Array, mut visit: impl FnMut(usize, &[C])) {
    let source = Source::row_major(x);
    let mut buffer = Buffer::<C>::new();
    for start in (0..x.numel()).step_by(BLOCK) {
        let length = BLOCK.min(x.numel() - start);
        visit(start, source.block(start, length, &mut buffer));
    }
}

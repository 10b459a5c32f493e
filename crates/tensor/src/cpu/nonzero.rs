//! Kernels that find elements that are not zero.

use super::elementwise::with_number;
use super::number::{Int, Number};
use super::walk::{BLOCK, Buffer, Source};
use crate::{Array, DType};

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

fn for_each_block<C: Number>(x: &Array, mut visit: impl FnMut(usize, &[C])) {
    let source = Source::row_major(x);
    let mut buffer = Buffer::<C>::new();
    for start in (0..x.numel()).step_by(BLOCK) {
        let length = BLOCK.min(x.numel() - start);
        visit(start, source.block(start, length, &mut buffer));
    }
}

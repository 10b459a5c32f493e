//! Kernels that find elements that are not zero.

use super::elementwise::with_number;
use super::number::{Int, Number};
use super::walk::{BLOCK, Buffer, Source};
use crate::{Array, DType};

/// How many elements are not zero.
pub(crate) fn count(x: &Array) -> usize {
    let mut count = 0;
    for_each_nonzero(x, |_| count += 1);
    count
}

/// The row-major positions of the elements that are not zero.
pub(crate) fn positions(x: &Array, out: &mut Array) {
    let mut places = out.dense_slice_mut::<i64>().iter_mut();
    for_each_nonzero(x, |position| {
        if let Some(place) = places.next() {
            *place = position as i64;
        }
    });
}

fn for_each_nonzero(x: &Array, visit: impl FnMut(usize)) {
    with_number!(x.dtype(), real C => visit_blocks::<C>(x, visit), int => visit_blocks::<C>(x, visit));
}

fn visit_blocks<C: Number>(x: &Array, mut visit: impl FnMut(usize)) {
    let source = Source::row_major(x);
    let mut buffer = Buffer::<C>::new();
    for start in (0..x.numel()).step_by(BLOCK) {
        let block = source.block(start, BLOCK.min(x.numel() - start), &mut buffer);
        for (place, value) in block.iter().enumerate() {
            if value.is_true() {
                visit(start + place);
            }
        }
    }
}

//! Filling, and copying between layouts and dtypes.

use super::elementwise::{map, with_number};
use super::number::{Int, Number};
use super::walk::{BLOCK, Buffer, Source, memory_order};
use crate::dtype::with_dtype;
use crate::{Array, DType, Element, Scalar};

/// Writes one number everywhere in a dense array.
pub(crate) fn fill(value: Scalar, out: &mut Array) {
    with_dtype!(out.dtype(), T => out.dense_slice_mut::<T>().fill(value.to_element()));
}

/// Copies `x` into `out`, converting through the type in which `x` computes.
pub(crate) fn copy(x: &Array, out: &mut Array) {
    if out.layout().is_dense() {
        with_number!(x.dtype(), real C => map([x], out, |[x]: [&[C]; 1], out| out.copy_from_slice(x)),
            int => map([x], out, |[x]: [&[C]; 1], out| out.copy_from_slice(x)));
    } else {
        with_number!(x.dtype(), real C => with_dtype!(out.dtype(), T => scatter::<C, T>(x, out)),
            int => with_dtype!(out.dtype(), T => scatter::<C, T>(x, out)));
    }
}

/// Copies into an output with gaps.
fn scatter<C: Number, T: Element>(x: &Array, out: &mut Array) {
    let source = Source::new(x, out);
    let order = memory_order(out.layout());
    let start = out.cpu_ptr_mut().cast::<T>();
    let numel = out.numel();
    let mut buffer = Buffer::<C>::new();
    let mut index = vec![0usize; order.len()];
    let mut offset = 0isize;
    for begin in (0..numel).step_by(BLOCK) {
        let block = source.block(begin, BLOCK.min(numel - begin), &mut buffer);
        for &value in block {
            // SAFETY: `offset` is that of a valid index of `out`, which owns its storage.
            unsafe { *start.offset(offset) = value.store() };
            for (place, &dim) in index.iter_mut().zip(&order).rev() {
                *place += 1;
                offset += out.strides()[dim];
                if *place < out.shape()[dim] {
                    break;
                }
                offset -= out.strides()[dim] * *place as isize;
                *place = 0;
            }
        }
    }
}

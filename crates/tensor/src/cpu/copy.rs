//! Filling, and copying between layouts and dtypes.

use super::elementwise::{map, with_number};
use super::lines::{Axis, Elements, Lines, with_size_of};
use super::number::{Int, Number};
use super::parallel::for_each_chunk;
use super::walk::{BLOCK, Buffer, Source};
use crate::dtype::with_dtype;
use crate::{Array, DType, Element, Scalar};

/// Elements per parallel chunk.
const GRAIN: usize = 1 << 15;

/// Writes one number everywhere in a dense array.
pub(crate) fn fill(value: Scalar, out: &mut Array) {
    with_dtype!(out.dtype(), T => out.dense_slice_mut::<T>().fill(value.to_element()));
}

/// Copies `x` into `out`, converting through the type in which `x` computes.
pub(crate) fn copy(x: &Array, out: &mut Array) {
    if out.layout().is_dense() {
        with_number!(x.dtype(), C => map([x], out, |[x]: [&[C]; 1], out: &mut [C]| out.copy_from_slice(x)));
    } else if x.dtype() == out.dtype() {
        with_size_of!(x.dtype(), T => move_elements::<T>(x, out));
    } else {
        with_number!(x.dtype(), real C => with_dtype!(out.dtype(), T => convert::<C, T>(x, out)),
            int => with_dtype!(out.dtype(), T => convert::<C, T>(x, out)));
    }
}

/// The runs in which two arrays of one shape can be walked, `out` from its start to its end.
fn runs(x: &Array, out: &Array) -> Lines<2> {
    let axis = |dim: usize| Axis {
        size: out.shape()[dim],
        strides: [x.strides()[dim], out.strides()[dim]],
    };
    Lines::new(out.layout().memory_order().into_iter().map(axis))
}

/// Copies into an output with gaps.
fn move_elements<T: Copy + Send>(x: &Array, out: &mut Array) {
    let lines = runs(x, out);
    let (from, to) = (Elements::<T>::of(x), Elements::<T>::of(out));
    let Axis { size, strides } = lines.run();
    for_each_chunk(lines.count(), (GRAIN / size.max(1)).max(1), |chunk| {
        for line in chunk {
            let [x, y] = lines.start(line);
            // SAFETY: the offsets are those of elements, and each element of the output is written
            // by one thread; operand and output do not overlap.
            unsafe {
                match strides {
                    [1, 1] => std::ptr::copy_nonoverlapping(from.at(x), to.at(y), size),
                    [x_step, y_step] => {
                        for j in 0..size as isize {
                            *to.at(y + j * y_step) = *from.at(x + j * x_step);
                        }
                    }
                }
            }
        }
    });
}

/// Copies into an output with gaps, and of another dtype.
fn convert<C: Number, T: Element>(x: &Array, out: &mut Array) {
    let lines = runs(x, out);
    let to = Elements::<T>::of(out);
    let source = Source::new(x, out);
    let Axis { size, strides } = lines.run();
    for_each_chunk(lines.count(), (GRAIN / size.max(1)).max(1), |chunk| {
        let mut buffer = Buffer::<C>::new();
        for line in chunk {
            let [_, y] = lines.start(line);
            for start in (0..size).step_by(BLOCK) {
                let block = source.block(line * size + start, BLOCK.min(size - start), &mut buffer);
                for (j, value) in (start as isize..).zip(block) {
                    // SAFETY: as for copies of the same dtype.
                    unsafe { *to.at(y + j * strides[1]) = value.store() };
                }
            }
        }
    });
}

//! Kernels that make evenly spaced numbers.

use super::parallel::{DisjointMut, for_each_chunk};
use crate::dtype::with_dtype;
use crate::{Array, Element, Scalar};

/// Elements per parallel chunk.
const GRAIN: usize = 1 << 15;

/// Writes `start + i * step` to element `i`.
pub(crate) fn ramp(start: Scalar, step: Scalar, out: &mut Array) {
    if out.dtype().is_floating_point() {
        let (start, step) = (start.to_f64(), step.to_f64());
        with_dtype!(out.dtype(), T => fill(out, |i| T::from_f64(start + i as f64 * step)));
    } else {
        let (start, step) = (start.to_i64(), step.to_i64());
        let number = |i: usize| start.wrapping_add(step.wrapping_mul(i as i64));
        with_dtype!(out.dtype(), T => fill(out, |i| T::from_i64(number(i))));
    }
}

fn fill<T: Element>(out: &mut Array, number: impl Fn(usize) -> T + Sync) {
    let elements = out.dense_slice_mut::<T>();
    let total = elements.len();
    let elements = DisjointMut::new(elements);
    for_each_chunk(total, GRAIN, |chunk| {
        // SAFETY: chunks are disjoint parts of the output.
        let part = unsafe { elements.slice(chunk.clone()) };
        for (i, element) in chunk.zip(part) {
            *element = number(i);
        }
    });
}

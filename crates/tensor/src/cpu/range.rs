//! Kernels that make evenly spaced numbers.

use super::parallel::{DisjointMut, for_each_chunk};
use super::simd::{Level, Simd, Task};
use crate::dtype::with_dtype;
use crate::{Array, Element, Scalar};

/// Elements per parallel chunk.
const GRAIN: usize = 1 << 15;

/// Writes `start + i * step` to element `i`.
pub(crate) fn ramp(start: Scalar, step: Scalar, out: &mut Array) {
    if out.dtype().is_floating_point() {
        let (start, step) = (start.to_f64(), step.to_f64());
        with_dtype!(out.dtype(), T => {
            fill_reals::<T>(out.dense_slice_mut(), |i| start + i * step);
        });
    } else {
        let (start, step) = (start.to_i64(), step.to_i64());
        with_dtype!(out.dtype(), T => fill::<T, _>(out.dense_slice_mut(), |first| {
            let first = start.wrapping_add(step.wrapping_mul(first as i64));
            move |i| T::from_i64(first.wrapping_add(step.wrapping_mul(i64::from(i))))
        }));
    }
}

/// Writes evenly spaced numbers from `start` to `end`, each computed from the nearer of the two.
pub(crate) fn spaced(start: f64, end: f64, out: &mut Array) {
    let steps = out.numel();
    let step = (end - start) / (steps.max(2) - 1) as f64;
    // As in PyTorch the middle one is nearer to the end, but a single one is the start.
    let half = if steps == 1 { 1 } else { steps / 2 };
    with_dtype!(out.dtype(), T => {
        let (first, second) = out.dense_slice_mut::<T>().split_at_mut(half);
        let last = second.len() as f64 - 1.0;
        fill_reals(first, |i| start + step * i);
        fill_reals(second, |i| end - step * (last - i));
    });
}

/// Writes `number(i)` to element `i`.
fn fill_reals<T: Element>(out: &mut [T], number: impl Fn(f64) -> f64 + Copy + Sync) {
    fill(out, |first| {
        let first = first as f64;
        move |i| T::from_f64(number(first + f64::from(i)))
    });
}

/// Writes `numbers(first)(i)` to element `first + i`: processors turn small integers into vectors of
/// other numbers, but not all of them large ones.
fn fill<T: Element, N: Fn(i32) -> T>(out: &mut [T], numbers: impl Fn(usize) -> N + Sync) {
    let (level, total) = (Level::current(), out.len());
    let out = DisjointMut::new(out);
    for_each_chunk(total, GRAIN, |chunk| {
        let number = numbers(chunk.start);
        // SAFETY: chunks are disjoint parts of the output.
        let part = unsafe { out.slice(chunk) };
        level.run_up_to_avx2(Fill { number, part });
    });
}

/// Fills a chunk.
struct Fill<'a, T, N> {
    number: N,
    part: &'a mut [T],
}

impl<T, N: Fn(i32) -> T> Task for Fill<'_, T, N> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        for (i, element) in (0..).zip(self.part) {
            *element = (self.number)(i);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::simd::each_level;
    use crate::{DType, Device};

    const LENGTH: usize = 2 * GRAIN + 7;

    #[test]
    fn ramps_are_those_of_one_by_one_in_every_chunk() {
        each_level(|_| {
            let of = |dtype| {
                let (start, step) = (Scalar::Int(5), Scalar::Int(-3));
                Array::ramp(LENGTH, start, step, dtype, Device::Cpu).unwrap()
            };
            let numbers = || (0..LENGTH as i64).map(|i| 5 - 3 * i);
            assert!(
                of(DType::I64)
                    .to_vec::<i64>()
                    .unwrap()
                    .into_iter()
                    .eq(numbers())
            );
            let narrow = of(DType::I8).to_vec::<i8>().unwrap();
            assert!(narrow.into_iter().eq(numbers().map(|x| x as i8)));
            let real = of(DType::F32).to_vec::<f32>().unwrap();
            assert!(real.into_iter().eq(numbers().map(|x| x as f32)));
        });
    }

    #[test]
    fn spaced_numbers_start_and_end_where_they_should() {
        each_level(|_| {
            for length in [0, 1, 2, 3, LENGTH] {
                let x = Array::spaced("linspace", -0.1, 0.7, length, DType::F64).unwrap();
                let x = x.to_vec::<f64>().unwrap();
                assert_eq!(x.first().copied(), (length > 0).then_some(-0.1));
                assert_eq!(
                    x.last().copied(),
                    match length {
                        0 => None,
                        1 => Some(-0.1),
                        _ => Some(0.7),
                    }
                );
                assert!(x.is_sorted());
            }
        });
    }
}

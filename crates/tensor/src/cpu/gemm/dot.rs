//! The product of two vectors, as fast as they can be read.

use super::blocked::split;
use crate::cpu::parallel::{DisjointMut, for_each_chunk};
use crate::cpu::simd::{Level, Real, Simd, Task, Vector};

/// Elements that are summed by one thread before their sum meets the others.
const PART: usize = 1 << 15;
/// Vectors of sums that do not wait for each other.
const VECTORS: usize = 8;
/// Elements of each lane of those that are summed one after another.
const DEPTH: usize = 64;

/// The sum of the products of all elements.
pub(super) fn dot<T: Real>(x: &[T], y: &[T], level: Level) -> T {
    let parts = x.len().div_ceil(PART);
    let mut sums = vec![T::zero(); parts];
    let places = DisjointMut::new(&mut sums);
    for_each_chunk(parts, 1, |parts| {
        for part in parts {
            let elements = part * PART..x.len().min((part + 1) * PART);
            let (x, y) = (&x[elements.clone()], &y[elements]);
            // SAFETY: each part has a place of its own.
            let place = unsafe { places.slice(part..part + 1) };
            place[0] = level.run(Part { x, y });
        }
    });
    sums.into_iter().fold(T::zero(), |total, sum| total + sum)
}

struct Part<'a, T> {
    x: &'a [T],
    y: &'a [T],
}

impl<T: Real> Task for Part<'_, T> {
    type Output = T;

    #[inline(always)]
    fn run<S: Simd>(self) -> T {
        let mut total = T::zero();
        for elements in split(
            0..self.x.len(),
            DEPTH * VECTORS * <T::Vector<S> as Vector>::LANES,
        ) {
            let (x, y) = (&self.x[elements.clone()], &self.y[elements]);
            // SAFETY: the task runs at a level that the processor has.
            total = total + unsafe { sum_of_products::<T::Vector<S>>(x, y) };
        }
        total
    }
}

#[inline(always)]
unsafe fn sum_of_products<V: Vector<Element: Real>>(
    x: &[V::Element],
    y: &[V::Element],
) -> V::Element {
    let (x, y, count) = (x.as_ptr(), y.as_ptr(), x.len().min(y.len()));
    // SAFETY: the caller vouches for the level, and what is loaded lies inside both slices.
    unsafe {
        let mut sums = [V::splat(num_traits::zero()); VECTORS];
        let mut place = 0;
        while place + VECTORS * V::LANES <= count {
            for (i, sum) in sums.iter_mut().enumerate() {
                let at = place + i * V::LANES;
                *sum = V::load(x.add(at)).mul_add(V::load(y.add(at)), *sum);
            }
            place += VECTORS * V::LANES;
        }
        while place < count {
            let rest = V::LANES.min(count - place);
            let (x, y) = (x.add(place), y.add(place));
            sums[0] = V::load_first(x, rest).mul_add(V::load_first(y, rest), sums[0]);
            place += V::LANES;
        }
        let mut half = VECTORS;
        while half > 1 {
            half /= 2;
            for i in 0..half {
                sums[i] = sums[i].add(sums[i + half]);
            }
        }
        sums[0].sum()
    }
}

//! Complex numbers: single ones, or one for each lane of a pair of vectors.

use std::f64::consts::PI;

use super::super::simd::{Real, Vector};

#[derive(Clone, Copy, Debug)]
pub(super) struct Complex<T> {
    pub(super) re: T,
    pub(super) im: T,
}

impl Complex<f64> {
    /// `exp(-2 pi i k / n)`, rounded once, and exact at quarters of the circle.
    pub(super) fn root(k: usize, n: usize) -> Complex<f64> {
        let (im, re) = match (4 * k).is_multiple_of(n) {
            true => [(0.0, 1.0), (-1.0, 0.0), (0.0, -1.0), (1.0, 0.0)][4 * k / n % 4],
            false => (-2.0 * PI * k as f64 / n as f64).sin_cos(),
        };
        Complex { re, im }
    }
}

/// Which of the two vectors of a number in memory is its real part, and which the imaginary one. With
/// both swapped throughout, a transform is the inverse.
#[derive(Clone, Copy)]
pub(super) struct Parts {
    is_swapped: bool,
}

impl Parts {
    pub(super) const IN_ORDER: Parts = Parts { is_swapped: false };
    pub(super) const SWAPPED: Parts = Parts { is_swapped: true };

    #[inline(always)]
    fn offsets(self, lanes: usize) -> (usize, usize) {
        match self.is_swapped {
            true => (lanes, 0),
            false => (0, lanes),
        }
    }
}

/// Each needs the processor features of the vector, and memory for the numbers that it accesses.
impl<V: Vector<Element: Real>> Complex<V> {
    #[inline(always)]
    pub(super) unsafe fn splat(value: Complex<V::Element>) -> Self {
        // SAFETY: the caller vouches for the vector's features.
        let (re, im) = unsafe { (V::splat(value.re), V::splat(value.im)) };
        Complex { re, im }
    }

    /// Number `index` of those at `from`.
    #[inline(always)]
    pub(super) unsafe fn load(from: *const V::Element, index: usize, parts: Parts) -> Self {
        let (re, im) = parts.offsets(V::LANES);
        // SAFETY: the caller vouches for the memory.
        unsafe {
            let from = from.add(2 * V::LANES * index);
            Complex {
                re: V::load(from.add(re)),
                im: V::load(from.add(im)),
            }
        }
    }

    #[inline(always)]
    pub(super) unsafe fn store(self, to: *mut V::Element, index: usize, parts: Parts) {
        let (re, im) = parts.offsets(V::LANES);
        // SAFETY: the caller vouches for the memory.
        unsafe {
            let to = to.add(2 * V::LANES * index);
            self.re.store(to.add(re));
            self.im.store(to.add(im));
        }
    }

    #[inline(always)]
    pub(super) unsafe fn plus(self, other: Self) -> Self {
        // SAFETY: the caller vouches for the vector's features.
        unsafe {
            Complex {
                re: self.re.add(other.re),
                im: self.im.add(other.im),
            }
        }
    }

    #[inline(always)]
    pub(super) unsafe fn minus(self, other: Self) -> Self {
        // SAFETY: as above.
        unsafe {
            Complex {
                re: self.re.sub(other.re),
                im: self.im.sub(other.im),
            }
        }
    }

    #[inline(always)]
    pub(super) unsafe fn times(self, other: Self) -> Self {
        // SAFETY: as above.
        unsafe {
            Complex {
                re: self.re.mul(other.re).sub(self.im.mul(other.im)),
                im: self.re.mul_add(other.im, self.im.mul(other.re)),
            }
        }
    }

    /// `self * factor + addend` for real factors.
    #[inline(always)]
    pub(super) unsafe fn scaled_plus(self, factor: V, addend: Self) -> Self {
        // SAFETY: as above.
        unsafe {
            Complex {
                re: self.re.mul_add(factor, addend.re),
                im: self.im.mul_add(factor, addend.im),
            }
        }
    }

    #[inline(always)]
    pub(super) unsafe fn scaled(self, factor: V) -> Self {
        // SAFETY: as above.
        unsafe {
            Complex {
                re: self.re.mul(factor),
                im: self.im.mul(factor),
            }
        }
    }

    /// The product with `-i`.
    #[inline(always)]
    pub(super) unsafe fn turned(self) -> Self {
        // SAFETY: as above.
        unsafe {
            Complex {
                re: self.im,
                im: V::splat(num_traits::zero()).sub(self.re),
            }
        }
    }

    #[inline(always)]
    pub(super) unsafe fn conjugate(self) -> Self {
        // SAFETY: as above.
        unsafe {
            Complex {
                re: self.re,
                im: V::splat(num_traits::zero()).sub(self.im),
            }
        }
    }
}

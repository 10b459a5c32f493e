//! Vectors as arrays, for every processor; compilers turn these loops into what it has.

use super::vector::Vector;

/// Whether fused multiply-add is an instruction everywhere this build runs; the library function
/// behind `mul_add` elsewhere is a hundred times slower than two roundings.
const HAS_FUSED: bool = cfg!(any(target_feature = "fma", target_arch = "aarch64"));

macro_rules! array_vector {
    ($element:ty, $lanes:literal) => {
        impl Vector for [$element; $lanes] {
            type Element = $element;
            const LANES: usize = $lanes;

            #[inline(always)]
            unsafe fn splat(value: $element) -> Self {
                [value; $lanes]
            }

            #[inline(always)]
            unsafe fn load(from: *const $element) -> Self {
                // SAFETY: the caller vouches for all lanes.
                unsafe { from.cast::<Self>().read_unaligned() }
            }

            #[inline(always)]
            unsafe fn load_first(from: *const $element, count: usize) -> Self {
                let mut lanes = [0.0; $lanes];
                // SAFETY: the caller vouches for `count` elements, and `count` is at most the lanes.
                unsafe { from.copy_to(lanes.as_mut_ptr(), count) };
                lanes
            }

            #[inline(always)]
            unsafe fn store(self, to: *mut $element) {
                // SAFETY: the caller vouches for all lanes.
                unsafe { to.cast::<Self>().write_unaligned(self) }
            }

            #[inline(always)]
            unsafe fn store_first(self, to: *mut $element, count: usize) {
                // SAFETY: the caller vouches for `count` elements, and `count` is at most the lanes.
                unsafe { to.copy_from(self.as_ptr(), count) }
            }

            #[inline(always)]
            unsafe fn add(self, other: Self) -> Self {
                std::array::from_fn(|i| self[i] + other[i])
            }

            #[inline(always)]
            unsafe fn sub(self, other: Self) -> Self {
                std::array::from_fn(|i| self[i] - other[i])
            }

            #[inline(always)]
            unsafe fn mul(self, other: Self) -> Self {
                std::array::from_fn(|i| self[i] * other[i])
            }

            #[inline(always)]
            unsafe fn div(self, other: Self) -> Self {
                std::array::from_fn(|i| self[i] / other[i])
            }

            #[inline(always)]
            unsafe fn min(self, other: Self) -> Self {
                std::array::from_fn(|i| {
                    if self[i] < other[i] {
                        self[i]
                    } else {
                        other[i]
                    }
                })
            }

            #[inline(always)]
            unsafe fn max(self, other: Self) -> Self {
                std::array::from_fn(|i| {
                    if self[i] > other[i] {
                        self[i]
                    } else {
                        other[i]
                    }
                })
            }

            #[inline(always)]
            unsafe fn mul_add(self, factor: Self, addend: Self) -> Self {
                std::array::from_fn(|i| match HAS_FUSED {
                    true => self[i].mul_add(factor[i], addend[i]),
                    false => self[i] * factor[i] + addend[i],
                })
            }

            #[inline(always)]
            unsafe fn sum(self) -> $element {
                let mut lanes = self;
                let mut half = $lanes / 2;
                while half > 0 {
                    for i in 0..half {
                        lanes[i] += lanes[i + half];
                    }
                    half /= 2;
                }
                lanes[0]
            }

            #[inline(always)]
            unsafe fn deinterleave(self, other: Self) -> (Self, Self) {
                let lane = |i: usize| {
                    if i < $lanes {
                        self[i]
                    } else {
                        other[i - $lanes]
                    }
                };
                let (even, odd) = (|i| lane(2 * i), |i| lane(2 * i + 1));
                (std::array::from_fn(even), std::array::from_fn(odd))
            }

            #[inline(always)]
            unsafe fn transpose(
                row: impl Fn(usize) -> *const $element,
                to: *mut $element,
                stride: usize,
            ) {
                for i in 0..$lanes {
                    for j in 0..$lanes {
                        // SAFETY: the caller vouches for both blocks.
                        unsafe { *to.add(j * stride + i) = *row(i).add(j) };
                    }
                }
            }
        }
    };
}

array_vector!(f32, 4);
array_vector!(f64, 2);

// A single number, for what is too little for a vector.
array_vector!(f32, 1);
array_vector!(f64, 1);

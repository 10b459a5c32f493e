//! The vectors of AVX2 with FMA, and of AVX-512.

use std::arch::x86_64::*;

use half::f16;

use super::vector::Vector;
use crate::Element;

/// A vector whose operations are one intrinsic each.
macro_rules! intrinsic_vector {
    ($vector:ty, $element:ty, $lanes:literal,
     splat $splat:ident, load $load:ident, store $store:ident,
     add $add:ident, sub $sub:ident, mul $mul:ident, div $div:ident,
     min $min:ident, max $max:ident, mul_add $mul_add:ident, sum $sum:ident,
     load_first $load_first:ident, store_first $store_first:ident,
     deinterleave $deinterleave:ident, transpose $transpose:ident) => {
        // SAFETY, for every block: callers run where the vector's features are enabled and vouch
        // for the memory, as the trait asks.
        #[allow(
            clippy::undocumented_unsafe_blocks,
            reason = "stated once for all methods above"
        )]
        impl Vector for $vector {
            type Element = $element;
            const LANES: usize = $lanes;

            #[inline(always)]
            unsafe fn splat(value: $element) -> Self {
                unsafe { $splat(value) }
            }
            #[inline(always)]
            unsafe fn load(from: *const $element) -> Self {
                unsafe { $load(from) }
            }
            #[inline(always)]
            unsafe fn load_first(from: *const $element, count: usize) -> Self {
                unsafe { $load_first(from, count) }
            }
            #[inline(always)]
            unsafe fn store(self, to: *mut $element) {
                unsafe { $store(to, self) }
            }
            #[inline(always)]
            unsafe fn store_first(self, to: *mut $element, count: usize) {
                unsafe { $store_first(to, count, self) }
            }
            #[inline(always)]
            unsafe fn add(self, other: Self) -> Self {
                unsafe { $add(self, other) }
            }
            #[inline(always)]
            unsafe fn sub(self, other: Self) -> Self {
                unsafe { $sub(self, other) }
            }
            #[inline(always)]
            unsafe fn mul(self, other: Self) -> Self {
                unsafe { $mul(self, other) }
            }
            #[inline(always)]
            unsafe fn div(self, other: Self) -> Self {
                unsafe { $div(self, other) }
            }
            #[inline(always)]
            unsafe fn min(self, other: Self) -> Self {
                unsafe { $min(self, other) }
            }
            #[inline(always)]
            unsafe fn max(self, other: Self) -> Self {
                unsafe { $max(self, other) }
            }
            #[inline(always)]
            unsafe fn mul_add(self, factor: Self, addend: Self) -> Self {
                unsafe { $mul_add(self, factor, addend) }
            }
            #[inline(always)]
            unsafe fn sum(self) -> $element {
                unsafe { $sum(self) }
            }
            #[inline(always)]
            unsafe fn deinterleave(self, other: Self) -> (Self, Self) {
                unsafe { $deinterleave(self, other) }
            }
            #[inline(always)]
            unsafe fn transpose(
                row: impl Fn(usize) -> *const $element,
                to: *mut $element,
                stride: usize,
            ) {
                unsafe { $transpose(row, to, stride) }
            }
        }
    };
}

intrinsic_vector!(__m256, f32, 8,
    splat _mm256_set1_ps, load _mm256_loadu_ps, store _mm256_storeu_ps,
    add _mm256_add_ps, sub _mm256_sub_ps, mul _mm256_mul_ps, div _mm256_div_ps,
    min _mm256_min_ps, max _mm256_max_ps, mul_add _mm256_fmadd_ps, sum sum_8,
    load_first load_first_8, store_first store_first_8,
    deinterleave deinterleave_8, transpose transpose_8);

intrinsic_vector!(__m256d, f64, 4,
    splat _mm256_set1_pd, load _mm256_loadu_pd, store _mm256_storeu_pd,
    add _mm256_add_pd, sub _mm256_sub_pd, mul _mm256_mul_pd, div _mm256_div_pd,
    min _mm256_min_pd, max _mm256_max_pd, mul_add _mm256_fmadd_pd, sum sum_4,
    load_first load_first_4, store_first store_first_4,
    deinterleave deinterleave_4, transpose transpose_4);

intrinsic_vector!(__m512, f32, 16,
    splat _mm512_set1_ps, load _mm512_loadu_ps, store _mm512_storeu_ps,
    add _mm512_add_ps, sub _mm512_sub_ps, mul _mm512_mul_ps, div _mm512_div_ps,
    min _mm512_min_ps, max _mm512_max_ps, mul_add _mm512_fmadd_ps, sum _mm512_reduce_add_ps,
    load_first load_first_16, store_first store_first_16,
    deinterleave deinterleave_16, transpose transpose_16);

intrinsic_vector!(__m512d, f64, 8,
    splat _mm512_set1_pd, load _mm512_loadu_pd, store _mm512_storeu_pd,
    add _mm512_add_pd, sub _mm512_sub_pd, mul _mm512_mul_pd, div _mm512_div_pd,
    min _mm512_min_pd, max _mm512_max_pd, mul_add _mm512_fmadd_pd, sum _mm512_reduce_add_pd,
    load_first load_first_8d, store_first store_first_8d,
    deinterleave deinterleave_8d, transpose transpose_8d);

/// Rounds numbers to half precision, eight at a time.
#[inline]
#[target_feature(enable = "avx2,f16c")]
pub(super) fn to_half_8(from: &[f32], to: &mut [f16]) {
    let ((from, from_rest), (to, to_rest)) = (from.as_chunks::<8>(), to.as_chunks_mut::<8>());
    for (half, x) in to.iter_mut().zip(from) {
        // SAFETY: both have eight elements, in vectors of 256 and 128 bits.
        unsafe {
            let x = _mm256_loadu_ps(x.as_ptr());
            let rounded = _mm256_cvtps_ph::<_MM_FROUND_TO_NEAREST_INT>(x);
            _mm_storeu_si128(half.as_mut_ptr().cast(), rounded);
        }
    }
    for (half, &x) in to_rest.iter_mut().zip(from_rest) {
        *half = Element::from_f32(x);
    }
}

/// Eight set words and then eight clear ones: the mask for `count` lanes starts at `8 - count`.
static LANES_32: [i32; 16] = [-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0];
static LANES_64: [i64; 8] = [-1, -1, -1, -1, 0, 0, 0, 0];

#[inline]
#[target_feature(enable = "avx2")]
fn mask_8(count: usize) -> __m256i {
    debug_assert!(count <= 8);
    // SAFETY: the eight words from `8 - count` on are in the table.
    unsafe { _mm256_loadu_si256(LANES_32.as_ptr().add(8 - count).cast()) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn mask_4(count: usize) -> __m256i {
    debug_assert!(count <= 4);
    // SAFETY: the four words from `4 - count` on are in the table.
    unsafe { _mm256_loadu_si256(LANES_64.as_ptr().add(4 - count).cast()) }
}

#[inline]
#[target_feature(enable = "avx2")]
unsafe fn load_first_8(from: *const f32, count: usize) -> __m256 {
    // SAFETY: masked lanes are not accessed, and the caller vouches for the others.
    unsafe { _mm256_maskload_ps(from, mask_8(count)) }
}

/// Stores halves of halves, because masked stores take dozens of cycles on some processors.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn store_first_8(to: *mut f32, count: usize, vector: __m256) {
    let (mut to, mut four) = (to, _mm256_castps256_ps128(vector));
    // SAFETY: the parts stored add up to `count` elements, for which the caller vouches.
    unsafe {
        if count & 8 != 0 {
            return _mm256_storeu_ps(to, vector);
        }
        if count & 4 != 0 {
            _mm_storeu_ps(to, four);
            to = to.add(4);
            four = _mm256_extractf128_ps::<1>(vector);
        }
        if count & 2 != 0 {
            let pair = _mm_cvtsd_f64(_mm_castps_pd(four));
            to.cast::<f64>().write_unaligned(pair);
            to = to.add(2);
            four = _mm_movehl_ps(four, four);
        }
        if count & 1 != 0 {
            _mm_store_ss(to, four);
        }
    }
}

#[inline]
#[target_feature(enable = "avx2")]
unsafe fn load_first_4(from: *const f64, count: usize) -> __m256d {
    // SAFETY: masked lanes are not accessed, and the caller vouches for the others.
    unsafe { _mm256_maskload_pd(from, mask_4(count)) }
}

#[inline]
#[target_feature(enable = "avx2")]
unsafe fn store_first_4(to: *mut f64, count: usize, vector: __m256d) {
    let (mut to, mut two) = (to, _mm256_castpd256_pd128(vector));
    // SAFETY: the parts stored add up to `count` elements, for which the caller vouches.
    unsafe {
        if count & 4 != 0 {
            return _mm256_storeu_pd(to, vector);
        }
        if count & 2 != 0 {
            _mm_storeu_pd(to, two);
            to = to.add(2);
            two = _mm256_extractf128_pd::<1>(vector);
        }
        if count & 1 != 0 {
            _mm_store_sd(to, two);
        }
    }
}

#[inline]
#[target_feature(enable = "avx512f")]
unsafe fn load_first_16(from: *const f32, count: usize) -> __m512 {
    // SAFETY: masked lanes are not accessed, and the caller vouches for the others.
    unsafe { _mm512_maskz_loadu_ps(((1u32 << count) - 1) as __mmask16, from) }
}

#[inline]
#[target_feature(enable = "avx512f")]
unsafe fn store_first_16(to: *mut f32, count: usize, vector: __m512) {
    // SAFETY: masked lanes are not accessed, and the caller vouches for the others.
    unsafe { _mm512_mask_storeu_ps(to, ((1u32 << count) - 1) as __mmask16, vector) }
}

#[inline]
#[target_feature(enable = "avx512f")]
unsafe fn load_first_8d(from: *const f64, count: usize) -> __m512d {
    // SAFETY: masked lanes are not accessed, and the caller vouches for the others.
    unsafe { _mm512_maskz_loadu_pd(((1u32 << count) - 1) as __mmask8, from) }
}

#[inline]
#[target_feature(enable = "avx512f")]
unsafe fn store_first_8d(to: *mut f64, count: usize, vector: __m512d) {
    // SAFETY: masked lanes are not accessed, and the caller vouches for the others.
    unsafe { _mm512_mask_storeu_pd(to, ((1u32 << count) - 1) as __mmask8, vector) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn sum_8(vector: __m256) -> f32 {
    let four = _mm_add_ps(
        _mm256_castps256_ps128(vector),
        _mm256_extractf128_ps::<1>(vector),
    );
    let two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)))
}

#[inline]
#[target_feature(enable = "avx2")]
fn sum_4(vector: __m256d) -> f64 {
    let two = _mm_add_pd(
        _mm256_castpd256_pd128(vector),
        _mm256_extractf128_pd::<1>(vector),
    );
    _mm_cvtsd_f64(_mm_add_sd(two, _mm_unpackhi_pd(two, two)))
}

#[inline]
#[target_feature(enable = "avx2")]
fn deinterleave_8(first: __m256, second: __m256) -> (__m256, __m256) {
    let in_order = |pairs| _mm256_castpd_ps(_mm256_permute4x64_pd::<0xd8>(_mm256_castps_pd(pairs)));
    (
        in_order(_mm256_shuffle_ps::<0x88>(first, second)),
        in_order(_mm256_shuffle_ps::<0xdd>(first, second)),
    )
}

#[inline]
#[target_feature(enable = "avx2")]
fn deinterleave_4(first: __m256d, second: __m256d) -> (__m256d, __m256d) {
    (
        _mm256_permute4x64_pd::<0xd8>(_mm256_unpacklo_pd(first, second)),
        _mm256_permute4x64_pd::<0xd8>(_mm256_unpackhi_pd(first, second)),
    )
}

#[inline]
#[target_feature(enable = "avx512f")]
fn deinterleave_16(first: __m512, second: __m512) -> (__m512, __m512) {
    let even = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
    let odd = _mm512_add_epi32(even, _mm512_set1_epi32(1));
    (
        _mm512_permutex2var_ps(first, even, second),
        _mm512_permutex2var_ps(first, odd, second),
    )
}

#[inline]
#[target_feature(enable = "avx512f")]
fn deinterleave_8d(first: __m512d, second: __m512d) -> (__m512d, __m512d) {
    let even = _mm512_setr_epi64(0, 2, 4, 6, 8, 10, 12, 14);
    let odd = _mm512_add_epi64(even, _mm512_set1_epi64(1));
    (
        _mm512_permutex2var_pd(first, even, second),
        _mm512_permutex2var_pd(first, odd, second),
    )
}

#[inline]
#[target_feature(enable = "avx2")]
unsafe fn transpose_8(row: impl Fn(usize) -> *const f32, to: *mut f32, stride: usize) {
    // SAFETY: the caller vouches for both blocks.
    unsafe {
        let row = |i: usize| _mm256_loadu_ps(row(i));
        let pair = |i: usize| {
            let (first, second) = (row(i), row(i + 1));
            (
                _mm256_unpacklo_ps(first, second),
                _mm256_unpackhi_ps(first, second),
            )
        };
        let quad = |i: usize| {
            let ((low, high), (next_low, next_high)) = (pair(i), pair(i + 2));
            [
                _mm256_shuffle_ps::<0x44>(low, next_low),
                _mm256_shuffle_ps::<0xee>(low, next_low),
                _mm256_shuffle_ps::<0x44>(high, next_high),
                _mm256_shuffle_ps::<0xee>(high, next_high),
            ]
        };
        let (upper, lower) = (quad(0), quad(4));
        for i in 0..4 {
            let first = _mm256_permute2f128_ps::<0x20>(upper[i], lower[i]);
            let second = _mm256_permute2f128_ps::<0x31>(upper[i], lower[i]);
            _mm256_storeu_ps(to.add(i * stride), first);
            _mm256_storeu_ps(to.add((i + 4) * stride), second);
        }
    }
}

#[inline]
#[target_feature(enable = "avx2")]
unsafe fn transpose_4(row: impl Fn(usize) -> *const f64, to: *mut f64, stride: usize) {
    // SAFETY: the caller vouches for both blocks.
    unsafe {
        let row = |i: usize| _mm256_loadu_pd(row(i));
        let pair = |i: usize| {
            let (first, second) = (row(i), row(i + 1));
            [
                _mm256_unpacklo_pd(first, second),
                _mm256_unpackhi_pd(first, second),
            ]
        };
        let (upper, lower) = (pair(0), pair(2));
        for i in 0..2 {
            let first = _mm256_permute2f128_pd::<0x20>(upper[i], lower[i]);
            let second = _mm256_permute2f128_pd::<0x31>(upper[i], lower[i]);
            _mm256_storeu_pd(to.add(i * stride), first);
            _mm256_storeu_pd(to.add((i + 2) * stride), second);
        }
    }
}

#[inline]
#[target_feature(enable = "avx512f")]
unsafe fn transpose_16(row: impl Fn(usize) -> *const f32, to: *mut f32, stride: usize) {
    // SAFETY: each half of the columns lies within the blocks the caller vouches for.
    unsafe {
        transpose_8_columns(&row, to, stride);
        transpose_8_columns(|i| row(i).add(8), to.add(8 * stride), stride);
    }
}

/// Transposes 16 rows of 8 elements; vectors hold those of a row and of the one four rows below.
#[inline(always)]
unsafe fn transpose_8_columns(row: impl Fn(usize) -> *const f32, to: *mut f32, stride: usize) {
    // SAFETY: the caller vouches for both blocks.
    unsafe {
        let mut quads = [[_mm512_setzero_ps(); 4]; 2];
        for (i, quads) in quads.iter_mut().enumerate() {
            let rows = |j: usize| (row(8 * i + j), row(8 * i + j + 4));
            *quads = quads_of([rows(0), rows(1), rows(2), rows(3)]);
        }
        let [upper, lower] = quads;
        for i in 0..4 {
            let first = _mm512_shuffle_f32x4::<0x88>(upper[i], lower[i]);
            let second = _mm512_shuffle_f32x4::<0xdd>(upper[i], lower[i]);
            _mm512_storeu_ps(to.add(i * stride), first);
            _mm512_storeu_ps(to.add((i + 4) * stride), second);
        }
    }
}

/// Transposes the four squares of four rows of 8 elements and those of four others.
#[inline(always)]
unsafe fn quads_of(rows: [(*const f32, *const f32); 4]) -> [__m512; 4] {
    // SAFETY: the caller vouches for the rows.
    unsafe {
        let mut both = [_mm512_setzero_ps(); 4];
        for (both, (row, other)) in both.iter_mut().zip(rows) {
            let row = _mm512_castpd256_pd512(_mm256_loadu_pd(row.cast()));
            let other = _mm256_loadu_pd(other.cast());
            *both = _mm512_castpd_ps(_mm512_insertf64x4::<1>(row, other));
        }
        let low = _mm512_unpacklo_ps(both[0], both[1]);
        let high = _mm512_unpackhi_ps(both[0], both[1]);
        let next_low = _mm512_unpacklo_ps(both[2], both[3]);
        let next_high = _mm512_unpackhi_ps(both[2], both[3]);
        [
            _mm512_shuffle_ps::<0x44>(low, next_low),
            _mm512_shuffle_ps::<0xee>(low, next_low),
            _mm512_shuffle_ps::<0x44>(high, next_high),
            _mm512_shuffle_ps::<0xee>(high, next_high),
        ]
    }
}

/// Four transposes of half the size.
#[inline]
#[target_feature(enable = "avx512f,avx2")]
unsafe fn transpose_8d(row: impl Fn(usize) -> *const f64, to: *mut f64, stride: usize) {
    for (first_row, column) in [(0, 0), (0, 4), (4, 0), (4, 4)] {
        // SAFETY: each quarter lies within the blocks the caller vouches for.
        unsafe {
            let quarter = |i: usize| row(first_row + i).add(column);
            transpose_4(quarter, to.add(column * stride + first_row), stride);
        }
    }
}

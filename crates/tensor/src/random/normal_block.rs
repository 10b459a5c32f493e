//! The Box-Muller transform of sixteen numbers at once.
//!
//! `x[j]` and `x[j + 8]` make a pair: `radius = sqrt(-2 ln(1 - x[j]))`, `theta = 2 pi x[j + 8]`,
//! and the results `radius cos(theta)` and `radius sin(theta)` take their places.

#![allow(
    clippy::excessive_precision,
    clippy::unreadable_literal,
    reason = "the coefficients stand as Cephes published them"
)]

use std::f64::consts::PI;

use crate::cpu::simd::{Level, Simd, Task};

/// Uniform numbers that become normal ones together.
pub(super) type Block<T> = [T; 16];

/// The transform in `f64`, with the functions of the standard library.
pub(super) fn in_f64(blocks: &mut [Block<f64>], mean: f64, std: f64) {
    for block in blocks {
        for j in 0..8 {
            let radius = (-2.0 * (1.0 - block[j]).ln()).sqrt();
            let (sin, cos) = (2.0 * PI * block[j + 8]).sin_cos();
            block[j] = (radius * cos).mul_add(std, mean);
            block[j + 8] = (radius * sin).mul_add(std, mean);
        }
    }
}

/// The transform in `f32`, with the polynomials of the Cephes library in fused multiply-adds, as
/// PyTorch's AVX2 kernel computes it. Equal to it in every bit, at every level.
pub(super) fn in_f32(blocks: &mut [Block<f32>], mean: f32, std: f32) {
    Level::current().run_up_to_avx2(InF32 { blocks, mean, std });
}

struct InF32<'a> {
    blocks: &'a mut [Block<f32>],
    mean: f32,
    std: f32,
}

impl Task for InF32<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        for block in self.blocks {
            for j in 0..8 {
                let radius = (-2.0 * ln(1.0 - block[j])).sqrt();
                let (sin, cos) = sin_cos(std::f32::consts::TAU * block[j + 8]);
                block[j] = (radius * cos).mul_add(self.std, self.mean);
                block[j + 8] = (radius * sin).mul_add(self.std, self.mean);
            }
        }
    }
}

/// Natural logarithm of a normal number in `(0, 1]`.
#[inline(always)]
fn ln(x: f32) -> f32 {
    const COEFFICIENTS: [f32; 9] = [
        7.0376836292e-2,
        -1.1514610310e-1,
        1.1676998740e-1,
        -1.2420140846e-1,
        1.4249322787e-1,
        -1.6668057665e-1,
        2.0000714765e-1,
        -2.4999993993e-1,
        3.3333331174e-1,
    ];
    // ln 2 in two parts, the first of few digits.
    const LN_2_HIGH: f32 = 0.693359375;
    const LN_2_LOW: f32 = -2.12194440e-4;

    let bits = x.to_bits();
    let mantissa = f32::from_bits((bits & 0x007f_ffff) | 0x3f00_0000); // [0.5, 1)
    let exponent = (bits >> 23) as i32 - 126;
    let is_small = mantissa < std::f32::consts::FRAC_1_SQRT_2;
    let exponent = (exponent - i32::from(is_small)) as f32;
    let x = (mantissa - 1.0) + if is_small { mantissa } else { 0.0 };

    let square = x * x;
    let [first, rest @ ..] = COEFFICIENTS;
    let series = rest.iter().fold(first, |sum, &c| sum.mul_add(x, c)) * x;
    let series = series.mul_add(square, exponent * LN_2_LOW);
    let series = square.mul_add(-0.5, series);
    exponent.mul_add(LN_2_HIGH, x + series)
}

/// Sine and cosine of an angle from 0 to 2 pi.
#[inline(always)]
fn sin_cos(angle: f32) -> (f32, f32) {
    // pi / 4 in three parts, the first two of few digits.
    const PARTS: [f32; 3] = [
        -0.78515625,
        -2.4187564849853515625e-4,
        -3.77489497744594108e-8,
    ];
    const FOUR_OVER_PI: f32 = 1.27323954473516;

    // The even multiple of pi / 4 that is nearest. It is at most 8; the mask tells the compiler.
    let octant = (((angle * FOUR_OVER_PI) as i32 & 15) + 1) & !1;
    let multiple = octant as f32;
    let x = PARTS
        .iter()
        .fold(angle, |x, &part| multiple.mul_add(part, x));

    let square = x * x;
    let cos = 2.443315711809948e-5_f32.mul_add(square, -1.388731625493765e-3);
    let cos = cos.mul_add(square, 4.166664568298827e-2) * square;
    let cos = cos.mul_add(square, square * -0.5) + 1.0;
    let sin = (-1.9515295891e-4_f32).mul_add(square, 8.3321608736e-3);
    let sin = sin.mul_add(square, -1.6666654611e-1) * square;
    let sin = sin.mul_add(x, x);

    // A quarter turn swaps the two, and the signs follow from the quadrant.
    let (sin, cos) = if octant & 2 == 0 {
        (sin, cos)
    } else {
        (cos, sin)
    };
    let sin_sign = ((octant & 4) as u32) << 29;
    let cos_sign = ((!(octant - 2) & 4) as u32) << 29;
    (
        f32::from_bits(sin.to_bits() ^ sin_sign),
        f32::from_bits(cos.to_bits() ^ cos_sign),
    )
}

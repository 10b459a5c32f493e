//! Hyperbolic functions and their inverses.

use super::exponential::{exp, half_exp};
use super::logarithm::ln_1p;
use super::polynomial;
use std::f32::consts::LN_2;

#[inline(always)]
pub(crate) fn sinh(x: f32) -> f32 {
    const SERIES: [f32; 4] = [0.166_666_67, 0.008_333_34, 0.000_198_381_02, 2.806_280_3e-6];
    let a = x.abs();
    let z = a * a;
    let small = a + a * z * polynomial(z, SERIES);
    let half = half_exp(a);
    let large = half - 0.25 / half;
    if a < 1.0 { small } else { large }.copysign(x)
}

#[inline(always)]
pub(crate) fn cosh(x: f32) -> f32 {
    let half = half_exp(x.abs());
    half + 0.25 / half
}

/// Near 0 an odd polynomial; elsewhere what is missing to 1.
#[inline(always)]
pub(crate) fn tanh(x: f32) -> f32 {
    const SERIES: [f32; 6] = [
        -0.333_333_3,
        0.133_332_12,
        -0.053_946_38,
        0.021_694_575,
        -0.008_155_169,
        0.002_117_777_7,
    ];
    let a = x.abs();
    let z = x * x;
    let small = a + a * (z * polynomial(z, SERIES));
    let large = 1.0 - 2.0 / (exp(2.0 * a) + 1.0);
    if a < 0.625 { small } else { large }.copysign(x)
}

/// From here on the squares in [`asinh`] and [`acosh`] add nothing to their roots.
const LARGE: f32 = 1e8;

/// `log(1 + y)`, or `log(2 a)` of a large a.
#[inline(always)]
fn log_of_sum(a: f32, y: f32) -> f32 {
    let large = a > LARGE;
    ln_1p(if large { a } else { y }) + if large { LN_2 } else { 0.0 }
}

/// `log(a + sqrt(a^2 + 1))`, written so that small numbers keep their digits.
#[inline(always)]
pub(crate) fn asinh(x: f32) -> f32 {
    let a = x.abs();
    let square = a * a;
    let y = a + square / (1.0 + (square + 1.0).sqrt());
    log_of_sum(a, y).copysign(x)
}

/// `log(x + sqrt(x^2 - 1))`, written in `x - 1`.
#[inline(always)]
pub(crate) fn acosh(x: f32) -> f32 {
    let t = x - 1.0;
    let y = t + (2.0 * t + t * t).sqrt();
    if x < 1.0 { f32::NAN } else { log_of_sum(t, y) }
}

#[inline(always)]
pub(crate) fn atanh(x: f32) -> f32 {
    let a = x.abs();
    (0.5 * ln_1p(2.0 * a / (1.0 - a))).copysign(x)
}

//! The error function, the normal distribution, and their relatives.
//!
//! Below zero the distribution function is `bell(x) * ratio(|x|)`: the bell `exp(-x^2 / 2)` falls fast,
//! but its argument is known exactly; the ratio (Mills') changes slowly.

use super::exponential::{exp, exp_of_sum, exp2_roughly};
use super::logarithm::{ln, ln_1p};
use super::{between, polynomial};
use std::f32::consts::SQRT_2;

/// `erf(x)` for x in `-1..=1`.
#[inline(always)]
fn erf_near_zero(x: f32) -> f32 {
    const NEAR: [f32; 7] = [
        0.128_379_17,
        -0.376_126_3,
        0.112_836_18,
        -0.026_855_126,
        0.005_190_734,
        -0.000_803_076_14,
        7.920_368e-5,
    ];
    x + x * polynomial(x * x, NEAR)
}

/// Near 0 an odd polynomial; from 1 on the complement is the exponential of a polynomial.
#[inline(always)]
pub(crate) fn erf(x: f32) -> f32 {
    const FAR: [f32; 8] = [
        -0.000_188_037_19,
        1.129_578_4,
        0.633_220_14,
        0.108_418_22,
        -0.025_207_972,
        0.004_204_434_3,
        -0.000_441_305_7,
        2.168_373_4e-5,
    ];
    let a = x.abs();
    let small = erf_near_zero(a);
    let large = 1.0 - exp(-polynomial(between(a, 0.0, 4.0), FAR));
    if a < 1.0 { small } else { large }.copysign(x)
}

/// `exp(factor * x^2)`, for a factor that is a power of 2 up to 1.
#[inline(always)]
fn exp_of_square(factor: f32, x: f32) -> f32 {
    let a = between(x.abs(), 0.0, 16.0);
    // The first twelve digits, whose square is exact.
    let high = f32::from_bits(a.to_bits() & 0xffff_f000);
    exp_of_sum(factor * (high * high), factor * ((a - high) * (a + high)))
}

/// `exp(-x^2 / 2)`.
#[inline(always)]
pub(crate) fn bell(x: f32) -> f32 {
    exp_of_square(-0.5, x)
}

/// The part of a that [`ratio`] takes, so that it does not overflow.
const PART: f32 = 0.375;

/// `exp(a^2 / 2)` times the distribution function at -a, for a from 0 on, given [`PART`] of a.
#[inline(always)]
fn ratio(part: f32) -> f32 {
    const SERIES: [f32; 11] = [
        0.268_182_28,
        0.173_053_95,
        0.062_176_928,
        0.002_744_700_3,
        -0.006_414_497_7,
        -0.000_625_403_83,
        0.001_018_309,
        1.178_038e-5,
        -0.000_184_331_93,
        1.329_921_2e-5,
        2.299_368_9e-5,
    ];
    let t = 1.0 / (1.0 + part);
    t * polynomial(2.0 * t - 1.0, SERIES)
}

/// The distribution function of the standard normal distribution.
#[inline(always)]
pub(crate) fn ndtr(x: f32) -> f32 {
    let tail = bell(x) * ratio(PART * x.abs());
    if x > 0.0 { 1.0 - tail } else { tail }
}

/// `x ndtr(x)`, where an error of the distribution function need only be small beside 1: below 2e-7, by
/// one power of a polynomial fitted up to 9, which grows from there on.
#[inline(always)]
pub(crate) fn gelu(x: f32) -> f32 {
    const LOG_TAIL: [f32; 9] = [
        1.0,
        1.151_105_2,
        0.459_208_2,
        0.052_496_225,
        -0.007_063_495_5,
        0.000_136_998_16,
        0.000_186_153_31,
        -3.937_180_7e-5,
        2.834_409e-6,
    ];
    let tail = exp2_roughly(-polynomial(x.abs(), LOG_TAIL));
    x * if x > 0.0 { 1.0 - tail } else { tail }
}

#[inline(always)]
pub(crate) fn log_ndtr(x: f32) -> f32 {
    let ratio = ratio(PART * x.abs());
    let below = ln(ratio) - 0.5 * x * x;
    let above = ln_1p(-bell(x) * ratio);
    if x > 0.0 { above } else { below }
}

#[inline(always)]
pub(crate) fn erfc(x: f32) -> f32 {
    let tail = 2.0 * (exp_of_square(-1.0, x) * ratio(PART * SQRT_2 * x.abs()));
    let far = if x < 0.0 { 2.0 - tail } else { tail };
    if x.abs() < 0.5 {
        1.0 - erf_near_zero(x)
    } else {
        far
    }
}

#[inline(always)]
pub(crate) fn erfcx(x: f32) -> f32 {
    let tail = 2.0 * ratio(PART * SQRT_2 * x.abs());
    let mirrored = 2.0 * exp_of_square(1.0, x) - tail;
    if x < 0.0 { mirrored } else { tail }
}

/// `erfinv(y) / y`, from `w = -log(1 - y^2)`.
///
/// After Giles, "Approximating the erfinv function" (2012): a polynomial in w, and far out one in
/// `1 / sqrt(w)`, here for the smallest distance of y from 1 that a float can say.
#[inline(always)]
fn erfinv_ratio(w: f32) -> f32 {
    const CENTRE: [f32; 10] = [
        1.501_409_4,
        0.616_600_7,
        -0.026_108_705,
        -0.019_573_85,
        0.008_529_273,
        -0.000_485_587_86,
        -0.000_845_699_53,
        0.000_285_724_7,
        3.560_786e-5,
        -3.407_259_4e-5,
    ];
    const TAIL: [f32; 13] = [
        0.955_804,
        -0.034_172_09,
        0.003_586_25,
        0.003_004_839_9,
        0.000_278_245_4,
        0.001_844_615_6,
        0.001_100_266_7,
        -0.000_723_170_1,
        -0.001_282_931_1,
        0.000_170_754_65,
        0.000_686_363_26,
        -1.337_363_6e-5,
        -0.000_163_222_02,
    ];
    const TAIL_MIDDLE: f32 = 0.271_106_8;
    const TAIL_SCALE: f32 = 5.678_372_5;
    const TAIL_FROM: f32 = 5.0;
    let root = w.sqrt();
    let r = 1.0 / root;
    let centre = polynomial(w * (2.0 / TAIL_FROM) - 1.0, CENTRE);
    // The reciprocal lies in 0.095..=1/sqrt(5), which becomes -1..=1.
    let tail = root * polynomial((r - TAIL_MIDDLE) * TAIL_SCALE, TAIL);
    if w < TAIL_FROM { centre } else { tail }
}

#[inline(always)]
pub(crate) fn erfinv(y: f32) -> f32 {
    let a = y.abs();
    y * erfinv_ratio(-ln((1.0 - a) * (1.0 + a)))
}

/// The inverse of [`ndtr`].
#[inline(always)]
pub(crate) fn ndtri(p: f32) -> f32 {
    SQRT_2 * (2.0 * p - 1.0) * erfinv_ratio(-ln(4.0 * p * (1.0 - p)))
}

//! Functions of angles, and the angles they belong to.

use super::{ROUNDER_F64, polynomial};
use std::f32::consts::{FRAC_PI_2, PI};

/// Beyond this magnitude [`sin`], [`cos`] and [`tan`] lose digits.
pub(crate) const ANGLE_LIMIT: f32 = 1e6;

/// How far pi lies below its rounded value.
const PI_EXCESS: f32 = 8.742_278e-8;

/// `x = n * pi/2 + r`: the low bits of n, and r. In `f64`, since that loses nothing.
#[inline(always)]
fn reduce_angle(x: f32) -> (u32, f64) {
    const HIGH: f64 = 1.570_796_326_734_125_6; // pi / 2 in two parts, the first of 33 bits
    const LOW: f64 = 6.077_100_506_506_192e-11;
    let x = f64::from(x);
    let shifted = x * std::f64::consts::FRAC_2_PI + ROUNDER_F64;
    let n = shifted - ROUNDER_F64;
    (shifted.to_bits() as u32, (x - n * HIGH) - n * LOW)
}

/// The sine of `r + quarter * pi/2`, for r in `-pi/4..=pi/4`.
#[inline(always)]
fn sine_in_quarter(quarter: u32, r: f32) -> f32 {
    const SINE: [f32; 4] = [
        -0.166_666_67,
        0.008_333_38,
        -0.000_198_534_98,
        2.837_247_2e-6,
    ];
    const COSINE: [f32; 3] = [0.041_666_646, -0.001_388_730_1, 2.443_066_8e-5];
    let z = r * r;
    let sine = r + r * z * polynomial(z, SINE);
    let cosine = 1.0 - (0.5 * z - z * z * polynomial(z, COSINE));
    let magnitude = if quarter & 1 == 0 { sine } else { cosine };
    f32::from_bits(magnitude.to_bits() ^ ((quarter & 2) << 30))
}

#[inline(always)]
pub(crate) fn sin(x: f32) -> f32 {
    let (quarter, r) = reduce_angle(x);
    let sine = sine_in_quarter(quarter, r as f32);
    // The polynomial loses the sign of zero.
    if x == 0.0 { x } else { sine }
}

#[inline(always)]
pub(crate) fn cos(x: f32) -> f32 {
    let (quarter, r) = reduce_angle(x);
    sine_in_quarter(quarter.wrapping_add(1), r as f32)
}

/// In `f64` to the end: near the poles r itself must have all its digits.
#[inline(always)]
pub(crate) fn tan(x: f32) -> f32 {
    const SERIES: [f64; 8] = [
        0.333_333_332_869_438_3,
        0.133_333_429_406_226_4,
        0.053_965_015_806_884_09,
        0.021_910_677_211_363_538,
        0.008_609_249_662_702_028,
        0.004_425_315_773_432_521,
        3.363_691_354_544_805e-11,
        0.001_789_251_171_548_782,
    ];
    let (quarter, r) = reduce_angle(x);
    let z = r * r;
    let tangent = r + r * z * polynomial(z, SERIES);
    let tangent = if quarter & 1 == 0 {
        tangent
    } else {
        -1.0 / tangent
    };
    if x == 0.0 { x } else { tangent as f32 }
}

/// The arc sine of a number in `0..=0.5`, given with its square.
#[inline(always)]
fn arc_sine(s: f32, square: f32) -> f32 {
    const SERIES: [f32; 6] = [
        0.166_666_67,
        0.075_000_945,
        0.044_599_4,
        0.031_100_662,
        0.017_149_238,
        0.033_690_847,
    ];
    s + s * square * polynomial(square, SERIES)
}

/// The arc sine of half the way: for a magnitude above 1/2, `sqrt((1 - a) / 2)` takes its place,
/// whose arc sine is half the arc cosine of a.
#[inline(always)]
fn near_or_halved(a: f32) -> (bool, f32) {
    let far = a > 0.5;
    let square = if far { 0.5 * (1.0 - a) } else { a * a };
    let s = if far { square.sqrt() } else { a };
    (far, arc_sine(s, square))
}

#[inline(always)]
pub(crate) fn asin(x: f32) -> f32 {
    let (far, angle) = near_or_halved(x.abs());
    let rest = FRAC_PI_2 - (2.0 * angle + 0.5 * PI_EXCESS);
    if far { rest } else { angle }.copysign(x)
}

#[inline(always)]
pub(crate) fn acos(x: f32) -> f32 {
    let (far, angle) = near_or_halved(x.abs());
    let near = FRAC_PI_2 - (angle.copysign(x) + 0.5 * PI_EXCESS);
    let below = PI - (2.0 * angle + PI_EXCESS);
    let above = if x < 0.0 { below } else { 2.0 * angle };
    if far { above } else { near }
}

/// The arc tangent of a number in `0..=1`.
#[inline(always)]
fn arc_tangent(t: f32) -> f32 {
    const SERIES: [f32; 10] = [
        -0.333_333_33,
        0.199_999_49,
        -0.142_840_04,
        0.110_882_62,
        -0.089_318_27,
        0.070_319_14,
        -0.048_960_514,
        0.026_305_001,
        -0.009_144_63,
        0.001_488_691_9,
    ];
    let z = t * t;
    t + t * z * polynomial(z, SERIES)
}

#[inline(always)]
pub(crate) fn atan(x: f32) -> f32 {
    let a = x.abs();
    let steep = a > 1.0;
    let angle = arc_tangent(if steep { 1.0 / a } else { a });
    let rest = FRAC_PI_2 - (angle + 0.5 * PI_EXCESS);
    if steep { rest } else { angle }.copysign(x)
}

#[inline(always)]
pub(crate) fn atan2(y: f32, x: f32) -> f32 {
    let (width, height) = (x.abs(), y.abs());
    let steep = height > width;
    let (low, high) = if steep {
        (width, height)
    } else {
        (height, width)
    };
    // Both infinite count as equal, and so do both zero, but with no angle between them.
    let slope = if low == high { 1.0 } else { low / high };
    let angle = arc_tangent(if high == 0.0 { low } else { slope });
    let rest = FRAC_PI_2 - (angle + 0.5 * PI_EXCESS);
    let angle = if steep { rest } else { angle };
    let behind = PI - (angle + PI_EXCESS);
    if x.is_sign_negative() { behind } else { angle }.copysign(y)
}

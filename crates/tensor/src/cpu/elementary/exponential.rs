//! Exponentials.

use super::{ROUNDER, between, polynomial};
use std::f32::consts::{LN_2, LOG2_E};

/// The natural logarithm of 2 in two parts: products of the first with small integers are exact.
pub(super) const LN_2_HIGH: f32 = 0.693_359_4;
pub(super) const LN_2_LOW: f32 = -2.121_944_4e-4;

/// `x = n * ln(2) + r`, for x of a magnitude below 128.
#[inline(always)]
fn reduce(x: f32) -> (f32, i32, f32) {
    let shifted = x * LOG2_E + ROUNDER;
    let n = shifted - ROUNDER;
    let r = (x - n * LN_2_HIGH) - n * LN_2_LOW;
    (n, integer(shifted), r)
}

/// The integer that a sum with [`ROUNDER`] holds.
#[inline(always)]
fn integer(shifted: f32) -> i32 {
    (shifted.to_bits() as i32).wrapping_sub(ROUNDER.to_bits() as i32)
}

/// `2^n` for n in `-126..=127`.
#[inline(always)]
fn power_of_two(n: i32) -> f32 {
    f32::from_bits((n.wrapping_add(127) as u32) << 23)
}

/// `x * 2^n` in two steps, each of which has a representable factor.
#[inline(always)]
fn scale(x: f32, n: i32) -> f32 {
    let half = n >> 1;
    x * power_of_two(half) * power_of_two(n.wrapping_sub(half))
}

/// `exp(r) - 1` for r in `-ln(2)/2..=ln(2)/2`, or a little more.
#[inline(always)]
fn exp_m1_near_zero(r: f32) -> f32 {
    const TAIL: [f32; 6] = [
        0.5,
        0.166_666_66,
        0.041_666_463,
        0.008_333_57,
        0.001_393_507_8,
        0.000_197_402_45,
    ];
    r + r * r * polynomial(r, TAIL)
}

#[inline(always)]
pub(crate) fn exp(x: f32) -> f32 {
    let (_, n, r) = reduce(between(x, -104.0, 89.0));
    scale(1.0 + exp_m1_near_zero(r), n)
}

/// `exp(x)` for x that is not positive, in fewer steps; what is smaller than normal numbers is zero.
#[inline(always)]
pub(crate) fn exp_of_negative(x: f32) -> f32 {
    const LOWEST: f32 = -87.336_54; // ln(2^-126)
    let (_, n, r) = reduce(between(x, LOWEST, 0.0));
    let y = (1.0 + exp_m1_near_zero(r)) * power_of_two(n);
    if x < LOWEST { 0.0 } else { y }
}

/// `exp(high + low)`, for a low part of at most 0.05.
#[inline(always)]
pub(super) fn exp_of_sum(high: f32, low: f32) -> f32 {
    let (_, n, r) = reduce(between(high, -104.0, 89.0));
    scale(1.0 + exp_m1_near_zero(r + low), n)
}

/// Half of `exp(x)`, which overflows later; for x from 0 on.
#[inline(always)]
pub(super) fn half_exp(x: f32) -> f32 {
    let (_, n, r) = reduce(between(x, 0.0, 90.0));
    scale(1.0 + exp_m1_near_zero(r), n.wrapping_sub(1))
}

#[inline(always)]
pub(crate) fn exp2(x: f32) -> f32 {
    let x = between(x, -150.0, 128.5);
    let shifted = x + ROUNDER;
    let r = (x - (shifted - ROUNDER)) * LN_2;
    scale(1.0 + exp_m1_near_zero(r), integer(shifted))
}

/// `2^x` with a relative error of 3e-7, for a part of a sum that need not be better.
#[inline(always)]
pub(super) fn exp2_roughly(x: f32) -> f32 {
    const POWER: [f32; 6] = [
        1.0,
        0.693_147,
        0.240_222_42,
        0.055_507_34,
        0.009_671_498,
        0.001_326_460_4,
    ];
    let x = between(x, -150.0, 128.5);
    let shifted = x + ROUNDER;
    scale(polynomial(x - (shifted - ROUNDER), POWER), integer(shifted))
}

#[inline(always)]
pub(crate) fn exp_m1(x: f32) -> f32 {
    let (n, exponent, r) = reduce(between(x, -18.0, 89.0));
    let near = exp_m1_near_zero(r);
    // Half of 2^n: 2^128 is no float.
    let half = power_of_two(exponent.wrapping_sub(1));
    let far = 2.0 * (half * near + (half - 0.5));
    if n == 0.0 { near } else { far }.copysign(x)
}

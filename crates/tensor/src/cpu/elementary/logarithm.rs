//! Logarithms.

use super::exponential::{LN_2_HIGH, LN_2_LOW};
use super::polynomial;

/// The steps to a logarithm of a positive x: `x = 2^k * (1 + f)`, `log(1 + f) = f - square + rest`,
/// where `square = f^2 / 2`.
struct Logarithm {
    k: f32,
    f: f32,
    square: f32,
    rest: f32,
}

#[inline(always)]
fn logarithm(x: f32) -> Logarithm {
    const HALF_ROOT: u32 = 0x3f35_04f3; // sqrt(0.5)
    const SERIES: [f32; 4] = [0.666_666_6, 0.400_009_72, 0.284_987_93, 0.242_788_69];
    let subnormal = x < f32::MIN_POSITIVE;
    let normal = if subnormal { x * 8_388_608.0 } else { x };
    let bits = normal.to_bits().wrapping_add(0x3f80_0000 - HALF_ROOT);
    let exponent = ((bits >> 23) as i32).wrapping_sub(if subnormal { 127 + 23 } else { 127 });
    let f = f32::from_bits((bits & 0x007f_ffff).wrapping_add(HALF_ROOT)) - 1.0;
    let s = f / (2.0 + f);
    let z = s * s;
    let square = 0.5 * f * f;
    let rest = s * (square + z * polynomial(z, SERIES));
    Logarithm {
        k: exponent as f32,
        f,
        square,
        rest,
    }
}

/// A logarithm where the argument is neither positive nor finite.
#[inline(always)]
fn logarithm_or(x: f32, log: f32) -> f32 {
    let log = if x > f32::MAX { x } else { log };
    let log = if x > 0.0 { log } else { f32::NAN };
    if x == 0.0 { f32::NEG_INFINITY } else { log }
}

#[inline(always)]
pub(crate) fn ln(x: f32) -> f32 {
    let Logarithm { k, f, square, rest } = logarithm(x);
    let log = k * LN_2_HIGH - ((square - (rest + k * LN_2_LOW)) - f);
    logarithm_or(x, log)
}

#[inline(always)]
pub(crate) fn ln_1p(x: f32) -> f32 {
    let u = 1.0 + x;
    let lost = if x < 1.0 {
        x - (u - 1.0)
    } else {
        1.0 - (u - x)
    };
    let Logarithm { k, f, square, rest } = logarithm(u);
    let log = k * LN_2_HIGH - ((square - (rest + (k * LN_2_LOW + lost / u))) - f);
    logarithm_or(u, log).copysign(x)
}

/// The natural logarithm of the fraction in two parts, the first of which has few digits.
#[inline(always)]
fn split_fraction(log: &Logarithm) -> (f32, f32) {
    let high = f32::from_bits((log.f - log.square).to_bits() & 0xffff_f000);
    (high, (log.f - high) - log.square + log.rest)
}

#[inline(always)]
pub(crate) fn log2(x: f32) -> f32 {
    const HIGH: f32 = 1.442_871_1; // 1 / ln(2) in two parts
    const LOW: f32 = -1.760_528_5e-4;
    let log = logarithm(x);
    let (high, low) = split_fraction(&log);
    logarithm_or(x, ((low + high) * LOW + low * HIGH) + high * HIGH + log.k)
}

#[inline(always)]
pub(crate) fn log10(x: f32) -> f32 {
    const HIGH: f32 = 4.343_261_7e-1; // 1 / ln(10) in two parts
    const LOW: f32 = -3.168_997e-5;
    const OF_2_HIGH: f32 = 3.010_292e-1; // log10(2) in two parts
    const OF_2_LOW: f32 = 7.903_415e-7;
    let log = logarithm(x);
    let (high, low) = split_fraction(&log);
    let fraction = log.k * OF_2_LOW + (low + high) * LOW + low * HIGH + high * HIGH;
    logarithm_or(x, fraction + log.k * OF_2_HIGH)
}

//! Powers of any exponent, and the length of a hypotenuse: in `f64`, whose range and digits spare all
//! care.

use super::double::{power_of_two, split_exponent};
use super::{ROUNDER_F64, between, polynomial};

/// The logarithm to base 2 of a positive number that is normal as `f64`, to 11 digits.
#[inline(always)]
fn log2(x: f64) -> f64 {
    const SERIES: [f64; 4] = [
        0.666_666_665_544_970_9,
        0.400_001_218_398_061_8,
        0.285_508_208_159_586_83,
        0.233_304_672_163_423_18,
    ];
    let (k, f) = split_exponent(x);
    let s = f / (2.0 + f);
    let z = s * s;
    k + (2.0 * s + s * z * polynomial(z, SERIES)) * std::f64::consts::LOG2_E
}

/// `2^x` for x of a magnitude below 1000, to 11 digits.
#[inline(always)]
fn exp2(x: f64) -> f64 {
    const SERIES: [f64; 8] = [
        0.999_999_999_995_509,
        0.499_999_999_999_551_1,
        0.166_666_667_863_085_87,
        0.041_666_666_786_265_73,
        0.008_333_283_538_708_528,
        0.001_388_883_911_057_200_9,
        0.000_199_075_691_083_492_88,
        2.486_787_017_968_772_7e-5,
    ];
    let shifted = x + ROUNDER_F64;
    let r = (x - (shifted - ROUNDER_F64)) * std::f64::consts::LN_2;
    (1.0 + r * polynomial(r, SERIES)) * power_of_two(shifted)
}

/// `a^b` with C's conventions for zeros, infinities and negative bases.
#[inline(always)]
pub(crate) fn pow(a: f32, b: f32) -> f32 {
    let (magnitude, exponent) = (f64::from(a.abs()), f64::from(b));
    let log = log2(magnitude);
    let log = if magnitude == 0.0 {
        f64::NEG_INFINITY
    } else {
        log
    };
    let log = if magnitude < f64::INFINITY {
        log
    } else {
        magnitude
    };
    let power = exp2(between(exponent * log, -200.0, 200.0)) as f32;
    // Beyond 2^24 every float is even.
    let bounded = between(exponent, -1e9, 1e9);
    let shifted = bounded + ROUNDER_F64;
    let whole = shifted - ROUNDER_F64 == bounded;
    let odd = whole && shifted.to_bits() & 1 == 1;
    let signed = if odd { power.copysign(a) } else { power };
    let has_no_value = a < 0.0 && a > f32::NEG_INFINITY && !whole;
    let power = if has_no_value { f32::NAN } else { signed };
    let is_one = b == 0.0 || a == 1.0 || (a == -1.0 && b.is_infinite());
    if is_one { 1.0 } else { power }
}

#[inline(always)]
pub(crate) fn hypot(a: f32, b: f32) -> f32 {
    let (x, y) = (f64::from(a), f64::from(b));
    let length = (x * x + y * y).sqrt() as f32;
    if a.is_infinite() || b.is_infinite() {
        f32::INFINITY
    } else {
        length
    }
}

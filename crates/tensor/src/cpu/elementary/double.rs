//! The few elementary functions of `f64` that the special functions are made of, to about one unit in
//! the last place.

use super::{ROUNDER_F64, between, polynomial};
use std::f64::consts::{FRAC_2_PI, LOG2_E};

/// The natural logarithm of 2 in two parts, the first of 32 bits.
const LN_2_HIGH: f64 = 6.931_471_803_691_238e-1;
const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;

/// `2^n` for the sum of n in `-1022..=1023` with [`ROUNDER_F64`].
#[inline(always)]
pub(super) fn power_of_two(shifted: f64) -> f64 {
    f64::from_bits((shifted.to_bits() << 52).wrapping_add(1.0f64.to_bits()))
}

#[inline(always)]
pub(crate) fn exp(x: f64) -> f64 {
    const SERIES: [f64; 10] = [
        0.5,
        0.166_666_666_666_666_69,
        0.041_666_666_666_624_164,
        0.008_333_333_333_330_065,
        0.001_388_888_891_719_671_9,
        0.000_198_412_698_630_405_45,
        2.480_152_132_236_869_2e-5,
        2.755_726_848_031_002_4e-6,
        2.762_007_587_998_336_7e-7,
        2.510_037_583_256_123_4e-8,
    ];
    let x = between(x, -746.0, 710.0);
    let n = (x * LOG2_E + ROUNDER_F64) - ROUNDER_F64;
    let r = (x - n * LN_2_HIGH) - n * LN_2_LOW;
    let power = 1.0 + (r + r * r * polynomial(r, SERIES));
    // In two steps, each of which has a representable factor.
    let half = 0.5 * n + ROUNDER_F64;
    let rest = (n - (half - ROUNDER_F64)) + ROUNDER_F64;
    power * power_of_two(half) * power_of_two(rest)
}

/// A positive normal number as `2^k * (1 + f)`, with f between `sqrt(0.5) - 1` and `sqrt(2) - 1`.
#[inline(always)]
pub(super) fn split_exponent(x: f64) -> (f64, f64) {
    const ONE: u64 = 1.0f64.to_bits();
    const HALF_ROOT: u64 = std::f64::consts::FRAC_1_SQRT_2.to_bits();
    const POWER_52: f64 = 4_503_599_627_370_496.0;
    let bits = x.to_bits().wrapping_add(ONE - HALF_ROOT);
    // An integer in the low bits of 2^52 adds its value.
    let exponent = f64::from_bits((bits >> 52) | POWER_52.to_bits());
    let fraction = (bits & 0x000f_ffff_ffff_ffff).wrapping_add(HALF_ROOT);
    (
        exponent - (POWER_52 + 1023.0),
        f64::from_bits(fraction) - 1.0,
    )
}

#[inline(always)]
pub(crate) fn ln(x: f64) -> f64 {
    const SERIES: [f64; 7] = [
        0.666_666_666_666_667,
        0.399_999_999_998_995_05,
        0.285_714_286_259_754_87,
        0.222_222_111_347_950_78,
        0.181_828_891_252_618_8,
        0.153_317_216_005_516_9,
        0.146_164_496_850_889_06,
    ];
    const POWER_54: f64 = 18_014_398_509_481_984.0;
    let subnormal = x < f64::MIN_POSITIVE;
    let (k, f) = split_exponent(if subnormal { x * POWER_54 } else { x });
    let k = if subnormal { k - 54.0 } else { k };
    let s = f / (2.0 + f);
    let z = s * s;
    let square = 0.5 * f * f;
    let rest = s * (square + z * polynomial(z, SERIES));
    let log = k * LN_2_HIGH - ((square - (rest + k * LN_2_LOW)) - f);
    let log = if x > f64::MAX { x } else { log };
    let log = if x > 0.0 { log } else { f64::NAN };
    if x == 0.0 { f64::NEG_INFINITY } else { log }
}

/// Beyond this magnitude [`sin_cos`] loses digits.
pub(crate) const ANGLE_LIMIT: f64 = 1e6;

/// The sine and the cosine, to about one unit in the last place of 1.
#[inline(always)]
pub(crate) fn sin_cos(x: f64) -> (f64, f64) {
    /// pi / 2 in three parts, the first two of 33 bits.
    const PARTS: [f64; 3] = [
        1.570_796_326_734_125_6,
        6.077_100_506_303_966e-11,
        2.022_266_248_795_950_6e-21,
    ];
    const SINE: [f64; 6] = [
        -0.166_666_666_666_666_66,
        0.008_333_333_333_330_948,
        -0.000_198_412_698_367_585_74,
        2.755_731_610_255_244e-6,
        -2.505_113_184_500_362e-8,
        1.591_812_929_486_638e-10,
    ];
    const COSINE: [f64; 6] = [
        0.041_666_666_666_666_664,
        -0.001_388_888_888_888_739_8,
        2.480_158_729_876_569e-5,
        -2.755_731_727_172_979_3e-7,
        2.087_614_626_840_295_5e-9,
        -1.138_263_242_550_747_3e-11,
    ];
    let shifted = x * FRAC_2_PI + ROUNDER_F64;
    let n = shifted - ROUNDER_F64;
    let r = ((x - n * PARTS[0]) - n * PARTS[1]) - n * PARTS[2];
    let z = r * r;
    let sine = r + r * z * polynomial(z, SINE);
    let cosine = 1.0 - (0.5 * z - z * z * polynomial(z, COSINE));
    let quarter = shifted.to_bits();
    let swapped = quarter & 1 == 1;
    let (a, b) = if swapped {
        (cosine, sine)
    } else {
        (sine, cosine)
    };
    let negated = |x: f64, quarter: u64| f64::from_bits(x.to_bits() ^ ((quarter & 2) << 62));
    (negated(a, quarter), negated(b, quarter.wrapping_add(1)))
}

//! Elementary functions of `f32` that compilers turn into vector code: straight-line arithmetic
//! without branches, calls or fused multiplication, so that results are the same bits on every
//! processor.
//!
//! Largest errors over all floats, in units in the last place, as tested below: `exp` 1.0, `exp2` 1.0,
//! `exp_m1` 1.5, `ln` 1.0, `log2` 1.0, `log10` 1.0, `ln_1p` 1.0, `tanh` 1.5, `atanh` 2.0, `sin` and
//! `cos` 1.5 (up to [`SINE_LIMIT`]), `erf` 1.5.

use std::f32::consts::{LN_2, LOG2_E};

/// The natural logarithm of 2 in two parts: products of the first with small integers are exact.
const LN_2_HIGH: f32 = 0.693_359_4;
const LN_2_LOW: f32 = -2.121_944_4e-4;

/// Adding and subtracting it rounds to an integer, whose low bits the sum holds.
const ROUNDER: f32 = 12_582_912.0; // 1.5 * 2^23
const ROUNDER_F64: f64 = 6_755_399_441_055_744.0; // 1.5 * 2^52

/// `x = n * ln(2) + r`, for x of a magnitude below 128.
#[inline(always)]
fn reduce_exponent(x: f32) -> (f32, i32, f32) {
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

/// `exp(r) - 1` for r in `-ln(2)/2..=ln(2)/2`.
#[inline(always)]
fn exp_m1_near_zero(r: f32) -> f32 {
    let tail = 0.041_666_463 + r * (0.008_333_57 + r * (0.001_393_507_8 + r * 0.000_197_402_45));
    r + r * r * (0.5 + r * (0.166_666_66 + r * tail))
}

#[inline(always)]
pub(crate) fn exp(x: f32) -> f32 {
    let x = between(x, -104.0, 89.0);
    let (_, n, r) = reduce_exponent(x);
    scale(1.0 + exp_m1_near_zero(r), n)
}

#[inline(always)]
pub(crate) fn exp2(x: f32) -> f32 {
    let x = between(x, -150.0, 128.5);
    let shifted = x + ROUNDER;
    let r = (x - (shifted - ROUNDER)) * LN_2;
    scale(1.0 + exp_m1_near_zero(r), integer(shifted))
}

/// `x * 2^n` in two steps, each of which has a representable factor.
#[inline(always)]
fn scale(x: f32, n: i32) -> f32 {
    let half = n >> 1;
    x * power_of_two(half) * power_of_two(n.wrapping_sub(half))
}

#[inline(always)]
pub(crate) fn exp_m1(x: f32) -> f32 {
    let (n, exponent, r) = reduce_exponent(between(x, -18.0, 89.0));
    let near = exp_m1_near_zero(r);
    // Half of 2^n: 2^128 is no float.
    let half = power_of_two(exponent.wrapping_sub(1));
    let far = 2.0 * (half * near + (half - 0.5));
    if n == 0.0 { near } else { far }.copysign(x)
}

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
    let subnormal = x < f32::MIN_POSITIVE;
    let normal = if subnormal { x * 8_388_608.0 } else { x };
    let bits = normal.to_bits().wrapping_add(0x3f80_0000 - HALF_ROOT);
    let exponent = ((bits >> 23) as i32).wrapping_sub(if subnormal { 127 + 23 } else { 127 });
    let f = f32::from_bits((bits & 0x007f_ffff).wrapping_add(HALF_ROOT)) - 1.0;
    let s = f / (2.0 + f);
    let z = s * s;
    let series = z * (0.666_666_6 + z * (0.400_009_72 + z * (0.284_987_93 + z * 0.242_788_69)));
    let square = 0.5 * f * f;
    let rest = s * (square + series);
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

/// Near 0 an odd polynomial; elsewhere what is missing to 1.
#[inline(always)]
pub(crate) fn tanh(x: f32) -> f32 {
    let a = x.abs();
    let z = x * x;
    let tail = -0.053_946_38 + z * (0.021_694_575 + z * (-0.008_155_169 + z * 0.002_117_777_7));
    let small = a + a * (z * (-0.333_333_3 + z * (0.133_332_12 + z * tail)));
    let large = 1.0 - 2.0 / (exp(2.0 * a) + 1.0);
    if a < 0.625 { small } else { large }.copysign(x)
}

#[inline(always)]
pub(crate) fn atanh(x: f32) -> f32 {
    let a = x.abs();
    (0.5 * ln_1p(2.0 * a / (1.0 - a))).copysign(x)
}

/// Beyond this magnitude [`sin`] and [`cos`] lose digits.
pub(crate) const SINE_LIMIT: f32 = 1e6;

/// `x = n * pi/2 + r`: the low bits of n, and r. In `f64`, since that loses nothing.
#[inline(always)]
fn reduce_angle(x: f32) -> (u32, f32) {
    const HIGH: f64 = 1.570_796_326_734_125_6; // pi / 2 in two parts, the first of 33 bits
    const LOW: f64 = 6.077_100_506_506_192e-11;
    let x = f64::from(x);
    let shifted = x * std::f64::consts::FRAC_2_PI + ROUNDER_F64;
    let n = shifted - ROUNDER_F64;
    (shifted.to_bits() as u32, ((x - n * HIGH) - n * LOW) as f32)
}

/// The sine of `r + quarter * pi/2`, for r in `-pi/4..=pi/4`.
#[inline(always)]
fn sine_in_quarter(quarter: u32, r: f32) -> f32 {
    let z = r * r;
    let sine = -0.166_666_67 + z * (0.008_333_38 + z * (-0.000_198_534_98 + z * 2.837_247_2e-6));
    let sine = r + r * z * sine;
    let cosine = 0.041_666_646 + z * (-0.001_388_730_1 + z * 2.443_066_8e-5);
    let cosine = 1.0 - (0.5 * z - z * z * cosine);
    let magnitude = if quarter & 1 == 0 { sine } else { cosine };
    f32::from_bits(magnitude.to_bits() ^ ((quarter & 2) << 30))
}

#[inline(always)]
pub(crate) fn sin(x: f32) -> f32 {
    let (quarter, r) = reduce_angle(x);
    let sine = sine_in_quarter(quarter, r);
    // The polynomial loses the sign of zero.
    if x == 0.0 { x } else { sine }
}

#[inline(always)]
pub(crate) fn cos(x: f32) -> f32 {
    let (quarter, r) = reduce_angle(x);
    sine_in_quarter(quarter.wrapping_add(1), r)
}

/// Near 0 an odd polynomial; from 1 on the complement is the exponential of a polynomial.
#[inline(always)]
pub(crate) fn erf(x: f32) -> f32 {
    let a = x.abs();
    let z = x * x;
    let tail = -0.026_855_126 + z * (0.005_190_734 + z * (-0.000_803_076_14 + z * 7.920_368e-5));
    let small = a + a * (0.128_379_17 + z * (-0.376_126_3 + z * (0.112_836_18 + z * tail)));
    let t = if a > 4.0 { 4.0 } else { a };
    let tail = -0.025_207_972 + t * (0.004_204_434_3 + t * (-0.000_441_305_7 + t * 2.168_373_4e-5));
    let tail = 1.129_578_4 + t * (0.633_220_14 + t * (0.108_418_22 + t * tail));
    let large = 1.0 - exp(-(-0.000_188_037_19 + t * tail));
    if a < 1.0 { small } else { large }.copysign(x)
}

/// Moves x into the range; NaN stays.
#[inline(always)]
fn between(x: f32, low: f32, high: f32) -> f32 {
    let x = if x < low { low } else { x };
    if x > high { high } else { x }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The largest error of `f`, in units in the last place of the exact result, over floats that
    /// cover every exponent and sign, and what the reference says about the rest.
    fn check(name: &str, limit: f64, f: fn(f32) -> f32, exact: fn(f64) -> f64, up_to: f32) {
        let (mut worst, mut at) = (0.0, 0.0);
        let steps = (0..=u32::MAX / 257).map(|i| f32::from_bits(i * 257));
        let specials = [
            0.0,
            -0.0,
            1.0,
            -1.0,
            f32::INFINITY,
            f32::NEG_INFINITY,
            f32::NAN,
        ];
        for x in steps.chain(specials) {
            if x.is_finite() && x.abs() > up_to {
                continue;
            }
            let (got, wide) = (f(x), exact(f64::from(x)));
            let want = wide as f32;
            if want.is_nan() || want.is_infinite() || want == 0.0 {
                let same = got.to_bits() == want.to_bits() || (got.is_nan() && want.is_nan());
                assert!(same, "{name}({x:e}) = {got:e}, not {want:e}");
                continue;
            }
            let exponent = wide.abs().log2().floor().max(-126.0);
            let error = (f64::from(got) - wide).abs() / (exponent - 23.0).exp2();
            if error > worst {
                (worst, at) = (error, x);
            }
        }
        println!("{name}: {worst:.3} at {at:e}");
        assert!(worst <= limit, "{name}({at:e}) is {worst} units off");
    }

    #[test]
    fn errors_stay_below_the_stated_limits() {
        let all = f32::INFINITY;
        check("exp", 1.0, exp, f64::exp, all);
        check("exp2", 1.0, exp2, f64::exp2, all);
        check("exp_m1", 1.5, exp_m1, f64::exp_m1, all);
        check("ln", 1.0, ln, f64::ln, all);
        check("log2", 1.0, log2, f64::log2, all);
        check("log10", 1.0, log10, f64::log10, all);
        check("ln_1p", 1.0, ln_1p, f64::ln_1p, all);
        check("tanh", 1.5, tanh, f64::tanh, all);
        check("atanh", 2.0, atanh, libm::atanh, all);
        check("sin", 1.5, sin, f64::sin, SINE_LIMIT);
        check("cos", 1.5, cos, f64::cos, SINE_LIMIT);
        check("erf", 1.5, erf, libm::erf, all);
    }
}

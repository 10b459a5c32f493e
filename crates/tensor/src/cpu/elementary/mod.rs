//! Functions of `f32` that compilers turn into vector code: straight-line arithmetic without branches,
//! calls or fused multiplication, so that results are the same bits on every processor.
//!
//! Polynomials are fitted at Chebyshev's nodes or better. Largest errors over all floats, in units in the
//! last place, as tested below:
//!
//! | functions | error |
//! |---|---:|
//! | `fmod`, `nextafter` | 0 |
//! | `pow`, `hypot`, `tan` | 0.6 |
//! | `exp`, `exp2`, `ln`, `log2`, `log10`, `ln_1p` | 1.0 |
//! | `exp_m1`, `tanh`, `sin`, `cos`, `erf` | 1.5 |
//! | `erfinv`, `ndtri` | 4.0 |
//! | `erfc`, `erfcx`, `ndtr` | 5.5 |
//! | `log_ndtr` | 7.0 |
//! | the others | 2.5 |
//!
//! The error of `gelu` stays below 2e-7 times its argument.
//!
//! `sin`, `cos` and `tan` are good up to [`ANGLE_LIMIT`], `fmod` up to [`QUOTIENT_LIMIT`]; who calls them
//! looks after the rest.

#![allow(
    clippy::approx_constant,
    clippy::excessive_precision,
    reason = "coefficients stand here as they were fitted"
)]

pub(crate) mod double;
mod exact;
mod exponential;
mod hyperbolic;
mod logarithm;
mod normal;
mod power;
mod trigonometric;

pub(crate) use exact::{QUOTIENT_LIMIT, fmod, nextafter, nextafter_f64};
pub(crate) use exponential::{exp, exp_m1, exp_of_negative, exp2};
pub(crate) use hyperbolic::{acosh, asinh, atanh, cosh, sinh, tanh};
pub(crate) use logarithm::{ln, ln_1p, log2, log10};
pub(crate) use normal::{bell, erf, erfc, erfcx, erfinv, gelu, log_ndtr, ndtr, ndtri};
pub(crate) use power::{hypot, pow};
pub(crate) use trigonometric::{ANGLE_LIMIT, acos, asin, atan, atan2, cos, sin, tan};

use std::ops::{Add, Mul};

/// Adding and subtracting it rounds to an integer, whose low bits the sum holds.
const ROUNDER: f32 = 12_582_912.0; // 1.5 * 2^23
const ROUNDER_F64: f64 = 6_755_399_441_055_744.0; // 1.5 * 2^52

/// The polynomial with these coefficients, that of `x^0` first, by Horner's rule.
#[inline(always)]
pub(crate) fn polynomial<T, const N: usize>(x: T, coefficients: [T; N]) -> T
where
    T: Copy + Add<Output = T> + Mul<Output = T>,
{
    let mut sum = coefficients[N - 1];
    for &coefficient in coefficients[..N - 1].iter().rev() {
        sum = coefficient + x * sum;
    }
    sum
}

/// Moves x into the range; NaN stays.
#[inline(always)]
fn between<T: Copy + PartialOrd>(x: T, low: T, high: T) -> T {
    let x = if x < low { low } else { x };
    if x > high { high } else { x }
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::cpu::special;

    const SPECIALS: [f32; 13] = [
        0.0,
        -0.0,
        1.0,
        -1.0,
        0.5,
        2.0,
        -2.0,
        f32::MIN_POSITIVE,
        f32::MAX,
        f32::MIN,
        f32::INFINITY,
        f32::NEG_INFINITY,
        f32::NAN,
    ];

    /// The distance of a result from the exact one in units in its last place; nothing may be missing
    /// where that is zero, infinite or NaN.
    fn distance(got: f32, exact: f64) -> f64 {
        let want = exact as f32;
        if want.is_nan() || want.is_infinite() || exact == 0.0 {
            let same = got.to_bits() == want.to_bits() || (got.is_nan() && want.is_nan());
            return if same { 0.0 } else { f64::INFINITY };
        }
        let exponent = exact.abs().log2().floor().max(-126.0);
        (f64::from(got) - exact).abs() / (exponent - 23.0).exp2()
    }

    /// The largest error of `f` over floats that cover every exponent and sign.
    fn check(name: &str, limit: f64, f: fn(f32) -> f32, exact: fn(f64) -> f64, up_to: f32) {
        let (mut worst, mut at) = (0.0, 0.0);
        let steps = (0..=u32::MAX / 1021).map(|i| f32::from_bits(i * 1021));
        for x in steps.chain(SPECIALS) {
            if x.is_finite() && x.abs() > up_to {
                continue;
            }
            let error = distance(f(x), exact(f64::from(x)));
            if error > worst {
                (worst, at) = (error, x);
            }
        }
        println!("{name}: {worst:.3} at {at:e}");
        assert!(
            worst <= limit,
            "{name}({at:e}) is {worst} units off: {:e}",
            f(at)
        );
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
        check("sinh", 2.0, sinh, f64::sinh, all);
        check("cosh", 2.0, cosh, f64::cosh, all);
        check("tanh", 1.5, tanh, f64::tanh, all);
        check("asinh", 2.0, asinh, libm::asinh, all);
        check("acosh", 2.0, acosh, libm::acosh, all);
        check("atanh", 2.0, atanh, libm::atanh, all);
        check("sin", 1.5, sin, f64::sin, ANGLE_LIMIT);
        check("cos", 1.5, cos, f64::cos, ANGLE_LIMIT);
        check("tan", 0.6, tan, f64::tan, ANGLE_LIMIT);
        check("asin", 2.5, asin, f64::asin, all);
        check("acos", 2.0, acos, f64::acos, all);
        check("atan", 2.0, atan, f64::atan, all);
    }

    #[test]
    fn errors_of_the_normal_distribution_stay_below_the_stated_limits() {
        let all = f32::INFINITY;
        check("erf", 1.5, erf, libm::erf, all);
        check("erfc", 5.5, erfc, libm::erfc, all);
        check("erfcx", 5.5, erfcx, special::erfcx, all);
        check("erfinv", 4.0, erfinv, special::erfinv, all);
        check("bell", 2.0, bell, special::bell, all);
        check("ndtr", 5.5, ndtr, special::ndtr, all);
        check("log_ndtr", 7.0, log_ndtr, special::log_ndtr, all);
        check("ndtri", 4.0, ndtri, special::ndtri, all);
    }

    #[test]
    fn the_error_of_gelu_stays_below_the_stated_limit() {
        for x in (0..=u32::MAX / 1021).map(|i| f32::from_bits(i * 1021)) {
            let (got, want) = (f64::from(gelu(x)), special::gelu(f64::from(x)));
            let error = (got - want).abs();
            let is_equal = got == want || (got.is_nan() && want.is_nan());
            let limit = 2e-7 * f64::from(x.abs()) + f64::from(f32::from_bits(1));
            assert!(
                is_equal || error <= limit,
                "gelu({x:e}) = {got:e}, not {want:e}"
            );
        }
    }

    #[test]
    fn exponentials_of_negative_numbers_are_those_of_all() {
        for x in (0..=u32::MAX / 1021).map(|i| f32::from_bits(i * 1021)) {
            let (got, want) = (exp_of_negative(-x.abs()), exp(-x.abs()));
            let is_equal = got == want || (got.is_nan() && want.is_nan());
            let vanishes = got == 0.0 && want <= f32::MIN_POSITIVE;
            assert!(is_equal || vanishes, "exp({x:e}) = {got:e}, not {want:e}");
        }
    }

    /// As `check`, over pairs: specials with everything, and numbers of every size or of one.
    fn check_pairs(name: &str, limit: f64, f: fn(f32, f32) -> f32, exact: fn(f64, f64) -> f64) {
        let mut bits = 1u32;
        let mut draw = || {
            bits = bits.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            bits.swap_bytes()
        };
        let near_one = |bits: u32| f32::from_bits((bits & 0x83ff_ffff) | 0x3c00_0000);
        let any: Vec<f32> = (0..300_000).map(|_| f32::from_bits(draw())).collect();
        let moderate: Vec<f32> = (0..300_000).map(|_| near_one(draw())).collect();
        let specials = SPECIALS.iter().flat_map(|&a| SPECIALS.map(|b| (a, b)));
        let mixed = SPECIALS
            .iter()
            .flat_map(|&a| any[..500].iter().flat_map(move |&b| [(a, b), (b, a)]));
        let pairs = any
            .iter()
            .zip(&any[1..])
            .chain(moderate.iter().zip(&moderate[1..]));
        for (a, b) in specials.chain(mixed).chain(pairs.map(|(&a, &b)| (a, b))) {
            let (got, want) = (f(a, b), exact(f64::from(a), f64::from(b)));
            let error = distance(got, want);
            assert!(
                error <= limit,
                "{name}({a:e}, {b:e}) = {got:e}, not {want:e}: {error}"
            );
        }
    }

    #[test]
    fn errors_of_functions_of_two_stay_below_the_stated_limits() {
        check_pairs("pow", 0.6, pow, f64::powf);
        check_pairs("hypot", 0.6, hypot, f64::hypot);
        check_pairs("atan2", 2.0, atan2, f64::atan2);
    }

    #[test]
    fn remainders_and_neighbours_are_exact() {
        check_pairs("fmod", 0.0, fmod_or_beyond, |a, b| a % b);
        let neighbour = |a, b| f64::from(libm::nextafterf(a as f32, b as f32));
        check_pairs("nextafter", 0.0, nextafter, neighbour);
    }

    /// Beyond its limit [`fmod`] has no value.
    fn fmod_or_beyond(a: f32, b: f32) -> f32 {
        if (a / b).abs() > QUOTIENT_LIMIT {
            a % b
        } else {
            fmod(a, b)
        }
    }

    #[test]
    fn functions_of_doubles_are_good_to_a_unit() {
        let error = |got: f64, want: f64| {
            let is_equal = got == want || (got.is_nan() && want.is_nan());
            if is_equal {
                0.0
            } else {
                (got / want - 1.0).abs() / f64::EPSILON
            }
        };
        for x in (0..u64::MAX / 0x000f_ffff_ffff)
            .map(|i| f64::from_bits(i * 0x000f_ffff_ffff))
            .step_by(7)
        {
            assert!(error(double::ln(x), x.ln()) <= 1.0, "ln {x:e}");
            let subnormal = x.exp() < f64::MIN_POSITIVE;
            assert!(
                subnormal || error(double::exp(x), x.exp()) <= 1.5,
                "exp {x:e}"
            );
            if x.abs() < double::ANGLE_LIMIT {
                let ((sine, cosine), (s, c)) = (double::sin_cos(x), x.sin_cos());
                assert!(
                    (sine - s).abs().max((cosine - c).abs()) < 3e-16,
                    "sin_cos {x:e}"
                );
            }
        }
        assert_eq!(
            (double::exp(-746.0), double::exp(710.0)),
            (0.0, f64::INFINITY)
        );
        assert_eq!(
            (double::ln(0.0), double::ln(f64::INFINITY)),
            (f64::NEG_INFINITY, f64::INFINITY)
        );
    }
}

//! Numbers taken apart, and parts of derivatives.

/// Bits of a number's exponent.
const EXPONENT: u64 = 0x7ff << 52;

/// The mantissa of x, in `0.5..1` or as x where that is zero or not finite.
#[inline(always)]
pub(crate) fn mantissa(x: f64) -> f64 {
    let (bits, _) = normal(x);
    let mantissa = f64::from_bits((bits & !EXPONENT) | 0.5f64.to_bits());
    if has_exponent(x) { mantissa } else { x }
}

/// The exponent of 2 that belongs to [`mantissa`].
#[inline(always)]
pub(crate) fn exponent(x: f64) -> f64 {
    const POWER_52: f64 = 4_503_599_627_370_496.0;
    let (bits, moved) = normal(x);
    // An integer in the low bits of 2^52 adds its value.
    let biased = f64::from_bits(((bits & EXPONENT) >> 52) | POWER_52.to_bits()) - POWER_52;
    if has_exponent(x) {
        biased - 1022.0 - moved
    } else {
        0.0
    }
}

/// The bits of x, or of x times a power of 2 that makes it normal, and the exponent of that.
#[inline(always)]
fn normal(x: f64) -> (u64, f64) {
    const POWER_54: f64 = 18_014_398_509_481_984.0;
    if x.abs() < f64::MIN_POSITIVE {
        ((x * POWER_54).to_bits(), 54.0)
    } else {
        (x.to_bits(), 0.0)
    }
}

/// Whether x is finite, and not zero.
#[inline(always)]
fn has_exponent(x: f64) -> bool {
    (x.abs() > 0.0) & (x.abs() <= f64::MAX)
}

/// The derivative of `a^b` with respect to b, 0 where the power is 0 for all b around.
pub(crate) fn power_slope(a: f64, b: f64) -> f64 {
    if a == 0.0 && b >= 0.0 {
        0.0
    } else {
        a.powf(b) * a.ln()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_its_mantissa_times_a_power_of_two() {
        let sizes = (-1074..1024).flat_map(|e| [1.0, -1.7].map(|x| libm::ldexp(x, e)));
        let special = [
            0.0,
            -0.0,
            f64::INFINITY,
            f64::NEG_INFINITY,
            f64::NAN,
            f64::MAX,
        ];
        for x in sizes.chain(special) {
            let (mut want, mut power) = libm::frexp(x);
            if x == 0.0 || !x.is_finite() {
                (want, power) = (x, 0);
            }
            assert!(mantissa(x).to_bits() == want.to_bits() || x.is_nan());
            assert_eq!(exponent(x), f64::from(power), "{x:e}");
        }
    }
}

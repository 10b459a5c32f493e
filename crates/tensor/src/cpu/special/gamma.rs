//! The gamma function's logarithm and derivatives, and the Hurwitz zeta function.

use crate::cpu::elementary::{double, polynomial};
use std::f64::consts::PI;

pub(crate) fn lgamma(x: f64) -> f64 {
    if x.is_infinite() {
        f64::INFINITY
    } else {
        libm::lgamma(x)
    }
}

/// [`lgamma`] of `f32` in vector code, to 1e-14 and then rounded: by Stirling's series from 8 on, to which
/// smaller arguments are moved (DLMF 5.5.1), and the reflection of negative ones (DLMF 5.5.3).
#[inline(always)]
pub(crate) fn lgamma_f32(x: f32) -> f32 {
    /// DLMF 5.11.1.
    const STIRLING: [f64; 6] = [
        1.0 / 12.0,
        -1.0 / 360.0,
        1.0 / 1260.0,
        -1.0 / 1680.0,
        1.0 / 1188.0,
        -691.0 / 360360.0,
    ];
    const HALF_LOG_TWO_PI: f64 = 0.918_938_533_204_672_8;
    let a = f64::from(x.abs());
    let is_large = a >= 8.0;
    let moved = if is_large { a } else { a + 8.0 };
    let inverse = 1.0 / moved;
    let series = inverse * polynomial(inverse * inverse, STIRLING);
    let log = (moved - 0.5) * double::ln(moved) - moved + HALF_LOG_TWO_PI + series;
    // a (a + 7), (a + 1) (a + 6), ... differ by integers.
    let outer = a * (a + 7.0);
    let product = outer * (outer + 6.0) * ((outer + 10.0) * (outer + 12.0));
    let product = if is_large { 1.0 } else { product };
    // The fraction alone: the sine of pi times a large number has few correct digits.
    let fraction = f64::from(x.abs() - x.abs().round_ties_even());
    let sine = double::sin_cos(PI * fraction).0.abs();
    let negative = x < 0.0;
    let factor = if negative {
        PI * product / (a * sine)
    } else {
        1.0 / product
    };
    let value = double::ln(factor) + if negative { -log } else { log };
    let is_root = (x == 1.0) | (x == 2.0);
    let value = if is_root { 0.0 } else { value };
    if x.is_infinite() {
        f32::INFINITY
    } else {
        value as f32
    }
}

/// The derivative of the logarithm of the gamma function.
pub(crate) fn digamma(x: f64) -> f64 {
    if x == 0.0 {
        return f64::INFINITY.copysign(-x);
    }
    if x < 0.0 {
        if x == x.trunc() {
            return f64::NAN;
        }
        // The fraction alone: the tangent of pi times a large number has few correct digits.
        return digamma(1.0 - x) - PI / (PI * x.fract()).tan();
    }
    let mut x = x;
    let mut shift = 0.0;
    while x < 10.0 {
        shift -= 1.0 / x;
        x += 1.0;
    }
    let z = 1.0 / (x * x);
    let series = [
        1.0 / 12.0,
        -1.0 / 120.0,
        1.0 / 252.0,
        -1.0 / 240.0,
        1.0 / 132.0,
        -691.0 / 32760.0,
        1.0 / 12.0,
    ];
    let tail = series.iter().rev().fold(0.0, |sum, c| (sum + c) * z);
    shift + x.ln() - 0.5 / x - tail
}

/// The n-th derivative of [`digamma`].
pub(crate) fn polygamma(x: f64, n: f64) -> f64 {
    if n == 0.0 {
        return digamma(x);
    }
    // Higher derivatives are NaN there, as PyTorch's zeta function is.
    if n == 1.0 && x == f64::INFINITY {
        return 0.0;
    }
    let sign = if n % 2.0 == 0.0 { -1.0 } else { 1.0 };
    sign * libm::tgamma(n + 1.0) * zeta(n + 1.0, x)
}

/// The sum of `(q + k)^-x` over all k from 0 on.
pub(crate) fn zeta(x: f64, q: f64) -> f64 {
    // A pole is infinite before NaN is looked at, as in PyTorch.
    let is_pole = q <= 0.0 && q == q.floor();
    if x == 1.0 || (is_pole && (x > 1.0 || x.is_nan())) {
        return f64::INFINITY;
    }
    if x.is_nan() || q.is_nan() || x < 1.0 {
        return f64::NAN;
    }
    if q > 0.0 {
        return zeta_of_positive(x, q);
    }
    if x != x.floor() {
        return f64::NAN;
    }
    // The terms below zero are those of two positive sums, up to the sign.
    let fraction = -q - (-q).floor();
    let mut below = zeta_of_positive(x, fraction);
    if below.is_finite() {
        below -= zeta_of_positive(x, 1.0 - q);
    }
    // Large numbers are even, and so is what they tend to.
    let is_even = x.is_infinite() || x % 2.0 == 0.0;
    let sign = if is_even { 1.0 } else { -1.0 };
    sign * below + zeta_of_positive(x, 1.0 - fraction)
}

/// Terms one by one, and the rest by the Euler-Maclaurin formula.
fn zeta_of_positive(x: f64, q: f64) -> f64 {
    /// `(2k)! / B(2k)`.
    const DIVISORS: [f64; 12] = [
        12.0,
        -720.0,
        30240.0,
        -1209600.0,
        47900160.0,
        -1307674368000.0 / 691.0,
        74724249600.0,
        -10670622842880000.0 / 3617.0,
        5109094217170944000.0 / 43867.0,
        -802857662698291200000.0 / 174611.0,
        14101100039391805440000.0 / 77683.0,
        -1693824136731743669452800000.0 / 236364091.0,
    ];
    let mut sum = 0.0;
    let mut base = q;
    for _ in 0..12 {
        let term = base.powf(-x);
        sum += term;
        if term < f64::EPSILON / 4.0 * sum {
            return sum;
        }
        base += 1.0;
    }
    let mut power = base.powf(-x);
    if sum == f64::INFINITY || (power == 0.0 && sum > 0.0) {
        return sum;
    }
    sum += power * base / (x - 1.0) + 0.5 * power;
    let mut rising = x;
    for (k, divisor) in DIVISORS.iter().enumerate() {
        power /= base;
        let term = rising * power / divisor;
        sum += term;
        if term.abs() < f64::EPSILON / 4.0 * sum {
            break;
        }
        power /= base;
        let k = 2.0 * k as f64;
        rising *= (x + k + 1.0) * (x + k + 2.0);
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(got: f64, want: f64) {
        assert!((got - want).abs() <= 4e-15 * want.abs(), "{got:e} {want:e}");
    }

    #[test]
    fn known_values() {
        const EULER: f64 = 0.577_215_664_901_532_9;
        close(digamma(1.0), -EULER);
        close(digamma(0.5), -EULER - 2.0 * std::f64::consts::LN_2);
        close(zeta(2.0, 1.0), PI * PI / 6.0);
        close(zeta(4.0, 1.0), PI.powi(4) / 90.0);
        close(polygamma(0.5, 1.0), PI * PI / 2.0);
    }

    #[test]
    fn the_logarithm_in_vector_code_agrees() {
        let steps = (0..=u32::MAX / 4099).map(|i| f32::from_bits(i * 4099));
        for x in steps.chain([1.0, 2.0, 0.0, -0.0, -3.0, f32::INFINITY, f32::NEG_INFINITY]) {
            let (got, want) = (lgamma_f32(x), lgamma(f64::from(x)));
            let error = (f64::from(got) - want).abs();
            let is_equal = got == want as f32 || (got.is_nan() && want.is_nan());
            assert!(
                is_equal || error <= 2e-14 + 6e-8 * want.abs(),
                "{x:e}: {got:e} {want:e}"
            );
        }
    }

    #[test]
    fn lgamma_is_zero_at_its_roots_and_nowhere_near() {
        for root in [1.0f32, 2.0] {
            assert_eq!(lgamma_f32(root), 0.0);
            assert_ne!(lgamma_f32(root.next_up()), 0.0);
            assert_ne!(lgamma_f32(root.next_down()), 0.0);
        }
    }

    #[test]
    fn zeta_of_an_infinite_power_has_infinite_terms() {
        for q in [-1.5, -0.5, -0.2, 0.5] {
            assert_eq!(zeta(f64::INFINITY, q), f64::INFINITY);
        }
        assert_eq!(zeta(f64::INFINITY, 1.0), 1.0);
    }

    #[test]
    fn zeta_of_a_negative_argument_continues_the_sum() {
        for (x, q) in [(2.0, -0.25), (3.0, -2.75), (4.0, -7.5)] {
            close(zeta(x, q), q.powf(-x) + zeta(x, q + 1.0));
        }
    }
}

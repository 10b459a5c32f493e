//! Bessel functions of orders 0 and 1.

use std::f64::consts::PI;

/// The oscillating functions have the limit 0, for which PyTorch gives NaN.
fn finite(x: f64, function: fn(f64) -> f64) -> f64 {
    if x.is_infinite() {
        return f64::NAN;
    }
    function(x)
}

pub(crate) fn bessel_j0(x: f64) -> f64 {
    finite(x, libm::j0)
}

pub(crate) fn bessel_j1(x: f64) -> f64 {
    finite(x, libm::j1)
}

pub(crate) fn bessel_y0(x: f64) -> f64 {
    finite(x, libm::y0)
}

pub(crate) fn bessel_y1(x: f64) -> f64 {
    finite(x, libm::y1)
}

pub(crate) fn spherical_bessel_j0(x: f64) -> f64 {
    match x {
        0.0 => 1.0,
        x if x.is_infinite() => 0.0,
        x => x.sin() / x,
    }
}

pub(crate) fn bessel_i0(x: f64) -> f64 {
    let x = x.abs();
    if x < SERIES_BELOW {
        first_kind_series(x, 0.0)
    } else {
        first_kind_large(x, 0.0, 0.5 * x)
    }
}

pub(crate) fn bessel_i0e(x: f64) -> f64 {
    let x = x.abs();
    match x < SERIES_BELOW {
        true => first_kind_series(x, 0.0) * (-x).exp(),
        false => first_kind_large(x, 0.0, 0.0),
    }
}

pub(crate) fn bessel_i1(x: f64) -> f64 {
    let magnitude = x.abs();
    let value = match magnitude < SERIES_BELOW {
        true => first_kind_series(magnitude, 1.0),
        false => first_kind_large(magnitude, 1.0, 0.5 * magnitude),
    };
    value.copysign(x)
}

pub(crate) fn bessel_i1e(x: f64) -> f64 {
    let magnitude = x.abs();
    let value = match magnitude < SERIES_BELOW {
        true => first_kind_series(magnitude, 1.0) * (-magnitude).exp(),
        false => first_kind_large(magnitude, 1.0, 0.0),
    };
    value.copysign(x)
}

/// From here on the asymptotic series reaches full precision.
const SERIES_BELOW: f64 = 25.0;

/// The power series, all terms of which are positive.
fn first_kind_series(x: f64, order: f64) -> f64 {
    let quarter = 0.25 * x * x;
    let mut term = if order == 0.0 { 1.0 } else { 0.5 * x };
    let mut sum = term;
    let mut k = 1.0;
    while term > sum * 0.25 * f64::EPSILON {
        term *= quarter / (k * (k + order));
        sum += term;
        k += 1.0;
    }
    sum
}

/// The asymptotic series times `exp(2 * half_exponent)`, in two factors that do not overflow early.
fn first_kind_large(x: f64, order: f64, half_exponent: f64) -> f64 {
    let (mut term, mut sum) = (1.0f64, 1.0);
    for k in 1..30 {
        let k = f64::from(k);
        let odd = 2.0 * k - 1.0;
        term *= (odd * odd - 4.0 * order * order) / (8.0 * k * x);
        sum += term;
        if term.abs() < 0.25 * f64::EPSILON {
            break;
        }
    }
    let factor = half_exponent.exp();
    factor * (sum / (2.0 * PI * x).sqrt()) * factor
}

pub(crate) fn bessel_k0(x: f64) -> f64 {
    second_kind(x, small_k0, |x| scaled_second_kind(x, 0.0) * (-x).exp())
}

pub(crate) fn bessel_k0e(x: f64) -> f64 {
    second_kind(x, |x| small_k0(x) * x.exp(), |x| scaled_second_kind(x, 0.0))
}

pub(crate) fn bessel_k1(x: f64) -> f64 {
    second_kind(x, small_k1, |x| scaled_second_kind(x, 1.0) * (-x).exp())
}

pub(crate) fn bessel_k1e(x: f64) -> f64 {
    second_kind(x, |x| small_k1(x) * x.exp(), |x| scaled_second_kind(x, 1.0))
}

fn second_kind(x: f64, small: impl Fn(f64) -> f64, large: impl Fn(f64) -> f64) -> f64 {
    match x {
        0.0 => f64::INFINITY,
        f64::INFINITY => 0.0,
        x if x.is_nan() || x < 0.0 => f64::NAN,
        x if x <= 1.0 => small(x),
        x => large(x),
    }
}

const EULER: f64 = 0.577_215_664_901_532_9;

fn small_k0(x: f64) -> f64 {
    let quarter = 0.25 * x * x;
    let (mut term, mut harmonic, mut sum) = (1.0, 0.0, 0.0);
    for k in 1..16 {
        let k = f64::from(k);
        term *= quarter / (k * k);
        harmonic += 1.0 / k;
        sum += term * harmonic;
    }
    sum - ((0.5 * x).ln() + EULER) * bessel_i0(x)
}

fn small_k1(x: f64) -> f64 {
    let quarter = 0.25 * x * x;
    let (mut term, mut harmonics, mut sum) = (1.0, 1.0 - 2.0 * EULER, 0.0);
    for k in 1..16 {
        let k = f64::from(k);
        sum += term * harmonics;
        term *= quarter / (k * (k + 1.0));
        harmonics += 1.0 / k + 1.0 / (k + 1.0);
    }
    1.0 / x + (0.5 * x).ln() * bessel_i1(x) - 0.25 * x * sum
}

/// `exp(x) K(x)` of a real order, for x of at least about 1.
///
/// The trapezoidal rule on the integral of `exp(-x (cosh t - 1)) cosh(order t)`, which converges
/// exponentially; the step resolves the narrowing peak of large x.
pub(super) fn scaled_second_kind(x: f64, order: f64) -> f64 {
    let step = (0.6 / x.sqrt()).min(0.2);
    let mut sum = 0.5;
    for k in 1.. {
        let t = f64::from(k) * step;
        let half = (0.5 * t).sinh();
        let term = (-2.0 * x * half * half).exp() * (order * t).cosh();
        sum += term;
        if term < 0.1 * f64::EPSILON * sum {
            break;
        }
    }
    sum * step
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `I0 K1 + I1 K0 = 1 / x`.
    #[test]
    fn the_wronskian_holds_across_the_methods() {
        for x in [
            1e-8, 0.01, 0.3, 0.999, 1.0, 1.001, 2.0, 7.5, 24.9, 25.1, 100.0, 600.0,
        ] {
            let left = bessel_i0e(x) * bessel_k1e(x) + bessel_i1e(x) * bessel_k0e(x);
            assert!((left * x - 1.0).abs() < 4e-15, "{x}: {}", left * x - 1.0);
        }
    }

    #[test]
    fn infinity_ends_the_sums() {
        assert_eq!(bessel_k0(f64::INFINITY), 0.0);
        assert!(bessel_k1(f64::NAN).is_nan() && bessel_i0(f64::NAN).is_nan());
    }
}

//! Relatives of the error function and of the normal distribution, for `f64` alone.

use std::f64::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI, PI, SQRT_2};

/// The scaled complement `exp(x^2) erfc(x)`.
pub(crate) fn erfcx(x: f64) -> f64 {
    if x < 0.0 {
        return 2.0 * exp_of_square(x) - erfcx(-x);
    }
    if x < 20.0 {
        return exp_of_square(x) * libm::erfc(x);
    }
    // The continued fraction, from the inside out.
    let fraction = (1..=8)
        .rev()
        .fold(x, |inner, k| x + 0.5 * f64::from(k) / inner);
    0.5 * FRAC_2_SQRT_PI / fraction
}

/// `exp(x^2)`, with the square's rounding error made good.
fn exp_of_square(x: f64) -> f64 {
    let square = x * x;
    let power = square.exp();
    if power.is_finite() {
        power + power * x.mul_add(x, -square)
    } else {
        power
    }
}

/// The inverse of the error function.
pub(crate) fn erfinv(y: f64) -> f64 {
    match y.abs() {
        1.0 => f64::INFINITY.copysign(y),
        magnitude if magnitude > 1.0 || y.is_nan() => f64::NAN,
        magnitude if magnitude > 0.5 => erfc_inverse(1.0 - magnitude).copysign(y),
        magnitude if magnitude < 1e-9 => y / FRAC_2_SQRT_PI,
        magnitude => {
            let start = match magnitude < 1e-3 {
                true => magnitude / FRAC_2_SQRT_PI,
                false => inverse_estimate((-magnitude * magnitude).ln_1p()),
            };
            let solved = (0..2).fold(start, |x, _| improve(x, libm::erf(x) - magnitude));
            solved.copysign(y)
        }
    }
}

/// The x at which erfc is y, for y in 0..1.
fn erfc_inverse(y: f64) -> f64 {
    if y == 0.0 {
        return f64::INFINITY;
    }
    let start = inverse_estimate((y * (2.0 - y)).ln());
    (0..3).fold(start, |x, _| improve(x, y - libm::erfc(x)))
}

/// The inverse error function to three digits, from `log(1 - y^2)` (Winitzki).
fn inverse_estimate(log: f64) -> f64 {
    const A: f64 = 0.147;
    let half = 2.0 / (PI * A) + 0.5 * log;
    ((half * half - log / A).sqrt() - half).sqrt()
}

/// Halley's step for an excess of erf at x.
fn improve(x: f64, excess: f64) -> f64 {
    let newton = excess / (FRAC_2_SQRT_PI * (-x * x).exp());
    if newton.is_finite() {
        x - newton / (1.0 + x * newton)
    } else {
        x
    }
}

/// `exp(-x^2 / 2)`.
pub(crate) fn bell(x: f64) -> f64 {
    (-0.5 * x * x).exp()
}

/// The distribution function of the standard normal distribution.
pub(crate) fn ndtr(x: f64) -> f64 {
    0.5 * libm::erfc(-x * FRAC_1_SQRT_2)
}

/// `x` times [`ndtr`].
pub(crate) fn gelu(x: f64) -> f64 {
    x * ndtr(x)
}

/// The logarithm of [`ndtr`].
pub(crate) fn log_ndtr(x: f64) -> f64 {
    let t = x * FRAC_1_SQRT_2;
    if x < -1.0 {
        (0.5 * erfcx(-t)).ln() - t * t
    } else {
        (-0.5 * libm::erfc(t)).ln_1p()
    }
}

/// The inverse of [`ndtr`].
pub(crate) fn ndtri(p: f64) -> f64 {
    if p == 0.0 {
        return f64::NEG_INFINITY;
    }
    if p == 1.0 {
        return f64::INFINITY;
    }
    if !(0.0..=1.0).contains(&p) {
        return f64::NAN;
    }
    match p {
        p if p < 0.25 => -SQRT_2 * erfc_inverse(2.0 * p),
        p if p > 0.75 => SQRT_2 * erfc_inverse(2.0 * (1.0 - p)),
        p => SQRT_2 * erfinv(2.0 * p - 1.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inverses_invert() {
        for i in 1..200 {
            let x = f64::from(i) * 0.025;
            let y = libm::erf(x);
            if y < 0.999 {
                assert!((erfinv(y) - x).abs() < 1e-12 * x.max(1.0), "{x}");
            }
            for x in [x, -2.0 * x] {
                let p = ndtr(x);
                if p < 0.999 {
                    assert!((ndtri(p) - x).abs() < 1e-12 * x.abs(), "{x}");
                }
            }
        }
        assert!((erfinv(1e-5) * FRAC_2_SQRT_PI - 1e-5).abs() < 1e-15);
    }

    #[test]
    fn the_scaled_complement_is_smooth_across_its_methods() {
        for x in [0.1f64, 3.0, 19.999] {
            let naive = (x * x).exp() * libm::erfc(x);
            assert!((erfcx(x) - naive).abs() < 1e-12 * naive);
        }
        assert!((erfcx(20.0) / erfcx(20.0 - 1e-13) - 1.0).abs() < 1e-13);
    }
}

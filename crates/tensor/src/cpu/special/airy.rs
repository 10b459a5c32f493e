//! The Airy function of the first kind.

use super::bessel::scaled_second_kind;
use std::f64::consts::PI;

/// The decaying solution of `y'' = x y`.
pub(crate) fn airy_ai(x: f64) -> f64 {
    match x {
        x if !x.is_finite() => f64::NAN,
        x if x < -4.0 => oscillating(-x),
        x if x < 1.5 => power_series(x),
        x => {
            let zeta = 2.0 / 3.0 * x * x.sqrt();
            (x / 3.0).sqrt() / PI * scaled_second_kind(zeta, 1.0 / 3.0) * (-zeta).exp()
        }
    }
}

fn power_series(x: f64) -> f64 {
    const AT_ZERO: f64 = 0.355_028_053_887_817_2;
    const SLOPE_AT_ZERO: f64 = -0.258_819_403_792_806_8;
    let cube = x * x * x;
    let (mut f, mut g) = (1.0, x);
    let (mut even, mut odd) = (f, g);
    for k in 1..40 {
        let k = 3.0 * f64::from(k);
        f *= cube / (k * (k - 1.0));
        g *= cube / (k * (k + 1.0));
        even += f;
        odd += g;
    }
    AT_ZERO * even + SLOPE_AT_ZERO * odd
}

/// `Ai(-x)` as a sum over the two complex directions, in which it is an integral of
/// `exp(-s u^2) cos(u^3 / 3)` with `s = sqrt(x) exp(i pi / 6)`, summed by the trapezoidal rule.
fn oscillating(x: f64) -> f64 {
    let root = x.sqrt();
    let (decay, turn) = (0.75f64.sqrt() * root, 0.5 * root);
    let step = (0.4 / x.powf(0.25)).min(0.1);
    let (mut real, mut imaginary) = (0.5, 0.0);
    for k in 1.. {
        let u = f64::from(k) * step;
        let size = (-decay * u * u).exp();
        if size < 0.1 * f64::EPSILON {
            break;
        }
        let wave = size * (u * u * u / 3.0).cos();
        real += wave * (turn * u * u).cos();
        imaginary -= wave * (turn * u * u).sin();
    }
    let angle = PI / 3.0 - 2.0 / 3.0 * x * root;
    2.0 / PI * step * (angle.cos() * real - angle.sin() * imaginary)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_methods_agree_where_they_meet() {
        for x in [-4.0, -4.5, -5.0] {
            assert!((oscillating(-x) - power_series(x)).abs() < 1e-12, "{x}");
        }
        for x in [1.5, 1.8] {
            assert!((airy_ai(x) - power_series(x)).abs() < 1e-14, "{x}");
        }
    }

    #[test]
    fn known_values() {
        // Tabulated zeros and values.
        assert!(airy_ai(-2.338_107_410_459_767).abs() < 1e-14);
        assert!(airy_ai(-10.040_174_341_558_085).abs() < 1e-13);
        assert!((airy_ai(1.0) - 0.135_292_416_312_881_41).abs() < 1e-15);
    }
}

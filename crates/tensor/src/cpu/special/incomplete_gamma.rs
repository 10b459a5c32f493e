//! The regularised incomplete gamma functions.

use super::gamma::lgamma;
use crate::cpu::number::Real;
use libm::erfc;
use std::f64::consts::PI;

/// The lower function P(a, x).
pub(crate) fn igamma<C: Real>(a: C, x: C) -> C {
    let (a, x) = (a.to_f64(), x.to_f64());
    C::from_f64(match limit(a, x) {
        Some(lower) => lower,
        None if a > LARGE => 0.5 * erfc(-deviation(a, x)) + skew(a, x),
        None if x < a + 1.0 => lower_series(a, x, rest::<C>()),
        None => 1.0 - upper(a, x, rest::<C>()),
    })
}

/// The upper function Q(a, x) = 1 - P(a, x).
pub(crate) fn igammac<C: Real>(a: C, x: C) -> C {
    let (a, x) = (a.to_f64(), x.to_f64());
    C::from_f64(match limit(a, x) {
        Some(lower) => 1.0 - lower,
        None if a > LARGE => 0.5 * erfc(deviation(a, x)) - skew(a, x),
        None if x < a + 1.0 && (a > 1.0 || x < 0.1 * a) => 1.0 - lower_series(a, x, rest::<C>()),
        None => upper(a, x, rest::<C>()),
    })
}

/// What may be left out of a sum beside 1.
fn rest<C>() -> f64 {
    match size_of::<C>() {
        4 => 0.001 * f64::from(f32::EPSILON),
        _ => 0.1 * f64::EPSILON,
    }
}

/// P where an argument is at the end of its range or outside.
fn limit(a: f64, x: f64) -> Option<f64> {
    // NaN is looked at last, as in PyTorch: an end of the range decides by itself.
    match (a, x) {
        _ if a < 0.0 || x < 0.0 => Some(f64::NAN),
        (0.0, _) => Some(if x > 0.0 { 1.0 } else { f64::NAN }),
        (_, 0.0) => Some(0.0),
        (f64::INFINITY, f64::INFINITY) => Some(f64::NAN),
        (f64::INFINITY, _) => Some(0.0),
        (_, f64::INFINITY) => Some(1.0),
        _ => (a.is_nan() || x.is_nan()).then_some(f64::NAN),
    }
}

/// Above it Temme's uniform expansion needs one term only.
const LARGE: f64 = 1e6;

/// How far x is from a, so that the complementary error function of it is twice Q, but for the skew.
fn deviation(a: f64, x: f64) -> f64 {
    let relative = (x - a) / a;
    (a * excess(relative)).sqrt().copysign(relative)
}

fn skew(a: f64, x: f64) -> f64 {
    let relative = (x - a) / a;
    let eta = (2.0 * excess(relative)).sqrt().copysign(relative);
    let slope = match eta.abs() < 1e-4 {
        true => 1.0 / 3.0 - eta / 12.0,
        false => 1.0 / eta - 1.0 / relative,
    };
    slope * (-a * excess(relative)).exp() / (2.0 * PI * a).sqrt()
}

/// `x^a exp(-x) / gamma(a)`.
fn density(a: f64, x: f64) -> f64 {
    if a < 10.0 {
        return (a * x.ln() - x - lgamma(a)).exp();
    }
    // By Stirling's formula, so that the large terms cancel before they are rounded.
    let z = 1.0 / (a * a);
    let series = [
        1.0 / 12.0,
        -1.0 / 360.0,
        1.0 / 1260.0,
        -1.0 / 1680.0,
        1.0 / 1188.0,
        -691.0 / 360360.0,
        1.0 / 156.0,
    ];
    let correction = series.iter().rev().fold(0.0, |sum, c| sum * z + c) / a;
    (a / (2.0 * PI)).sqrt() * (-a * excess((x - a) / a) - correction).exp()
}

/// `m - log(1 + m)` for m above -1.
fn excess(m: f64) -> f64 {
    if m.abs() > 0.3 {
        return m - m.ln_1p();
    }
    let (mut power, mut sum) = (m * m, 0.5 * m * m);
    for k in 3..60 {
        power *= -m;
        let term = power / f64::from(k);
        sum += term;
        if term.abs() < 0.1 * f64::EPSILON * sum {
            break;
        }
    }
    sum
}

fn lower_series(a: f64, x: f64, rest: f64) -> f64 {
    let (mut term, mut sum, mut k) = (1.0, 1.0, a);
    while term > rest * sum {
        k += 1.0;
        term *= x / k;
        sum += term;
    }
    density(a, x) * sum / a
}

fn upper(a: f64, x: f64, rest: f64) -> f64 {
    if x < 1.1 {
        return upper_series(a, x, rest);
    }
    // Lentz's evaluation of the continued fraction.
    const TINY: f64 = 1e-300;
    let mut b = x + 1.0 - a;
    let mut c = 1.0 / TINY;
    let mut d = 1.0 / b;
    let mut fraction = d;
    for k in 1..1_000_000 {
        let k = f64::from(k);
        let factor = k * (a - k);
        b += 2.0;
        d = 1.0 / nonzero(factor * d + b, TINY);
        c = nonzero(b + factor / c, TINY);
        fraction *= d * c;
        if (d * c - 1.0).abs() < 10.0 * rest {
            break;
        }
    }
    density(a, x) * fraction
}

fn nonzero(x: f64, tiny: f64) -> f64 {
    if x == 0.0 { tiny } else { x }
}

/// Q for small x and a, where 1 - P would cancel: `1 - x^a / gamma(1 + a)` and the rest of the series.
fn upper_series(a: f64, x: f64, rest: f64) -> f64 {
    let (mut term, mut sum) = (1.0, 0.0);
    for k in 1..200 {
        let k = f64::from(k);
        term *= -x / k;
        let part = term / (a + k);
        sum += part;
        if part.abs() <= rest * f64::abs(sum) {
            break;
        }
    }
    let log = a * x.ln() - lgamma(a + 1.0);
    -log.exp_m1() - log.exp() * a * sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_orders_are_finite_sums() {
        // Q(n, x) = exp(-x) (1 + x + ... + x^(n-1) / (n-1)!)
        for x in [0.01f64, 0.5, 1.0, 3.0, 9.7, 40.0] {
            let (mut term, mut sum) = (1.0, 0.0);
            for n in 1..20 {
                sum += term;
                term *= x / f64::from(n);
                let (a, want) = (f64::from(n), (-x).exp() * sum);
                assert!(
                    (igammac(a, x) - want).abs() < 1e-13 * want + 1e-300,
                    "{a} {x}"
                );
                assert!(
                    (igamma(a, x) + igammac(a, x) - 1.0).abs() < 1e-14,
                    "{a} {x}"
                );
            }
        }
    }

    #[test]
    fn large_orders_approach_the_normal_distribution() {
        for a in [1e3, 1e9, 1e15] {
            let skewed = 0.5 + 1.0 / (3.0 * (2.0 * PI * a).sqrt());
            assert!((igamma(a, a) - skewed).abs() < 1e-6, "{a}");
        }
    }

    #[test]
    fn the_expansion_continues_the_series() {
        for deviate in [-5.0, -1.0, -0.01, 0.0, 0.3, 4.0] {
            let x = LARGE + deviate * LARGE.sqrt();
            let (series, expansion) = (igamma(LARGE, x), igamma(LARGE.next_up(), x));
            assert!(
                (series / expansion - 1.0).abs() < 1e-8,
                "{deviate}: {series} {expansion}"
            );
        }
    }
}

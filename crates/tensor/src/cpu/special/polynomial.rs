//! Orthogonal polynomials by their recurrences: in `f64`, but overflowing where the argument's type
//! does, since that is part of the result.

use crate::cpu::number::Real;

/// The least number that an `f32` rounds to infinity.
const FIRST_BEYOND_F32: f64 = f32::MAX as f64 + (1u128 << 103) as f64;

/// The degree a number stands for; none where it is negative, NaN or beyond all integers.
fn degree<C: Real>(n: C) -> Option<i64> {
    let n = n.to_f64();
    (n > -1.0 && n < i64::MAX as f64).then_some(n as i64)
}

/// The member of a family that starts with 1 and `first` and goes on by
/// `next(k, p(k-1), p(k-2))`. Ends early once nothing but NaN can follow.
fn recur<C: Real>(degree: i64, first: f64, next: impl Fn(f64, f64, f64) -> f64) -> C {
    let (mut before, mut last) = (1.0, first);
    if degree == 0 {
        return C::from_f64(before);
    }
    let limit = match size_of::<C>() {
        4 => FIRST_BEYOND_F32,
        _ => f64::INFINITY,
    };
    for k in 2..=degree {
        if last.is_nan() {
            break;
        }
        let value = next(k as f64, last, before);
        let overflows = value.abs() >= limit;
        let value = if overflows {
            f64::INFINITY.copysign(value)
        } else {
            value
        };
        (before, last) = (last, value);
    }
    C::from_f64(last)
}

/// How a Chebyshev family starts, and its closed form inside -1..1.
struct Chebyshev {
    first: f64,
    at_one: i64,
    at_minus_one: i64,
    closed_above: i64,
    inside: fn(n: f64, angle: f64) -> f64,
}

fn chebyshev<C: Real>(x: f64, n: i64, family: Chebyshev) -> C {
    if x == 1.0 {
        return C::from_f64(family.at_one as f64);
    }
    if x == -1.0 {
        let sign = if n % 2 == 0 { 1.0 } else { -1.0 };
        return C::from_f64(sign * family.at_minus_one as f64);
    }
    if n > family.closed_above && x.abs() < 1.0 {
        return C::from_f64((family.inside)(n as f64, x.acos()));
    }
    recur(n, family.first, |_, last, before| (x + x) * last - before)
}

/// Chebyshev polynomial of the first kind.
pub(crate) fn chebyshev_t<C: Real>(x: C, n: C) -> C {
    let Some(n) = degree(n) else {
        return C::from_f64(0.0);
    };
    let x = x.to_f64();
    let family = Chebyshev {
        first: x,
        at_one: 1,
        at_minus_one: 1,
        closed_above: 6,
        inside: |n, angle| (n * angle).cos(),
    };
    chebyshev(x, n, family)
}

/// Chebyshev polynomial of the second kind.
pub(crate) fn chebyshev_u<C: Real>(x: C, n: C) -> C {
    let Some(n) = degree(n) else {
        return C::from_f64(0.0);
    };
    let x = x.to_f64();
    let family = Chebyshev {
        first: x + x,
        at_one: n.saturating_add(1),
        at_minus_one: n.saturating_add(1),
        closed_above: 8,
        inside: |n, angle| ((n + 1.0) * angle).sin() / angle.sin(),
    };
    chebyshev(x, n, family)
}

/// Chebyshev polynomial of the third kind.
pub(crate) fn chebyshev_v<C: Real>(x: C, n: C) -> C {
    let Some(n) = degree(n) else {
        return C::from_f64(0.0);
    };
    let x = x.to_f64();
    let family = Chebyshev {
        first: x + x - 1.0,
        at_one: 1,
        at_minus_one: n.saturating_mul(2).saturating_add(1),
        closed_above: 8,
        inside: |n, angle| ((n + 0.5) * angle).cos() / (0.5 * angle).cos(),
    };
    chebyshev(x, n, family)
}

/// Chebyshev polynomial of the fourth kind.
pub(crate) fn chebyshev_w<C: Real>(x: C, n: C) -> C {
    let Some(n) = degree(n) else {
        return C::from_f64(0.0);
    };
    let x = x.to_f64();
    let family = Chebyshev {
        first: x + x + 1.0,
        at_one: n.saturating_mul(2).saturating_add(1),
        at_minus_one: 1,
        closed_above: 8,
        inside: |n, angle| ((n + 0.5) * angle).sin() / (0.5 * angle).sin(),
    };
    chebyshev(x, n, family)
}

/// Hermite polynomial of the physicists.
pub(crate) fn hermite_h<C: Real>(x: C, n: C) -> C {
    let x = x.to_f64();
    hermite(n, x + x, |k, last, before| {
        (x + x) * last - 2.0 * (k - 1.0) * before
    })
}

/// Hermite polynomial of the probabilists.
pub(crate) fn hermite_he<C: Real>(x: C, n: C) -> C {
    let x = x.to_f64();
    hermite(n, x, |k, last, before| x * last - (k - 1.0) * before)
}

/// Beyond a certain degree the values are no floats.
fn hermite<C: Real>(n: C, first: f64, next: impl Fn(f64, f64, f64) -> f64) -> C {
    let limit = if size_of::<C>() == 4 { 128 } else { 512 };
    match degree(n) {
        None => C::from_f64(0.0),
        Some(n) if n > limit => C::from_f64(f64::NAN),
        Some(n) => recur(n, first, next),
    }
}

/// Laguerre polynomial.
pub(crate) fn laguerre_l<C: Real>(x: C, n: C) -> C {
    let x = x.to_f64();
    match degree(n) {
        None => C::from_f64(0.0),
        Some(_) if x == 0.0 => C::from_f64(1.0),
        Some(n) => recur(n, 1.0 - x, |k, last, before| {
            // The quotient does not wait for the members before.
            let part = 1.0 / k;
            (2.0 - part - part * x) * last - (1.0 - part) * before
        }),
    }
}

/// Legendre polynomial.
pub(crate) fn legendre_p<C: Real>(x: C, n: C) -> C {
    let x = x.to_f64();
    match degree(n) {
        None => C::from_f64(0.0),
        Some(n) if x.abs() == 1.0 => C::from_f64(if x > 0.0 || n % 2 == 0 { 1.0 } else { -1.0 }),
        Some(n) => recur(n, x, |k, last, before| {
            let part = 1.0 / k;
            (2.0 - part) * x * last - (1.0 - part) * before
        }),
    }
}

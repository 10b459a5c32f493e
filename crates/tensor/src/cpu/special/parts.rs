//! Numbers taken apart, and parts of derivatives.

/// The mantissa of x, in `0.5..1` or as x where that is zero or not finite.
pub(crate) fn mantissa(x: f64) -> f64 {
    libm::frexp(x).0
}

/// The exponent of 2 that belongs to [`mantissa`].
pub(crate) fn exponent(x: f64) -> f64 {
    if x.is_finite() {
        f64::from(libm::frexp(x).1)
    } else {
        0.0
    }
}

/// The derivative of `a^b` with respect to b, 0 where the power is 0 for all b around.
pub(crate) fn power_slope(a: f64, b: f64) -> f64 {
    if a == 0.0 && b >= 0.0 {
        0.0
    } else {
        a.powf(b) * a.ln()
    }
}

//! Numbers taken apart.

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

//! Functions without rounding.

use super::ROUNDER_F64;

/// The largest quotient of which [`fmod`] is right.
pub(crate) const QUOTIENT_LIMIT: f32 = 5e8;

/// The remainder of the division, with the sign of `a`. Products of the divisor and a quotient of up
/// to 29 bits are exact in `f64`, and so is what they leave.
#[inline(always)]
pub(crate) fn fmod(a: f32, b: f32) -> f32 {
    let (dividend, divisor) = (f64::from(a.abs()), f64::from(b.abs()));
    let quotient = (dividend / divisor + ROUNDER_F64) - ROUNDER_F64;
    let rest = dividend - quotient * divisor;
    // The nearest quotient may be one too large.
    let rest = if rest < 0.0 { rest + divisor } else { rest };
    let is_all = b.is_infinite() && a.is_finite();
    let rest = if is_all { dividend } else { rest };
    (rest as f32).copysign(a)
}

macro_rules! nextafter {
    ($name:ident, $T:ty) => {
        /// The next number on the way from `a` to `b`.
        #[inline(always)]
        pub(crate) fn $name(a: $T, b: $T) -> $T {
            let outward = (b > a) == (a > 0.0);
            let up = <$T>::from_bits(a.to_bits().wrapping_add(1));
            let down = <$T>::from_bits(a.to_bits().wrapping_sub(1));
            let moved = if outward { up } else { down };
            let moved = if a == 0.0 {
                <$T>::from_bits(1).copysign(b)
            } else {
                moved
            };
            let moved = if a == b { b } else { moved };
            if a.is_nan() || b.is_nan() {
                a + b
            } else {
                moved
            }
        }
    };
}
nextafter!(nextafter, f32);
nextafter!(nextafter_f64, f64);

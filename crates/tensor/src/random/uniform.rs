use num_traits::Float;

use super::{DrawFloat, Generator, WideFloat};
use crate::{Element, Error, Result};

/// Fills `out` with numbers uniform in `[low, high)`: `Tensor.uniform_`.
///
/// # Errors
/// If `low > high`, or if the two or their distance do not fit the type.
pub fn uniform<T: DrawFloat>(
    generator: &mut Generator,
    out: &mut [T],
    low: f64,
    high: f64,
) -> Result<()> {
    let (first, end) = (T::from_f64(low), T::from_f64(high));
    let start = T::Wide::from_f64(low);
    let width = T::Wide::from_f64(high) - start;
    let fits = first.is_finite() && end.is_finite() && T::narrow(width).is_finite();
    // Written so that a NaN fails as well.
    if !(low <= high && fits) {
        let got = format!("{low} to {high} in {}", T::DTYPE);
        let expected = "a range from low to high that fits the dtype";
        return Err(Error::argument("uniform", "low and high", got, expected));
    }
    for x in out {
        let drawn = T::narrow(T::Wide::unit(generator).mul_add(width, start));
        // Rounding may reach the end, which does not belong to the range.
        *x = if drawn < end { drawn } else { first };
    }
    Ok(())
}

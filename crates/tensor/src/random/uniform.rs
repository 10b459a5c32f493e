use num_traits::{Float, Zero};

use super::{DrawFloat, Generator, WideFloat};
use crate::cpu::simd::{Level, Simd, Task};
use crate::{Element, Error, Result};

/// Numbers that are drawn together.
const AT_ONCE: usize = 512;

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
    let (mut units, level) = ([T::Wide::zero(); AT_ONCE], Level::current());
    for out in out.chunks_mut(AT_ONCE) {
        let units = &mut units[..out.len()];
        T::Wide::units(generator, units);
        level.run_up_to_avx2(Spread {
            units,
            start,
            width,
            ends: [first, end],
            out,
        });
    }
    Ok(())
}

/// Goes on as after [`uniform`] has filled `count` numbers of the type.
pub fn skip_uniform<T: DrawFloat>(generator: &mut Generator, count: usize) {
    generator.skip(count * T::Wide::WORDS);
}

/// Numbers in `[0, 1)` spread over a range.
struct Spread<'a, T: DrawFloat> {
    units: &'a [T::Wide],
    start: T::Wide,
    width: T::Wide,
    ends: [T; 2],
    out: &'a mut [T],
}

impl<T: DrawFloat> Task for Spread<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let [first, end] = self.ends;
        for (x, unit) in self.out.iter_mut().zip(self.units) {
            let drawn = T::narrow(unit.mul_add(self.width, self.start));
            // Rounding may reach the end, which does not belong to the range.
            *x = if drawn < end { drawn } else { first };
        }
    }
}

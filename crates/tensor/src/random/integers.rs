use super::{Draw, Generator};
use crate::{Error, Result};

/// Ranges from here on take 64 random bits a number.
const WIDE_RANGE: u64 = 1 << 28;

/// Fills `out` with integers from `low` to `high - 1`: `torch.randint`, `Tensor.random_(low, high)`.
///
/// # Errors
/// If the range is empty or does not fit the type.
pub fn randint<T: Draw>(
    generator: &mut Generator,
    out: &mut [T],
    low: i64,
    high: i64,
) -> Result<()> {
    if low >= high {
        return Err(empty_range(low, high));
    }
    check_bound::<T>(low)?;
    check_bound::<T>(high - 1)?;
    fill(generator, out, low, high.wrapping_sub(low) as u64);
    Ok(())
}

/// Fills `out` with integers from `low` to the largest of the type: `Tensor.random_(low, None)`.
///
/// For floating-point types the largest is the last integer below which all can be written.
///
/// # Errors
/// If `low` does not fit the type.
pub fn randint_from<T: Draw>(generator: &mut Generator, out: &mut [T], low: i64) -> Result<()> {
    check_bound::<T>(low)?;
    if low > T::LARGEST {
        return Err(empty_range(low, T::LARGEST));
    }
    if low == i64::MIN {
        random_full_64_bits(generator, out);
    } else {
        fill(generator, out, low, T::LARGEST.wrapping_sub(low) as u64 + 1);
    }
    Ok(())
}

/// Fills `out` with whole numbers from 0 to the largest of the type: `Tensor.random_()`.
///
/// For floating-point types the largest is the last integer below which all can be written.
pub fn random_full<T: Draw>(generator: &mut Generator, out: &mut [T]) {
    out.iter_mut().for_each(|x| *x = T::full(generator));
}

/// Fills `out` with 64 random bits each, read as a signed number.
pub fn random_full_64_bits<T: Draw>(generator: &mut Generator, out: &mut [T]) {
    out.iter_mut()
        .for_each(|x| *x = T::from_i64(generator.next_u64() as i64));
}

/// Fills `out` with the numbers from 0 to `out.len() - 1` in random order: `torch.randperm`.
pub fn randperm(generator: &mut Generator, out: &mut [i64]) {
    // Beyond this length the remainder of 32 bits would favour the front visibly.
    const LONG: usize = u32::MAX as usize / 20;

    let n = out.len();
    out.iter_mut().zip(0..).for_each(|(x, i)| *x = i);
    for i in 0..n.saturating_sub(1) {
        let random = if n < LONG {
            generator.next_u32().into()
        } else {
            generator.next_u64()
        };
        out.swap(i, i + (random % (n - i) as u64) as usize);
    }
}

fn fill<T: Draw>(generator: &mut Generator, out: &mut [T], low: i64, range: u64) {
    let mut each = |random: fn(&mut Generator) -> u64| {
        for x in &mut *out {
            *x = T::from_i64(low.wrapping_add((random(generator) % range) as i64));
        }
    };
    if range < WIDE_RANGE {
        each(|g| g.next_u32().into())
    } else {
        each(Generator::next_u64)
    }
}

fn check_bound<T: Draw>(bound: i64) -> Result<()> {
    let (smallest, largest) = T::BOUNDS;
    if (smallest..=largest).contains(&bound) {
        return Ok(());
    }
    let got = format!("{bound} for {}", T::DTYPE);
    Err(Error::argument(
        "randint",
        "every number",
        got,
        "in the range of the dtype",
    ))
}

fn empty_range(low: i64, high: i64) -> Error {
    Error::argument(
        "randint",
        "low",
        format!("{low} with high {high}"),
        "less than high",
    )
}

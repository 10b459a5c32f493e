use std::f64::consts::PI;

use num_traits::Zero;

use super::normal_block::Block;
use super::{Draw, DrawFloat, Generator, WideFloat};
use crate::{Element, Error, Result};

/// Numbers in a block.
const BLOCK: usize = 16;
/// Blocks that are transformed together; their numbers fit the first-level cache.
const AT_ONCE: usize = 64;

/// Fills `out` with normal numbers, as PyTorch fills a contiguous tensor: `Tensor.normal_`.
///
/// Sixteen and more numbers are made in blocks, fewer in pairs by [`normal_each`]; the two use
/// the stream differently.
///
/// # Errors
/// If `std` is negative.
pub fn normal<T: DrawFloat>(
    generator: &mut Generator,
    out: &mut [T],
    mean: f64,
    std: f64,
) -> Result<()> {
    if out.len() < BLOCK {
        return normal_each(generator, out, mean, std);
    }
    check_std(std)?;
    let (mean, std) = (T::Wide::from_f64(mean), T::Wide::from_f64(std));
    for blocks in out.as_chunks_mut().0.chunks_mut(AT_ONCE) {
        fill(generator, blocks, mean, std);
    }
    let rest = out.len() % BLOCK;
    if rest != 0
        && let Some(numbers) = out.last_chunk_mut()
    {
        // The last block overlaps the one before. PyTorch has drawn a number for each of the rest
        // by then, except in the half types.
        if size_of::<T>() == size_of::<T::Wide>() {
            for _ in 0..rest {
                T::Wide::unit(generator);
            }
        }
        fill(generator, std::slice::from_mut(numbers), mean, std);
    }
    Ok(())
}

/// Goes on as after [`normal`] has filled `count` numbers of the type.
pub fn skip_normal<T: DrawFloat>(generator: &mut Generator, count: usize) {
    if count < BLOCK {
        for _ in 0..count {
            next_normal(generator);
        }
        return;
    }
    let rest = count % BLOCK;
    let again = match rest {
        0 => 0,
        _ if size_of::<T>() == size_of::<T::Wide>() => BLOCK,
        _ => BLOCK - rest,
    };
    generator.skip((count + again) * T::Wide::WORDS);
}

fn fill<T: DrawFloat>(
    generator: &mut Generator,
    out: &mut [Block<T>],
    mean: T::Wide,
    std: T::Wide,
) {
    let mut buffer = [[T::Wide::zero(); BLOCK]; AT_ONCE];
    let blocks = &mut buffer[..out.len()];
    T::Wide::units(generator, blocks.as_flattened_mut());
    T::Wide::normal_blocks(blocks, mean, std);
    for (out, block) in out.iter_mut().zip(blocks) {
        *out = block.map(T::narrow);
    }
}

/// Fills `out` with normal numbers in pairs, as PyTorch fills few numbers, or strided memory.
///
/// The pair is `r cos(t)`, `r sin(t)` with `r = sqrt(-2 log1p(-u2))` and `t = 2 pi u1`; the
/// generator keeps the second number for the next call.
///
/// # Errors
/// If `std` is negative.
pub fn normal_each<T: Draw>(
    generator: &mut Generator,
    out: &mut [T],
    mean: f64,
    std: f64,
) -> Result<()> {
    check_std(std)?;
    for x in out {
        *x = T::from_f64(next_normal(generator).mul_add(std, mean));
    }
    Ok(())
}

/// The next standard normal number of the pairs.
pub(super) fn next_normal(generator: &mut Generator) -> f64 {
    if let Some(kept) = generator.kept_normal.take() {
        return kept;
    }
    let u1 = f64::unit(generator);
    let u2 = f64::unit(generator);
    let radius = (-2.0 * (-u2).ln_1p()).sqrt();
    let (sin, cos) = (2.0 * PI * u1).sin_cos();
    generator.kept_normal = Some(radius * sin);
    radius * cos
}

fn check_std(std: f64) -> Result<()> {
    if std >= 0.0 {
        return Ok(());
    }
    Err(Error::argument("normal", "std", std, "0 or more"))
}

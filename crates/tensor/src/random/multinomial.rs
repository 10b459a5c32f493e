use num_traits::{Float, Zero};

use super::{DrawFloat, Generator, WideFloat, exponential};
use crate::{Error, Result};

const OP: &str = "multinomial";

/// Draws categories by their weights, row by row: `torch.multinomial`.
///
/// `weights` holds rows of `categories` non-negative numbers that need not sum to one; `out` holds
/// as many rows, of indices. Without `replacement` no index comes twice in a row.
///
/// # Errors
/// If there are no categories, if a slice is no whole number of rows, if a row of `out` is empty or
/// longer than `categories` without replacement, or if weights are negative, not finite, or all
/// zero in a row.
pub fn multinomial<T: DrawFloat>(
    generator: &mut Generator,
    out: &mut [i64],
    weights: &[T],
    categories: usize,
    replacement: bool,
) -> Result<()> {
    let samples = samples_per_row(out, weights, categories, replacement)?;
    weights.chunks_exact(categories).try_for_each(check_row)?;
    if replacement && samples > 1 {
        for (out, row) in out
            .chunks_exact_mut(samples)
            .zip(weights.chunks_exact(categories))
        {
            with_replacement(generator, out, row);
        }
        return Ok(());
    }
    // The largest quotients of weights and exponential numbers are a draw without replacement.
    let mut scores = vec![T::zero(); weights.len()];
    exponential(generator, &mut scores, 1.0)?;
    scores
        .iter_mut()
        .zip(weights)
        .for_each(|(score, &weight)| *score = weight / *score);
    for (out, scores) in out
        .chunks_exact_mut(samples)
        .zip(scores.chunks_exact(categories))
    {
        largest(out, scores);
    }
    Ok(())
}

/// Fills `out` with the indices of the largest numbers, largest first; NaN is larger than all.
fn largest<T: Float>(out: &mut [i64], row: &[T]) {
    let mut order: Vec<usize> = (0..row.len()).collect();
    order.sort_by(|&a, &b| {
        let by_value = row[b].partial_cmp(&row[a]);
        by_value.unwrap_or_else(|| row[b].is_nan().cmp(&row[a].is_nan()))
    });
    out.iter_mut()
        .zip(order)
        .for_each(|(out, index)| *out = index as i64);
}

/// Looks uniform numbers up in the running sums of the weights.
fn with_replacement<T: DrawFloat>(generator: &mut Generator, out: &mut [i64], row: &[T]) {
    let mut sum = T::Wide::zero();
    let sums: Vec<T::Wide> = row
        .iter()
        .map(|&weight| {
            sum = sum + weight.widen();
            sum
        })
        .collect();
    // The last share is one whatever the rounding, so that every number finds a place.
    let shares: Vec<f64> = sums[..row.len() - 1]
        .iter()
        .map(|&part| (part / sum).into())
        .collect();
    for index in out {
        let point = f64::unit(generator);
        *index = shares.partition_point(|&share| share < point) as i64;
    }
}

/// The length of the rows of `out`, which is not zero unless there are no rows.
fn samples_per_row<T>(
    out: &[i64],
    weights: &[T],
    categories: usize,
    replacement: bool,
) -> Result<usize> {
    if categories == 0 {
        return Err(Error::argument(
            OP,
            "the number of categories",
            categories,
            "1 or more",
        ));
    }
    let rows = weights.len() / categories;
    if !weights.len().is_multiple_of(categories) {
        let expected = format!("rows of {categories} weights");
        return Err(Error::shape(OP, [weights.len()], expected));
    }
    if rows == 0 && out.is_empty() {
        return Ok(1);
    }
    if rows == 0 || !out.len().is_multiple_of(rows) {
        return Err(Error::shape(
            OP,
            [out.len()],
            format!("{rows} rows of samples"),
        ));
    }
    let samples = out.len() / rows;
    if samples == 0 {
        return Err(Error::argument(
            OP,
            "the number of samples",
            samples,
            "1 or more",
        ));
    }
    if !replacement && samples > categories {
        let expected = "at most the number of categories without replacement";
        return Err(Error::argument(
            OP,
            "the number of samples",
            samples,
            expected,
        ));
    }
    Ok(samples)
}

fn check_row<T: DrawFloat>(row: &[T]) -> Result<()> {
    let mut sum = 0.0;
    for weight in row {
        let weight: f64 = weight.widen().into();
        if !(weight >= 0.0 && weight.is_finite()) {
            return Err(Error::argument(
                OP,
                "a weight",
                weight,
                "finite and not negative",
            ));
        }
        sum += weight;
    }
    if sum == 0.0 {
        return Err(Error::argument(
            OP,
            "the sum of the weights",
            sum,
            "more than 0",
        ));
    }
    Ok(())
}

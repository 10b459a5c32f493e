//! Distributions that are one formula of a uniform number, computed in `f64` for every type.

use std::f64::consts::PI;

use super::normal::next_normal;
use super::{Draw, DrawFloat, Generator, WideFloat};
use crate::{Error, Result};

/// Fills `out` with ones of probability `p`, zeros elsewhere: `Tensor.bernoulli_(p)`.
///
/// # Errors
/// If `p` is not from 0 to 1.
pub fn bernoulli<T: Draw>(generator: &mut Generator, out: &mut [T], p: f64) -> Result<()> {
    check("bernoulli", "p", "from 0 to 1", p, (0.0..=1.0).contains(&p))?;
    each(generator, out, |g| f64::from(f64::unit(g) < p));
    Ok(())
}

/// Fills `out` with ones, each with the probability at its place in `p`: `torch.bernoulli`.
///
/// Each number is drawn in the precision of `p` (the half types in that of `f32`), so that `f32`
/// probabilities use half as much of the stream as `f64` ones.
///
/// # Errors
/// If a probability is not from 0 to 1, or if the lengths differ.
pub fn bernoulli_each<T: Draw, P: DrawFloat>(
    generator: &mut Generator,
    out: &mut [T],
    p: &[P],
) -> Result<()> {
    if p.len() != out.len() {
        return Err(Error::shape(
            "bernoulli",
            [p.len()],
            format!("{} probabilities", out.len()),
        ));
    }
    for &p in p {
        let p: f64 = p.widen().into();
        check("bernoulli", "p", "from 0 to 1", p, (0.0..=1.0).contains(&p))?;
    }
    for (x, &p) in out.iter_mut().zip(p) {
        let drawn = P::Wide::unit(generator) < p.widen();
        *x = T::from_i64(drawn.into());
    }
    Ok(())
}

/// Fills `out` with exponential numbers of rate `lambda`: `-ln(1 - u) / lambda`.
///
/// # Errors
/// If `lambda` is not positive.
pub fn exponential<T: DrawFloat>(
    generator: &mut Generator,
    out: &mut [T],
    lambda: f64,
) -> Result<()> {
    check("exponential", "lambda", "more than 0", lambda, lambda > 0.0)?;
    each(generator, out, |g| -1.0 / lambda * (-f64::unit(g)).ln_1p());
    Ok(())
}

/// Fills `out` with numbers of trials until the first success: `ceil(ln(u) / ln(1 - p))`.
///
/// # Errors
/// If `p` is not between 0 and 1.
pub fn geometric<T: Draw>(generator: &mut Generator, out: &mut [T], p: f64) -> Result<()> {
    check("geometric", "p", "between 0 and 1", p, p > 0.0 && p < 1.0)?;
    each(generator, out, |g| {
        (f64::unit(g).ln() / (-p).ln_1p()).ceil()
    });
    Ok(())
}

/// Fills `out` with Cauchy numbers: `median + sigma tan(pi (u - 1/2))`.
///
/// # Errors
/// If `sigma` is not positive.
pub fn cauchy<T: DrawFloat>(
    generator: &mut Generator,
    out: &mut [T],
    median: f64,
    sigma: f64,
) -> Result<()> {
    check("cauchy", "sigma", "more than 0", sigma, sigma > 0.0)?;
    each(generator, out, |g| {
        sigma.mul_add((PI * (f64::unit(g) - 0.5)).tan(), median)
    });
    Ok(())
}

/// Fills `out` with numbers whose logarithm is normal with `mean` and `std`.
///
/// # Errors
/// If `std` is not positive.
pub fn log_normal<T: DrawFloat>(
    generator: &mut Generator,
    out: &mut [T],
    mean: f64,
    std: f64,
) -> Result<()> {
    check("log_normal", "std", "more than 0", std, std > 0.0)?;
    each(generator, out, |g| next_normal(g).mul_add(std, mean).exp());
    Ok(())
}

fn each<T: Draw>(
    generator: &mut Generator,
    out: &mut [T],
    formula: impl Fn(&mut Generator) -> f64,
) {
    out.iter_mut()
        .for_each(|x| *x = T::from_f64(formula(generator)));
}

fn check(
    op: &'static str,
    parameter: &'static str,
    expected: &'static str,
    value: f64,
    holds: bool,
) -> Result<()> {
    if holds {
        Ok(())
    } else {
        Err(Error::argument(op, parameter, value, expected))
    }
}

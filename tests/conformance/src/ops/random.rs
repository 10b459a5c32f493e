//! Random numbers; `rng/draws` also calls methods in place, as `Tensor.name_`.

use super::create::{options, options_like};
use super::ops;
use crate::argument::Argument;
use crate::call::{Call, Given, KEYWORD};
use crate::tensor::{Error, Operand, Tensor};

/// The sizes, one by one or as a sequence.
fn size(c: &Call, position: usize) -> Given<Vec<usize>> {
    c.rest_ints("size", position)
}

/// A tensor with the shape of `input`, that of the options in everything else.
fn like(c: &Call) -> Given<Tensor> {
    c.only_row_major()?;
    Ok(options_like(c)?.empty(&c.input()?.shape())?)
}

/// `randint(high, size)` or `randint(low, high, size)`.
fn randint(c: &Call) -> Given<Tensor> {
    let (low, high, position) = match c.argument("size", 1) {
        Some(Argument::Int(_)) => (c.int("low", 0)?, c.int("high", 1)?, 2),
        _ => (0, c.int("high", 0)?, 1),
    };
    Ok(options(c)?.randint(low, high, &c.ints("size", position)?)?)
}

/// `randint_like(input, high)` or `randint_like(input, low, high)`.
fn randint_like(c: &Call) -> Given<Tensor> {
    let (low, high) = match c.has("high", 2) {
        true => (c.int("low", 1)?, c.int("high", 2)?),
        false => (0, c.int("high", 1)?),
    };
    Ok(like(c)?.randint_like(low, high)?)
}

/// `random_()`, `random_(to)` or `random_(from, to)`.
fn random(c: &Call) -> Given<Tensor> {
    let (low, high) = match c.positional() {
        1 => (0, None),
        2 => (0, Some(c.int("to", 1)?)),
        _ => (c.int("from", 1)?, c.opt_int("to", 2)?),
    };
    in_place(c, |x| x.random_(low, high))
}

fn in_place(c: &Call, change: impl FnOnce(&mut Tensor) -> Result<(), Error>) -> Given<Tensor> {
    let mut x = c.input()?;
    change(&mut x)?;
    Ok(x)
}

fn normal_in_place(c: &Call) -> Given<Tensor> {
    let (mean, std) = (c.float_or("mean", 1, 0.0)?, c.float_or("std", 2, 1.0)?);
    in_place(c, |x| x.normal_(mean, std))
}

/// A tensor and numbers mean the method in place, numbers and a size make a tensor.
fn normal(c: &Call) -> Given<Tensor> {
    match (c.operand("mean", 0)?, c.positional()) {
        (Operand::Tensor(_), 3) => normal_in_place(c),
        (Operand::Scalar(first), 3) => {
            // In `ops/`, unlike in `rng/draws`, the deviation comes first.
            let (first, second) = (first.to_f64(), c.float("std", 1)?);
            let (mean, std) = match c.has("dtype", KEYWORD) {
                true => (second, first),
                false => (first, second),
            };
            Ok(options(c)?.normal(mean, std, &c.ints("size", 2)?)?)
        }
        // So does it beside a tensor of means.
        (Operand::Scalar(std), _) => Ok(Tensor::normal(c.operand("mean", 1)?, std)?),
        (mean, _) => Ok(Tensor::normal(mean, c.operand("std", 1)?)?),
    }
}

/// The probability, and whether to drop at all.
fn dropout(c: &Call, drop: fn(&Tensor, f64, bool) -> Result<Tensor, Error>) -> Given<Tensor> {
    let training = c.bool_or("training", 2, true)?;
    c.only("inplace", 3, &Argument::Bool(false))?;
    Ok(drop(&c.input()?, c.float_or("p", 1, 0.5)?, training)?)
}

/// Unlike its siblings, drops nothing unless told so.
fn alpha_dropout(c: &Call, drop: fn(&Tensor, f64, bool) -> Result<Tensor, Error>) -> Given<Tensor> {
    let training = c.bool_or("training", 2, false)?;
    c.only("inplace", 3, &Argument::Bool(false))?;
    Ok(drop(&c.input()?, c.float_or("p", 1, 0.5)?, training)?)
}

/// Without a batch, a dimension of one is there for the time of the call.
fn dropout3d(x: &Tensor, p: f64, training: bool) -> Result<Tensor, Error> {
    match x.dim() {
        5 => x.feature_dropout(p, training),
        _ => x
            .unsqueeze(0)?
            .feature_dropout(p, training)?
            .squeeze_dims(&[0]),
    }
}

ops! {
    "nn.functional.rrelu" => |c| {
        c.bool_or("inplace", 4, false)?;
        rushlight_nn::functional::rrelu(
            &c.input()?,
            c.float_or("lower", 1, 1.0 / 8.0)?,
            c.float_or("upper", 2, 1.0 / 3.0)?,
            c.bool_or("training", 3, false)?,
        )
    };
    "rand" => |c| options(c)?.rand(&size(c, 0)?);
    "randn" => |c| options(c)?.randn(&size(c, 0)?);
    "randint" => |c| randint(c);
    "randperm" => |c| options(c)?.randperm(c.int("n", 0)?);
    "rand_like" => |c| like(c)?.rand_like();
    "randn_like" => |c| like(c)?.randn_like();
    "randint_like" => |c| randint_like(c);
    "normal" => |c| normal(c);
    "bernoulli" => |c| c.input()?.bernoulli();
    "multinomial" => |c| c.input()?.multinomial(c.int("num_samples", 1)?, c.bool_or("replacement", 2, false)?);

    "uniform" | "Tensor.uniform_" => |c| { let (low, high) = (c.float_or("from", 1, 0.0)?, c.float_or("to", 2, 1.0)?); in_place(c, |x| x.uniform_(low, high)) };
    "Tensor.normal_" => |c| normal_in_place(c);
    "log_normal" | "Tensor.log_normal_" => |c| { let (mean, std) = (c.float_or("mean", 1, 1.0)?, c.float_or("std", 2, 2.0)?); in_place(c, |x| x.log_normal_(mean, std)) };
    "cauchy" | "Tensor.cauchy_" => |c| { let (median, sigma) = (c.float_or("median", 1, 0.0)?, c.float_or("sigma", 2, 1.0)?); in_place(c, |x| x.cauchy_(median, sigma)) };
    "exponential" | "Tensor.exponential_" => |c| { let lambda = c.float_or("lambd", 1, 1.0)?; in_place(c, |x| x.exponential_(lambda)) };
    "geometric" | "Tensor.geometric_" => |c| { let p = c.float("p", 1)?; in_place(c, |x| x.geometric_(p)) };
    "Tensor.bernoulli_" => |c| { let p = c.operand("p", 1)?; in_place(c, |x| x.bernoulli_(p)) };
    "Tensor.random_" => |c| random(c);

    "native_dropout_backward" => |c| c.input()?.native_dropout_backward(&c.tensor("mask", 1)?, c.float("scale", 2)?);
    "nn.functional.dropout" => |c| dropout(c, Tensor::dropout);
    "nn.functional.dropout2d" => |c| dropout(c, Tensor::feature_dropout);
    "nn.functional.dropout3d" => |c| dropout(c, dropout3d);
    "nn.functional.alpha_dropout" => |c| alpha_dropout(c, Tensor::alpha_dropout);
    "nn.functional.feature_alpha_dropout" => |c| alpha_dropout(c, Tensor::feature_alpha_dropout);
}

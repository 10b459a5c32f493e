//! Scans, and differences and sums of neighbours.

use super::ops;
use crate::call::{Call, Given, KEYWORD};
use crate::tensor::{Operand, Spacing, Tensor};

/// The input in the `dtype` that is asked for: PyTorch converts before it adds up, and to the same
/// dtype again, which integers would otherwise leave.
fn scanned(
    c: &Call,
    scan: impl Fn(&Tensor, isize) -> rushlight_autograd::Result<Tensor>,
) -> Given<Tensor> {
    let (x, dim) = (c.input()?, c.int("dim", 1)?);
    Ok(match c.opt_dtype("dtype", KEYWORD)? {
        Some(dtype) => scan(&x.to_dtype(dtype)?, dim)?.to_dtype(dtype)?,
        None => scan(&x, dim)?,
    })
}

fn integral(
    c: &Call,
    rule: impl Fn(&Tensor, Spacing<'_>, isize) -> rushlight_autograd::Result<Tensor>,
) -> Given<Tensor> {
    let dim = c.int_or("dim", KEYWORD, -1)?;
    Ok(match c.opt_tensor("x", 1)? {
        Some(points) => rule(&c.input()?, Spacing::At(&points), dim)?,
        None => rule(
            &c.input()?,
            Spacing::Even(c.float_or("dx", KEYWORD, 1.0)?),
            dim,
        )?,
    })
}

/// The spacing of each dimension: one number for all, or a list of numbers or of coordinates.
fn slopes(c: &Call) -> Given<Vec<Tensor>> {
    let (x, dims) = (c.input()?, c.opt_ints("dim", KEYWORD)?.unwrap_or_default());
    let count = if dims.is_empty() { x.dim() } else { dims.len() };
    let given = match c.argument("spacing", KEYWORD) {
        None => Vec::new(),
        Some(list) if list.items().is_some() => c.get::<Vec<Operand>>("spacing", KEYWORD)?,
        Some(_) => vec![c.operand("spacing", KEYWORD)?; count],
    };
    let spacing: Vec<Spacing> = given
        .iter()
        .map(|given| match given {
            Operand::Tensor(points) => Spacing::At(points),
            Operand::Scalar(distance) => Spacing::Even(distance.to_f64()),
        })
        .collect();
    Ok(x.gradient(&spacing, &dims, c.int_or("edge_order", KEYWORD, 1)?)?)
}

ops! {
    "cumsum" => |c| scanned(c, Tensor::cumsum);
    "cumprod" => |c| scanned(c, Tensor::cumprod);
    "logcumsumexp" => |c| c.input()?.logcumsumexp(c.int("dim", 1)?);
    "cummax" => |c| c.input()?.cummax(c.int("dim", 1)?);
    "cummin" => |c| c.input()?.cummin(c.int("dim", 1)?);
    "diff" => |c| c.input()?.diff(c.int_or("n", 1, 1)?, c.int_or("dim", 2, -1)?, c.opt_tensor("prepend", 3)?.as_ref(), c.opt_tensor("append", 4)?.as_ref());
    "gradient" => |c| slopes(c);
    "trapezoid" | "trapz" => |c| integral(c, |y, x, dim| y.trapezoid(x, dim));
    "cumulative_trapezoid" => |c| integral(c, |y, x, dim| y.cumulative_trapezoid(x, dim));
}

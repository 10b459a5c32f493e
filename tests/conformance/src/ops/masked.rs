//! Operations that see what a mask leaves visible.

use super::ops;
use crate::call::{Call, Given, KEYWORD};
use crate::tensor::{Tensor, masked};

type Mask<'a> = Option<&'a Tensor>;

fn mask(c: &Call) -> Given<Option<Tensor>> {
    c.opt_tensor("mask", KEYWORD)
}

fn dims(c: &Call, position: usize) -> Given<Vec<isize>> {
    Ok(c.opt_ints("dim", position)?.unwrap_or_default())
}

fn keepdim(c: &Call) -> Given<bool> {
    c.bool_or("keepdim", KEYWORD, false)
}

/// A reduction over some dimensions or all.
fn reduced(
    c: &Call,
    reduce: impl Fn(&Tensor, &[isize], bool, Mask) -> rushlight_autograd::Result<Tensor>,
) -> Given<Tensor> {
    let mask = mask(c)?;
    Ok(reduce(
        &c.input()?,
        &dims(c, 1)?,
        keepdim(c)?,
        mask.as_ref(),
    )?)
}

/// The index of an extreme, which PyTorch gives the dtype of the input unless told otherwise.
fn found(
    c: &Call,
    find: impl Fn(&Tensor, Option<isize>, bool, Mask) -> rushlight_autograd::Result<Tensor>,
) -> Given<Tensor> {
    let (x, mask) = (c.input()?, mask(c)?);
    let index = find(&x, c.opt_int("dim", 1)?, keepdim(c)?, mask.as_ref())?;
    Ok(index.to_dtype(x.dtype())?)
}

/// An operation along one dimension.
fn along(
    c: &Call,
    of: impl Fn(&Tensor, isize, Mask) -> rushlight_autograd::Result<Tensor>,
) -> Given<Tensor> {
    let mask = mask(c)?;
    Ok(of(&c.input()?, c.int("dim", 1)?, mask.as_ref())?)
}

/// A variance or standard deviation.
fn spread(
    c: &Call,
    of: impl Fn(&Tensor, &[isize], f64, bool, Mask) -> rushlight_autograd::Result<Tensor>,
) -> Given<Tensor> {
    let mask = mask(c)?;
    let unbiased = c.bool_or("unbiased", 2, true)?;
    let correction = c.float_or("correction", KEYWORD, f64::from(unbiased))?;
    let (x, dims, keepdim) = (c.input()?, dims(c, 1)?, keepdim(c)?);
    Ok(of(&x, &dims, correction, keepdim, mask.as_ref())?)
}

/// Of integers, PyTorch's result is an integer again.
fn logsumexp(c: &Call) -> Given<Tensor> {
    let dtype = c.input()?.dtype();
    Ok(reduced(c, masked::logsumexp)?.to_dtype(dtype)?)
}

ops! {
    "masked.sum" => |c| reduced(c, masked::sum);
    "masked.prod" => |c| reduced(c, masked::prod);
    "masked.mean" => |c| reduced(c, masked::mean);
    "masked.amax" => |c| reduced(c, masked::amax);
    "masked.amin" => |c| reduced(c, masked::amin);
    "masked.argmax" => |c| found(c, masked::argmax);
    "masked.argmin" => |c| found(c, masked::argmin);
    "masked.logsumexp" => |c| logsumexp(c);
    "masked.var" => |c| spread(c, masked::var);
    "masked.std" => |c| spread(c, masked::std);
    "masked.median" => |c| { let mask = mask(c)?; masked::median(&c.input()?, c.int_or("dim", 1, -1)?, keepdim(c)?, mask.as_ref()) };
    "masked.norm" => |c| { let mask = mask(c)?; masked::norm(&c.input()?, c.float_or("ord", 1, 2.0)?, &dims(c, 2)?, keepdim(c)?, mask.as_ref()) };

    "masked.cumsum" => |c| along(c, masked::cumsum);
    "masked.cumprod" => |c| along(c, masked::cumprod);
    "masked.softmax" => |c| along(c, masked::softmax);
    "masked.log_softmax" => |c| along(c, masked::log_softmax);
    "masked.softmin" => |c| along(c, masked::softmin);
    "masked.normalize" => |c| { let mask = mask(c)?; masked::normalize(&c.input()?, c.float("ord", 1)?, c.int("dim", 2)?, c.float_or("eps", KEYWORD, 1e-12)?, mask.as_ref()) };
    "masked.logaddexp" => |c| {
        let (own, other) = (c.opt_tensor("input_mask", KEYWORD)?, c.opt_tensor("other_mask", KEYWORD)?);
        masked::logaddexp(&c.input()?, &c.tensor("other", 1)?, own.as_ref(), other.as_ref())
    };
}

//! Reductions of what a mask leaves visible, over the given dimensions, all of them where the list is
//! empty.

use super::{filled, highest, lowest, visible};
use crate::{Error, Result, Tensor};
use rushlight_tensor::ops::rules;

/// The sum; integers and booleans add up to `i64`.
pub fn sum(x: &Tensor, dims: &[isize], keepdim: bool, mask: Option<&Tensor>) -> Result<Tensor> {
    filled("masked.sum", x, mask, 0)?.sum_dim(dims, keepdim)
}

/// The product; that of integers and booleans is `i64`.
pub fn prod(x: &Tensor, dims: &[isize], keepdim: bool, mask: Option<&Tensor>) -> Result<Tensor> {
    const OP: &str = "masked.prod";
    let reduced = rules::dim_mask(OP, dims, &x.shape())?;
    let mut y = filled(OP, x, mask, 1)?;
    if reduced.is_empty() {
        return y.prod();
    }
    // From the last dimension on, so that those to come keep their numbers.
    for dim in (0..reduced.len()).rev().filter(|&dim| reduced[dim]) {
        y = y.prod_dim(dim as isize, keepdim)?;
    }
    Ok(y)
}

/// The mean of floating-point numbers; NaN where none is visible.
pub fn mean(x: &Tensor, dims: &[isize], keepdim: bool, mask: Option<&Tensor>) -> Result<Tensor> {
    const OP: &str = "masked.mean";
    let fits = x.is_floating_point();
    rules::dtype(OP, x.dtype(), fits, "a floating-point dtype")?;
    sum(x, dims, keepdim, mask)? / count(OP, x, mask)?.sum_dim(dims, keepdim)?
}

/// The largest elements; those that tie share the gradient.
pub fn amax(x: &Tensor, dims: &[isize], keepdim: bool, mask: Option<&Tensor>) -> Result<Tensor> {
    filled("masked.amax", x, mask, lowest(x.dtype()))?.amax_dim(dims, keepdim)
}

/// The smallest elements; those that tie share the gradient.
pub fn amin(x: &Tensor, dims: &[isize], keepdim: bool, mask: Option<&Tensor>) -> Result<Tensor> {
    filled("masked.amin", x, mask, highest(x.dtype()))?.amin_dim(dims, keepdim)
}

/// The indices of the largest elements along a dimension, of several the first; without one, the
/// row-major position among all. Unlike in PyTorch, whose indices have the dtype of `x`, they are `i64`.
pub fn argmax(
    x: &Tensor,
    dim: Option<isize>,
    keepdim: bool,
    mask: Option<&Tensor>,
) -> Result<Tensor> {
    let x = filled("masked.argmax", x, mask, lowest(x.dtype()))?;
    match dim {
        Some(dim) => x.argmax_dim(dim, keepdim),
        None => of_all(&x, x.argmax()?, keepdim),
    }
}

/// The indices of the smallest elements, as [`argmax`] finds the largest.
pub fn argmin(
    x: &Tensor,
    dim: Option<isize>,
    keepdim: bool,
    mask: Option<&Tensor>,
) -> Result<Tensor> {
    let x = filled("masked.argmin", x, mask, highest(x.dtype()))?;
    match dim {
        Some(dim) => x.argmin_dim(dim, keepdim),
        None => of_all(&x, x.argmin()?, keepdim),
    }
}

/// The median along a dimension, of two the lower; NaN where nothing but NaN is visible.
///
/// Integers have none there, which is an error.
pub fn median(x: &Tensor, dim: isize, keepdim: bool, mask: Option<&Tensor>) -> Result<Tensor> {
    const OP: &str = "masked.median";
    let wide = x.to_dtype(x.dtype().to_float())?;
    let (y, _) = filled(OP, &wide, mask, f64::NAN)?.nanmedian_dim(dim, keepdim)?;
    if !x.is_floating_point() && y.isnan()?.any()?.item()? != 0.0 {
        let expected = "a visible integer in every line";
        return Err(Error::argument(OP, "mask", "a line without one", expected));
    }
    y.to_dtype(x.dtype())
}

/// The `p`-norm: the root of order `p` of the sum of the powers of order `p` of the magnitudes.
pub fn norm(
    x: &Tensor,
    p: f64,
    dims: &[isize],
    keepdim: bool,
    mask: Option<&Tensor>,
) -> Result<Tensor> {
    // The norm of order negative infinity is the smallest magnitude.
    let neutral = match p {
        f64::NEG_INFINITY => f64::INFINITY,
        _ => 0.0,
    };
    let fits = x.is_floating_point();
    rules::dtype("masked.norm", x.dtype(), fits, "a floating-point dtype")?;
    filled("masked.norm", x, mask, neutral)?.vector_norm(p, dims, keepdim)
}

/// `log(sum(exp(x)))`, without overflow. As in PyTorch, hidden elements of type `u8` count as 0.
pub fn logsumexp(
    x: &Tensor,
    dims: &[isize],
    keepdim: bool,
    mask: Option<&Tensor>,
) -> Result<Tensor> {
    filled("masked.logsumexp", x, mask, lowest(x.dtype()))?.logsumexp(dims, keepdim)
}

/// The variance: the sum of squared distances from the mean, divided by the number of visible elements
/// less `correction`, which PyTorch makes 1.
pub fn var(
    x: &Tensor,
    dims: &[isize],
    correction: f64,
    keepdim: bool,
    mask: Option<&Tensor>,
) -> Result<Tensor> {
    variance("masked.var", x, dims, correction, keepdim, mask)
}

/// The standard deviation: the root of the variance, [`var`].
pub fn std(
    x: &Tensor,
    dims: &[isize],
    correction: f64,
    keepdim: bool,
    mask: Option<&Tensor>,
) -> Result<Tensor> {
    variance("masked.std", x, dims, correction, keepdim, mask)?.sqrt()
}

fn variance(
    op: &'static str,
    x: &Tensor,
    dims: &[isize],
    correction: f64,
    keepdim: bool,
    mask: Option<&Tensor>,
) -> Result<Tensor> {
    let x = x.to_dtype(x.dtype().to_float())?;
    let count = count(op, &x, mask)?.sum_dim(dims, true)?;
    let mean = (sum(&x, dims, true, mask)? / &count)?;
    let distance = (&x - mean)?;
    let squares = sum(&(&distance * &distance)?, dims, keepdim, mask)?;
    let freedom = match correction {
        0.0 => count,
        _ => (count.to_dtype(x.dtype())? - correction)?.clamp_min(0.0)?,
    };
    &squares / freedom.reshape_to(&squares.shape())?
}

/// 1 where an element is visible, to be summed.
fn count(op: &'static str, x: &Tensor, mask: Option<&Tensor>) -> Result<Tensor> {
    match mask {
        Some(mask) => visible(op, x, mask),
        None => Tensor::full(&[], true, rushlight_tensor::DType::Bool, x.device())?
            .broadcast_to(&x.shape()),
    }
}

/// A result of all elements of `x`, of its rank with `keepdim`.
fn of_all(x: &Tensor, y: Tensor, keepdim: bool) -> Result<Tensor> {
    match keepdim {
        true => y.reshape(&vec![1; x.dim()]),
        false => Ok(y),
    }
}

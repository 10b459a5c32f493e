//! What keeps the shape: scans, softmax and its relatives, normalisation.

use super::{filled, highest, lowest};
use crate::{Result, Tensor};
use rushlight_tensor::ops::rules;

/// The sums of the visible elements up to each along a dimension, in the dtype of `x`.
pub fn cumsum(x: &Tensor, dim: isize, mask: Option<&Tensor>) -> Result<Tensor> {
    let y = filled("masked.cumsum", x, mask, 0)?.cumsum(dim)?;
    y.to_dtype(x.dtype())
}

/// The products of the visible elements up to each along a dimension, in the dtype of `x`.
pub fn cumprod(x: &Tensor, dim: isize, mask: Option<&Tensor>) -> Result<Tensor> {
    let y = filled("masked.cumprod", x, mask, 1)?.cumprod(dim)?;
    y.to_dtype(x.dtype())
}

/// `exp(x) / sum(exp(x))` along a dimension; 0 at hidden elements, and NaN where all are hidden.
///
/// ```
/// # use rushlight_autograd::{masked, tensor, Result};
/// # fn main() -> Result<()> {
/// let mask = tensor([true, false, true])?;
/// let y = masked::softmax(&tensor([1.0, 5.0, 1.0])?, 0, Some(&mask))?;
/// assert_eq!(y.to_vec::<f32>()?, [0.5, 0.0, 0.5]);
/// # Ok(()) }
/// ```
pub fn softmax(x: &Tensor, dim: isize, mask: Option<&Tensor>) -> Result<Tensor> {
    filled("masked.softmax", x, mask, lowest(x.dtype()))?.softmax(dim)
}

/// The logarithm of [`softmax`], accurate where that is small.
pub fn log_softmax(x: &Tensor, dim: isize, mask: Option<&Tensor>) -> Result<Tensor> {
    filled("masked.log_softmax", x, mask, lowest(x.dtype()))?.log_softmax(dim)
}

/// [`softmax`] of the negative.
pub fn softmin(x: &Tensor, dim: isize, mask: Option<&Tensor>) -> Result<Tensor> {
    filled("masked.softmin", x, mask, highest(x.dtype()))?.softmin(dim)
}

/// Lines along a dimension divided by the `p`-norm of what is visible in them, or by `eps` where that
/// is larger; 0 at hidden elements.
pub fn normalize(
    x: &Tensor,
    p: f64,
    dim: isize,
    eps: f64,
    mask: Option<&Tensor>,
) -> Result<Tensor> {
    let norm = super::norm(x, p, &[dim], true, mask)?;
    let divisor = norm.maximum(&norm.scalar_like(eps)?)?;
    filled("masked.normalize", x, mask, 0)? / divisor
}

/// `log(exp(x) + exp(other))`, without overflow, where each tensor has a mask of its own.
pub fn logaddexp(
    x: &Tensor,
    other: &Tensor,
    x_mask: Option<&Tensor>,
    other_mask: Option<&Tensor>,
) -> Result<Tensor> {
    const OP: &str = "masked.logaddexp";
    rules::broadcast(OP, &x.shape(), &other.shape())?;
    let x = filled(OP, x, x_mask, lowest(x.dtype()))?;
    x.logaddexp(&filled(OP, other, other_mask, lowest(other.dtype()))?)
}

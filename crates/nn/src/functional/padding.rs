//! Padding.

use crate::{Error, Result};
use rushlight_autograd::{PadMode, Scalar, Tensor};

/// Adds zeros around a tensor, or takes elements away where a number is negative.
///
/// `padding` holds two numbers for each dimension, before and after, for the last dimension first.
pub fn pad(x: &Tensor, padding: &[isize]) -> Result<Tensor> {
    x.pad(padding, PadMode::Constant(Scalar::Int(0)))
}

/// As [`pad`], with another number, the mirrored elements, those at the edge, or those from the other
/// end. All but numbers go around the last one, two or three dimensions, with one or two before them.
pub fn pad_with(x: &Tensor, padding: &[isize], mode: PadMode) -> Result<Tensor> {
    let padded = padding.len() / 2;
    let is_number = matches!(mode, PadMode::Constant(_));
    let fits = (1..=3).contains(&padded) && [padded + 1, padded + 2].contains(&x.dim());
    if is_number || fits {
        return x.pad(padding, mode);
    }
    let expected = format!("{} or {} dimensions", padded + 1, padded + 2);
    Err(Error::shape("pad", x.shape(), expected).into())
}

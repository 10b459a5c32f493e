//! Maps that stand above each other in one weight.

use crate::{Error, Result};
use rushlight_autograd::Tensor;

/// The `N` parts of equal size that a dimension consists of.
///
/// Errors where it does not divide into that many.
pub(crate) fn equal_parts<const N: usize>(
    op: &'static str,
    x: &Tensor,
    dim: isize,
) -> Result<[Tensor; N]> {
    let size = x.size(dim)?;
    if !size.is_multiple_of(N) {
        let expected = format!("{N} equal parts along dimension {dim}");
        return Err(Error::shape(op, x.shape(), expected).into());
    }
    let parts = x.tensor_split(N, dim)?;
    Ok(std::array::from_fn(|number| parts[number].clone()))
}

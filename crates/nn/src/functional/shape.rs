//! Joining and splitting dimensions.

use crate::{Error, Result};
use rushlight_autograd::{Shape, Tensor};

/// Joins the dimensions from `start_dim` to `end_dim` into one; a 0-d tensor becomes 1-d.
pub fn flatten(x: &Tensor, start_dim: isize, end_dim: isize) -> Result<Tensor> {
    let shape = x.shape();
    if shape.is_empty() {
        return x.reshape(&[1]);
    }
    let (start, end) = (
        dimension("flatten", start_dim, &shape)?,
        dimension("flatten", end_dim, &shape)?,
    );
    if start > end {
        let got = format!("{start_dim} and {end_dim}");
        return Err(Error::argument("flatten", "start_dim", got, "at most end_dim").into());
    }
    // The product is at most the number of elements, or a factor is 0.
    let joined = shape[start..=end]
        .iter()
        .fold(1_usize, |n, &size| n.saturating_mul(size));
    let sizes = shape[..start]
        .iter()
        .chain([&joined])
        .chain(&shape[end + 1..]);
    x.reshape(&sizes.map(|&size| size as isize).collect::<Vec<_>>())
}

/// Splits dimension `dim` into several of the given sizes, one of which may be -1.
pub fn unflatten(x: &Tensor, dim: isize, sizes: &[isize]) -> Result<Tensor> {
    let shape = x.shape();
    let dim = dimension("unflatten", dim, &shape)?;
    let given: Option<isize> = sizes
        .iter()
        .filter(|&&size| size != -1)
        .try_fold(1, |product: isize, &size| product.checked_mul(size));
    let inferred = sizes.iter().filter(|&&size| size == -1).count();
    let size = shape[dim] as isize;
    let fits = match (given, inferred) {
        (Some(given), 0) => given == size,
        (Some(given), 1) => given > 0 && size % given == 0,
        _ => false,
    };
    if !fits || sizes.is_empty() {
        let got = format!("{sizes:?} for a dimension of size {size}");
        let expected = "sizes whose product is that of the dimension";
        return Err(Error::argument("unflatten", "sizes", got, expected).into());
    }
    let resolve = |&part: &isize| {
        if part == -1 {
            size / given.unwrap_or(1)
        } else {
            part
        }
    };
    let outer = |size: &usize| *size as isize;
    let before = shape[..dim].iter().map(outer);
    let after = shape[dim + 1..].iter().map(outer);
    let all: Vec<isize> = before
        .chain(sizes.iter().map(resolve))
        .chain(after)
        .collect();
    x.reshape(&all)
}

/// The dimension a number means, which counts from the end if negative.
pub(crate) fn dimension(op: &'static str, dim: isize, shape: &Shape) -> Result<usize> {
    let rank = shape.len() as isize;
    let resolved = if dim < 0 { dim + rank } else { dim };
    if (0..rank).contains(&resolved) {
        return Ok(resolved as usize);
    }
    let expected = format!("a dimension {dim}");
    Err(Error::shape(op, shape.clone(), expected).into())
}

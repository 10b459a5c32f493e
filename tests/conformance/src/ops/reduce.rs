//! Reductions.

use super::ops;
use crate::call::{Call, Given, KEYWORD};
use crate::tensor::Tensor;

/// The input in the `dtype` that is asked for: PyTorch converts before it reduces.
fn converted(c: &Call, position: usize) -> Given<Tensor> {
    let input = c.input()?;
    Ok(match c.opt_dtype("dtype", position)? {
        Some(dtype) => input.to_dtype(dtype)?,
        None => input,
    })
}

fn dims(c: &Call) -> Given<Vec<isize>> {
    Ok(c.opt_ints("dim", 1)?.unwrap_or_default())
}

ops! {
    "sum" => |c| converted(c, KEYWORD)?.sum_dim(&dims(c)?, c.bool_or("keepdim", 2, false)?);
}

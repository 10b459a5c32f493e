//! Joining arrays.

use super::rules;
use crate::layout::Layout;
use crate::{Array, DType, Error, Result};

impl Array {
    /// Joins arrays along a dimension, in the dtype they meet in. The other sizes must be equal.
    ///
    /// Empty 1-d arrays are left out, whatever the shape of the others.
    pub fn cat(arrays: &[Array], dim: isize) -> Result<Array> {
        const OP: &str = "cat";
        let Some(any) = arrays.first() else {
            return Err(Error::argument(OP, "tensors", "none", "at least one"));
        };
        if let Some(x) = arrays.iter().find(|x| x.rank() == 0) {
            return Err(Error::shape(OP, x.shape(), "at least one dimension"));
        }
        let dtype = rules::common_dtype(&arrays.iter().collect::<Vec<_>>());
        let joined: Vec<&Array> = arrays.iter().filter(|x| *x.shape() != [0]).collect();
        let Some(&first) = joined.first() else {
            return any.to_dtype(dtype);
        };
        let dim = rules::dim(OP, dim, first.shape())?;
        let mut shape = first.shape().clone();
        shape[dim] = 0;
        for x in &joined {
            rules::same_device(OP, first, x)?;
            let mut others = x.shape().clone();
            let total = others
                .get(dim)
                .and_then(|&size| shape[dim].checked_add(size));
            let total = total.ok_or_else(|| refuse(x, first, dim))?;
            (others[dim], shape[dim]) = (total, total);
            if others != shape {
                return Err(refuse(x, first, dim));
            }
        }
        let layout = match first.layout().is_dense() {
            true => Layout::in_order(shape, &first.layout().memory_order()),
            false => Layout::contiguous(shape),
        };
        Array::joined(&joined, dim, layout, dtype)
    }

    fn joined(arrays: &[&Array], dim: usize, layout: Layout, dtype: DType) -> Result<Array> {
        let out = Array::uninit("cat", layout, dtype, arrays[0].device())?;
        let mut start = 0;
        for x in arrays {
            let size = x.shape()[dim];
            let mut part = out.with_layout(out.layout().narrow(dim, start, size)?);
            if part.numel() > 0 {
                part.backend("cat")?.copy(x, &mut part)?;
            }
            start += size;
        }
        Ok(out)
    }
}

fn refuse(x: &Array, first: &Array, dim: usize) -> Error {
    let expected = format!("{} apart from dimension {dim}", first.shape());
    Error::shape("cat", x.shape(), expected)
}

//! Picking elements by index.

use super::rules;
use super::table::BinaryOp;
use crate::layout::Layout;
use crate::{Array, DType, Error, Result, Scalar, Shape};

impl Array {
    /// Picks along `dim`: element `i` of a line of the output is element `index[i]` of the line of
    /// `self` at the same place. Other dimensions of `index` are at most as large as those of `self`.
    pub fn gather(&self, dim: isize, index: &Array) -> Result<Array> {
        const OP: &str = "gather";
        let dim = rules::dim(OP, dim, self.shape())?;
        let index = index.as_index(OP)?;
        if index.numel() == 0 {
            let layout = Layout::contiguous(index.shape().clone());
            return Array::uninit(OP, layout, self.dtype(), self.device());
        }
        rules::same_device(OP, self, &index)?;
        let (x, along) = (self.at_least_1d(), index.at_least_1d());
        fits_except(OP, "index", along.shape(), x.shape(), dim)?;
        rules::indices(OP, &index, x.shape()[dim])?;
        x.pick(OP, dim, &along)?.reshape(index.shape())
    }

    /// Picks whole slices along `dim` by an index of at most one dimension.
    pub fn index_select(&self, dim: isize, index: &Array) -> Result<Array> {
        const OP: &str = "index_select";
        let position = rules::dim(OP, dim, self.shape())?;
        let index = index.as_index(OP)?;
        rules::same_device(OP, self, &index)?;
        let x = self.at_least_1d();
        rules::indices(OP, &index, x.shape()[position])?;
        let along = index.along(OP, position, x.shape())?;
        let picked = x.pick(OP, position, &along)?;
        match self.rank() {
            0 if picked.numel() != 1 => Err(Error::shape(
                OP,
                index.shape(),
                "a single index for a 0-d array",
            )),
            0 => picked.reshape(&Shape::default()),
            _ => Ok(picked),
        }
    }

    fn pick(&self, op: &'static str, dim: usize, index: &Array) -> Result<Array> {
        let layout = Layout::contiguous(index.shape().clone());
        let mut out = Array::uninit(op, layout, self.dtype(), self.device())?;
        if out.numel() > 0 {
            out.backend(op)?.gather(dim, self, index, &mut out)?;
        }
        Ok(out)
    }

    /// The array as indices: integers, as `i64`.
    pub(super) fn as_index(&self, op: &'static str) -> Result<Array> {
        // An empty array selects nothing whatever its type.
        let fits = matches!(self.dtype(), DType::I64 | DType::I32) || self.numel() == 0;
        rules::dtype(op, self.dtype(), fits, "int64 or int32 as index")?;
        self.to_dtype(DType::I64)
    }

    /// The array as indices for a dimension of the given size, those that count from the end made
    /// to count from the start.
    pub fn wrapped_index(&self, op: &'static str, size: usize) -> Result<Array> {
        let index = self.as_index(op)?;
        if rules::indices_from_either_end(op, &index, size)? {
            return index.binary_scalar(BinaryOp::Remainder, Scalar::Int(size as i64));
        }
        Ok(index)
    }

    /// The largest of some indices, of which there is at least one.
    pub fn largest_index(&self, op: &'static str) -> Result<i64> {
        let index = self.as_index(op)?;
        if index.numel() == 0 {
            return Err(Error::shape(op, index.shape(), "at least one index"));
        }
        Ok(index.backend(op)?.bounds(&index)?.1)
    }

    /// A 0-d array as one with a single dimension.
    pub(crate) fn at_least_1d(&self) -> Array {
        match self.rank() {
            0 => self.with_layout(self.layout().unsqueeze(0)),
            _ => self.clone(),
        }
    }

    /// A list of indices for whole slices of `shape` along `dim`, as the index of each element.
    pub(super) fn along(&self, op: &'static str, dim: usize, shape: &Shape) -> Result<Array> {
        if self.rank() > 1 {
            return Err(Error::shape(
                op,
                self.shape(),
                "an index of at most one dimension",
            ));
        }
        let mut target = shape.clone();
        target[dim] = self.numel();
        let mut sizes: Shape = shape.iter().map(|_| 1).collect();
        sizes[dim] = self.numel();
        self.reshape(&sizes)?.broadcast_to(op, &target)
    }
}

/// Refuses a shape that is of another rank than `bounds`, or larger in a dimension other than `dim`.
pub(super) fn fits_except(
    op: &'static str,
    name: &str,
    shape: &Shape,
    bounds: &Shape,
    dim: usize,
) -> Result<()> {
    let mut pairs = shape.iter().zip(bounds.iter()).enumerate();
    if shape.len() != bounds.len() || pairs.any(|(d, (size, bound))| d != dim && size > bound) {
        let expected = format!("{name} of at most {bounds} apart from dimension {dim}");
        return Err(Error::shape(op, shape, expected));
    }
    Ok(())
}

//! Writing to elements by index.

use super::gather::fits_except;
use super::rules;
use crate::{Array, DType, Result, Scalar};

/// How a value meets what is already at its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ScatterOp {
    /// It takes its place; of several values, the last.
    Replace,
    /// It is added.
    Add,
    /// It is multiplied.
    Multiply,
    /// The smaller one stays.
    Minimum,
    /// The larger one stays.
    Maximum,
}

impl Array {
    /// Writes along `dim`: element `i` of a line of `source` meets element `index[i]` of the line of
    /// `self` at the same place. No dimension of `index` is larger than that of `source`, and only
    /// dimension `dim` larger than that of `self`.
    pub fn scatter(
        self,
        op: ScatterOp,
        dim: isize,
        index: &Array,
        source: &Array,
    ) -> Result<Array> {
        const OP: &str = "scatter";
        let dim = rules::dim(OP, dim, self.shape())?;
        let index = index.as_index(OP)?;
        if index.numel() == 0 {
            return Ok(self);
        }
        rules::dtype(
            OP,
            source.dtype(),
            source.dtype() == self.dtype(),
            self.dtype().name(),
        )?;
        rules::same_device(OP, &self, &index)?;
        rules::same_device(OP, &self, source)?;
        let (along, source) = (index.at_least_1d(), source.at_least_1d());
        let target = self.at_least_1d();
        fits_except(OP, "index", along.shape(), target.shape(), dim)?;
        // Nothing is excepted: there is no dimension past the last.
        fits_except(OP, "index", along.shape(), source.shape(), usize::MAX)?;
        rules::indices(OP, &index, target.shape()[dim])?;
        let source = source.narrowed_to(along.shape())?;
        let shape = self.shape().clone();
        drop(self);
        target.put(op, dim, &along, &source)?.reshape(&shape)
    }

    /// As [`Array::scatter`], one number everywhere.
    pub fn scatter_value(
        self,
        op: ScatterOp,
        dim: isize,
        index: &Array,
        value: Scalar,
    ) -> Result<Array> {
        let source = Array::scalar(value, self.dtype(), self.device())?;
        let source = source.broadcast_to("scatter", index.shape())?;
        self.scatter(op, dim, index, &source)
    }

    /// A list of indices for whole slices of `self` along `dim`, as the index of each element.
    pub fn index_along(&self, op: &'static str, dim: isize, index: &Array) -> Result<Array> {
        let dim = rules::dim(op, dim, self.shape())?;
        index.along(op, dim, self.at_least_1d().shape())
    }

    fn put(self, op: ScatterOp, dim: usize, index: &Array, source: &Array) -> Result<Array> {
        // What accumulates does so in the widest type of its kind, and is rounded once.
        let wide = match self.dtype() {
            dtype if op == ScatterOp::Replace => dtype,
            dtype if dtype.is_floating_point() => dtype.to_accumulate(),
            _ => DType::I64,
        };
        let dtype = self.dtype();
        let mut out = match dtype == wide {
            true => self,
            false => self.to_dtype(wide)?,
        };
        out.make_unshared()?;
        let source = source.to_dtype(wide)?;
        out.backend("scatter")?
            .scatter(op, dim, index, &source, &mut out)?;
        out.to_dtype(dtype)
    }

    /// The array without the repetitions that a broadcast made.
    pub(super) fn each_once(&self) -> Result<Array> {
        let mut shape = self.shape().clone();
        for (dim, &stride) in self.strides().iter().enumerate() {
            if stride == 0 {
                shape[dim] = shape[dim].min(1);
            }
        }
        self.narrowed_to(&shape)
    }

    /// The leading corner of the array that has the given shape.
    fn narrowed_to(&self, shape: &[usize]) -> Result<Array> {
        let mut layout = self.layout().clone();
        for (dim, &size) in shape.iter().enumerate() {
            layout = layout.narrow(dim, 0, size)?;
        }
        Ok(self.with_layout(layout))
    }
}

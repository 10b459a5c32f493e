//! Views: other geometries over the same storage, without a copy where strides can say it.
//!
//! Dimensions count from the end when negative.

use super::rules;
use crate::layout::Layout;
use crate::{Array, Error, Result, Shape};

impl Array {
    /// A view with explicit geometry, which must stay inside the storage.
    pub fn as_strided(&self, shape: &[usize], strides: &[isize], offset: usize) -> Result<Array> {
        let storage_len = self.storage().len_in_bytes() / self.dtype().size_in_bytes();
        Ok(self.with_layout(Layout::as_strided(shape, strides, offset, storage_len)?))
    }

    /// `length` elements of dimension `dim` from `start` on.
    pub fn narrow(&self, dim: isize, start: usize, length: usize) -> Result<Array> {
        Ok(self.with_layout(
            self.layout()
                .narrow(self.own_dim("narrow", dim)?, start, length)?,
        ))
    }

    /// Every `step`-th element of dimension `dim` in `start..end`; bounds past the size are clamped.
    pub fn slice(&self, dim: isize, start: usize, end: usize, step: usize) -> Result<Array> {
        Ok(self.with_layout(
            self.layout()
                .slice(self.own_dim("slice", dim)?, start, end, step)?,
        ))
    }

    /// Drops dimension `dim`, keeping the elements at `index`, which counts from the end if negative.
    pub fn select(&self, dim: isize, index: i64) -> Result<Array> {
        let dim = self.own_dim("select", dim)?;
        let index = rules::index("select", index, self.shape()[dim])?;
        Ok(self.with_layout(self.layout().select(dim, index)?))
    }

    /// Reorders dimensions: dimension `i` of the result is dimension `order[i]` of `self`.
    pub fn permute(&self, order: &[isize]) -> Result<Array> {
        let order = rules::permutation("permute", order, self.shape())?;
        Ok(self.with_layout(self.layout().permute(&order)))
    }

    /// Exchanges two dimensions.
    pub fn transpose(&self, a: isize, b: isize) -> Result<Array> {
        let (a, b) = (
            rules::dim("transpose", a, self.shape())?,
            rules::dim("transpose", b, self.shape())?,
        );
        if self.rank() == 0 {
            return Ok(self.clone());
        }
        Ok(self.with_layout(self.layout().transpose(a, b)))
    }

    /// Inserts a dimension of size 1.
    pub fn unsqueeze(&self, at: isize) -> Result<Array> {
        let at = rules::insertion("unsqueeze", at, self.shape())?;
        Ok(self.with_layout(self.layout().unsqueeze(at)))
    }

    /// Drops those of the given dimensions that have size 1; all such where none is given.
    pub fn squeeze(&self, dims: &[isize]) -> Result<Array> {
        let mask = rules::dim_mask("squeeze", dims, self.shape())?;
        Ok(self.with_layout(self.layout().squeeze(|dim| mask[dim])))
    }

    /// Repeats dimensions of size 1, and new leading ones, without a copy.
    pub fn broadcast_to(&self, op: &'static str, shape: &Shape) -> Result<Array> {
        if self.shape() == shape {
            return Ok(self.clone());
        }
        rules::numel(op, shape)?;
        Ok(self.with_layout(self.layout().broadcast_to(op, shape)?))
    }

    /// The same elements in another shape as a view, or `None` where that needs a copy.
    pub fn view(&self, shape: &Shape) -> Result<Option<Array>> {
        if rules::numel("view", shape)? != self.numel() {
            return Err(Error::shape(
                "view",
                self.shape(),
                format!("as many elements as {shape}"),
            ));
        }
        Ok(self
            .layout()
            .view(shape)
            .map(|layout| self.with_layout(layout)))
    }

    /// The same elements in another shape, copied only if needed.
    pub fn reshape(&self, shape: &Shape) -> Result<Array> {
        if let Some(view) = self.view(shape)? {
            return Ok(view);
        }
        let dense = self.contiguous()?;
        Ok(dense.with_layout(Layout::contiguous(shape.clone())))
    }

    /// All windows of `size` along `dim`, `step` apart, as a new last dimension.
    pub fn unfold(&self, dim: isize, size: usize, step: usize) -> Result<Array> {
        let dim = rules::dim("unfold", dim, self.shape())?;
        Ok(self.with_layout(self.layout().unfold(dim, size, step)?))
    }

    /// The diagonal `offset` above the main one of two dimensions, as a new last dimension.
    pub fn diagonal(&self, offset: isize, first: isize, second: isize) -> Result<Array> {
        let a = self.own_dim("diagonal", first)?;
        let b = self.own_dim("diagonal", second)?;
        if a == b {
            return Err(Error::Dimension {
                op: "diagonal",
                dim: second,
                shape: self.shape().clone(),
            });
        }
        Ok(self.with_layout(self.layout().diagonal(offset, a, b)))
    }

    /// The elements in reverse order along the given dimensions, as a copy.
    pub fn flip(&self, dims: &[isize]) -> Result<Array> {
        if dims.is_empty() || self.numel() <= 1 {
            rules::dim_mask("flip", dims, self.shape())?;
            return Ok(self.clone());
        }
        let flipped = rules::dim_mask("flip", dims, self.shape())?;
        let backwards = self.with_layout(self.layout().flip(&flipped));
        backwards.copy_to_layout(Layout::dense_like(self.layout()), self.dtype())
    }

    /// The same elements with the dimensions nested in memory in the given order, which names each
    /// once, outermost first; free where they lie so already.
    pub fn in_order(&self, order: &[usize]) -> Result<Array> {
        let positions: Vec<isize> = order.iter().map(|&dim| dim as isize).collect();
        rules::permutation("in_order", &positions, self.shape())?;
        let layout = Layout::in_order(self.shape().clone(), order);
        let lies_so = (0..self.rank())
            .all(|dim| self.shape()[dim] == 1 || self.strides()[dim] == layout.strides()[dim]);
        match lies_so {
            true => Ok(self.clone()),
            false => self.copy_to_layout(layout, self.dtype()),
        }
    }

    /// A dimension that must exist, unlike that of a 0-d array.
    fn own_dim(&self, op: &'static str, dim: isize) -> Result<usize> {
        if self.rank() == 0 {
            return Err(Error::Dimension {
                op,
                dim,
                shape: self.shape().clone(),
            });
        }
        rules::dim(op, dim, self.shape())
    }
}

//! Picking and writing elements where a mask is true.

use crate::{DType, Operand, Result, Tensor};
use rushlight_tensor::ops::rules;

impl Tensor {
    /// The tensor with a number or a 0-d tensor wherever `mask` is true; both broadcast.
    pub fn masked_fill(&self, mask: &Tensor, value: impl Into<Operand>) -> Result<Tensor> {
        const OP: &str = "masked_fill";
        require_mask(OP, mask)?;
        let value = match value.into() {
            Operand::Tensor(value) if value.dim() > 0 => {
                let expected = "a number or 0-d";
                return Err(rushlight_tensor::Error::shape(OP, value.shape(), expected).into());
            }
            Operand::Tensor(value) => value.to_dtype(self.dtype())?,
            Operand::Scalar(value) => self.scalar_like(value)?,
        };
        Tensor::select_where(mask, &value, self)
    }

    /// In-place form of [`masked_fill`](Tensor::masked_fill).
    pub fn masked_fill_(&mut self, mask: &Tensor, value: impl Into<Operand>) -> Result<()> {
        self.assign("masked_fill_", self.masked_fill(mask, value)?)
    }

    /// The elements where `mask` is true, in row-major order, 1-d; both broadcast.
    ///
    /// ```
    /// # use rushlight_autograd::{tensor, Result};
    /// # fn main() -> Result<()> {
    /// let x = tensor([1.0, -2.0, 3.0])?;
    /// assert_eq!(x.masked_select(&x.gt(0.0)?)?.to_vec::<f32>()?, [1.0, 3.0]);
    /// # Ok(()) }
    /// ```
    pub fn masked_select(&self, mask: &Tensor) -> Result<Tensor> {
        const OP: &str = "masked_select";
        require_mask(OP, mask)?;
        let shape = rules::broadcast(OP, &self.shape(), &mask.shape())?;
        let positions = mask.broadcast_to(&shape)?.nonzero_positions()?;
        self.broadcast_to(&shape)?
            .flatten(0, -1)?
            .index_select(0, &positions)
    }

    /// The tensor with the first elements of `source`, in row-major order, where `mask` is true;
    /// tensor and mask broadcast.
    pub fn masked_scatter(&self, mask: &Tensor, source: &Tensor) -> Result<Tensor> {
        const OP: &str = "masked_scatter";
        require_mask(OP, mask)?;
        let shape = rules::broadcast(OP, &self.shape(), &mask.shape())?;
        let positions = mask.broadcast_to(&shape)?.nonzero_positions()?;
        if source.numel() < positions.numel() {
            let expected = format!("at least the {} elements of the mask", positions.numel());
            return Err(rushlight_tensor::Error::shape(OP, source.shape(), expected).into());
        }
        let source = source.flatten(0, -1)?.narrow(0, 0, positions.numel())?;
        self.broadcast_to(&shape)?
            .flatten(0, -1)?
            .index_copy(0, &positions, &source)?
            .reshape_to(&shape)
    }

    /// In-place form of [`masked_scatter`](Tensor::masked_scatter).
    pub fn masked_scatter_(&mut self, mask: &Tensor, source: &Tensor) -> Result<()> {
        self.assign("masked_scatter_", self.masked_scatter(mask, source)?)
    }

    /// The coordinates of the elements that are not zero, one row each, in row-major order.
    ///
    /// Shapes: `[d1, ..., dn] -> [count, n]`.
    pub fn nonzero(&self) -> Result<Tensor> {
        let positions = self.nonzero_positions()?;
        let coordinates = positions.unravel_index(&self.shape())?;
        match coordinates.is_empty() {
            true => positions.unsqueeze(1)?.narrow(1, 0, 0),
            false => Tensor::stack(&coordinates, 1),
        }
    }

    /// As [`Tensor::nonzero`], one tensor per dimension; a 0-d tensor counts as 1-d.
    pub fn nonzero_as_tuple(&self) -> Result<Vec<Tensor>> {
        let shape = match self.dim() {
            0 => [1].into(),
            _ => self.shape(),
        };
        self.nonzero_positions()?.unravel_index(&shape)
    }

    /// As [`Tensor::nonzero`], but of exactly `size` rows: cut off, or filled with `fill_value`.
    pub fn nonzero_static(&self, size: usize, fill_value: i64) -> Result<Tensor> {
        let found = self.nonzero()?;
        let missing = size.saturating_sub(found.size(0)?);
        let rest = Tensor::full(
            &[missing, self.dim()],
            fill_value,
            DType::I64,
            self.device(),
        )?;
        Tensor::cat(&[found, rest], 0)?.narrow(0, 0, size)
    }

    /// PyTorch's name for [`Tensor::nonzero`] where the result is meant to be read.
    pub fn argwhere(&self) -> Result<Tensor> {
        self.nonzero()
    }

    /// The row-major positions of the elements that are not zero.
    pub(crate) fn nonzero_positions(&self) -> Result<Tensor> {
        Ok(Tensor::new(self.array().nonzero_positions()?))
    }
}

fn require_mask(op: &'static str, mask: &Tensor) -> Result<()> {
    let dtype = mask.dtype();
    Ok(rules::dtype(
        op,
        dtype,
        dtype == DType::Bool,
        "a boolean mask",
    )?)
}

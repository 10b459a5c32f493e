//! The largest and the smallest elements. NaN counts as both.

use super::reduce::Reduced;
use crate::{Backward, Gradients, Result, Saved, Tensor, Wants, gradients};
use rushlight_tensor::ops::reduce::{ExtremeOp, ReduceOp};

/// The backward of an extreme value: all elements that are equal to it share its gradient.
struct Extreme {
    x: Saved,
    y: Saved,
    reduced: Reduced,
}

impl Backward for Extreme {
    fn backward(&self, g: &Tensor, wants: Wants<'_>) -> Result<Gradients> {
        let (x, y) = (self.x.get(), self.reduced.restore(&self.y.get())?);
        let is_extreme = x
            .eq(&y)?
            .logical_or(&x.isnan()?.logical_and(&y.isnan()?)?)?;
        let count = is_extreme.sum_dim(self.reduced.dims(), true)?;
        let share = (self.reduced.restore(g)? / count)?;
        gradients![wants; share.broadcast_to(&x.shape())?.masked_where(&is_extreme)?]
    }
}

impl Tensor {
    /// The largest element; elements that tie for it share the gradient.
    pub fn max(&self) -> Result<Tensor> {
        self.amax_dim(&[], false)
    }

    /// The smallest element; elements that tie for it share the gradient.
    pub fn min(&self) -> Result<Tensor> {
        self.amin_dim(&[], false)
    }

    /// The largest elements along a dimension and their indices, of several the first.
    ///
    /// ```
    /// # use rushlight_autograd::{tensor, Result};
    /// # fn main() -> Result<()> {
    /// let (values, indices) = tensor([[1.0, 5.0, 2.0]])?.max_dim(1, false)?;
    /// assert_eq!(values.to_vec::<f32>()?, [5.0]);
    /// assert_eq!(indices.to_vec::<i64>()?, [1]);
    /// # Ok(()) }
    /// ```
    pub fn max_dim(&self, dim: isize, keepdim: bool) -> Result<(Tensor, Tensor)> {
        self.extreme(ExtremeOp::Max, dim, keepdim)
    }

    /// The smallest elements along a dimension and their indices, of several the first.
    pub fn min_dim(&self, dim: isize, keepdim: bool) -> Result<(Tensor, Tensor)> {
        self.extreme(ExtremeOp::Min, dim, keepdim)
    }

    /// The largest element.
    pub fn amax(&self) -> Result<Tensor> {
        self.amax_dim(&[], false)
    }

    /// The largest elements over the given dimensions; elements that tie share the gradient.
    pub fn amax_dim(&self, dims: &[isize], keepdim: bool) -> Result<Tensor> {
        self.shared_extreme(ReduceOp::Max, dims, keepdim)
    }

    /// The smallest element.
    pub fn amin(&self) -> Result<Tensor> {
        self.amin_dim(&[], false)
    }

    /// The smallest elements over the given dimensions; elements that tie share the gradient.
    pub fn amin_dim(&self, dims: &[isize], keepdim: bool) -> Result<Tensor> {
        self.shared_extreme(ReduceOp::Min, dims, keepdim)
    }

    /// The smallest and the largest element.
    pub fn aminmax(&self) -> Result<(Tensor, Tensor)> {
        Ok((self.amin()?, self.amax()?))
    }

    /// The smallest and the largest elements along a dimension.
    pub fn aminmax_dim(&self, dim: isize, keepdim: bool) -> Result<(Tensor, Tensor)> {
        Ok((
            self.amin_dim(&[dim], keepdim)?,
            self.amax_dim(&[dim], keepdim)?,
        ))
    }

    /// The row-major position of the largest element, of several the first.
    pub fn argmax(&self) -> Result<Tensor> {
        self.detach().reshape(&[-1])?.argmax_dim(0, false)
    }

    /// The indices of the largest elements along a dimension, of several the first.
    pub fn argmax_dim(&self, dim: isize, keepdim: bool) -> Result<Tensor> {
        Ok(self.detach().max_dim(dim, keepdim)?.1)
    }

    /// The row-major position of the smallest element, of several the first.
    pub fn argmin(&self) -> Result<Tensor> {
        self.detach().reshape(&[-1])?.argmin_dim(0, false)
    }

    /// The indices of the smallest elements along a dimension, of several the first.
    pub fn argmin_dim(&self, dim: isize, keepdim: bool) -> Result<Tensor> {
        Ok(self.detach().min_dim(dim, keepdim)?.1)
    }

    fn shared_extreme(&self, op: ReduceOp, dims: &[isize], keepdim: bool) -> Result<Tensor> {
        let reduced = Reduced::new(self, dims, keepdim);
        let y = reduced.finish(self.array().reduce(op, dims)?)?;
        Ok(Tensor::record_with_output(y, op.name(), &[self], |y| {
            Extreme {
                x: self.save(),
                y: y.save(),
                reduced,
            }
        }))
    }

    fn extreme(&self, op: ExtremeOp, dim: isize, keepdim: bool) -> Result<(Tensor, Tensor)> {
        let found = self.array().extreme(op, dim)?;
        self.picked(op.name(), found, dim, keepdim)
    }
}

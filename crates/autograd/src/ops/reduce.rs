//! Reductions over dimensions.

use crate::{Backward, Gradients, Result, Tensor, Wants, gradients};
use rushlight_tensor::Shape;
use rushlight_tensor::ops::reduce::ReduceOp;

/// The backward of a sum: every element gets the gradient of its sum.
struct Sum {
    shape: Shape,
}

impl Backward for Sum {
    fn backward(&self, g: &Tensor, wants: Wants<'_>) -> Result<Gradients> {
        gradients![wants; g.broadcast_to(&self.shape)?]
    }
}

impl Tensor {
    /// The sum of all elements, 0-d.
    pub fn sum(&self) -> Result<Tensor> {
        self.sum_dim(&[], false)
    }

    /// The sum over the given dimensions; over all where none is given.
    pub fn sum_dim(&self, dims: &[isize], keepdim: bool) -> Result<Tensor> {
        let y = self.array().reduce(ReduceOp::Sum, dims)?;
        let kept = Tensor::record(y, "sum", &[self], || Sum {
            shape: self.shape(),
        });
        match keepdim || self.dim() == 0 {
            true => Ok(kept),
            false if dims.is_empty() => kept.reshape(&[]),
            false => kept.squeeze_dims(dims),
        }
    }

    /// Undoes broadcasting: sums over the dimensions that `shape` lacks or has of size 1.
    pub(crate) fn sum_to(&self, shape: &Shape) -> Result<Tensor> {
        let own = self.shape();
        if own == *shape {
            return Ok(self.clone());
        }
        let leading = own.len() - shape.len();
        let expanded = |dim: &usize| *dim < leading || shape[*dim - leading] != own[*dim];
        let dims: Vec<isize> = (0..own.len())
            .filter(expanded)
            .map(|dim| dim as isize)
            .collect();
        let sizes: Vec<isize> = shape.iter().map(|&size| size as isize).collect();
        if dims.is_empty() {
            return self.reshape(&sizes);
        }
        self.sum_dim(&dims, true)?.reshape(&sizes)
    }
}

//! Softmax and its relatives.

use crate::{Backward, Gradients, Result, Saved, Tensor, Wants, amp, gradients};
use rushlight_tensor::Array;
use rushlight_tensor::ops::softmax::SoftmaxOp;

/// The backward of softmax: one kernel, which has a derivative of its own.
struct Softmax {
    op: SoftmaxOp,
    dim: isize,
    y: Saved,
}

impl Backward for Softmax {
    fn backward(&self, g: &Tensor, wants: Wants<'_>) -> Result<Gradients> {
        gradients![wants; g.softmax_gradient(self.op, &self.y.get(), self.dim)?]
    }
}

/// The backward of the backward of softmax.
struct SoftmaxGradient {
    op: SoftmaxOp,
    dim: isize,
    g: Saved,
    y: Saved,
}

impl Backward for SoftmaxGradient {
    fn backward(&self, h: &Tensor, wants: Wants<'_>) -> Result<Gradients> {
        let (g, y) = (self.g.get(), self.y.get());
        let sum = |x: Tensor| x.sum_dim(&[self.dim], true);
        match self.op {
            // y * (g - sum(g * y))
            SoftmaxOp::Softmax => gradients![wants;
                h.softmax_gradient(self.op, &y, self.dim)?,
                ((h * (&g - sum((&g * &y)?)?)?)? - (&g * sum((h * &y)?)?)?)?],
            // g - exp(y) * sum(g)
            SoftmaxOp::LogSoftmax => gradients![wants;
                (h - sum((h * y.exp()?)?)?)?,
                (h * (y.exp()? * sum(g.clone())?)?)?.neg()?],
        }
    }
}

impl Tensor {
    /// `exp(x) / sum(exp(x))` along a dimension: positive shares that add up to 1.
    ///
    /// ```
    /// # use rushlight_autograd::{tensor, Result};
    /// # fn main() -> Result<()> {
    /// let y = tensor([[0.0, 0.0], [1000.0, 0.0]])?.softmax(-1)?;
    /// assert_eq!(y.to_vec::<f32>()?, [0.5, 0.5, 1.0, 0.0]);
    /// # Ok(()) }
    /// ```
    pub fn softmax(&self, dim: isize) -> Result<Tensor> {
        self.softmax_as(SoftmaxOp::Softmax, dim)
    }

    /// The logarithm of [`softmax`](Tensor::softmax), accurate where that is small.
    pub fn log_softmax(&self, dim: isize) -> Result<Tensor> {
        self.softmax_as(SoftmaxOp::LogSoftmax, dim)
    }

    /// [`softmax`](Tensor::softmax) of the negative.
    pub fn softmin(&self, dim: isize) -> Result<Tensor> {
        self.neg()?.softmax(dim)
    }

    /// [`softmax`](Tensor::softmax), and zeros where all elements along `dim` are negative infinity.
    pub fn safe_softmax(&self, dim: isize) -> Result<Tensor> {
        let x = self.detach();
        let is_empty = x.isneginf()?.all_dim(&[dim], true)?;
        let is_empty = is_empty.broadcast_to(&x.shape())?;
        let y = x.softmax(dim)?.masked_where(&is_empty.logical_not()?)?;
        Ok(self.record_softmax(SoftmaxOp::Softmax, dim, y.array()))
    }

    /// The gradient of softmax's operand, where `self` is that of its output `y`: PyTorch's
    /// `_softmax_backward_data`.
    pub fn softmax_backward_data(&self, y: &Tensor, dim: isize) -> Result<Tensor> {
        self.softmax_gradient(SoftmaxOp::Softmax, y, dim)
    }

    fn softmax_as(&self, op: SoftmaxOp, dim: isize) -> Result<Tensor> {
        amp::run(op.name(), [self], |[x]| {
            Ok(x.record_softmax(op, dim, x.array().softmax(op, dim)?))
        })
    }

    fn record_softmax(&self, op: SoftmaxOp, dim: isize, y: Array) -> Tensor {
        Tensor::record_with_output(y, op.name(), &[self], |y| Softmax {
            op,
            dim,
            y: y.save(),
        })
    }

    fn softmax_gradient(&self, op: SoftmaxOp, y: &Tensor, dim: isize) -> Result<Tensor> {
        let x = Array::softmax_backward(op, &self.array(), &y.array(), dim)?;
        let rule = || SoftmaxGradient {
            op,
            dim,
            g: self.save(),
            y: y.save(),
        };
        Ok(Tensor::record(x, "softmax_backward", &[self, y], rule))
    }
}

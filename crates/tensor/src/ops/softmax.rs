//! Softmax: elements along a dimension as shares of their sum.

use super::rules;
use crate::layout::Layout;
use crate::{Array, Result};

/// The two forms of softmax.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SoftmaxOp {
    /// `exp(x) / sum(exp(x))`.
    Softmax,
    /// `x - log(sum(exp(x)))`.
    LogSoftmax,
}

impl SoftmaxOp {
    /// The name in messages.
    pub fn name(self) -> &'static str {
        match self {
            SoftmaxOp::Softmax => "softmax",
            SoftmaxOp::LogSoftmax => "log_softmax",
        }
    }
}

impl Array {
    /// Applies softmax along a dimension; the shape stays.
    pub fn softmax(&self, op: SoftmaxOp, dim: isize) -> Result<Array> {
        let dim = rules::dim(op.name(), dim, self.shape())?;
        let dtype = self.dtype();
        let fits = dtype.is_floating_point();
        rules::dtype(op.name(), dtype, fits, "a floating-point dtype")?;
        let mut out = self.uninit_like(op.name(), dtype)?;
        out.backend(op.name())?.softmax(op, dim, self, &mut out)?;
        Ok(out)
    }

    /// The gradient of the operand of softmax, from the output `y` and its gradient `g`.
    pub fn softmax_backward(op: SoftmaxOp, g: &Array, y: &Array, dim: isize) -> Result<Array> {
        let name = op.name();
        rules::same_device(name, g, y)?;
        let shape = rules::broadcast(name, g.shape(), y.shape())?;
        let (g, y) = (g.broadcast_to(name, &shape)?, y.broadcast_to(name, &shape)?);
        let dim = rules::dim(name, dim, &shape)?;
        let dtype = rules::common_dtype(&[&g, &y]);
        rules::dtype(
            name,
            dtype,
            dtype.is_floating_point(),
            "a floating-point dtype",
        )?;
        let layout = Layout::dense_like(y.layout());
        let mut out = Array::uninit(name, layout, dtype, y.device())?;
        let backend = out.backend(name)?;
        backend.softmax_backward(op, dim, &g, &y, &mut out)?;
        Ok(out)
    }
}

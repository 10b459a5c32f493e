//! Reductions: many elements become one along some dimensions.

use super::rules;
use crate::layout::Layout;
use crate::{Array, DType, Result};

/// How elements are combined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReduceOp {
    /// Their sum; of nothing, 0.
    Sum,
}

impl ReduceOp {
    /// The name in messages.
    pub fn name(self) -> &'static str {
        match self {
            ReduceOp::Sum => "sum",
        }
    }

    /// What elements of `dtype` combine to.
    fn output_dtype(self, dtype: DType) -> DType {
        match self {
            ReduceOp::Sum if dtype.is_floating_point() => dtype,
            ReduceOp::Sum => DType::I64,
        }
    }
}

impl Array {
    /// Reduces the given dimensions, all of them where none is given, leaving size 1.
    pub fn reduce(&self, op: ReduceOp, dims: &[isize]) -> Result<Array> {
        let reduced = rules::dim_mask(op.name(), dims, self.shape())?;
        let kept = self
            .shape()
            .iter()
            .zip(&reduced)
            .map(|(&d, &gone)| if gone { 1 } else { d });
        let layout = Layout::contiguous(kept.collect());
        let dtype = op.output_dtype(self.dtype());
        let mut out = Array::uninit(op.name(), layout, dtype, self.device())?;
        out.backend(op.name())?
            .reduce(op, &reduced, self, &mut out)?;
        Ok(out)
    }
}

//! Finding values in sorted rows.

use super::rules;
use crate::layout::Layout;
use crate::{Array, DType, Error, Result};

/// Where a value belongs that equals some of the sorted ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// Before them.
    Left,
    /// After them.
    Right,
}

impl Array {
    /// For each element of `self`, how many elements of the sorted row come before it.
    ///
    /// Rows are the last dimension; leading dimensions of `sorted` are those of `self`, or none.
    pub fn search(&self, sorted: &Array, side: Side) -> Result<Array> {
        const OP: &str = "searchsorted";
        rules::same_device(OP, self, sorted)?;
        let fits = sorted.dtype() == self.dtype();
        rules::dtype(OP, self.dtype(), fits, sorted.dtype().name())?;
        let leading = |x: &Array| x.shape().split_last().map(|(_, rest)| rest.to_vec());
        if sorted.rank() == 0 || (sorted.rank() > 1 && leading(sorted) != leading(self)) {
            let expected = format!("one dimension, or the leading ones of {}", self.shape());
            return Err(Error::shape(OP, sorted.shape(), expected));
        }
        rules::room_for(OP, sorted.shape().last().copied().unwrap_or(1))?;
        let layout = Layout::contiguous(self.shape().clone());
        let mut out = Array::uninit(OP, layout, DType::I64, self.device())?;
        out.backend(OP)?.search(side, sorted, self, &mut out)?;
        Ok(out)
    }
}

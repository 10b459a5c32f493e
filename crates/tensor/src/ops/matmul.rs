//! Matrix products.

use super::rules;
use crate::layout::Layout;
use crate::{Array, DType, Error, Result, Shape};

impl Array {
    /// The product of matrices in the last two dimensions; leading dimensions broadcast.
    ///
    /// `[..., m, k] x [..., k, n] -> [..., m, n]`. Both operands have one dtype.
    pub fn matmul(&self, rhs: &Array) -> Result<Array> {
        const OP: &str = "matmul";
        rules::same_device(OP, self, rhs)?;
        let (lhs_shape, rhs_shape) = (self.shape(), rhs.shape());
        let refuse = || {
            let expected = format!("matrices that multiply with {rhs_shape}");
            Error::shape(OP, lhs_shape, expected)
        };
        let [lhs_batch @ .., m, k] = &lhs_shape[..] else {
            return Err(refuse());
        };
        let [rhs_batch @ .., rhs_k, n] = &rhs_shape[..] else {
            return Err(refuse());
        };
        if k != rhs_k {
            return Err(refuse());
        }
        let dtype = self.dtype();
        rules::dtype(
            OP,
            rhs.dtype(),
            rhs.dtype() == dtype,
            "the dtype of the left operand",
        )?;
        rules::dtype(OP, dtype, dtype != DType::Bool, "a number, not bool")?;
        let batch = rules::broadcast(OP, &lhs_batch.into(), &rhs_batch.into())?;
        let with_matrix = |rows: usize, columns: usize| -> Shape {
            batch.iter().copied().chain([rows, columns]).collect()
        };
        let lhs = self.broadcast_to(OP, &with_matrix(*m, *k))?;
        let rhs = rhs.broadcast_to(OP, &with_matrix(*k, *n))?;
        let layout = Layout::contiguous(with_matrix(*m, *n));
        let mut out = Array::uninit(OP, layout, dtype, self.device())?;
        out.backend(OP)?.matmul(&lhs, &rhs, &mut out)?;
        Ok(out)
    }
}

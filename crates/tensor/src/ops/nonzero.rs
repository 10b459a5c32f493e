//! Where elements are non-zero.

use crate::layout::Layout;
use crate::{Array, DType, Result, Shape};

impl Array {
    /// The row-major positions of the elements that are not zero, 1-d.
    pub fn nonzero_positions(&self) -> Result<Array> {
        const OP: &str = "nonzero";
        let count = match self.numel() {
            0 => 0,
            _ => self.backend(OP)?.count_nonzero(self)?,
        };
        let layout = Layout::contiguous(Shape::from([count]));
        let mut out = Array::uninit(OP, layout, DType::I64, self.device())?;
        if count > 0 {
            out.backend(OP)?.nonzero(self, &mut out)?;
        }
        Ok(out)
    }
}

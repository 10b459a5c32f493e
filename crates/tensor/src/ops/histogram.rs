//! Counting into bins.

use super::rules;
use crate::layout::Layout;
use crate::{Array, DType, Error, Result, Shape};

impl Array {
    /// How often each bin is named by the integers of `self`, or the sum of the weights of those
    /// that name it. Integers below 0 or from `bins` on name none.
    pub fn count_into(&self, bins: usize, weights: Option<&Array>) -> Result<Array> {
        const OP: &str = "bincount";
        let integers = !self.dtype().is_floating_point();
        rules::dtype(OP, self.dtype(), integers, "an integer dtype")?;
        let mut dtype = DType::I64;
        if let Some(weights) = weights {
            rules::same_device(OP, self, weights)?;
            if weights.shape() != self.shape() {
                let expected = format!("weights of shape {}", self.shape());
                return Err(Error::shape(OP, weights.shape(), expected));
            }
            dtype = weights.dtype();
        }
        let layout = Layout::contiguous(Shape::from([bins]));
        let mut out = Array::uninit(OP, layout, dtype, self.device())?;
        out.backend(OP)?.count(self, weights, &mut out)?;
        Ok(out)
    }
}

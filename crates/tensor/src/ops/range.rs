//! Evenly spaced numbers.

use crate::layout::Layout;
use crate::{Array, DType, Device, Result, Scalar, Shape};

impl Array {
    /// `start`, `start + step`, `start + 2 step`, ..., 1-d. Integers are computed as integers.
    pub fn ramp(
        length: usize,
        start: Scalar,
        step: Scalar,
        dtype: DType,
        device: Device,
    ) -> Result<Array> {
        const OP: &str = "arange";
        let layout = Layout::contiguous(Shape::from([length]));
        let mut out = Array::uninit(OP, layout, dtype, device)?;
        if length > 0 {
            out.backend(OP)?.ramp(start, step, &mut out)?;
        }
        Ok(out)
    }
}

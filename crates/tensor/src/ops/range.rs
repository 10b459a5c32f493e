//! Evenly spaced numbers.

use crate::layout::Layout;
use crate::{Array, DType, Device, Result, Scalar, Shape, cpu};

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

    /// `length` evenly spaced numbers from `start` to `end`, both included, computed in `f64` from the
    /// nearer of the two; 1-d and in main memory.
    pub fn spaced(
        op: &'static str,
        start: f64,
        end: f64,
        length: usize,
        dtype: DType,
    ) -> Result<Array> {
        let layout = Layout::contiguous(Shape::from([length]));
        let mut out = Array::uninit(op, layout, dtype, Device::Cpu)?;
        cpu::range::spaced(start, end, &mut out);
        Ok(out)
    }
}

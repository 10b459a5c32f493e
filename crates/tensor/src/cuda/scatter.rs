//! Elements written by an index: a thread for each line, so that the order is fixed.

use super::device::Cuda;
use super::launch::{Lines, compute, kernel};
use crate::ops::scatter::ScatterOp;
use crate::{Array, Result};
use rushlight_cuda_kernels::Compute;

impl Cuda {
    pub(super) fn scatter_along(
        &self,
        op: ScatterOp,
        dim: usize,
        index: &Array,
        source: &Array,
        out: &Array,
    ) -> Result<()> {
        // Positions are those of the source, whose shape differs from that of the output.
        let lines = Lines::over(source.shape(), dim, &[out, index, source]);
        let (length, steps) = (lines.length_bytes(), lines.step_bytes());
        let size = (out.dtype().size_in_bytes() as u32).to_le_bytes();
        let (compute, parameters): (_, &[&[u8]]) = match op {
            ScatterOp::Replace => (Compute::I64, &[&length, &steps, &size]),
            _ => (compute(out.dtype()), &[&length, &steps]),
        };
        let entry = kernel("scatter", compute, op);
        self.launch_over("scatter", entry, &lines.plans, parameters)
    }
}

//! Softmax: a team of threads for each line.

use super::device::Cuda;
use super::launch::{Lines, compute, kernel};
use crate::ops::softmax::SoftmaxOp;
use crate::{Array, Result};
use rushlight_cuda_kernels::Entry;

impl Cuda {
    pub(super) fn softmax_along(
        &self,
        op: SoftmaxOp,
        dim: usize,
        x: &Array,
        out: &Array,
    ) -> Result<()> {
        let entry = kernel("softmax", compute(out.dtype()), op);
        self.each_line(op, entry, Lines::new(dim, &[out, x]))
    }

    pub(super) fn softmax_backward_along(
        &self,
        op: SoftmaxOp,
        dim: usize,
        g: &Array,
        y: &Array,
        out: &Array,
    ) -> Result<()> {
        let entry = kernel("softmax_backward", compute(out.dtype()), op);
        self.each_line(op, entry, Lines::new(dim, &[out, g, y]))
    }

    fn each_line(&self, op: SoftmaxOp, entry: Entry, lines: Lines) -> Result<()> {
        let (length, steps) = (lines.length_bytes(), lines.step_bytes());
        for plan in &lines.plans {
            let (blocks, threads) = self.teams(plan.count, lines.length);
            let parameters: [&[u8]; 3] = [&plan.bytes(), &length, &steps];
            self.launch(op.name(), entry, blocks, threads, &parameters)?;
        }
        Ok(())
    }
}

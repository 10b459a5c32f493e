//! Scans: a team of threads for each line. Fractions are carried in `f64`.

use super::device::Cuda;
use super::launch::{Lines, kernel, widest};
use crate::ops::reduce::ExtremeOp;
use crate::ops::scan::{Direction, ScanOp};
use crate::{Array, Result};
use rushlight_cuda_kernels::Compute;

/// The fewest elements of a line that a thread is worth: shorter lines have one thread.
const PIECE: usize = 64;

impl Cuda {
    pub(super) fn scan_along(
        &self,
        op: ScanOp,
        dim: usize,
        direction: Direction,
        x: &Array,
        out: &Array,
    ) -> Result<()> {
        let lines = Lines::new(dim, &[out, x]).directed(direction);
        let entry = kernel("scan", widest(out.dtype()), op);
        for plan in &lines.plans {
            let (blocks, threads) = self.teams(plan.count, lines.length / PIECE);
            let bytes = [
                &plan.bytes()[..],
                &lines.length_bytes(),
                &lines.step_bytes(),
            ];
            self.launch(op.name(), entry, blocks, threads, &bytes)?;
        }
        Ok(())
    }

    pub(super) fn scan_extremes(
        &self,
        op: ExtremeOp,
        dim: usize,
        x: &Array,
        values: &Array,
        indices: &Array,
    ) -> Result<()> {
        let lines = Lines::new(dim, &[values, indices, x]);
        let parameters: [&[u8]; 2] = [&lines.length_bytes(), &lines.step_bytes()];
        let entry = kernel("scan_extreme", widest(x.dtype()), op);
        self.launch_over(op.name(), entry, &lines.plans, &parameters)
    }

    pub(super) fn recur(
        &self,
        dim: usize,
        direction: Direction,
        a: &Array,
        b: &Array,
        out: &Array,
    ) -> Result<()> {
        let lines = Lines::new(dim, &[out, a, b]).directed(direction);
        let parameters: [&[u8]; 2] = [&lines.length_bytes(), &lines.step_bytes()];
        let entry = kernel("scan", Compute::F64, "Recurrence");
        self.launch_over("recurrence", entry, &lines.plans, &parameters)
    }
}

//! Binary search: a thread for each value.

use super::device::Cuda;
use super::launch::{dense, kernel, widest};
use crate::ops::search::Side;
use crate::{Array, Result};

impl Cuda {
    pub(super) fn search_rows(
        &self,
        side: Side,
        sorted: &Array,
        x: &Array,
        out: &Array,
    ) -> Result<()> {
        const OP: &str = "searchsorted";
        if out.numel() == 0 {
            return Ok(());
        }
        let (sorted, x) = (sorted.contiguous()?, x.contiguous()?);
        let last = |x: &Array| x.shape().last().copied().unwrap_or(1);
        let per_row = if sorted.rank() == 1 {
            x.numel()
        } else {
            last(&x)
        };
        let compute = widest(x.dtype());
        let count = self.sizes(OP, &[x.numel()])?;
        let [per_row, length] = [per_row, last(&sorted)].map(|size| (size as i64).to_le_bytes());
        let (blocks, threads) = self.grid(x.numel());
        let parameters: [&[u8]; 4] = [&dense(&[out, &sorted, &x]), &count, &per_row, &length];
        let entry = kernel("search", compute, side);
        self.launch(OP, entry, blocks, [threads, 1], &parameters)
    }
}

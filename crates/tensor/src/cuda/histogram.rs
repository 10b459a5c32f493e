//! Counting: names are sorted, so that no two threads add to one bin and sums have a fixed order.

use super::device::Cuda;
use super::launch::{dense, kernel, widest};
use crate::{Array, DType, Result, Shape};

impl Cuda {
    pub(super) fn count_bins(
        &self,
        names: &Array,
        weights: Option<&Array>,
        out: &Array,
    ) -> Result<()> {
        const OP: &str = "bincount";
        if out.numel() == 0 {
            return Ok(());
        }
        let names = names.to_dtype(DType::I64)?;
        let names = names.reshape(&Shape::from([names.numel()]))?;
        let (names, order) = names.sort(0, false)?;
        let weights = weights.map(Array::contiguous).transpose()?;
        let compute = widest(out.dtype());
        let arrays = dense(&[out, &names, &order, weights.as_ref().unwrap_or(&order)]);
        let bins = self.sizes(OP, &[out.numel()])?;
        let length = (names.numel() as i64).to_le_bytes();
        let has_weights = u32::from(weights.is_some()).to_le_bytes();
        let (blocks, threads) = self.grid(out.numel());
        let parameters: [&[u8]; 4] = [&arrays, &bins, &length, &has_weights];
        let entry = kernel("histogram", compute, "Count");
        self.launch(OP, entry, blocks, [threads, 1], &parameters)
    }
}

//! Matrix products: blocks of threads for tiles of the result.

use super::device::Cuda;
use super::launch::{compute, kernel, operand};
use crate::{Array, DType, Result};
use rushlight_cuda_kernels::{Compute, Entry, plans};

/// Rows and columns that a block computes at a time.
const TILE: usize = 64;
/// Threads of a block for tiles of sums, and of one of warps for tensor cores.
const SQUARE: [u32; 2] = [16, 16];
const WARPS: [u32; 2] = [32, 8];

impl Cuda {
    pub(super) fn multiply(&self, a: &Array, b: &Array, out: &Array) -> Result<()> {
        const OP: &str = "matmul";
        let batch = out.rank() - 2;
        let (m, k, n) = (
            out.shape()[batch],
            a.shape()[batch + 1],
            out.shape()[batch + 1],
        );
        let sizes = [m, n, k].map(u32::try_from);
        let [Ok(rows), Ok(columns), Ok(depth)] = sizes else {
            return Err(self.unoffered(OP));
        };
        let operands = [out, a, b];
        let mut shape: Vec<u8> = [rows, columns, depth, 0].map(u32::to_le_bytes).concat();
        for dim in [batch, batch + 1] {
            let strides = operands.map(|x| (x.strides()[dim] as i64).to_le_bytes());
            shape.extend(strides.as_flattened());
        }
        if out.numel() == 0 {
            return Ok(());
        }
        let operands = operands.map(|x| operand(x, 0..batch)).to_vec();
        let (entry, threads) = self.product_of(out.dtype());
        for plan in plans(&out.shape()[..batch], operands) {
            let tiles = plan
                .count
                .saturating_mul(m.div_ceil(TILE) * n.div_ceil(TILE));
            if tiles > u32::MAX as usize / 2 {
                return Err(self.unoffered(OP));
            }
            let blocks = self.blocks(tiles);
            self.launch(OP, entry, blocks, threads, &[&plan.bytes(), &shape])?;
        }
        Ok(())
    }

    /// The kernel for products of a dtype, and the threads of its blocks.
    fn product_of(&self, dtype: DType) -> (Entry, [u32; 2]) {
        match dtype {
            DType::F16 | DType::BF16 if self.has_tensor_cores => {
                (kernel("tensor_core", Compute::F32, dtype), WARPS)
            }
            _ => (kernel("matmul", compute(dtype), "Tiled"), SQUARE),
        }
    }
}

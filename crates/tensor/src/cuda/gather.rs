//! Elements picked by an index.

use super::device::Cuda;
use super::launch::{kernel, operand};
use crate::{Array, Result};
use rushlight_cuda_kernels::{Compute, plans};

impl Cuda {
    pub(super) fn pick(&self, dim: usize, x: &Array, index: &Array, out: &Array) -> Result<()> {
        let mut operands = [out, index, x]
            .map(|array| operand(array, 0..array.rank()))
            .to_vec();
        operands[2].strides[dim] = 0;
        let step = (x.strides()[dim] as i64).to_le_bytes();
        let size = (x.dtype().size_in_bytes() as u32).to_le_bytes();
        let entry = kernel("gather", Compute::I64, "Gather");
        let plans = plans(out.shape(), operands);
        self.launch_over("gather", entry, &plans, &[&step, &size])
    }
}

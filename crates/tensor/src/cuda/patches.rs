//! Windows of images as columns, and back: a thread for each element of the result.

use super::device::Cuda;
use super::launch::{compute, dense, kernel};
use crate::ops::patches::PatchShape;
use crate::{Array, Result};
use rushlight_cuda_kernels::{Compute, Entry};

impl Cuda {
    pub(super) fn take_patches(&self, shape: &PatchShape, x: &Array, out: &Array) -> Result<()> {
        let size = (x.dtype().size_in_bytes() as u32).to_le_bytes();
        let entry = kernel("patches", Compute::I64, "Take");
        self.launch_patches("im2col", entry, shape, x, out, &[&size])
    }

    pub(super) fn add_patches(&self, shape: &PatchShape, x: &Array, out: &Array) -> Result<()> {
        let entry = kernel("patches", compute(x.dtype()), "Add");
        self.launch_patches("col2im", entry, shape, x, out, &[])
    }

    fn launch_patches(
        &self,
        op: &'static str,
        entry: Entry,
        shape: &PatchShape,
        x: &Array,
        out: &Array,
        more: &[&[u8]],
    ) -> Result<()> {
        let geometry = &shape.geometry;
        let pairs = [
            shape.image,
            shape.windows,
            geometry.kernel,
            geometry.dilation,
            geometry.padding,
            geometry.stride,
        ];
        self.check_padded(op, &shape.image, &geometry.padding)?;
        let x = x.contiguous()?;
        let arrays = dense(&[out, &x]);
        let sizes = self.sizes(op, pairs.as_flattened())?;
        let count = self.sizes(op, &[out.numel()])?;
        let mut parameters: Vec<&[u8]> = vec![&arrays, &sizes, &count];
        parameters.extend(more);
        let (blocks, threads) = self.grid(out.numel());
        self.launch(op, entry, blocks, [threads, 1], &parameters)
    }
}

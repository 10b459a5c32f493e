//! Pooling: a thread for each element of the result.

use super::device::Cuda;
use super::launch::{compute, dense, kernel};
use crate::ops::pool::{AverageCount, PoolShape, Windows};
use crate::{Array, DType, Result};

impl Cuda {
    pub(super) fn pool_maxima(
        &self,
        shape: &PoolShape,
        x: &Array,
        out: &Array,
        indices: Option<&Array>,
    ) -> Result<()> {
        const OP: &str = "max_pool";
        let count = AverageCount::default();
        // The kernel finds them in any case.
        let found = match indices {
            Some(indices) => indices,
            None => &Array::uninit(OP, out.layout().clone(), DType::I64, out.device())?,
        };
        self.launch_pool(OP, "Max", shape, count, &[out, found, x])
    }

    pub(super) fn pool_averages(
        &self,
        shape: &PoolShape,
        count: AverageCount,
        x: &Array,
        out: &Array,
    ) -> Result<()> {
        self.launch_pool("avg_pool", "Average", shape, count, &[out, x])
    }

    pub(super) fn pool_averages_backward(
        &self,
        shape: &PoolShape,
        count: AverageCount,
        g: &Array,
        out: &Array,
    ) -> Result<()> {
        self.launch_pool(
            "avg_pool_backward",
            "AverageBackward",
            shape,
            count,
            &[out, g],
        )
    }

    /// Launches a kernel over dense arrays, of which the first is the result and the last is read.
    fn launch_pool(
        &self,
        op: &'static str,
        name: &str,
        shape: &PoolShape,
        count: AverageCount,
        arrays: &[&Array],
    ) -> Result<()> {
        let (last, outputs) = arrays.split_last().expect("arrays");
        let x = last.contiguous()?;
        let arrays: Vec<&Array> = outputs.iter().copied().chain([&x]).collect();
        let results = arrays[0].numel();
        let count_bytes = self.sizes(op, &[results])?;
        let (blocks, threads) = self.grid(results);
        let parameters: [&[u8]; 3] = [
            &dense(&arrays),
            &self.shape_of_pool(op, shape, count)?,
            &count_bytes,
        ];
        let entry = kernel("pool", compute(arrays[0].dtype()), name);
        self.launch(op, entry, blocks, [threads, 1], &parameters)
    }

    /// The sizes as kernels read them.
    fn shape_of_pool(
        &self,
        op: &'static str,
        shape: &PoolShape,
        count: AverageCount,
    ) -> Result<Vec<u8>> {
        let mut sizes = [shape.input, shape.output].concat();
        match shape.windows {
            Windows::Adaptive => sizes.extend([0; 13]),
            Windows::Sliding(geometry) => {
                // A window may end as far behind the image as it is wide.
                let windows = geometry.kernel.iter().zip(geometry.dilation);
                let widths: Vec<usize> = windows
                    .map(|(&size, step)| size.saturating_mul(step))
                    .collect();
                self.check_padded(op, &shape.input, &widths)?;
                sizes.push(1);
                for triple in [
                    geometry.kernel,
                    geometry.stride,
                    geometry.padding,
                    geometry.dilation,
                ] {
                    sizes.extend(triple);
                }
            }
        }
        sizes.push(usize::from(count.include_padding));
        let mut bytes = self.sizes(op, &sizes)?;
        bytes.extend((count.divisor.unwrap_or(0) as i64).to_le_bytes());
        Ok(bytes)
    }
}

//! Resampling: a sparse linear map along one dimension after the other.

use super::device::Cuda;
use super::launch::{compute, dense, kernel};
use crate::layout::Layout;
use crate::ops::resample::{LineMap, ResampleShape, SPATIAL};
use crate::{Array, Device, Result, Shape};
use rushlight_cuda_kernels::Compute;

const OP: &str = "resample";

impl Cuda {
    pub(super) fn map_lines(
        &self,
        shape: &ResampleShape<'_>,
        x: &Array,
        out: &Array,
    ) -> Result<()> {
        let compute = compute(x.dtype());
        let mut sizes = shape.input;
        let mut source = x.contiguous()?;
        // The last dimension first, as on the CPU; results in between are not rounded.
        let mut dims: Vec<(usize, &LineMap)> = (0..SPATIAL)
            .filter_map(|dim| Some((dim, shape.maps[dim]?)))
            .collect();
        while let Some((dim, map)) = dims.pop() {
            sizes[dim] = map.outputs();
            let inner: usize = sizes[dim + 1..].iter().product();
            let target = match dims.is_empty() {
                true => out.clone(),
                false => {
                    let numel = Shape::from([shape.planes * sizes.iter().product::<usize>()]);
                    let dtype = x.dtype().to_accumulate();
                    Array::uninit(OP, Layout::contiguous(numel), dtype, x.device())?
                }
            };
            self.map_dim(compute, map, inner, &source, &target)?;
            source = target;
        }
        match shape.maps.iter().all(Option::is_none) {
            true => self.copy_elements(x, out),
            false => Ok(()),
        }
    }

    /// Maps `[outer, inputs, inner]` to `[outer, outputs, inner]`.
    fn map_dim(
        &self,
        compute: Compute,
        map: &LineMap,
        inner: usize,
        x: &Array,
        out: &Array,
    ) -> Result<()> {
        let device = out.device();
        let (starts, places, weights) = map.taps();
        let digits = match compute {
            Compute::I64 if !map.is_selection() => map.digits(),
            _ => 0,
        };
        let (starts, places) = (positions(starts, device)?, positions(places, device)?);
        let weights = numbers(compute, weights, digits)?.to_device(device)?;
        let sizes = self.sizes(OP, &[out.numel(), map.inputs(), map.outputs(), inner])?;
        let [count, inputs, outputs, inner] = std::array::from_fn(|i| &sizes[4 * i..4 * i + 4]);
        let arrays = dense(&[out, x, &starts, &places, &weights]);
        let digits = digits.to_le_bytes();
        let (blocks, threads) = self.grid(out.numel());
        let parameters: [&[u8]; 6] = [&arrays, count, inputs, outputs, inner, &digits];
        let entry = kernel("resample", compute, "Map");
        self.launch(OP, entry, blocks, [threads, 1], &parameters)
    }
}

fn positions(positions: &[usize], device: Device) -> Result<Array> {
    let positions: Vec<i64> = positions.iter().map(|&position| position as i64).collect();
    Array::from_slice(&positions, &[positions.len()])?.to_device(device)
}

/// Weights in the type that computes; whole ones with so many binary digits behind the point.
fn numbers(compute: Compute, weights: &[f64], digits: u32) -> Result<Array> {
    let shape = [weights.len()];
    let one = f64::from(1 << digits);
    match compute {
        Compute::F64 => Array::from_slice(weights, &shape),
        Compute::F32 => {
            let weights: Vec<f32> = weights.iter().map(|&weight| weight as f32).collect();
            Array::from_slice(&weights, &shape)
        }
        Compute::I64 => {
            let rounded = weights.iter().map(|weight| (weight * one).round() as i64);
            Array::from_slice(&rounded.collect::<Vec<i64>>(), &shape)
        }
    }
}

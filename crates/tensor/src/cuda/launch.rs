//! Arrays as kernels see them.

use super::buffer::pointer;
use super::device::Cuda;
use crate::{Array, DType, Result, Scalar};
use rushlight_cuda_kernels::{Compute, Entry, Operand, Plan, find, plans};

/// Threads of a block.
pub(super) const THREADS: u32 = 256;
/// Blocks for each multiprocessor, where there is work for so many.
const WAVES: u32 = 16;

/// The type in which a dtype computes.
pub(super) fn compute(dtype: DType) -> Compute {
    match dtype.to_accumulate() {
        DType::F32 => Compute::F32,
        DType::F64 => Compute::F64,
        _ => Compute::I64,
    }
}

/// A number as a parameter of a kernel.
pub(super) fn number(compute: Compute, x: Scalar) -> Vec<u8> {
    compute.bytes(x.to_f64(), x.to_i64())
}

/// The number by which kernels know a dtype.
pub(super) fn code(dtype: DType) -> u32 {
    let position = DType::ALL.iter().position(|&other| other == dtype);
    position.expect("every dtype is among all") as u32
}

/// An array walked over along some of its dimensions, outermost first.
pub(super) fn operand(x: &Array, dims: impl IntoIterator<Item = usize>) -> Operand {
    Operand {
        pointer: pointer(x),
        strides: dims
            .into_iter()
            .map(|dim| x.strides()[dim] as i64)
            .collect(),
        dtype: code(x.dtype()),
        size: x.dtype().size_in_bytes(),
    }
}

/// The launches over all elements of `out` and of operands of its shape, in the order of its memory.
pub(super) fn elements(out: &Array, others: &[&Array]) -> Vec<Plan> {
    let order = out.layout().memory_order();
    let sizes: Vec<usize> = order.iter().map(|&dim| out.shape()[dim]).collect();
    let operands = std::iter::once(out).chain(others.iter().copied());
    let operands = operands
        .map(|x| operand(x, order.iter().copied()))
        .collect();
    plans(&sizes, operands)
}

impl Cuda {
    /// Queues launches over elements; `parameters` follow the plan.
    pub(super) fn launch_over(
        &self,
        op: &'static str,
        entry: Entry,
        plans: &[Plan],
        parameters: &[&[u8]],
    ) -> Result<()> {
        for plan in plans {
            let bytes = plan.bytes();
            let parameters: Vec<&[u8]> = std::iter::once(&bytes[..])
                .chain(parameters.iter().copied())
                .collect();
            let (blocks, threads) = self.grid(plan.count);
            self.launch(op, entry, blocks, [threads, 1], &parameters)?;
        }
        Ok(())
    }

    /// Blocks and threads for so many elements, over which threads stride.
    pub(super) fn grid(&self, count: usize) -> (u32, u32) {
        let threads = count.next_multiple_of(32).min(THREADS as usize) as u32;
        let blocks = count.div_ceil(threads.max(1) as usize) as u64;
        let most = u64::from(self.multiprocessors * WAVES);
        (blocks.min(most).max(1) as u32, threads)
    }
}

/// The kernel of a row of a table, or of a variant of an operation; tests check that there is one.
pub(super) fn kernel(family: &str, compute: Compute, row: impl std::fmt::Debug) -> Entry {
    let name = format!("{row:?}");
    let name = name.trim_matches('"');
    find(family, compute, name).unwrap_or_else(|| panic!("{family} {name} has a kernel"))
}

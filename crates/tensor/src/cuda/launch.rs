//! Arrays as kernels see them.

use super::buffer::pointer;
use super::device::Cuda;
use crate::ops::scan::Direction;
use crate::{Array, DType, Result, Scalar};
use rushlight_cuda_kernels::{Compute, Entry, Operand, Plan, find, plans, walk};

/// Threads of a block.
const THREADS: usize = 256;
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

/// The wider type in which kernels compute that exist for two alone: it holds all numbers of a dtype.
pub(super) fn widest(dtype: DType) -> Compute {
    match compute(dtype) {
        Compute::F32 | Compute::F64 => Compute::F64,
        Compute::I64 => Compute::I64,
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

/// Arrays that a kernel walks over by itself, since they are dense.
pub(super) fn dense(arrays: &[&Array]) -> Vec<u8> {
    let operands = arrays.iter().map(|x| operand(x, [])).collect();
    let plan = walk(&[], operands).expect("a walk over no dimensions is one launch");
    plan.bytes()
}

/// Lines of elements along one dimension of some operands.
pub(super) struct Lines {
    /// Walks over the first elements.
    pub(super) plans: Vec<Plan>,
    /// Elements of a line.
    pub(super) length: usize,
    steps: Vec<i64>,
}

impl Lines {
    /// The lines along `dim` of operands of one shape.
    pub(super) fn new(dim: usize, operands: &[&Array]) -> Lines {
        Lines::over(operands[0].shape(), dim, operands)
    }

    /// As [`Lines::new`], over the positions of a shape. A 0-d array is a line of one element.
    pub(super) fn over(shape: &[usize], dim: usize, operands: &[&Array]) -> Lines {
        let others = || (0..shape.len()).filter(|&other| other != dim);
        let sizes: Vec<usize> = others().map(|other| shape[other]).collect();
        let strides = |x: &&Array| x.strides().get(dim).map_or(0, |&stride| stride as i64);
        let length = shape.get(dim).copied().unwrap_or(1);
        let starts = operands.iter().map(|x| operand(x, others())).collect();
        let plans = if length > 0 {
            plans(&sizes, starts)
        } else {
            Vec::new()
        };
        let steps = operands.iter().map(strides).collect();
        Lines {
            plans,
            length,
            steps,
        }
    }

    /// The lines from their other ends, where they are to be walked backwards.
    pub(super) fn directed(mut self, direction: Direction) -> Lines {
        if direction == Direction::Backward {
            let last = self.length.saturating_sub(1) as i64;
            let distances: Vec<i64> = self.steps.iter().map(|step| step * last).collect();
            self.plans
                .iter_mut()
                .for_each(|plan| plan.shift(&distances));
            self.steps.iter_mut().for_each(|step| *step = -*step);
        }
        self
    }

    pub(super) fn length_bytes(&self) -> [u8; 4] {
        (self.length as u32).to_le_bytes()
    }

    pub(super) fn step_bytes(&self) -> Vec<u8> {
        self.steps
            .iter()
            .flat_map(|step| step.to_le_bytes())
            .collect()
    }
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

    /// Sizes as parameters of a kernel, which takes up to 31 bits of each.
    pub(super) fn sizes(&self, op: &'static str, sizes: &[usize]) -> Result<Vec<u8>> {
        let number = |&size: &usize| i32::try_from(size).ok().map(i32::to_le_bytes);
        let numbers: Option<Vec<[u8; 4]>> = sizes.iter().map(number).collect();
        Ok(numbers.ok_or_else(|| self.unoffered(op))?.concat())
    }

    /// Checks that places in images which padding surrounds fit the numbers of kernels.
    pub(super) fn check_padded(
        &self,
        op: &'static str,
        image: &[usize],
        padding: &[usize],
    ) -> Result<()> {
        let size =
            |(size, padding): (&usize, &usize)| padding.saturating_mul(2).saturating_add(*size);
        let padded: Vec<usize> = image.iter().zip(padding).map(size).collect();
        self.sizes(op, &padded).map(drop)
    }

    /// Blocks and threads for so many elements, over which threads stride.
    pub(super) fn grid(&self, count: usize) -> (u32, u32) {
        let threads = count.next_multiple_of(32).clamp(32, THREADS);
        (self.blocks(count.div_ceil(threads)), threads as u32)
    }

    /// Blocks and threads for so many lines, each for a team: the fewest threads, a power of two, that
    /// take a line at once.
    pub(super) fn teams(&self, lines: usize, length: usize) -> (u32, [u32; 2]) {
        let team = length.clamp(1, THREADS).next_power_of_two();
        let teams = (THREADS / team).min(lines.next_power_of_two());
        (
            self.blocks(lines.div_ceil(teams)),
            [team as u32, teams as u32],
        )
    }

    /// As many blocks as there is work for, or the device can have at once.
    pub(super) fn blocks(&self, work: usize) -> u32 {
        work.clamp(1, (self.multiprocessors * WAVES) as usize) as u32
    }
}

/// The kernel of a row of a table, or of a variant of an operation; tests check that there is one.
pub(super) fn kernel(family: &str, compute: Compute, row: impl std::fmt::Debug) -> Entry {
    let name = format!("{row:?}");
    let name = name.trim_matches('"');
    find(family, compute, name).unwrap_or_else(|| panic!("{family} {name} has a kernel"))
}

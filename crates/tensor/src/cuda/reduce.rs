//! Reductions: a team of threads for each group of elements.

use super::device::Cuda;
use super::launch::{compute, kernel, operand};
use crate::layout::Layout;
use crate::ops::reduce::{ExtremeOp, ReduceOp, SpreadOp};
use crate::{Array, Result};
use rushlight_cuda_kernels::{Entry, Plan, plans, walk};

impl Cuda {
    pub(super) fn reduce_to(
        &self,
        op: ReduceOp,
        reduced: &[bool],
        x: &Array,
        out: &Array,
    ) -> Result<()> {
        let entry = kernel("reduce", compute(x.dtype()), op);
        self.fold(op.name(), entry, reduced, x, &[out], &[])
    }

    pub(super) fn reduce_to_extreme(
        &self,
        op: ExtremeOp,
        reduced: &[bool],
        x: &Array,
        values: &Array,
        indices: &Array,
    ) -> Result<()> {
        let entry = kernel("extreme", compute(x.dtype()), op);
        self.fold(op.name(), entry, reduced, x, &[values, indices], &[])
    }

    pub(super) fn reduce_to_spread(
        &self,
        op: SpreadOp,
        correction: f64,
        reduced: &[bool],
        x: &Array,
        outputs: [&Array; 2],
    ) -> Result<()> {
        let sizes = x.shape().iter().zip(reduced);
        let count: usize = sizes
            .filter(|(_, gone)| **gone)
            .map(|(&size, _)| size)
            .product();
        let freedom = (count as f64 - correction).max(0.0).to_le_bytes();
        let entry = kernel("spread", compute(x.dtype()), op);
        self.fold(op.name(), entry, reduced, x, &outputs, &[&freedom])
    }

    /// The lowest and the highest of some indices.
    pub(super) fn bounds_of(&self, index: &Array) -> Result<(i64, i64)> {
        let end = |op| index.reduce(op, &[])?.item();
        Ok((end(ReduceOp::Min)?.to_i64(), end(ReduceOp::Max)?.to_i64()))
    }

    pub(super) fn count_of_nonzero(&self, x: &Array) -> Result<usize> {
        let count = x.reduce(ReduceOp::CountNonzero, &[])?.item()?;
        Ok(count.to_i64() as usize)
    }

    /// Launches a kernel that combines the elements of `x` along the marked dimensions.
    fn fold(
        &self,
        op: &'static str,
        entry: Entry,
        reduced: &[bool],
        x: &Array,
        outputs: &[&Array],
        parameters: &[&[u8]],
    ) -> Result<()> {
        let (gone, kept): (Vec<usize>, Vec<usize>) = (0..x.rank()).partition(|&dim| reduced[dim]);
        let sizes = |dims: &[usize]| dims.iter().map(|&dim| x.shape()[dim]).collect::<Vec<_>>();
        let Some(group) = walk(&sizes(&gone), vec![operand(x, gone.iter().copied())]) else {
            // Side by side the elements of a group are few dimensions, or one.
            let order: Vec<usize> = kept.iter().chain(&gone).copied().collect();
            let layout = Layout::in_order(x.shape().clone(), &order);
            let x = x.copy_to_layout(layout, x.dtype())?;
            return self.fold_dense(op, entry, reduced, &x, outputs, parameters);
        };
        let operands = outputs.iter().copied().chain([x]);
        let operands = operands.map(|x| operand(x, kept.iter().copied())).collect();
        self.launch_groups(
            op,
            entry,
            &plans(&sizes(&kept), operands),
            &group,
            parameters,
        )
    }

    /// As `fold`, once the elements of a group lie side by side.
    fn fold_dense(
        &self,
        op: &'static str,
        entry: Entry,
        reduced: &[bool],
        x: &Array,
        outputs: &[&Array],
        parameters: &[&[u8]],
    ) -> Result<()> {
        let sizes = x.shape().iter().zip(reduced);
        let length: usize = sizes
            .filter(|(_, gone)| **gone)
            .map(|(&size, _)| size)
            .product();
        match length <= rushlight_cuda_kernels::LARGEST {
            true => self.fold(op, entry, reduced, x, outputs, parameters),
            false => Err(self.unoffered(op)),
        }
    }

    fn launch_groups(
        &self,
        op: &'static str,
        entry: Entry,
        kept: &[Plan],
        group: &Plan,
        parameters: &[&[u8]],
    ) -> Result<()> {
        let group_bytes = group.bytes();
        for plan in kept {
            let bytes = plan.bytes();
            let mut all: Vec<&[u8]> = vec![&bytes, &group_bytes];
            all.extend(parameters);
            let (blocks, threads) = self.teams(plan.count, group.count);
            self.launch(op, entry, blocks, threads, &all)?;
        }
        Ok(())
    }
}

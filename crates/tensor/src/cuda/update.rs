//! Optimizer steps: one pass over a parameter, its gradient and its states.

use super::device::Cuda;
use super::launch::{compute, elements, kernel};
use super::postponed::Work;
use crate::ops::update::{HYPERPARAMETERS, UpdateOp};
use crate::{Array, DType, Result};

impl Cuda {
    /// Loads the kernel of a step.
    pub(super) fn prepare_step(&self, op: UpdateOp, dtype: DType) -> Result<()> {
        self.activate(op.name())?;
        let entry = kernel("update", compute(dtype), op);
        self.done(op.name(), self.function(entry)).map(drop)
    }

    pub(super) fn step(
        &self,
        op: UpdateOp,
        hyperparameters: &[f64; HYPERPARAMETERS],
        gradient: &Array,
        parameter: &Array,
        states: &[Array],
    ) -> Result<()> {
        let compute = compute(parameter.dtype());
        let numbers = hyperparameters.iter();
        let numbers: Vec<u8> = numbers
            .flat_map(|&number| compute.bytes(number, 0))
            .collect();
        let others: Vec<&Array> = [gradient].into_iter().chain(states).collect();
        let operands: Vec<&Array> = [parameter].into_iter().chain(others.clone()).collect();
        let entry = kernel("update", compute, op);
        for plan in elements(parameter, &others) {
            let (blocks, threads) = self.grid(plan.count);
            let work = Work {
                entry,
                blocks,
                threads: [threads, 1],
                parameters: vec![plan.bytes(), numbers.clone()],
            };
            self.launch_in_any_case(work, &operands);
        }
        Ok(())
    }
}

//! Optimizer steps: one pass over a parameter, its gradient and its states.

use super::device::Cuda;
use super::launch::{compute, elements, kernel};
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
        let entry = kernel("update", compute, op);
        for plan in elements(parameter, &others) {
            let plan = std::slice::from_ref(&plan);
            let launch = || self.launch_over(op.name(), entry, plan, &[&numbers]);
            // A launch that is refused has done nothing, and half a step is worth less than none.
            launch().or_else(|_| launch())?;
        }
        Ok(())
    }
}

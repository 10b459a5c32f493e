//! Optimizer steps: one pass over a parameter, its gradient and its states.

use super::device::Cuda;
use super::launch::{compute, elements, kernel};
use crate::ops::update::{HYPERPARAMETERS, UpdateOp};
use crate::{Array, Result};

impl Cuda {
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
        let plans = elements(parameter, &others);
        self.launch_over(
            op.name(),
            kernel("update", compute, op),
            &plans,
            &[&numbers],
        )
    }
}

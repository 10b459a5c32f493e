//! Learning rates that fall by the same factor at every step.

use super::{Position, Schedule};
use crate::Result;

/// Multiplies the learning rate by `gamma` at every step. PyTorch's `ExponentialLR`.
#[derive(Clone, Debug)]
pub struct ExponentialLR {
    gamma: f64,
}

impl ExponentialLR {
    /// With the given factor.
    pub fn new(gamma: f64) -> ExponentialLR {
        ExponentialLR { gamma }
    }
}

impl Schedule for ExponentialLR {
    const NAME: &'static str = "ExponentialLR";

    fn next(&self, now: &Position<'_>) -> Result<f64> {
        Ok(now.lr() * if now.is_first { 1.0 } else { self.gamma })
    }

    fn closed_form(&self, epoch: u64, base: f64) -> Option<f64> {
        Some(base * self.gamma.powf(epoch as f64))
    }
}

//! Learning rates that fall by the same factor at every step.

use super::{Position, Schedule};
use crate::Result;

/// Multiplies the learning rate by `gamma` at every step. PyTorch's `ExponentialLR`.
///
/// # Arguments
///
/// * `gamma`: The factor.
///
/// ```
/// # use rushlight_autograd::tensor;
/// # use rushlight_optim::{ExponentialLR, LRScheduler, Optimizer, Result, SGD, Schedule};
/// # fn main() -> Result<()> {
/// let w = tensor([1.0])?.requires_grad_(true)?;
/// let mut optimizer = SGD::new([&w], 1.0);
/// let mut scheduler = ExponentialLR::new(0.5).attach(&mut optimizer)?;
/// for expected in [0.5, 0.25, 0.125] {
///     optimizer.step()?;
///     scheduler.step(&mut optimizer)?;
///     assert_eq!(scheduler.last_lr(), [expected]);
/// }
/// # Ok(()) }
/// ```
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

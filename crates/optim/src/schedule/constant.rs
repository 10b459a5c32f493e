//! A reduced learning rate for the first steps.

use super::{Position, Schedule, check};
use crate::{Error, ParamGroup, Result};

/// Multiplies the learning rate by `factor` for the first `total_iters` steps. PyTorch's `ConstantLR`.
///
/// # Arguments
///
/// * `factor`: The factor, between 0 and 1. Default: 1 / 3.
/// * `total_iters`: For how many steps it holds. Default: 5.
///
/// ```
/// # use rushlight_autograd::tensor;
/// # use rushlight_optim::{ConstantLR, LRScheduler, Optimizer, Result, SGD, Schedule};
/// # fn main() -> Result<()> {
/// let w = tensor([1.0])?.requires_grad_(true)?;
/// let mut optimizer = SGD::new([&w], 1.0);
/// let mut scheduler = ConstantLR::new().factor(0.5).total_iters(2).attach(&mut optimizer)?;
/// for expected in [0.5, 1.0, 1.0] {
///     optimizer.step()?;
///     scheduler.step(&mut optimizer)?;
///     assert_eq!(scheduler.last_lr(), [expected]);
/// }
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct ConstantLR {
    factor: f64,
    total_iters: u64,
}

impl Default for ConstantLR {
    fn default() -> ConstantLR {
        ConstantLR {
            factor: 1.0 / 3.0,
            total_iters: 5,
        }
    }
}

impl ConstantLR {
    /// A third of the learning rate for 5 steps.
    pub fn new() -> ConstantLR {
        ConstantLR::default()
    }

    /// Sets the factor, between 0 and 1.
    pub fn factor(mut self, factor: f64) -> ConstantLR {
        self.factor = factor;
        self
    }

    /// Sets for how many steps.
    pub fn total_iters(mut self, steps: u64) -> ConstantLR {
        self.total_iters = steps;
        self
    }
}

impl Schedule for ConstantLR {
    const NAME: &'static str = "ConstantLR";

    fn prepare(&mut self, _: &mut [ParamGroup]) -> Result<()> {
        let fits = (0.0..=1.0).contains(&self.factor);
        check(
            Self::NAME,
            "factor",
            self.factor,
            fits,
            "a number in [0, 1]",
        )
    }

    fn next(&self, now: &Position<'_>) -> Result<f64> {
        if now.epoch == 0 {
            return Ok(now.lr() * self.factor);
        }
        if now.epoch != self.total_iters {
            return Ok(now.lr());
        }
        if self.factor == 0.0 {
            return Err(Error::Schedule {
                schedule: Self::NAME,
                reason: "a learning rate of 0 does not grow again".into(),
            });
        }
        Ok(now.lr() * (1.0 / self.factor))
    }

    fn closed_form(&self, epoch: u64, base: f64) -> Option<f64> {
        let is_over = if epoch >= self.total_iters { 1.0 } else { 0.0 };
        Some(base * (self.factor + is_over * (1.0 - self.factor)))
    }
}

//! Warming up along a line.

use super::{Position, Schedule, check};
use crate::{ParamGroup, Result};

/// Multiplies the learning rate by a factor that goes along a line, from `start_factor` to `end_factor` in
/// `total_iters` steps. PyTorch's `LinearLR`.
///
/// # Arguments
///
/// * `start_factor`: The first factor, above 0 and at most 1. Default: 1 / 3.
/// * `end_factor`: The last factor, between 0 and 1. Default: 1.
/// * `total_iters`: The number of steps. Default: 5.
///
/// ```
/// # use rushlight_autograd::tensor;
/// # use rushlight_optim::{LRScheduler, LinearLR, Optimizer, Result, SGD, Schedule};
/// # fn main() -> Result<()> {
/// let w = tensor([1.0])?.requires_grad_(true)?;
/// let mut optimizer = SGD::new([&w], 0.5);
/// let warmup = LinearLR::new().start_factor(0.5).total_iters(2);
/// let mut scheduler = warmup.attach(&mut optimizer)?;
/// assert_eq!(scheduler.last_lr(), [0.25]);
/// scheduler.step(&mut optimizer)?;
/// scheduler.step(&mut optimizer)?;
/// assert_eq!(scheduler.last_lr(), [0.5]);
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct LinearLR {
    start_factor: f64,
    end_factor: f64,
    total_iters: u64,
}

impl Default for LinearLR {
    fn default() -> LinearLR {
        LinearLR {
            start_factor: 1.0 / 3.0,
            end_factor: 1.0,
            total_iters: 5,
        }
    }
}

impl LinearLR {
    /// From a third of the learning rate to all of it in 5 steps.
    pub fn new() -> LinearLR {
        LinearLR::default()
    }

    /// Sets the first factor, above 0 and at most 1.
    pub fn start_factor(mut self, factor: f64) -> LinearLR {
        self.start_factor = factor;
        self
    }

    /// Sets the last factor, between 0 and 1.
    pub fn end_factor(mut self, factor: f64) -> LinearLR {
        self.end_factor = factor;
        self
    }

    /// Sets the number of steps.
    pub fn total_iters(mut self, steps: u64) -> LinearLR {
        self.total_iters = steps;
        self
    }
}

impl Schedule for LinearLR {
    const NAME: &'static str = "LinearLR";

    fn prepare(&mut self, _: &mut [ParamGroup]) -> Result<()> {
        let (start, end) = (self.start_factor, self.end_factor);
        let fits = start > 0.0 && start <= 1.0;
        check(
            Self::NAME,
            "start_factor",
            start,
            fits,
            "a number in (0, 1]",
        )?;
        let fits = (0.0..=1.0).contains(&end);
        check(Self::NAME, "end_factor", end, fits, "a number in [0, 1]")
    }

    fn next(&self, now: &Position<'_>) -> Result<f64> {
        if now.epoch == 0 {
            return Ok(now.lr() * self.start_factor);
        }
        if now.is_first || now.epoch > self.total_iters {
            return Ok(now.lr());
        }
        let rise = self.end_factor - self.start_factor;
        let before = self.total_iters as f64 * self.start_factor + (now.epoch - 1) as f64 * rise;
        Ok(now.lr() * (1.0 + rise / before))
    }

    fn closed_form(&self, epoch: u64, base: f64) -> Option<f64> {
        let part = match self.total_iters {
            0 => 1.0,
            total => epoch.min(total) as f64 / total as f64,
        };
        Some(base * (self.start_factor + (self.end_factor - self.start_factor) * part))
    }
}

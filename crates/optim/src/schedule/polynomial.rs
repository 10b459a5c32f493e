//! Decay to zero along a power.

use super::{Position, Schedule};
use crate::Result;

/// Lets the learning rate fall to 0 in `total_iters` steps, as `(1 - epoch / total_iters)^power`.
/// PyTorch's `PolynomialLR`.
///
/// # Arguments
///
/// * `total_iters`: The number of steps. Default: 5.
/// * `power`: The power. Default: 1.
///
/// ```
/// # use rushlight_autograd::tensor;
/// # use rushlight_optim::{LRScheduler, Optimizer, PolynomialLR, Result, SGD, Schedule};
/// # fn main() -> Result<()> {
/// let w = tensor([1.0])?.requires_grad_(true)?;
/// let mut optimizer = SGD::new([&w], 1.0);
/// let mut scheduler = PolynomialLR::new().total_iters(4).attach(&mut optimizer)?;
/// for expected in [0.75, 0.5, 0.25] {
///     optimizer.step()?;
///     scheduler.step(&mut optimizer)?;
///     assert!((scheduler.last_lr()[0] - expected).abs() < 1e-12);
/// }
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct PolynomialLR {
    total_iters: u64,
    power: f64,
}

impl Default for PolynomialLR {
    fn default() -> PolynomialLR {
        PolynomialLR {
            total_iters: 5,
            power: 1.0,
        }
    }
}

impl PolynomialLR {
    /// In 5 steps along a line.
    pub fn new() -> PolynomialLR {
        PolynomialLR::default()
    }

    /// Sets the number of steps.
    pub fn total_iters(mut self, steps: u64) -> PolynomialLR {
        self.total_iters = steps;
        self
    }

    /// Sets the power.
    pub fn power(mut self, power: f64) -> PolynomialLR {
        self.power = power;
        self
    }
}

impl Schedule for PolynomialLR {
    const NAME: &'static str = "PolynomialLR";

    fn next(&self, now: &Position<'_>) -> Result<f64> {
        if now.is_first || now.epoch > self.total_iters {
            return Ok(now.lr());
        }
        let (epoch, total) = (now.epoch as f64, self.total_iters as f64);
        let factor = (1.0 - epoch / total) / (1.0 - (epoch - 1.0) / total);
        Ok(now.lr() * factor.powf(self.power))
    }

    fn closed_form(&self, epoch: u64, base: f64) -> Option<f64> {
        let left = match self.total_iters {
            0 => 0.0,
            total => 1.0 - epoch.min(total) as f64 / total as f64,
        };
        Some(base * left.powf(self.power))
    }
}

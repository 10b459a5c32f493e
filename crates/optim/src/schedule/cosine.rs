//! Learning rates along cosines.

use super::{Position, Schedule, Scheduler, check};
use crate::{Error, Optimizer, ParamGroup, Result};
use std::f64::consts::PI;

/// Moves the learning rate along half a cosine from its first value to `eta_min` in `t_max` steps, and
/// back, and so on (Loshchilov and Hutter, 2017, without restarts). PyTorch's `CosineAnnealingLR`.
///
/// # Arguments
///
/// * `t_max`: How many steps half a cosine takes.
/// * `eta_min`: The lowest learning rate. Default: 0.
///
/// ```
/// # use rushlight_autograd::tensor;
/// # use rushlight_optim::{CosineAnnealingLR, LRScheduler, Optimizer, Result, SGD, Schedule};
/// # fn main() -> Result<()> {
/// let w = tensor([1.0])?.requires_grad_(true)?;
/// let mut optimizer = SGD::new([&w], 1.0);
/// let mut scheduler = CosineAnnealingLR::new(2).attach(&mut optimizer)?;
/// for expected in [0.5, 0.0, 0.5] {
///     optimizer.step()?;
///     scheduler.step(&mut optimizer)?;
///     assert!((scheduler.last_lr()[0] - expected).abs() < 1e-12);
/// }
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct CosineAnnealingLR {
    t_max: u64,
    eta_min: f64,
}

impl CosineAnnealingLR {
    /// With `eta_min` 0. `t_max` must not be 0.
    pub fn new(t_max: u64) -> CosineAnnealingLR {
        CosineAnnealingLR {
            t_max,
            eta_min: 0.0,
        }
    }

    /// Sets the lowest learning rate.
    pub fn eta_min(mut self, eta_min: f64) -> CosineAnnealingLR {
        self.eta_min = eta_min;
        self
    }

    fn height(&self, epoch: f64) -> f64 {
        1.0 + (PI * epoch / self.t_max as f64).cos()
    }
}

impl Schedule for CosineAnnealingLR {
    const NAME: &'static str = "CosineAnnealingLR";

    fn prepare(&mut self, _: &mut [ParamGroup]) -> Result<()> {
        check(Self::NAME, "T_max", 0, self.t_max > 0, "positive")
    }

    fn next(&self, now: &Position<'_>) -> Result<f64> {
        if now.is_first {
            return Ok(now.lr());
        }
        let epoch = now.epoch as f64;
        let since_bottom = epoch - 1.0 - self.t_max as f64;
        if since_bottom % (2.0 * self.t_max as f64) == 0.0 {
            // At the bottom the ratio below would divide by zero.
            let rise = (now.base - self.eta_min) * (1.0 - (PI / self.t_max as f64).cos()) / 2.0;
            return Ok(now.lr() + rise);
        }
        let ratio = self.height(epoch) / self.height(epoch - 1.0);
        Ok(ratio * (now.lr() - self.eta_min) + self.eta_min)
    }

    fn closed_form(&self, epoch: u64, base: f64) -> Option<f64> {
        let height = self.height(epoch as f64);
        Some(self.eta_min + (base - self.eta_min) * height / 2.0)
    }
}

/// Moves the learning rate along half a cosine from its first value to `eta_min` in `t_0` steps, then jumps
/// back and begins anew, each time with a period that is `t_mult` times as long (Loshchilov and Hutter,
/// 2017). PyTorch's `CosineAnnealingWarmRestarts`.
///
/// # Arguments
///
/// * `t_0`: The steps of the first period.
/// * `t_mult`: By what factor periods grow, at least 1. Default: 1.
/// * `eta_min`: The lowest learning rate. Default: 0.
///
/// ```
/// # use rushlight_autograd::tensor;
/// # use rushlight_optim::{CosineAnnealingWarmRestarts, LRScheduler, Optimizer, Result, SGD, Schedule};
/// # fn main() -> Result<()> {
/// let w = tensor([1.0])?.requires_grad_(true)?;
/// let mut optimizer = SGD::new([&w], 1.0);
/// let mut scheduler = CosineAnnealingWarmRestarts::new(2).attach(&mut optimizer)?;
/// for expected in [0.5, 1.0, 0.5] {
///     optimizer.step()?;
///     scheduler.step(&mut optimizer)?;
///     assert!((scheduler.last_lr()[0] - expected).abs() < 1e-12);
/// }
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct CosineAnnealingWarmRestarts {
    t_0: u64,
    t_mult: u64,
    eta_min: f64,
}

impl CosineAnnealingWarmRestarts {
    /// With equal periods, down to 0. `t_0` must not be 0.
    pub fn new(t_0: u64) -> CosineAnnealingWarmRestarts {
        CosineAnnealingWarmRestarts {
            t_0,
            t_mult: 1,
            eta_min: 0.0,
        }
    }

    /// Sets by what factor periods grow; at least 1.
    pub fn t_mult(mut self, t_mult: u64) -> CosineAnnealingWarmRestarts {
        self.t_mult = t_mult;
        self
    }

    /// Sets the lowest learning rate.
    pub fn eta_min(mut self, eta_min: f64) -> CosineAnnealingWarmRestarts {
        self.eta_min = eta_min;
        self
    }

    /// The learning rate at a point in time, which may lie between steps.
    fn at(&self, epoch: f64, base: f64) -> f64 {
        let (mut since, mut period) = (epoch, self.t_0 as f64);
        if self.t_mult == 1 {
            since %= period;
        }
        while since >= period {
            since -= period;
            period *= self.t_mult as f64;
        }
        self.eta_min + (base - self.eta_min) * (1.0 + (PI * since / period).cos()) / 2.0
    }
}

impl Schedule for CosineAnnealingWarmRestarts {
    const NAME: &'static str = "CosineAnnealingWarmRestarts";

    fn prepare(&mut self, _: &mut [ParamGroup]) -> Result<()> {
        check(Self::NAME, "T_0", 0, self.t_0 > 0, "positive")?;
        check(Self::NAME, "T_mult", 0, self.t_mult > 0, "at least 1")
    }

    fn next(&self, now: &Position<'_>) -> Result<f64> {
        Ok(self.at(now.epoch as f64, now.base))
    }
}

impl Scheduler<CosineAnnealingWarmRestarts> {
    /// Goes to a point in time, such as `epoch + batch / batches`: PyTorch's `step(epoch)`. The next
    /// `step` goes to the next whole epoch.
    pub fn step_to(&mut self, epoch: f64, optimizer: &mut dyn Optimizer) -> Result<()> {
        if !(epoch >= 0.0 && epoch.is_finite()) {
            return Err(Error::Schedule {
                schedule: CosineAnnealingWarmRestarts::NAME,
                reason: format!("epoch {epoch} is not a number from 0 on"),
            });
        }
        self.jump(epoch as u64, optimizer, |schedule, base| {
            schedule.at(epoch, base)
        })
    }
}

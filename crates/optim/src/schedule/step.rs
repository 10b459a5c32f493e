//! Learning rates that fall at some steps.

use super::{Position, Schedule, check};
use crate::{ParamGroup, Result};

/// Multiplies the learning rate by `gamma` every `step_size` steps. PyTorch's `StepLR`.
///
/// # Arguments
///
/// * `step_size`: How many steps there are between two falls.
/// * `gamma`: The factor. Default: 0.1.
///
/// ```
/// # use rushlight_autograd::tensor;
/// # use rushlight_optim::{LRScheduler, Optimizer, Result, SGD, Schedule, StepLR};
/// # fn main() -> Result<()> {
/// let w = tensor([1.0])?.requires_grad_(true)?;
/// let mut optimizer = SGD::new([&w], 0.1);
/// let mut scheduler = StepLR::new(2).gamma(0.5).attach(&mut optimizer)?;
/// for expected in [0.1, 0.05, 0.05] {
///     optimizer.step()?;
///     scheduler.step(&mut optimizer)?;
///     assert_eq!(scheduler.last_lr(), [expected]);
/// }
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct StepLR {
    step_size: u64,
    gamma: f64,
}

impl StepLR {
    /// With `gamma` 0.1. `step_size` must not be 0.
    pub fn new(step_size: u64) -> StepLR {
        StepLR {
            step_size,
            gamma: 0.1,
        }
    }

    /// Sets the factor.
    pub fn gamma(mut self, gamma: f64) -> StepLR {
        self.gamma = gamma;
        self
    }
}

impl Schedule for StepLR {
    const NAME: &'static str = "StepLR";

    fn prepare(&mut self, _: &mut [ParamGroup]) -> Result<()> {
        check(Self::NAME, "step_size", 0, self.step_size > 0, "positive")
    }

    fn next(&self, now: &Position<'_>) -> Result<f64> {
        let falls = now.epoch > 0 && now.epoch.is_multiple_of(self.step_size);
        Ok(now.lr() * if falls { self.gamma } else { 1.0 })
    }

    fn closed_form(&self, epoch: u64, base: f64) -> Option<f64> {
        let falls = epoch / self.step_size.max(1);
        Some(base * self.gamma.powf(falls as f64))
    }
}

/// Multiplies the learning rate by `gamma` at each of some steps, twice at one that is named twice.
/// PyTorch's `MultiStepLR`.
///
/// # Arguments
///
/// * `milestones`: The steps at which the learning rate falls.
/// * `gamma`: The factor. Default: 0.1.
///
/// ```
/// # use rushlight_autograd::tensor;
/// # use rushlight_optim::{LRScheduler, MultiStepLR, Optimizer, Result, SGD, Schedule};
/// # fn main() -> Result<()> {
/// let w = tensor([1.0])?.requires_grad_(true)?;
/// let mut optimizer = SGD::new([&w], 1.0);
/// let mut scheduler = MultiStepLR::new([1, 3]).gamma(0.5).attach(&mut optimizer)?;
/// for expected in [0.5, 0.5, 0.25] {
///     optimizer.step()?;
///     scheduler.step(&mut optimizer)?;
///     assert_eq!(scheduler.last_lr(), [expected]);
/// }
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct MultiStepLR {
    milestones: Vec<u64>,
    gamma: f64,
}

impl MultiStepLR {
    /// With `gamma` 0.1.
    pub fn new(milestones: impl Into<Vec<u64>>) -> MultiStepLR {
        MultiStepLR {
            milestones: milestones.into(),
            gamma: 0.1,
        }
    }

    /// Sets the factor.
    pub fn gamma(mut self, gamma: f64) -> MultiStepLR {
        self.gamma = gamma;
        self
    }

    /// `gamma` to the power of how many milestones are as asked.
    fn factor(&self, counts: impl Fn(u64) -> bool) -> f64 {
        let milestones = self.milestones.iter();
        let count = milestones.filter(|&&milestone| counts(milestone)).count();
        self.gamma.powf(count as f64)
    }
}

impl Schedule for MultiStepLR {
    const NAME: &'static str = "MultiStepLR";

    fn next(&self, now: &Position<'_>) -> Result<f64> {
        Ok(now.lr() * self.factor(|milestone| milestone == now.epoch))
    }

    fn closed_form(&self, epoch: u64, base: f64) -> Option<f64> {
        Some(base * self.factor(|milestone| milestone <= epoch))
    }
}

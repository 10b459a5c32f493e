//! The learning rate of stochastic weight averaging.

use super::{AnnealStrategy, PerGroup, Position, Schedule};
use crate::{ParamGroup, Result};

/// Moves the learning rate to a constant value, at which weights are averaged (Izmailov et al., 2018).
/// PyTorch's `swa_utils.SWALR`.
///
/// # Arguments
///
/// * `swa_lr`: The constant value.
/// * `anneal_epochs`: The number of steps that lead to it. Default: 10.
/// * `anneal_strategy`: Along which curve the learning rate moves. Default:
///   [`AnnealStrategy::Cos`].
///
/// ```
/// # use rushlight_autograd::tensor;
/// # use rushlight_optim::{LRScheduler, Optimizer, Result, SGD, SWALR, Schedule};
/// # fn main() -> Result<()> {
/// let w = tensor([1.0])?.requires_grad_(true)?;
/// let mut optimizer = SGD::new([&w], 1.0);
/// let mut scheduler = SWALR::new(0.5).anneal_epochs(2).attach(&mut optimizer)?;
/// for expected in [0.75, 0.5, 0.5] {
///     optimizer.step()?;
///     scheduler.step(&mut optimizer)?;
///     assert!((scheduler.last_lr()[0] - expected).abs() < 1e-12);
/// }
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct SWALR {
    swa_lr: PerGroup,
    anneal_epochs: u64,
    anneal_strategy: AnnealStrategy,
}

impl SWALR {
    /// To the given learning rate in 10 steps.
    pub fn new(swa_lr: impl Into<PerGroup>) -> SWALR {
        SWALR {
            swa_lr: swa_lr.into(),
            anneal_epochs: 10,
            anneal_strategy: AnnealStrategy::Cos,
        }
    }

    /// Sets the number of steps.
    pub fn anneal_epochs(mut self, steps: u64) -> SWALR {
        self.anneal_epochs = steps;
        self
    }

    /// Sets along which curve the learning rate moves.
    pub fn anneal_strategy(mut self, strategy: AnnealStrategy) -> SWALR {
        self.anneal_strategy = strategy;
        self
    }

    /// Which part of the way is done after so many steps.
    fn done(&self, steps: f64) -> f64 {
        let part = (steps / self.anneal_epochs.max(1) as f64).clamp(0.0, 1.0);
        self.anneal_strategy.between(0.0, 1.0, part)
    }
}

impl Schedule for SWALR {
    const NAME: &'static str = "SWALR";

    fn prepare(&mut self, groups: &mut [ParamGroup]) -> Result<()> {
        self.swa_lr.check(Self::NAME, "swa_lr", groups.len())?;
        for (index, group) in groups.iter_mut().enumerate() {
            let swa_lr = self.swa_lr.of(index);
            group.options_mut().set(Self::NAME, "swa_lr", swa_lr)?;
        }
        Ok(())
    }

    fn next(&self, now: &Position<'_>) -> Result<f64> {
        let step = now.epoch as f64;
        let step = if self.anneal_epochs == 0 {
            step.max(1.0)
        } else {
            step
        };
        let (before, done) = (self.done(step - 1.0), self.done(step));
        let swa_lr = now.options.float("swa_lr");
        // Where the learning rate would have begun, had it been on this curve all the time.
        let start = match before == 1.0 {
            true => swa_lr,
            false => (now.lr() - before * swa_lr) / (1.0 - before),
        };
        Ok(swa_lr * done + start * (1.0 - done))
    }
}

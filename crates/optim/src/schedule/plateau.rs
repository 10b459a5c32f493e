//! Learning rates that fall when a metric stops improving.

use super::state::{count, list};
use super::{PerGroup, SchedulerState, check, learning_rates};
use crate::{Optimizer, Result};

const NAME: &str = "ReduceLROnPlateau";

/// Which way a metric improves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PlateauMode {
    /// It falls, as a loss does.
    #[default]
    Min,
    /// It rises, as an accuracy does.
    Max,
}

/// How a change of a metric is measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ThresholdMode {
    /// As a fraction of the best value so far.
    #[default]
    Rel,
    /// As a difference.
    Abs,
}

/// Settings of a schedule that multiplies the learning rate by `factor` when a metric has not improved for
/// more than `patience` steps. PyTorch's `ReduceLROnPlateau`.
///
/// # Arguments
///
/// * `mode`: Which way the metric improves. Default: [`PlateauMode::Min`].
/// * `factor`: The factor, below 1. Default: 0.1.
/// * `patience`: How many steps without improvement are allowed. Default: 10.
/// * `threshold`: How much better than the best a value must be to count. Default: 1e-4.
/// * `threshold_mode`: How that is measured. Default: [`ThresholdMode::Rel`].
/// * `cooldown`: For how many steps after a reduction nothing counts. Default: 0.
/// * `min_lr`: The lowest learning rate. Default: 0.
/// * `eps`: How small a reduction is not made. Default: 1e-8.
///
/// ```
/// # use rushlight_autograd::tensor;
/// # use rushlight_optim::{Optimizer, ReduceLROnPlateau, Result, SGD};
/// # fn main() -> Result<()> {
/// let w = tensor([1.0])?.requires_grad_(true)?;
/// let mut optimizer = SGD::new([&w], 0.5);
/// let mut scheduler = ReduceLROnPlateau::new().factor(0.5).patience(1).attach(&mut optimizer)?;
/// for (loss, expected) in [(3.0, 0.5), (2.0, 0.5), (2.0, 0.5), (2.0, 0.25)] {
///     scheduler.step(loss, &mut optimizer)?;
///     assert_eq!(scheduler.last_lr(), [expected]);
/// }
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct ReduceLROnPlateau {
    mode: PlateauMode,
    factor: f64,
    patience: u64,
    threshold: f64,
    threshold_mode: ThresholdMode,
    cooldown: u64,
    min_lr: PerGroup,
    eps: f64,
}

/// A [`ReduceLROnPlateau`] that is attached to an optimizer.
#[derive(Clone, Debug)]
pub struct PlateauScheduler {
    settings: ReduceLROnPlateau,
    best: f64,
    bad_epochs: u64,
    cooldown: u64,
    last_epoch: u64,
    last_lr: Vec<f64>,
}

impl Default for ReduceLROnPlateau {
    fn default() -> ReduceLROnPlateau {
        ReduceLROnPlateau {
            mode: PlateauMode::Min,
            factor: 0.1,
            patience: 10,
            threshold: 1e-4,
            threshold_mode: ThresholdMode::Rel,
            cooldown: 0,
            min_lr: PerGroup::Same(0.0),
            eps: 1e-8,
        }
    }
}

impl ReduceLROnPlateau {
    /// A tenth after more than 10 steps in which the metric did not fall.
    pub fn new() -> ReduceLROnPlateau {
        ReduceLROnPlateau::default()
    }

    /// Sets which way the metric improves.
    pub fn mode(mut self, mode: PlateauMode) -> ReduceLROnPlateau {
        self.mode = mode;
        self
    }

    /// Sets the factor, below 1.
    pub fn factor(mut self, factor: f64) -> ReduceLROnPlateau {
        self.factor = factor;
        self
    }

    /// Sets how many steps without improvement are allowed.
    pub fn patience(mut self, steps: u64) -> ReduceLROnPlateau {
        self.patience = steps;
        self
    }

    /// Sets how much better than the best a value must be to count.
    pub fn threshold(mut self, threshold: f64) -> ReduceLROnPlateau {
        self.threshold = threshold;
        self
    }

    /// Sets how that is measured.
    pub fn threshold_mode(mut self, mode: ThresholdMode) -> ReduceLROnPlateau {
        self.threshold_mode = mode;
        self
    }

    /// Sets for how many steps after a reduction nothing counts.
    pub fn cooldown(mut self, steps: u64) -> ReduceLROnPlateau {
        self.cooldown = steps;
        self
    }

    /// Sets the lowest learning rate.
    pub fn min_lr(mut self, min_lr: impl Into<PerGroup>) -> ReduceLROnPlateau {
        self.min_lr = min_lr.into();
        self
    }

    /// Sets how small a reduction is not made.
    pub fn eps(mut self, eps: f64) -> ReduceLROnPlateau {
        self.eps = eps;
        self
    }

    /// Attaches the schedule to an optimizer.
    ///
    /// Errors if the factor is not below 1, or if there is not one lowest learning rate per group.
    pub fn attach(self, optimizer: &mut dyn Optimizer) -> Result<PlateauScheduler> {
        optimizer.check()?;
        let groups = optimizer.param_groups().len();
        self.min_lr.check(NAME, "min_lr", groups)?;
        check(
            NAME,
            "factor",
            self.factor,
            self.factor < 1.0,
            "a number below 1",
        )?;
        Ok(PlateauScheduler {
            best: match self.mode {
                PlateauMode::Min => f64::INFINITY,
                PlateauMode::Max => f64::NEG_INFINITY,
            },
            settings: self,
            bad_epochs: 0,
            cooldown: 0,
            last_epoch: 0,
            last_lr: learning_rates(optimizer),
        })
    }

    /// Whether a metric is better than the best so far.
    fn is_better(&self, metric: f64, best: f64) -> bool {
        let threshold = self.threshold;
        match (self.mode, self.threshold_mode) {
            (PlateauMode::Min, ThresholdMode::Rel) => metric < best * (1.0 - threshold),
            (PlateauMode::Min, ThresholdMode::Abs) => metric < best - threshold,
            (PlateauMode::Max, ThresholdMode::Rel) => metric > best * (threshold + 1.0),
            (PlateauMode::Max, ThresholdMode::Abs) => metric > best + threshold,
        }
    }
}

impl PlateauScheduler {
    /// Takes note of the metric, and reduces the learning rates if it has not improved for too long.
    pub fn step(&mut self, metric: f64, optimizer: &mut dyn Optimizer) -> Result<()> {
        let groups = optimizer.param_groups().len();
        self.settings.min_lr.check(NAME, "min_lr", groups)?;
        self.last_epoch = self.last_epoch.saturating_add(1);
        if self.settings.is_better(metric, self.best) {
            self.best = metric;
            self.bad_epochs = 0;
        } else {
            self.bad_epochs = self.bad_epochs.saturating_add(1);
        }
        if self.cooldown > 0 {
            self.cooldown -= 1;
            self.bad_epochs = 0;
        }
        if self.bad_epochs > self.settings.patience {
            self.reduce(optimizer)?;
            self.cooldown = self.settings.cooldown;
            self.bad_epochs = 0;
        }
        self.last_lr = learning_rates(optimizer);
        Ok(())
    }

    fn reduce(&self, optimizer: &mut dyn Optimizer) -> Result<()> {
        let name = optimizer.name();
        for (index, group) in optimizer.param_groups_mut().iter_mut().enumerate() {
            let lr = group.learning_rate();
            let reduced = (lr * self.settings.factor).max(self.settings.min_lr.of(index));
            if lr - reduced > self.settings.eps {
                group.options_mut().set_number(name, "lr", reduced)?;
            }
        }
        Ok(())
    }

    /// The learning rates in force after the last step, one per group.
    pub fn last_lr(&self) -> &[f64] {
        &self.last_lr
    }

    /// The best value of the metric so far.
    pub fn best(&self) -> f64 {
        self.best
    }

    /// What has to be saved to go on later.
    pub fn state_dict(&self) -> SchedulerState {
        SchedulerState::new([
            ("last_epoch", count(self.last_epoch.cast_signed())),
            ("best", self.best.into()),
            ("num_bad_epochs", count(self.bad_epochs.cast_signed())),
            ("cooldown_counter", count(self.cooldown.cast_signed())),
            ("_last_lr", list(&self.last_lr)),
        ])
    }

    /// Goes on from a saved state. Settings stay those that the schedule was made with.
    pub fn load_state_dict(&mut self, state: &SchedulerState) -> Result<()> {
        let loaded = PlateauScheduler {
            settings: self.settings.clone(),
            best: state.number(NAME, "best")?,
            bad_epochs: state.number(NAME, "num_bad_epochs")? as u64,
            cooldown: state.number(NAME, "cooldown_counter")? as u64,
            last_epoch: state.number(NAME, "last_epoch")? as u64,
            last_lr: state.numbers(NAME, "_last_lr")?,
        };
        *self = loaded;
        Ok(())
    }
}

//! Learning-rate schedules.
//!
//! A schedule remembers the learning rates that the groups began with, and sets new ones each time it
//! is stepped, after the optimizer.

use crate::{Error, Optimizer, Result};
use std::f64::consts::PI;

/// Something that changes the learning rates of an optimizer from step to step.
pub trait LRScheduler {
    /// Moves to the next step and sets the groups' learning rates.
    fn step(&mut self, optimizer: &mut dyn Optimizer) -> Result<()>;

    /// The learning rates that were set last, one per group.
    fn last_lr(&self) -> &[f64];

    /// What has to be saved to go on later.
    fn state_dict(&self) -> SchedulerState;

    /// Goes on from a saved state.
    fn load_state_dict(&mut self, state: &SchedulerState) -> Result<()>;
}

/// The saved state of a schedule.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SchedulerState {
    /// How often the schedule was stepped.
    pub last_epoch: u64,
    /// The learning rates that the groups began with.
    pub base_lrs: Vec<f64>,
    /// The learning rates that were set last.
    pub last_lr: Vec<f64>,
}

/// The part that schedules share: `lr[i + 1]` from `lr[i]`, as PyTorch's chainable form computes it.
#[derive(Clone, Debug)]
struct Progress(SchedulerState);

impl Progress {
    fn new(optimizer: &dyn Optimizer) -> Progress {
        let lrs: Vec<f64> = optimizer
            .param_groups()
            .iter()
            .map(|group| group.learning_rate())
            .collect();
        Progress(SchedulerState {
            last_epoch: 0,
            base_lrs: lrs.clone(),
            last_lr: lrs,
        })
    }

    fn step(
        &mut self,
        optimizer: &mut dyn Optimizer,
        next: impl Fn(u64, f64, f64) -> f64,
    ) -> Result<()> {
        let name = optimizer.name();
        let epoch = self.0.last_epoch + 1;
        let groups = optimizer.param_groups_mut();
        // Groups that were added later begin with the rate they have now.
        self.0.base_lrs.extend(
            groups
                .iter()
                .skip(self.0.base_lrs.len())
                .map(|g| g.learning_rate()),
        );
        self.0.last_lr.clear();
        for (group, &base) in groups.iter_mut().zip(&self.0.base_lrs) {
            let lr = next(epoch, base, group.learning_rate());
            group.options_mut().set(name, "lr", lr)?;
            self.0.last_lr.push(lr);
        }
        self.0.last_epoch = epoch;
        Ok(())
    }

    fn load(&mut self, schedule: &'static str, state: &SchedulerState) -> Result<()> {
        if state.base_lrs.len() != self.0.base_lrs.len() {
            let reason = format!(
                "{} learning rates for {} groups",
                state.base_lrs.len(),
                self.0.base_lrs.len()
            );
            return Err(Error::State {
                optimizer: schedule,
                reason,
            });
        }
        self.0 = state.clone();
        Ok(())
    }
}

macro_rules! scheduler {
    ($Name:ident, |$self:ident, $epoch:ident, $base:ident, $lr:ident| $next:expr) => {
        impl LRScheduler for $Name {
            fn step(&mut self, optimizer: &mut dyn Optimizer) -> Result<()> {
                let mut progress = self.progress.clone();
                let $self = &*self;
                progress.step(optimizer, |$epoch, $base, $lr| $next)?;
                self.progress = progress;
                Ok(())
            }

            fn last_lr(&self) -> &[f64] {
                &self.progress.0.last_lr
            }

            fn state_dict(&self) -> SchedulerState {
                self.progress.0.clone()
            }

            fn load_state_dict(&mut self, state: &SchedulerState) -> Result<()> {
                self.progress.load(stringify!($Name), state)
            }
        }
    };
}

/// Multiplies the learning rate by `gamma` every `step_size` steps.
///
/// ```
/// # use rushlight_autograd::tensor;
/// # use rushlight_optim::{LRScheduler, Optimizer, Result, SGD, StepLR};
/// # fn main() -> Result<()> {
/// let w = tensor([1.0])?.requires_grad_(true)?;
/// let mut optimizer = SGD::new([&w], 0.1);
/// let mut schedule = StepLR::new(&optimizer, 2)?.gamma(0.5);
/// for expected in [0.1, 0.05, 0.05] {
///     optimizer.step()?;
///     schedule.step(&mut optimizer)?;
///     assert_eq!(schedule.last_lr(), [expected]);
/// }
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct StepLR {
    step_size: u64,
    gamma: f64,
    progress: Progress,
}

impl StepLR {
    /// Over the groups of an optimizer, with `gamma` 0.1.
    ///
    /// Errors if `step_size` is 0.
    pub fn new(optimizer: &dyn Optimizer, step_size: u64) -> Result<StepLR> {
        if step_size == 0 {
            let (name, got) = ("step_size".to_string(), "0".to_string());
            return Err(Error::Option {
                optimizer: "StepLR",
                name,
                got,
                expected: "positive",
            });
        }
        Ok(StepLR {
            step_size,
            gamma: 0.1,
            progress: Progress::new(optimizer),
        })
    }

    /// Sets the factor.
    pub fn gamma(mut self, gamma: f64) -> StepLR {
        self.gamma = gamma;
        self
    }
}

scheduler!(StepLR, |s, epoch, _base, lr| {
    if epoch.is_multiple_of(s.step_size) {
        lr * s.gamma
    } else {
        lr
    }
});

/// Moves the learning rate along half a cosine from its first value to `eta_min` in `t_max` steps, and
/// back, and so on (Loshchilov and Hutter, 2017, without restarts).
#[derive(Clone, Debug)]
pub struct CosineAnnealingLR {
    t_max: u64,
    eta_min: f64,
    progress: Progress,
}

impl CosineAnnealingLR {
    /// Over the groups of an optimizer, with `eta_min` 0.
    ///
    /// Errors if `t_max` is 0.
    pub fn new(optimizer: &dyn Optimizer, t_max: u64) -> Result<CosineAnnealingLR> {
        if t_max == 0 {
            let (name, got) = ("T_max".to_string(), "0".to_string());
            let optimizer = "CosineAnnealingLR";
            return Err(Error::Option {
                optimizer,
                name,
                got,
                expected: "positive",
            });
        }
        Ok(CosineAnnealingLR {
            t_max,
            eta_min: 0.0,
            progress: Progress::new(optimizer),
        })
    }

    /// Sets the lowest learning rate.
    pub fn eta_min(mut self, eta_min: f64) -> CosineAnnealingLR {
        self.eta_min = eta_min;
        self
    }
}

scheduler!(CosineAnnealingLR, |s, epoch, base, lr| {
    let t_max = s.t_max as f64;
    let height = |epoch: u64| 1.0 + (PI * epoch as f64 / t_max).cos();
    if (epoch + s.t_max - 1).is_multiple_of(2 * s.t_max) {
        // At the bottom the ratio below would divide by zero.
        lr + (base - s.eta_min) * (1.0 - (PI / t_max).cos()) / 2.0
    } else {
        height(epoch) / height(epoch - 1) * (lr - s.eta_min) + s.eta_min
    }
});

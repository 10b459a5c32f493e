//! Learning-rate schedules.
//!
//! A schedule is settings, and a function from one step to the next. Attached to an optimizer it becomes
//! a [`Scheduler`], which sets the first learning rates at once and new ones each time it is stepped,
//! after the optimizer.
//!
//! Learning rates follow from those of the step before, so that several schedules can act on one
//! optimizer, and changes by hand stay.

mod chained;
mod constant;
mod cosine;
mod cyclic;
mod exponential;
mod lambda;
mod linear;
mod momentum;
mod one_cycle;
mod per_group;
mod plateau;
mod polynomial;
mod scheduler;
mod sequential;
mod state;
mod step;
mod swa;

pub use chained::ChainedScheduler;
pub use constant::ConstantLR;
pub use cosine::{CosineAnnealingLR, CosineAnnealingWarmRestarts};
pub use cyclic::{CyclicLR, CyclicMode, ScaleMode};
pub use exponential::ExponentialLR;
pub use lambda::{LambdaLR, MultiplicativeLR};
pub use linear::LinearLR;
pub use one_cycle::OneCycleLR;
pub use per_group::PerGroup;
pub use plateau::{PlateauMode, PlateauScheduler, ReduceLROnPlateau, ThresholdMode};
pub use polynomial::PolynomialLR;
pub use scheduler::Scheduler;
pub use sequential::SequentialLR;
pub use state::SchedulerState;
pub use step::{MultiStepLR, StepLR};
pub use swa::SWALR;

use crate::{Error, Optimizer, Options, ParamGroup, Result};
use std::f64::consts::PI;
use std::fmt::Debug;

/// Settings of a schedule, and how the learning rate of a group follows from that of the step before.
pub trait Schedule: Debug + Send + Sized + 'static {
    /// PyTorch's name.
    const NAME: &'static str;

    /// Refuses settings that make no sense, or that do not fit the groups, and puts into the groups what
    /// the schedule needs there.
    fn prepare(&mut self, groups: &mut [ParamGroup]) -> Result<()> {
        let _need_nothing = groups;
        Ok(())
    }

    /// The learning rate that a group gets.
    fn next(&self, now: &Position<'_>) -> Result<f64>;

    /// The learning rate at a step by itself, where there is a formula for it. `base` is the learning rate
    /// that the group began with.
    fn closed_form(&self, epoch: u64, base: f64) -> Option<f64> {
        let _has_none = (epoch, base);
        None
    }

    /// The momentum that a group gets, if the schedule moves it.
    fn momentum(&self, now: &Position<'_>) -> Option<f64> {
        let _stays = now;
        None
    }

    /// Attaches the schedule to an optimizer, whose groups get their first learning rates.
    ///
    /// Errors if a setting is out of its domain.
    fn attach(self, optimizer: &mut dyn Optimizer) -> Result<Scheduler<Self>> {
        Scheduler::new(self, optimizer)
    }
}

/// Where a schedule stands when it computes the next learning rate of a group.
#[derive(Clone, Copy, Debug)]
pub struct Position<'a> {
    /// The number of the step; 0 when the schedule is attached.
    pub epoch: u64,
    /// Whether the schedule is just being attached.
    pub is_first: bool,
    /// The number of the group.
    pub group: usize,
    /// The learning rate that the group began with.
    pub base: f64,
    /// The group's options.
    pub options: &'a Options,
}

impl Position<'_> {
    /// The learning rate in force.
    pub fn lr(&self) -> f64 {
        self.options.float("lr")
    }
}

/// Something that changes the learning rates of an optimizer from step to step.
pub trait LRScheduler: Debug + Send {
    /// Moves to the next step and sets the groups' learning rates.
    fn step(&mut self, optimizer: &mut dyn Optimizer) -> Result<()>;

    /// The learning rates that were set last, one per group.
    fn last_lr(&self) -> &[f64];

    /// What has to be saved to go on later.
    fn state_dict(&self) -> SchedulerState;

    /// Goes on from a saved state. Settings stay those that the schedule was made with.
    fn load_state_dict(&mut self, state: &SchedulerState) -> Result<()>;

    /// Takes back that the schedule has begun, but not what it did to the optimizer. A schedule of
    /// schedules does this to its parts.
    fn rewind(&mut self);

    /// Begins after [`rewind`](LRScheduler::rewind), as the first part of a schedule.
    fn begin(&mut self, optimizer: &mut dyn Optimizer) -> Result<()>;

    /// Begins after [`rewind`](LRScheduler::rewind), as a later part: from the learning rates that the
    /// groups had at the very first.
    fn restart(&mut self, optimizer: &mut dyn Optimizer) -> Result<()>;
}

/// How to go from one value to another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AnnealStrategy {
    /// Along half a cosine.
    #[default]
    Cos,
    /// Along a straight line.
    Linear,
}

impl AnnealStrategy {
    /// The value at the fraction `part` of the way.
    fn between(self, start: f64, end: f64, part: f64) -> f64 {
        match self {
            AnnealStrategy::Cos => end + (start - end) / 2.0 * ((PI * part).cos() + 1.0),
            AnnealStrategy::Linear => (end - start) * part + start,
        }
    }
}

/// Refuses a setting unless it fits.
fn check(
    schedule: &'static str,
    name: &str,
    got: impl ToString,
    fits: bool,
    expected: &'static str,
) -> Result<()> {
    if fits {
        return Ok(());
    }
    Err(Error::Option {
        optimizer: schedule,
        name: name.to_string(),
        got: got.to_string(),
        expected,
    })
}

/// The learning rates of all groups.
fn learning_rates(optimizer: &dyn Optimizer) -> Vec<f64> {
    let groups = optimizer.param_groups().iter();
    groups.map(ParamGroup::learning_rate).collect()
}

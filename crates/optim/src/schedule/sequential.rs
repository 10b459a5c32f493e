//! Schedules one after the other.

use super::state::{count, list, refusal};
use super::{LRScheduler, SchedulerState, check, learning_rates};
use crate::{Optimizer, Result};

const NAME: &str = "SequentialLR";

/// Schedules that take over from each other at given steps. PyTorch's `SequentialLR`.
///
/// # Arguments
///
/// * `parts`: The schedules, attached to the optimizer in this order.
/// * `milestones`: The steps at which the second and later ones begin.
///
/// ```
/// # use rushlight_autograd::tensor;
/// # use rushlight_optim::*;
/// # fn main() -> Result<()> {
/// let w = tensor([1.0])?.requires_grad_(true)?;
/// let mut optimizer = SGD::new([&w], 1.0);
/// let warmup = LinearLR::new().start_factor(0.5).total_iters(2).attach(&mut optimizer)?;
/// let decay = ExponentialLR::new(0.5).attach(&mut optimizer)?;
/// let parts: Vec<Box<dyn LRScheduler>> = vec![Box::new(warmup), Box::new(decay)];
/// let mut scheduler = SequentialLR::new(&mut optimizer, parts, [2])?;
/// for expected in [0.75, 1.0, 0.5, 0.25] {
///     optimizer.step()?;
///     scheduler.step(&mut optimizer)?;
///     assert_eq!(scheduler.last_lr(), [expected]);
/// }
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct SequentialLR {
    parts: Vec<Box<dyn LRScheduler>>,
    milestones: Vec<u64>,
    last_epoch: u64,
    last_lr: Vec<f64>,
}

impl SequentialLR {
    /// Of schedules that were attached to the optimizer in this order, and the steps at which the second
    /// and later ones begin.
    ///
    /// Errors unless there is one step less than there are schedules.
    pub fn new(
        optimizer: &mut dyn Optimizer,
        schedulers: Vec<Box<dyn LRScheduler>>,
        milestones: impl Into<Vec<u64>>,
    ) -> Result<SequentialLR> {
        let milestones = milestones.into();
        let fits = !schedulers.is_empty();
        check(NAME, "schedulers", "none", fits, "at least one")?;
        let fits = milestones.len() + 1 == schedulers.len();
        let got = format!("{} for {} schedules", milestones.len(), schedulers.len());
        check(
            NAME,
            "milestones",
            got,
            fits,
            "one less than there are schedules",
        )?;
        let mut sequence = SequentialLR {
            parts: schedulers,
            milestones,
            last_epoch: 0,
            last_lr: Vec::new(),
        };
        let name = optimizer.name();
        for group in optimizer.param_groups_mut() {
            let initial = group.options().float("initial_lr");
            let expected = "schedules that were attached to this optimizer";
            check(NAME, "schedulers", "others", !initial.is_nan(), expected)?;
            group.options_mut().set_number(name, "lr", initial)?;
        }
        sequence.rewind();
        sequence.part(0).begin(optimizer)?;
        sequence.last_lr = learning_rates(optimizer);
        Ok(sequence)
    }

    /// The part whose turn it is at a step.
    fn part(&mut self, epoch: u64) -> &mut dyn LRScheduler {
        let index = self.milestones.partition_point(|&start| start <= epoch);
        &mut *self.parts[index]
    }
}

impl LRScheduler for SequentialLR {
    fn step(&mut self, optimizer: &mut dyn Optimizer) -> Result<()> {
        let epoch = self.last_epoch.saturating_add(1);
        let begins = self.milestones.contains(&epoch);
        match begins {
            true => self.part(epoch).restart(optimizer)?,
            false => self.part(epoch).step(optimizer)?,
        }
        self.last_epoch = epoch;
        self.last_lr = learning_rates(optimizer);
        Ok(())
    }

    fn last_lr(&self) -> &[f64] {
        &self.last_lr
    }

    fn state_dict(&self) -> SchedulerState {
        let parts = self.parts.iter().map(|part| part.state_dict());
        SchedulerState {
            schedulers: parts.collect(),
            ..SchedulerState::new([
                ("last_epoch", count(self.last_epoch.cast_signed())),
                ("_last_lr", list(&self.last_lr)),
            ])
        }
    }

    fn load_state_dict(&mut self, state: &SchedulerState) -> Result<()> {
        let last_epoch = state.number(NAME, "last_epoch")?;
        let last_lr = state.numbers(NAME, "_last_lr")?;
        load_parts(NAME, &mut self.parts, state)?;
        (self.last_epoch, self.last_lr) = (last_epoch as u64, last_lr);
        Ok(())
    }

    fn rewind(&mut self) {
        self.parts.iter_mut().for_each(|part| part.rewind());
    }

    fn begin(&mut self, optimizer: &mut dyn Optimizer) -> Result<()> {
        self.step(optimizer)
    }

    fn restart(&mut self, optimizer: &mut dyn Optimizer) -> Result<()> {
        self.part(0).restart(optimizer)?;
        self.last_epoch = 0;
        self.last_lr = learning_rates(optimizer);
        Ok(())
    }
}

/// Loads the states of parts; all, or none if one does not fit.
pub(super) fn load_parts(
    schedule: &'static str,
    parts: &mut [Box<dyn LRScheduler>],
    state: &SchedulerState,
) -> Result<()> {
    let (got, expected) = (state.schedulers.len(), parts.len());
    if got != expected {
        return Err(refusal(
            schedule,
            format!("{got} schedules, not {expected}"),
        ));
    }
    let before: Vec<SchedulerState> = parts.iter().map(|part| part.state_dict()).collect();
    for index in 0..parts.len() {
        if let Err(error) = parts[index].load_state_dict(&state.schedulers[index]) {
            for (part, before) in parts.iter_mut().zip(&before) {
                part.load_state_dict(before)?;
            }
            return Err(error);
        }
    }
    Ok(())
}

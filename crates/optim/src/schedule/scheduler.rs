//! A schedule at work.

use super::state::{count, list, refusal};
use super::{LRScheduler, Position, Schedule, SchedulerState, learning_rates, momentum};
use crate::{Optimizer, ParamGroup, Result};

/// A schedule that is attached to an optimizer.
#[derive(Debug)]
pub struct Scheduler<S> {
    schedule: S,
    /// The step that was set last; -1 before the schedule begins.
    last_epoch: i64,
    /// The learning rates that the groups began with.
    base_lrs: Vec<f64>,
    last_lr: Vec<f64>,
}

/// By which formula learning rates are set.
#[derive(Clone, Copy, PartialEq)]
enum Formula {
    /// As the schedule begins.
    First,
    /// From those of the step before.
    Next,
    /// By the closed form, where there is one.
    Closed,
}

impl<S: Schedule> Scheduler<S> {
    pub(super) fn new(mut schedule: S, optimizer: &mut dyn Optimizer) -> Result<Scheduler<S>> {
        optimizer.check()?;
        let name = optimizer.name();
        schedule.prepare(optimizer.param_groups_mut())?;
        for group in optimizer.param_groups_mut() {
            let lr = group.learning_rate();
            if group.options().get("initial_lr").is_none() {
                group.options_mut().set(name, "initial_lr", lr)?;
            }
        }
        let groups = optimizer.param_groups().iter();
        let mut scheduler = Scheduler {
            schedule,
            last_epoch: -1,
            base_lrs: groups.map(initial).collect(),
            last_lr: Vec::new(),
        };
        scheduler.set(0, Formula::First, optimizer)?;
        Ok(scheduler)
    }

    /// The settings.
    pub fn schedule(&self) -> &S {
        &self.schedule
    }

    /// How often the schedule was stepped.
    pub fn last_epoch(&self) -> i64 {
        self.last_epoch
    }

    /// Sets the learning rates of a step; all of them, or none where one cannot be computed.
    fn set(&mut self, epoch: u64, formula: Formula, optimizer: &mut dyn Optimizer) -> Result<()> {
        let later = optimizer.param_groups().iter().skip(self.base_lrs.len());
        self.base_lrs.extend(later.map(ParamGroup::learning_rate));
        let mut settings = Vec::new();
        for (group, members) in optimizer.param_groups().iter().enumerate() {
            let now = Position {
                epoch,
                is_first: formula == Formula::First,
                group,
                base: self.base_lrs[group],
                options: members.options(),
            };
            let closed = match formula {
                Formula::Closed => self.schedule.closed_form(epoch, now.base),
                _ => None,
            };
            let lr = match closed {
                Some(lr) => lr,
                None => self.schedule.next(&now)?,
            };
            settings.push((lr, self.schedule.momentum(&now)));
        }
        let name = optimizer.name();
        for (group, (lr, momentum)) in optimizer.param_groups_mut().iter_mut().zip(settings) {
            group.options_mut().set_number(name, "lr", lr)?;
            if let Some(momentum) = momentum {
                momentum::set(name, group, momentum)?;
            }
        }
        self.last_lr = learning_rates(optimizer);
        self.last_epoch = epoch.cast_signed();
        Ok(())
    }

    /// Sets the learning rates by a function of the base rates, and goes on from a step.
    pub(super) fn jump(
        &mut self,
        epoch: u64,
        optimizer: &mut dyn Optimizer,
        lr: impl Fn(&S, f64) -> f64,
    ) -> Result<()> {
        let name = optimizer.name();
        for (group, &base) in optimizer.param_groups_mut().iter_mut().zip(&self.base_lrs) {
            let lr = lr(&self.schedule, base);
            group.options_mut().set_number(name, "lr", lr)?;
        }
        self.last_lr = learning_rates(optimizer);
        self.last_epoch = epoch.cast_signed();
        Ok(())
    }

    fn next_epoch(&self) -> u64 {
        self.last_epoch.saturating_add(1).max(0).cast_unsigned()
    }
}

/// The learning rate that a group began with.
fn initial(group: &ParamGroup) -> f64 {
    group.options().float("initial_lr")
}

impl<S: Schedule> LRScheduler for Scheduler<S> {
    fn step(&mut self, optimizer: &mut dyn Optimizer) -> Result<()> {
        self.set(self.next_epoch(), Formula::Next, optimizer)
    }

    fn last_lr(&self) -> &[f64] {
        &self.last_lr
    }

    fn state_dict(&self) -> SchedulerState {
        SchedulerState::new([
            ("base_lrs", list(&self.base_lrs)),
            ("last_epoch", count(self.last_epoch)),
            ("_step_count", count(self.last_epoch.saturating_add(1))),
            ("_last_lr", list(&self.last_lr)),
        ])
    }

    fn load_state_dict(&mut self, state: &SchedulerState) -> Result<()> {
        let last_epoch = state.number(S::NAME, "last_epoch")?;
        let base_lrs = state.numbers(S::NAME, "base_lrs")?;
        let last_lr = state.numbers(S::NAME, "_last_lr")?;
        if base_lrs.len() != self.base_lrs.len() || last_lr.len() != base_lrs.len() {
            let (got, expected) = (base_lrs.len(), self.base_lrs.len());
            let reason = format!("{got} learning rates for {expected} groups");
            return Err(refusal(S::NAME, reason));
        }
        self.last_epoch = last_epoch as i64;
        (self.base_lrs, self.last_lr) = (base_lrs, last_lr);
        Ok(())
    }

    fn rewind(&mut self) {
        self.last_epoch = self.last_epoch.saturating_sub(1);
    }

    fn begin(&mut self, optimizer: &mut dyn Optimizer) -> Result<()> {
        self.set(self.next_epoch(), Formula::First, optimizer)
    }

    fn restart(&mut self, optimizer: &mut dyn Optimizer) -> Result<()> {
        self.set(0, Formula::Closed, optimizer)
    }
}

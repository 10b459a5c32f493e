//! Schedules at the same time.

use super::sequential::load_parts;
use super::state::list;
use super::{LRScheduler, SchedulerState, check, learning_rates};
use crate::{Optimizer, Result};

const NAME: &str = "ChainedScheduler";

/// Schedules that are stepped together, each from the learning rates that the one before it set. PyTorch's
/// `ChainedScheduler`.
///
/// # Arguments
///
/// * `parts`: The schedules, attached to the optimizer in this order.
///
/// ```
/// # use rushlight_autograd::tensor;
/// # use rushlight_optim::*;
/// # fn main() -> Result<()> {
/// let w = tensor([1.0])?.requires_grad_(true)?;
/// let mut optimizer = SGD::new([&w], 1.0);
/// let warmup = ConstantLR::new().factor(0.5).total_iters(2).attach(&mut optimizer)?;
/// let decay = ExponentialLR::new(0.5).attach(&mut optimizer)?;
/// let parts: Vec<Box<dyn LRScheduler>> = vec![Box::new(warmup), Box::new(decay)];
/// let mut scheduler = ChainedScheduler::new(&optimizer, parts)?;
/// for expected in [0.25, 0.25, 0.125] {
///     optimizer.step()?;
///     scheduler.step(&mut optimizer)?;
///     assert_eq!(scheduler.last_lr(), [expected]);
/// }
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct ChainedScheduler {
    parts: Vec<Box<dyn LRScheduler>>,
    last_lr: Vec<f64>,
}

impl ChainedScheduler {
    /// Of schedules that were attached to the optimizer in this order.
    ///
    /// Errors if there is none.
    pub fn new(
        optimizer: &dyn Optimizer,
        schedulers: Vec<Box<dyn LRScheduler>>,
    ) -> Result<ChainedScheduler> {
        let fits = !schedulers.is_empty();
        check(NAME, "schedulers", "none", fits, "at least one")?;
        Ok(ChainedScheduler {
            parts: schedulers,
            last_lr: learning_rates(optimizer),
        })
    }

    /// Does the same to each part.
    fn each(
        &mut self,
        optimizer: &mut dyn Optimizer,
        act: fn(&mut dyn LRScheduler, &mut dyn Optimizer) -> Result<()>,
    ) -> Result<()> {
        for part in &mut self.parts {
            act(&mut **part, optimizer)?;
        }
        self.last_lr = learning_rates(optimizer);
        Ok(())
    }
}

impl LRScheduler for ChainedScheduler {
    fn step(&mut self, optimizer: &mut dyn Optimizer) -> Result<()> {
        self.each(optimizer, |part, optimizer| part.step(optimizer))
    }

    fn last_lr(&self) -> &[f64] {
        &self.last_lr
    }

    fn state_dict(&self) -> SchedulerState {
        let parts = self.parts.iter().map(|part| part.state_dict());
        SchedulerState {
            schedulers: parts.collect(),
            ..SchedulerState::new([("_last_lr", list(&self.last_lr))])
        }
    }

    fn load_state_dict(&mut self, state: &SchedulerState) -> Result<()> {
        let last_lr = state.numbers(NAME, "_last_lr")?;
        load_parts(NAME, &mut self.parts, state)?;
        self.last_lr = last_lr;
        Ok(())
    }

    fn rewind(&mut self) {
        self.parts.iter_mut().for_each(|part| part.rewind());
    }

    fn begin(&mut self, optimizer: &mut dyn Optimizer) -> Result<()> {
        self.step(optimizer)
    }

    fn restart(&mut self, optimizer: &mut dyn Optimizer) -> Result<()> {
        self.each(optimizer, |part, optimizer| part.restart(optimizer))
    }
}

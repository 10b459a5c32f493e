//! The policy of one cycle.

use super::momentum::Momenta;
use super::{AnnealStrategy, PerGroup, Position, Schedule, check};
use crate::{Error, ParamGroup, Result};

/// Moves the learning rate up to a maximum and then down to almost nothing, once, and momentum against it
/// (Smith and Topin, 2019). It is stepped after every batch. PyTorch's `OneCycleLR`.
///
/// It begins at `max_lr / div_factor`, is at `max_lr` after the fraction `pct_start` of all steps, and ends
/// at the first value over `final_div_factor`. With [`three_phase`](OneCycleLR::three_phase) it returns
/// to the first value as fast as it came.
///
/// # Arguments
///
/// * `max_lr`: The largest learning rate.
/// * `total_steps`: The number of all steps.
/// * `pct_start`: After which fraction of all steps the learning rate is largest. Default: 0.3.
/// * `anneal_strategy`: Along which curve values move. Default: [`AnnealStrategy::Cos`].
/// * `cycle_momentum`: Whether momentum moves, too. Default: true.
/// * `base_momentum`: The momentum at the largest learning rate. Default: 0.85.
/// * `max_momentum`: The momentum at the beginning and the end. Default: 0.95.
/// * `div_factor`: The ratio of the largest learning rate to the first. Default: 25.
/// * `final_div_factor`: The ratio of the first learning rate to the last. Default: 10000.
/// * `three_phase`: Whether to return to the first learning rate as fast as it came. Default:
///   false.
///
/// ```
/// # use rushlight_autograd::tensor;
/// # use rushlight_optim::{LRScheduler, OneCycleLR, Optimizer, Result, SGD, Schedule};
/// # fn main() -> Result<()> {
/// let w = tensor([1.0])?.requires_grad_(true)?;
/// let mut optimizer = SGD::new([&w], 1.0);
/// let mut scheduler = OneCycleLR::new(1.0, 5).pct_start(0.4).div_factor(2.0).cycle_momentum(false).attach(&mut optimizer)?;
/// for expected in [1.0] {
///     optimizer.step()?;
///     scheduler.step(&mut optimizer)?;
///     assert!((scheduler.last_lr()[0] - expected).abs() < 1e-12);
/// }
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct OneCycleLR {
    max_lr: PerGroup,
    /// `None` where the product of epochs and steps is too large for a number.
    total_steps: Option<u64>,
    pct_start: f64,
    anneal_strategy: AnnealStrategy,
    cycle_momentum: bool,
    momenta: Momenta,
    div_factor: f64,
    final_div_factor: f64,
    three_phase: bool,
}

/// A part of the cycle: its last step, and between which entries of a group values move.
struct Phase {
    end: f64,
    lr: (&'static str, &'static str),
    momentum: (&'static str, &'static str),
}

impl OneCycleLR {
    /// Up to the given learning rate in 0.3 of `total_steps`, which must not be 0, with momenta between
    /// 0.85 and 0.95.
    pub fn new(max_lr: impl Into<PerGroup>, total_steps: u64) -> OneCycleLR {
        OneCycleLR {
            max_lr: max_lr.into(),
            total_steps: Some(total_steps),
            pct_start: 0.3,
            anneal_strategy: AnnealStrategy::Cos,
            cycle_momentum: true,
            momenta: Momenta {
                base: PerGroup::Same(0.85),
                max: PerGroup::Same(0.95),
            },
            div_factor: 25.0,
            final_div_factor: 1e4,
            three_phase: false,
        }
    }

    /// For a number of epochs of so many steps.
    pub fn with_epochs(
        max_lr: impl Into<PerGroup>,
        epochs: u64,
        steps_per_epoch: u64,
    ) -> OneCycleLR {
        OneCycleLR {
            total_steps: epochs.checked_mul(steps_per_epoch),
            ..OneCycleLR::new(max_lr, 0)
        }
    }

    /// Sets after which fraction of all steps the learning rate is largest.
    pub fn pct_start(mut self, fraction: f64) -> OneCycleLR {
        self.pct_start = fraction;
        self
    }

    /// Sets along which curve values move.
    pub fn anneal_strategy(mut self, strategy: AnnealStrategy) -> OneCycleLR {
        self.anneal_strategy = strategy;
        self
    }

    /// Sets whether momentum moves, too.
    pub fn cycle_momentum(mut self, cycle_momentum: bool) -> OneCycleLR {
        self.cycle_momentum = cycle_momentum;
        self
    }

    /// Sets the momentum at the largest learning rate.
    pub fn base_momentum(mut self, momentum: impl Into<PerGroup>) -> OneCycleLR {
        self.momenta.base = momentum.into();
        self
    }

    /// Sets the momentum at the beginning and the end.
    pub fn max_momentum(mut self, momentum: impl Into<PerGroup>) -> OneCycleLR {
        self.momenta.max = momentum.into();
        self
    }

    /// Sets the ratio of the largest learning rate to the first.
    pub fn div_factor(mut self, factor: f64) -> OneCycleLR {
        self.div_factor = factor;
        self
    }

    /// Sets the ratio of the first learning rate to the last.
    pub fn final_div_factor(mut self, factor: f64) -> OneCycleLR {
        self.final_div_factor = factor;
        self
    }

    /// Returns to the first learning rate as fast as it came, and from there to the last.
    pub fn three_phase(mut self, three_phase: bool) -> OneCycleLR {
        self.three_phase = three_phase;
        self
    }

    fn total(&self) -> f64 {
        self.total_steps.unwrap_or(0) as f64
    }

    fn phases(&self) -> Vec<Phase> {
        let total = self.total();
        let up = Phase {
            end: self.pct_start * total - 1.0,
            lr: ("initial_lr", "max_lr"),
            momentum: ("max_momentum", "base_momentum"),
        };
        let down = Phase {
            end: 2.0 * self.pct_start * total - 2.0,
            lr: ("max_lr", "initial_lr"),
            momentum: ("base_momentum", "max_momentum"),
        };
        let out = |lr, momentum| Phase {
            end: total - 1.0,
            lr: (lr, "min_lr"),
            momentum: (momentum, "max_momentum"),
        };
        match self.three_phase {
            true => vec![up, down, out("initial_lr", "max_momentum")],
            false => vec![up, out("max_lr", "base_momentum")],
        }
    }

    /// The phase of a step, and which part of it has passed.
    fn phase(&self, epoch: u64) -> Option<(Phase, f64)> {
        let (step, mut start) = (epoch as f64, 0.0);
        let phases = self.phases();
        let last = phases.len() - 1;
        for (number, phase) in phases.into_iter().enumerate() {
            if step <= phase.end || number == last {
                let part = (step - start) / (phase.end - start);
                return part.is_finite().then_some((phase, part));
            }
            start = phase.end;
        }
        None
    }

    fn between(&self, now: &Position<'_>, (start, end): (&str, &str), part: f64) -> f64 {
        let (start, end) = (now.options.float(start), now.options.float(end));
        self.anneal_strategy.between(start, end, part)
    }
}

impl Schedule for OneCycleLR {
    const NAME: &'static str = "OneCycleLR";

    fn prepare(&mut self, groups: &mut [ParamGroup]) -> Result<()> {
        self.max_lr.check(Self::NAME, "max_lr", groups.len())?;
        let total = self.total();
        check(
            Self::NAME,
            "total_steps",
            total,
            total > 0.0,
            "a positive number",
        )?;
        let fits = (0.0..=1.0).contains(&self.pct_start);
        check(
            Self::NAME,
            "pct_start",
            self.pct_start,
            fits,
            "a number in [0, 1]",
        )?;
        let fits = self.phase(0).is_some();
        let expected = "a first phase of other than one step";
        check(Self::NAME, "pct_start", self.pct_start, fits, expected)?;
        for (name, factor) in [
            ("div_factor", self.div_factor),
            ("final_div_factor", self.final_div_factor),
        ] {
            check(Self::NAME, name, factor, factor != 0.0, "other than 0")?;
        }
        if self.cycle_momentum {
            self.momenta.prepare(Self::NAME, groups)?;
        }
        for (index, group) in groups.iter_mut().enumerate() {
            let max = self.max_lr.of(index);
            let initial = max / self.div_factor;
            let options = group.options_mut();
            options.set(Self::NAME, "initial_lr", initial)?;
            options.set(Self::NAME, "max_lr", max)?;
            options.set(Self::NAME, "min_lr", initial / self.final_div_factor)?;
        }
        Ok(())
    }

    fn next(&self, now: &Position<'_>) -> Result<f64> {
        let within = now.epoch as f64 <= self.total();
        let Some((phase, part)) = self.phase(now.epoch).filter(|_| within) else {
            return Err(Error::Schedule {
                schedule: Self::NAME,
                reason: format!("step {} of {}", now.epoch, self.total()),
            });
        };
        Ok(self.between(now, phase.lr, part))
    }

    fn momentum(&self, now: &Position<'_>) -> Option<f64> {
        let (phase, part) = self.phase(now.epoch).filter(|_| self.cycle_momentum)?;
        Some(self.between(now, phase.momentum, part))
    }
}

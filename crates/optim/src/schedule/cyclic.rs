//! Cyclical learning rates.

use super::momentum::Momenta;
use super::{PerGroup, Position, Schedule, check};
use crate::{ParamGroup, Result};
use std::fmt;

/// How the cycles of [`CyclicLR`] change with time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CyclicMode {
    /// They do not.
    #[default]
    Triangular,
    /// Each is half as high as the one before.
    Triangular2,
    /// They shrink by `gamma` with every step.
    ExpRange,
}

/// What a scale of one's own is a function of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ScaleMode {
    /// The number of the cycle, from 1 on.
    #[default]
    Cycle,
    /// The number of the step.
    Iterations,
}

/// Moves the learning rate up and down between two values, and momentum against it (Smith, 2017).
/// PyTorch's `CyclicLR`.
///
/// # Arguments
///
/// * `base_lr`: The smallest learning rate.
/// * `max_lr`: The largest learning rate.
/// * `step_size_up`: The number of steps up. Default: 2000.
/// * `step_size_down`: The number of steps down. Default: those up.
/// * `mode`: How cycles change. Default: [`CyclicMode::Triangular`].
/// * `gamma`: The factor of [`CyclicMode::ExpRange`]. Default: 1.
/// * `scale_fn`: The height of cycles by a function of one's own. Default: none.
/// * `cycle_momentum`: Whether momentum moves, too. Default: true.
/// * `base_momentum`: The momentum at the largest learning rate. Default: 0.8.
/// * `max_momentum`: The momentum at the smallest learning rate. Default: 0.9.
///
/// ```
/// # use rushlight_autograd::tensor;
/// # use rushlight_optim::{CyclicLR, LRScheduler, Optimizer, Result, SGD, Schedule};
/// # fn main() -> Result<()> {
/// let w = tensor([1.0])?.requires_grad_(true)?;
/// let mut optimizer = SGD::new([&w], 0.1).momentum(0.9);
/// let cycle = CyclicLR::new(0.0, 1.0).step_size_up(2.0);
/// let mut scheduler = cycle.attach(&mut optimizer)?;
/// for expected in [0.5, 1.0, 0.5, 0.0, 0.5] {
///     scheduler.step(&mut optimizer)?;
///     assert_eq!(scheduler.last_lr(), [expected]);
/// }
/// # Ok(()) }
/// ```
pub struct CyclicLR {
    base_lr: PerGroup,
    max_lr: PerGroup,
    up: f64,
    down: Option<f64>,
    mode: CyclicMode,
    gamma: f64,
    scale: Option<(Scale, ScaleMode)>,
    cycle_momentum: bool,
    momenta: Momenta,
}

type Scale = Box<dyn Fn(f64) -> f64 + Send>;

impl CyclicLR {
    /// Between the given learning rates, 2000 steps up and as many down, with momenta between 0.8 and
    /// 0.9.
    pub fn new(base_lr: impl Into<PerGroup>, max_lr: impl Into<PerGroup>) -> CyclicLR {
        CyclicLR {
            base_lr: base_lr.into(),
            max_lr: max_lr.into(),
            up: 2000.0,
            down: None,
            mode: CyclicMode::Triangular,
            gamma: 1.0,
            scale: None,
            cycle_momentum: true,
            momenta: Momenta {
                base: PerGroup::Same(0.8),
                max: PerGroup::Same(0.9),
            },
        }
    }

    /// Sets the number of steps up.
    pub fn step_size_up(mut self, steps: f64) -> CyclicLR {
        self.up = steps;
        self
    }

    /// Sets the number of steps down, by default those up.
    pub fn step_size_down(mut self, steps: f64) -> CyclicLR {
        self.down = Some(steps);
        self
    }

    /// Sets how cycles change.
    pub fn mode(mut self, mode: CyclicMode) -> CyclicLR {
        self.mode = mode;
        self
    }

    /// Sets the factor of [`CyclicMode::ExpRange`].
    pub fn gamma(mut self, gamma: f64) -> CyclicLR {
        self.gamma = gamma;
        self
    }

    /// Sets the height of cycles by a function of one's own, in place of the mode.
    pub fn scale_fn(
        mut self,
        scale: impl Fn(f64) -> f64 + Send + 'static,
        of: ScaleMode,
    ) -> CyclicLR {
        self.scale = Some((Box::new(scale), of));
        self
    }

    /// Sets whether momentum moves, too.
    pub fn cycle_momentum(mut self, cycle_momentum: bool) -> CyclicLR {
        self.cycle_momentum = cycle_momentum;
        self
    }

    /// Sets the momentum at the largest learning rate.
    pub fn base_momentum(mut self, momentum: impl Into<PerGroup>) -> CyclicLR {
        self.momenta.base = momentum.into();
        self
    }

    /// Sets the momentum at the smallest learning rate.
    pub fn max_momentum(mut self, momentum: impl Into<PerGroup>) -> CyclicLR {
        self.momenta.max = momentum.into();
        self
    }

    /// How far above its base a value is at a step, as a fraction of the range.
    fn height(&self, epoch: u64) -> f64 {
        let total = self.up + self.down.unwrap_or(self.up);
        let (ratio, time) = (self.up / total, epoch as f64 / total);
        let cycle = (1.0 + time).floor();
        let x = 1.0 + time - cycle;
        let height = match x <= ratio {
            true => x / ratio,
            false => (x - 1.0) / (ratio - 1.0),
        };
        let scale = match (&self.scale, self.mode) {
            (Some((scale, ScaleMode::Cycle)), _) => scale(cycle),
            (Some((scale, ScaleMode::Iterations)), _) => scale(epoch as f64),
            (None, CyclicMode::Triangular) => 1.0,
            (None, CyclicMode::Triangular2) => 1.0 / 2f64.powf(cycle - 1.0),
            (None, CyclicMode::ExpRange) => self.gamma.powf(epoch as f64),
        };
        height * scale
    }
}

impl Schedule for CyclicLR {
    const NAME: &'static str = "CyclicLR";

    fn prepare(&mut self, groups: &mut [ParamGroup]) -> Result<()> {
        self.base_lr.check(Self::NAME, "base_lr", groups.len())?;
        self.max_lr.check(Self::NAME, "max_lr", groups.len())?;
        let (up, down) = (self.up, self.down.unwrap_or(self.up));
        let fits = up > 0.0 && up.is_finite();
        check(Self::NAME, "step_size_up", up, fits, "positive")?;
        let fits = down >= 0.0 && down.is_finite();
        check(Self::NAME, "step_size_down", down, fits, "not negative")?;
        if self.cycle_momentum {
            self.momenta.prepare(Self::NAME, groups)?;
        }
        for (index, group) in groups.iter_mut().enumerate() {
            let base = self.base_lr.of(index);
            group.options_mut().set_number(Self::NAME, "lr", base)?;
        }
        Ok(())
    }

    fn next(&self, now: &Position<'_>) -> Result<f64> {
        let (base, max) = (self.base_lr.of(now.group), self.max_lr.of(now.group));
        Ok(base + (max - base) * self.height(now.epoch))
    }

    fn momentum(&self, now: &Position<'_>) -> Option<f64> {
        let momenta = self.cycle_momentum.then_some(&self.momenta)?;
        let (base, max) = (momenta.base.of(now.group), momenta.max.of(now.group));
        Some(max - (max - base) * self.height(now.epoch))
    }
}

impl fmt::Debug for CyclicLR {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CyclicLR")
            .field("base_lr", &self.base_lr)
            .field("max_lr", &self.max_lr)
            .field("mode", &self.mode)
            .finish_non_exhaustive()
    }
}

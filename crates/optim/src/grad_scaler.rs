//! Gradient scaling for mixed precision.

use crate::{Error, Optimizer, Result};
use rushlight_autograd::{DType, Tensor, no_grad};

const NAME: &str = "GradScaler";

/// Multiplies a loss by a large factor, so that gradients in `f16` do not vanish, and divides the
/// gradients by it again before a step: PyTorch's `torch.amp.GradScaler`.
///
/// A step whose gradients are not all finite is left out, and the factor made smaller by
/// `backoff_factor`; after `growth_interval` steps in a row that were taken, it grows by
/// `growth_factor`. In `bf16`, which has the range of `f32`, no scaling is needed.
///
/// ```
/// # use rushlight_autograd::{autocast, tensor, DType};
/// # use rushlight_optim::{GradScaler, Optimizer, Result, SGD};
/// # fn main() -> Result<()> {
/// let w = tensor([[1.0], [2.0]])?.requires_grad_(true)?;
/// let mut optimizer = SGD::new([&w], 0.1);
/// let mut scaler = GradScaler::new().init_scale(1024.0);
/// let x = tensor([[1.0, 1.0]])?;
/// for _ in 0..2 {
///     optimizer.zero_grad();
///     let loss = autocast(DType::F16, || x.matmul(&w)?.sum())?;
///     scaler.scale(&loss)?.backward()?;
///     scaler.unscale_(&optimizer)?; // Only where gradients are to be looked at, or clipped.
///     scaler.step(&mut optimizer)?;
///     scaler.update()?;
/// }
/// assert!((w.select(0, 0)?.item()? - 0.8).abs() < 1e-6);
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct GradScaler {
    enabled: bool,
    state: GradScalerState,
    /// What happened to each optimizer, known by its first parameter, since the last update.
    optimizers: Vec<(Tensor, Progress)>,
}

/// How far an optimizer is.
#[derive(Clone, Copy, Debug)]
struct Progress {
    stepped: bool,
    /// Whether a gradient was not finite.
    found_inf: bool,
}

/// The saved state of a [`GradScaler`], by PyTorch's names.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GradScalerState {
    /// The factor.
    pub scale: f32,
    /// What the factor grows by. Default: 2.
    pub growth_factor: f64,
    /// What the factor shrinks by. Default: 0.5.
    pub backoff_factor: f64,
    /// After how many steps in a row the factor grows. Default: 2000.
    pub growth_interval: u64,
    /// Steps since the factor changed.
    pub growth_tracker: u64,
}

impl Default for GradScaler {
    fn default() -> GradScaler {
        GradScaler {
            enabled: true,
            state: GradScalerState {
                scale: 65536.0,
                growth_factor: 2.0,
                backoff_factor: 0.5,
                growth_interval: 2000,
                growth_tracker: 0,
            },
            optimizers: Vec::new(),
        }
    }
}

/// Settings.
impl GradScaler {
    /// A scaler with PyTorch's defaults.
    pub fn new() -> GradScaler {
        GradScaler::default()
    }

    /// The factor at first. Default: 65536.
    #[must_use]
    pub fn init_scale(mut self, scale: f32) -> GradScaler {
        self.state.scale = scale;
        self
    }

    /// What the factor grows by, more than 1. Default: 2.
    #[must_use]
    pub fn growth_factor(mut self, factor: f64) -> GradScaler {
        self.state.growth_factor = factor;
        self
    }

    /// What the factor shrinks by, less than 1. Default: 0.5.
    #[must_use]
    pub fn backoff_factor(mut self, factor: f64) -> GradScaler {
        self.state.backoff_factor = factor;
        self
    }

    /// After how many steps in a row the factor grows. Default: 2000.
    #[must_use]
    pub fn growth_interval(mut self, steps: u64) -> GradScaler {
        self.state.growth_interval = steps;
        self
    }

    /// Whether anything is scaled; if not, [`GradScaler::step`] is the optimizer's. Default: true.
    #[must_use]
    pub fn enabled(mut self, enabled: bool) -> GradScaler {
        self.enabled = enabled;
        self
    }

    /// Whether anything is scaled.
    pub fn is_enabled(&self) -> bool {
        self.enabled
    }

    /// The factor; 1 if nothing is scaled.
    pub fn get_scale(&self) -> f32 {
        if self.enabled { self.state.scale } else { 1.0 }
    }
}

/// Steps.
impl GradScaler {
    /// A loss, or any output, times the factor.
    ///
    /// Errors if a setting is out of its domain, as all methods here do.
    pub fn scale(&self, output: &Tensor) -> Result<Tensor> {
        if !self.enabled {
            return Ok(output.clone());
        }
        self.state.check()?;
        // A 0-d tensor of `f32`, so that a 0-d loss of `f16` does not overflow.
        let scale = Tensor::full(&[], self.state.scale, DType::F32, output.device())?;
        Ok(output.mul(&scale)?)
    }

    /// Divides the gradients of an optimizer by the factor, and notes whether all are finite.
    /// [`GradScaler::step`] does it where it has not been done.
    ///
    /// Errors for gradients of `f16`, and if it was done since the last update.
    pub fn unscale_(&mut self, optimizer: &dyn Optimizer) -> Result<()> {
        if !self.enabled {
            return Ok(());
        }
        self.state.check()?;
        let params = || {
            optimizer
                .param_groups()
                .iter()
                .flat_map(|group| group.params())
        };
        let Some(first) = params().next() else {
            return Err(Error::Empty {
                optimizer: optimizer.name(),
            });
        };
        match self.progress(first) {
            Some(Progress { stepped: true, .. }) => {
                return Err(misuse(
                    "unscale_ is called after step; update comes between",
                ));
            }
            Some(_) => {
                return Err(misuse(
                    "unscale_ was called for this optimizer since the last update",
                ));
            }
            None => {}
        }
        let inverse = (1.0 / f64::from(self.state.scale)) as f32;
        let mut found_inf = false;
        let unscaled = params().filter_map(|parameter| {
            let gradient = parameter.grad()?;
            Some(no_grad(|| {
                if gradient.dtype() == DType::F16 {
                    return Err(misuse(
                        "gradients of float16 are not unscaled; keep parameters in float32",
                    ));
                }
                found_inf |= gradient.isfinite()?.all()?.item()? == 0.0;
                Ok((parameter, gradient.mul(inverse)?))
            }))
        });
        let unscaled = unscaled.collect::<Result<Vec<_>>>()?;
        if unscaled.is_empty() {
            return Err(misuse("no parameter of this optimizer has a gradient"));
        }
        for (parameter, gradient) in unscaled {
            parameter.set_grad(Some(gradient))?;
        }
        let progress = Progress {
            stepped: false,
            found_inf,
        };
        self.optimizers.push((first.clone(), progress));
        Ok(())
    }

    /// Takes a step of an optimizer with unscaled gradients, if all of them are finite; returns
    /// whether it did.
    ///
    /// Errors if it was called for this optimizer since the last update.
    pub fn step(&mut self, optimizer: &mut dyn Optimizer) -> Result<bool> {
        if !self.enabled {
            optimizer.step()?;
            return Ok(true);
        }
        let first = optimizer
            .param_groups()
            .iter()
            .flat_map(|group| group.params())
            .next();
        let first = first.cloned().ok_or(Error::Empty {
            optimizer: optimizer.name(),
        })?;
        let progress = match self.progress(&first) {
            Some(Progress { stepped: true, .. }) => {
                return Err(misuse(
                    "step was called for this optimizer since the last update",
                ));
            }
            Some(progress) => progress,
            None => {
                self.unscale_(optimizer)?;
                let found_inf = self
                    .progress(&first)
                    .is_some_and(|progress| progress.found_inf);
                Progress {
                    stepped: false,
                    found_inf,
                }
            }
        };
        if !progress.found_inf {
            optimizer.step()?;
        }
        let noted = self
            .optimizers
            .iter_mut()
            .find(|(own, _)| own.is_same(&first));
        if let Some((_, noted)) = noted {
            noted.stepped = true;
        }
        Ok(!progress.found_inf)
    }

    /// Makes the factor smaller if a gradient of any optimizer was not finite, and larger after enough
    /// steps.
    ///
    /// Errors if no optimizer was stepped, or unscaled, since the last update.
    pub fn update(&mut self) -> Result<()> {
        if !self.enabled {
            return Ok(());
        }
        if self.optimizers.is_empty() {
            return Err(misuse("update is called before any step"));
        }
        let found_inf = self
            .optimizers
            .drain(..)
            .any(|(_, progress)| progress.found_inf);
        self.state.advance(found_inf);
        Ok(())
    }

    /// Sets the factor, in the place of [`GradScaler::update`].
    pub fn update_to(&mut self, scale: f32) -> Result<()> {
        let state = GradScalerState {
            scale,
            ..self.state
        };
        state.check()?;
        self.state = state;
        self.optimizers.clear();
        Ok(())
    }

    fn progress(&self, first: &Tensor) -> Option<Progress> {
        let noted = self.optimizers.iter().find(|(own, _)| own.is_same(first));
        noted.map(|(_, progress)| *progress)
    }
}

/// Saved state.
impl GradScaler {
    /// The factor and how it changes.
    pub fn state_dict(&self) -> GradScalerState {
        self.state
    }

    /// Takes over a saved state.
    ///
    /// Errors if a value is out of its domain.
    pub fn load_state_dict(&mut self, state: &GradScalerState) -> Result<()> {
        state.check()?;
        self.state = *state;
        Ok(())
    }
}

impl GradScalerState {
    /// The factor after an update.
    fn advance(&mut self, found_inf: bool) {
        if found_inf {
            self.scale = (f64::from(self.scale) * self.backoff_factor) as f32;
            self.growth_tracker = 0;
            return;
        }
        self.growth_tracker += 1;
        if self.growth_tracker < self.growth_interval {
            return;
        }
        let grown = (f64::from(self.scale) * self.growth_factor) as f32;
        if grown.is_finite() {
            self.scale = grown;
        }
        self.growth_tracker = 0;
    }

    fn check(&self) -> Result<()> {
        let refuse = |name: &str, got: f64, expected| Error::Option {
            optimizer: NAME,
            name: name.to_string(),
            got: got.to_string(),
            expected,
        };
        if !(self.scale > 0.0 && self.scale.is_finite()) {
            return Err(refuse("scale", self.scale.into(), "positive and finite"));
        }
        if self.growth_factor.is_nan() || self.growth_factor <= 1.0 {
            return Err(refuse("growth_factor", self.growth_factor, "more than 1"));
        }
        if !(self.backoff_factor > 0.0 && self.backoff_factor < 1.0) {
            return Err(refuse(
                "backoff_factor",
                self.backoff_factor,
                "between 0 and 1",
            ));
        }
        Ok(())
    }
}

fn misuse(reason: &'static str) -> Error {
    Error::Scaler { reason }
}

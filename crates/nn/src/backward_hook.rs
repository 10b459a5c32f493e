//! Hooks around the backward pass of a module.

use crate::Result;
use rushlight_autograd::{Backward, Gradients, Tensor, Wants, gradients};
use std::sync::{Arc, Mutex, PoisonError};

/// Called with the gradients of a module's input, if it needs one, and output; what it returns, if
/// anything, takes the place of the input's.
pub type FullBackwardHook =
    Arc<dyn Fn(Option<&Tensor>, &Tensor) -> Result<Option<Tensor>> + Send + Sync>;

/// Called with the gradient of a module's output; what it returns, if anything, takes its place.
pub type FullBackwardPreHook = Arc<dyn Fn(&Tensor) -> Result<Option<Tensor>> + Send + Sync>;

/// The hooks of a call, which its graph keeps.
#[derive(Default, Clone)]
pub(crate) struct BackwardHooks {
    pub(crate) before: Vec<(u64, FullBackwardPreHook)>,
    pub(crate) after: Vec<(u64, FullBackwardHook)>,
}

impl BackwardHooks {
    pub(crate) fn is_empty(&self) -> bool {
        self.before.is_empty() && self.after.is_empty()
    }

    /// Runs a computation so that the hooks see its backward pass.
    pub(crate) fn around(
        self,
        x: &Tensor,
        compute: impl FnOnce(&Tensor) -> Result<Tensor>,
    ) -> Result<Tensor> {
        if self.is_empty() {
            return compute(x);
        }
        let hooks = Arc::new(self);
        // The gradient of the output, until that of the input is complete.
        let of_output: Arc<Mutex<Option<Tensor>>> = Arc::default();
        let (x, input_is_watched) = (passed_on(x), x.requires_grad());
        if x.requires_grad() {
            let (hooks, of_output) = (Arc::clone(&hooks), Arc::clone(&of_output));
            x.register_hook(move |gradient| {
                let g = of_output
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .take();
                match g {
                    Some(g) => hooks.run_after(Some(gradient), &g),
                    None => Ok(None),
                }
            })?;
        }
        let y = passed_on(&compute(&x)?);
        if y.requires_grad() {
            y.register_hook(move |gradient| {
                let g = hooks.run_before(gradient)?;
                match input_is_watched {
                    true => {
                        *of_output.lock().unwrap_or_else(PoisonError::into_inner) = Some(g.clone())
                    }
                    false => drop(hooks.run_after(None, &g)?),
                }
                Ok(Some(g))
            })?;
        }
        Ok(y)
    }

    fn run_before(&self, gradient: &Tensor) -> Result<Tensor> {
        let mut g = gradient.clone();
        for (_, hook) in &self.before {
            g = hook(&g)?.unwrap_or(g);
        }
        Ok(g)
    }

    fn run_after(&self, of_input: Option<&Tensor>, of_output: &Tensor) -> Result<Option<Tensor>> {
        let mut replaced: Option<Tensor> = None;
        for (_, hook) in &self.after {
            let latest = hook(replaced.as_ref().or(of_input), of_output)?;
            replaced = latest.or(replaced);
        }
        Ok(replaced)
    }
}

/// The same tensor as a result of its own, which can have hooks.
fn passed_on(x: &Tensor) -> Tensor {
    Tensor::record(x.array(), "backward_hook", &[x], || PassedOn)
}

struct PassedOn;

impl Backward for PassedOn {
    fn backward(&self, g: &Tensor, wants: Wants<'_>) -> Result<Gradients> {
        gradients![wants; g.clone()]
    }

    fn holds_values(&self) -> bool {
        false
    }
}

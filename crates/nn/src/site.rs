//! What a module knows about its place in a model.

use crate::hooks::{Hooks, Outputs, with_first};
use crate::parametrize::Parametrizations;
use crate::{Error, Result};
use rushlight_autograd::Tensor;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// A module's place in a model: whether it trains, the path that leads to it, and the hooks around
/// its call. Every layer of this crate has one; a module of your own that wants to know its mode,
/// or to be hooked, has a field of this type.
///
/// A module learns its path when a tree that it is part of is walked, as every method of
/// [`Module`](crate::Module) does; errors then carry it.
///
/// ```
/// use rushlight_autograd::{Result, Tensor, tensor};
/// use rushlight_nn::{Forward, Module, Site};
///
/// #[derive(Module, Debug)]
/// struct Noisy {
///     site: Site,
/// }
///
/// impl Forward for Noisy {
///     fn forward(&self, x: &Tensor) -> Result<Tensor> {
///         self.site.call(x, |x| if self.site.is_training() { x.add(1.0) } else { Ok(x.clone()) })
///     }
/// }
///
/// # fn main() -> Result<()> {
/// let layer = Noisy { site: Site::default() };
/// layer.register_forward_hook(|_, y| Ok(Some(y.mul(10.0)?)))?;
/// layer.eval();
/// assert_eq!(layer.forward(&tensor(2.0)?)?.item()?, 20.0);
/// # Ok(()) }
/// ```
pub struct Site {
    training: AtomicBool,
    frozen: AtomicBool,
    path: Mutex<Arc<str>>,
    hooks: Arc<Mutex<Hooks>>,
    /// Parameters of the module that are computed from others.
    pub(crate) parametrizations: Parametrizations,
}

/// Takes a hook away again. Dropping it leaves the hook in place.
#[derive(Debug)]
pub struct ForwardHookHandle {
    hooks: Weak<Mutex<Hooks>>,
    number: u64,
}

impl ForwardHookHandle {
    /// Takes the hook away.
    pub fn remove(self) {
        if let Some(hooks) = self.hooks.upgrade() {
            lock(&hooks).remove(self.number);
        }
    }
}

impl Default for Site {
    /// A module starts in training mode, as in PyTorch.
    fn default() -> Site {
        Site {
            training: AtomicBool::new(true),
            frozen: AtomicBool::new(false),
            path: Mutex::new(Arc::from("")),
            hooks: Arc::default(),
            parametrizations: Parametrizations::default(),
        }
    }
}

/// Mode.
impl Site {
    /// Whether the module is in training mode and not frozen.
    pub fn is_training(&self) -> bool {
        self.training.load(Ordering::Relaxed) && !self.is_frozen()
    }

    /// Sets training or evaluation mode.
    pub fn set_training(&self, training: bool) {
        self.training.store(training, Ordering::Relaxed);
    }

    /// Whether the module stays in evaluation mode whatever mode is set.
    pub fn is_frozen(&self) -> bool {
        self.frozen.load(Ordering::Relaxed)
    }

    /// Keeps the module in evaluation mode, or lets the mode that is set count again.
    pub fn set_frozen(&self, frozen: bool) {
        self.frozen.store(frozen, Ordering::Relaxed);
    }
}

/// Calls.
impl Site {
    /// Runs the computation of a module between its hooks, with the values of parametrized parameters.
    /// An error carries the module's path.
    pub fn call(
        &self,
        x: &Tensor,
        compute: impl FnOnce(&Tensor) -> Result<Tensor>,
    ) -> Result<Tensor> {
        self.call_list(std::slice::from_ref(x), |inputs| compute(&inputs[0]))
    }

    /// As [`Site::call`], for a module with several inputs, or outputs.
    ///
    /// ```
    /// # use rushlight_autograd::{Result, tensor};
    /// # use rushlight_nn::Site;
    /// # fn main() -> Result<()> {
    /// let (site, x, y) = (Site::default(), tensor(1.0)?, tensor(2.0)?);
    /// site.register_forward_pre_hook_all(|inputs| Ok(Some(vec![inputs[1].clone(), inputs[0].clone()])));
    /// assert_eq!(site.call_all([&x, &y], |[x, y]| x.sub(y))?.item()?, 1.0);
    /// # Ok(()) }
    /// ```
    pub fn call_all<const N: usize, T: Outputs>(
        &self,
        inputs: [&Tensor; N],
        compute: impl FnOnce([&Tensor; N]) -> Result<T>,
    ) -> Result<T> {
        self.call_list(&inputs.map(Tensor::clone), |inputs| {
            compute(std::array::from_fn(|place| &inputs[place]))
        })
    }

    /// As [`Site::call_all`], for any number of inputs.
    pub fn call_list<T: Outputs>(
        &self,
        inputs: &[Tensor],
        compute: impl FnOnce(&[Tensor]) -> Result<T>,
    ) -> Result<T> {
        let compute = |inputs: &[Tensor]| {
            let _computed = self.parametrizations.stand_in()?;
            compute(inputs)
        };
        self.locate(match self.copied_hooks() {
            Some(hooks) => hooks.around(inputs, compute),
            None => compute(inputs),
        })
    }

    /// As [`Site::call`] without hooks.
    pub fn run<T>(&self, compute: impl FnOnce() -> Result<T>) -> Result<T> {
        let run = || {
            let _computed = self.parametrizations.stand_in()?;
            compute()
        };
        self.locate(run())
    }

    /// The hooks, if there are any; copied out, so that one may register or remove others.
    fn copied_hooks(&self) -> Option<Hooks> {
        let hooks = lock(&self.hooks);
        (!hooks.is_empty()).then(|| hooks.clone())
    }

    /// Adds the module's path to an error that carries none.
    pub fn locate<T>(&self, result: Result<T>) -> Result<T> {
        result.map_err(|error| self.located(error))
    }

    fn located(&self, error: rushlight_autograd::Error) -> rushlight_autograd::Error {
        let path = self.path();
        if path.is_empty() || matches!(Error::of(&error), Some(Error::Inside { .. })) {
            return error;
        }
        let source = Box::new(error);
        Error::Inside { path, source }.into()
    }

    /// The path that leads to the module, as in `named_modules()`; empty until it is known.
    pub fn path(&self) -> Arc<str> {
        lock(&self.path).clone()
    }

    /// Notes the path from the root of a walk. A walk from further down keeps the longer path.
    pub(crate) fn set_path(&self, path: &str) {
        let mut own = lock(&self.path);
        let is_part = own.ends_with(path)
            && (path.is_empty() || own.len() == path.len() || {
                own.as_bytes()[own.len() - path.len() - 1] == b'.'
            });
        if !is_part {
            *own = Arc::from(path);
        }
    }

    /// Registers a hook that is called after the module; see [`ForwardHook`](crate::ForwardHook).
    pub fn register_forward_hook(
        &self,
        hook: impl Fn(&Tensor, &Tensor) -> Result<Option<Tensor>> + Send + Sync + 'static,
    ) -> ForwardHookHandle {
        self.register_forward_hook_all(move |inputs, outputs| {
            let (Some(x), Some(y)) = (inputs.first(), outputs.first()) else {
                return Ok(None);
            };
            Ok(hook(x, y)?.map(|y| with_first(outputs, y)))
        })
    }

    /// As [`Site::register_forward_hook`], for all inputs and outputs; see
    /// [`ForwardHookAll`](crate::ForwardHookAll).
    pub fn register_forward_hook_all(
        &self,
        hook: impl Fn(&[Tensor], &[Tensor]) -> Result<Option<Vec<Tensor>>> + Send + Sync + 'static,
    ) -> ForwardHookHandle {
        let handle = self.handle();
        let entry = (handle.number, Arc::new(hook) as crate::ForwardHookAll);
        lock(&self.hooks).after.push(entry);
        handle
    }

    /// Registers a hook that is called before the module; see [`ForwardPreHook`](crate::ForwardPreHook).
    pub fn register_forward_pre_hook(
        &self,
        hook: impl Fn(&Tensor) -> Result<Option<Tensor>> + Send + Sync + 'static,
    ) -> ForwardHookHandle {
        self.register_forward_pre_hook_all(move |inputs| {
            let replaced = inputs.first().map(&hook).transpose()?.flatten();
            Ok(replaced.map(|x| with_first(inputs, x)))
        })
    }

    /// As [`Site::register_forward_pre_hook`], for all inputs; see
    /// [`ForwardPreHookAll`](crate::ForwardPreHookAll).
    pub fn register_forward_pre_hook_all(
        &self,
        hook: impl Fn(&[Tensor]) -> Result<Option<Vec<Tensor>>> + Send + Sync + 'static,
    ) -> ForwardHookHandle {
        let handle = self.handle();
        let entry = (handle.number, Arc::new(hook) as crate::ForwardPreHookAll);
        lock(&self.hooks).before.push(entry);
        handle
    }

    /// Registers a hook that is called with the gradients of the module's input and output, once both
    /// are known; see [`FullBackwardHook`](crate::FullBackwardHook).
    pub fn register_full_backward_hook(
        &self,
        hook: impl Fn(Option<&Tensor>, &Tensor) -> Result<Option<Tensor>> + Send + Sync + 'static,
    ) -> ForwardHookHandle {
        self.register_full_backward_hook_all(move |of_inputs, of_outputs| {
            let Some(Some(of_output)) = of_outputs.first() else {
                return Ok(None);
            };
            let of_input = of_inputs.first().and_then(Option::as_ref);
            let replaced = hook(of_input, of_output)?;
            Ok(replaced.map(|g| with_first(of_inputs, Some(g))))
        })
    }

    /// As [`Site::register_full_backward_hook`], for all inputs and outputs; see
    /// [`FullBackwardHookAll`](crate::FullBackwardHookAll).
    pub fn register_full_backward_hook_all(
        &self,
        hook: impl Fn(&[Option<Tensor>], &[Option<Tensor>]) -> Result<Option<Vec<Option<Tensor>>>>
        + Send
        + Sync
        + 'static,
    ) -> ForwardHookHandle {
        let handle = self.handle();
        let entry = (handle.number, Arc::new(hook) as crate::FullBackwardHookAll);
        lock(&self.hooks).backward.after.push(entry);
        handle
    }

    /// Registers a hook that is called with the gradient of the module's output, before it is used;
    /// see [`FullBackwardPreHook`](crate::FullBackwardPreHook).
    pub fn register_full_backward_pre_hook(
        &self,
        hook: impl Fn(&Tensor) -> Result<Option<Tensor>> + Send + Sync + 'static,
    ) -> ForwardHookHandle {
        self.register_full_backward_pre_hook_all(move |of_outputs| {
            let of_output = of_outputs.first().and_then(Option::as_ref);
            let replaced = of_output.map(&hook).transpose()?.flatten();
            Ok(replaced.map(|g| with_first(of_outputs, Some(g))))
        })
    }

    /// As [`Site::register_full_backward_pre_hook`], for all outputs; see
    /// [`FullBackwardPreHookAll`](crate::FullBackwardPreHookAll).
    pub fn register_full_backward_pre_hook_all(
        &self,
        hook: impl Fn(&[Option<Tensor>]) -> Result<Option<Vec<Option<Tensor>>>> + Send + Sync + 'static,
    ) -> ForwardHookHandle {
        let handle = self.handle();
        let entry = (
            handle.number,
            Arc::new(hook) as crate::FullBackwardPreHookAll,
        );
        lock(&self.hooks).backward.before.push(entry);
        handle
    }

    fn handle(&self) -> ForwardHookHandle {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        ForwardHookHandle {
            hooks: Arc::downgrade(&self.hooks),
            number: NEXT.fetch_add(1, Ordering::Relaxed),
        }
    }
}

impl fmt::Debug for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Site")
            .field("path", &self.path())
            .field("is_training", &self.is_training())
            .field("is_frozen", &self.is_frozen())
            .finish_non_exhaustive()
    }
}

fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

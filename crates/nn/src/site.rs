//! What a module knows about its place in a model.

use crate::backward_hook::BackwardHooks;
use crate::parametrize::Parametrizations;
use crate::{Error, Result};
use rushlight_autograd::Tensor;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// Called with the input and the output of a module; what it returns, if anything, takes the
/// output's place.
pub type ForwardHook = Arc<dyn Fn(&Tensor, &Tensor) -> Result<Option<Tensor>> + Send + Sync>;

/// Called with the input of a module; what it returns, if anything, takes the input's place.
pub type ForwardPreHook = Arc<dyn Fn(&Tensor) -> Result<Option<Tensor>> + Send + Sync>;

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

#[derive(Default, Clone)]
struct Hooks {
    before: Vec<(u64, ForwardPreHook)>,
    after: Vec<(u64, ForwardHook)>,
    backward: BackwardHooks,
}

impl Hooks {
    /// What the module is called with.
    fn before(&self, x: &Tensor) -> Result<Tensor> {
        let mut x = x.clone();
        for (_, hook) in &self.before {
            x = hook(&x)?.unwrap_or(x);
        }
        Ok(x)
    }

    /// What the call returns.
    fn after(&self, x: &Tensor, mut y: Tensor) -> Result<Tensor> {
        for (_, hook) in &self.after {
            y = hook(x, &y)?.unwrap_or(y);
        }
        Ok(y)
    }
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
            let mut hooks = lock(&hooks);
            hooks.before.retain(|hook| hook.0 != self.number);
            hooks.after.retain(|hook| hook.0 != self.number);
            hooks.backward.before.retain(|hook| hook.0 != self.number);
            hooks.backward.after.retain(|hook| hook.0 != self.number);
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
        let compute = |x: &Tensor| {
            let _computed = self.parametrizations.stand_in()?;
            compute(x)
        };
        let between_hooks = || {
            let Some(hooks) = self.copied_hooks() else {
                return compute(x);
            };
            let x = hooks.before(x)?;
            let y = hooks.backward.clone().around(&x, compute)?;
            hooks.after(&x, y)
        };
        self.locate(between_hooks())
    }

    /// As [`Site::call`] without hooks, for modules with other signatures.
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
        let is_empty =
            hooks.before.is_empty() && hooks.after.is_empty() && hooks.backward.is_empty();
        (!is_empty).then(|| hooks.clone())
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

    /// Registers a hook that is called after the module; see [`ForwardHook`].
    pub fn register_forward_hook(
        &self,
        hook: impl Fn(&Tensor, &Tensor) -> Result<Option<Tensor>> + Send + Sync + 'static,
    ) -> ForwardHookHandle {
        let handle = self.handle();
        lock(&self.hooks)
            .after
            .push((handle.number, Arc::new(hook)));
        handle
    }

    /// Registers a hook that is called before the module; see [`ForwardPreHook`].
    pub fn register_forward_pre_hook(
        &self,
        hook: impl Fn(&Tensor) -> Result<Option<Tensor>> + Send + Sync + 'static,
    ) -> ForwardHookHandle {
        let handle = self.handle();
        lock(&self.hooks)
            .before
            .push((handle.number, Arc::new(hook)));
        handle
    }

    /// Registers a hook that is called with the gradients of the module's input and output, once both
    /// are known; see [`FullBackwardHook`](crate::FullBackwardHook).
    pub fn register_full_backward_hook(
        &self,
        hook: impl Fn(Option<&Tensor>, &Tensor) -> Result<Option<Tensor>> + Send + Sync + 'static,
    ) -> ForwardHookHandle {
        let handle = self.handle();
        let entry: (u64, crate::FullBackwardHook) = (handle.number, Arc::new(hook));
        lock(&self.hooks).backward.after.push(entry);
        handle
    }

    /// Registers a hook that is called with the gradient of the module's output, before it is used;
    /// see [`FullBackwardPreHook`](crate::FullBackwardPreHook).
    pub fn register_full_backward_pre_hook(
        &self,
        hook: impl Fn(&Tensor) -> Result<Option<Tensor>> + Send + Sync + 'static,
    ) -> ForwardHookHandle {
        let handle = self.handle();
        let entry: (u64, crate::FullBackwardPreHook) = (handle.number, Arc::new(hook));
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

impl fmt::Debug for Hooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} before, {} after",
            self.before.len(),
            self.after.len()
        )
    }
}

fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

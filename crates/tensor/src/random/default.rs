//! The generator of the process, which draws use that name none.

use std::cell::RefCell;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use super::Generator;
use super::generator::unforeseen;
use crate::Result;

static DEFAULT: LazyLock<Mutex<Generator>> =
    LazyLock::new(|| Mutex::new(Generator::from_seed(unforeseen())));

thread_local! {
    /// The generator that draws of this thread use instead, if any.
    static SCOPED: RefCell<Option<Generator>> = const { RefCell::new(None) };
}

impl Generator {
    /// Runs `f`, in which every draw on this thread comes from this generator: what PyTorch's
    /// argument `generator` does for a single call.
    ///
    /// ```
    /// use rushlight_tensor::random::Generator;
    ///
    /// let mut generator = Generator::from_seed(0);
    /// let drawn = generator.scope(|| Generator::current(|generator| generator.next_u32()));
    /// assert_eq!(drawn, Generator::from_seed(0).next_u32());
    /// ```
    pub fn scope<R>(&mut self, f: impl FnOnce() -> R) -> R {
        /// Hands the generators back, also when a panic ends the scope.
        struct Restore<'a>(&'a mut Generator, Option<Generator>);
        impl Drop for Restore<'_> {
            fn drop(&mut self) {
                if let Some(used) = SCOPED.replace(self.1.take()) {
                    *self.0 = used;
                }
            }
        }
        let outer = SCOPED.replace(Some(self.clone()));
        let _restore = Restore(self, outer);
        f()
    }

    /// Lends the generator of the scope this thread is in, else that of the process.
    pub fn current<R>(draw: impl FnOnce(&mut Generator) -> R) -> R {
        let scoped = SCOPED.take();
        match scoped {
            Some(mut generator) => {
                let drawn = draw(&mut generator);
                SCOPED.set(Some(generator));
                drawn
            }
            None => draw(&mut default_generator()),
        }
    }
}

/// Locks the generator of the process. It starts from an unforeseeable seed, as PyTorch's does.
pub fn default_generator() -> MutexGuard<'static, Generator> {
    // A generator has no state that a panic elsewhere could have left half done.
    DEFAULT.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Starts the generator of the process over from `seed`: `torch.manual_seed`.
pub fn manual_seed(seed: u64) {
    default_generator().manual_seed(seed);
}

/// Starts the generator of the process over from an unforeseeable seed, and returns it.
pub fn seed() -> u64 {
    default_generator().seed()
}

/// The seed the generator of the process started from.
pub fn initial_seed() -> u64 {
    default_generator().initial_seed()
}

/// The state of the generator of the process: `torch.get_rng_state`.
pub fn rng_state() -> Vec<u8> {
    default_generator().state()
}

/// Puts the generator of the process into a former state: `torch.set_rng_state`.
///
/// # Errors
/// If the bytes are not a state.
pub fn set_rng_state(state: &[u8]) -> Result<()> {
    default_generator().set_state(state)
}

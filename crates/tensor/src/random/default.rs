//! The generator of the process, which draws use that name none.

use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use super::Generator;
use super::generator::unforeseen;
use crate::Result;

static DEFAULT: LazyLock<Mutex<Generator>> =
    LazyLock::new(|| Mutex::new(Generator::from_seed(unforeseen())));

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

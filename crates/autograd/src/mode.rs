//! Whether operations are recorded: `no_grad`, `enable_grad`, `inference_mode`.
//!
//! The mode belongs to the thread. Guards restore the earlier mode when dropped, also by a panic.

use std::cell::Cell;
use std::marker::PhantomData;

#[derive(Clone, Copy)]
struct Mode {
    grad: bool,
    inference: bool,
    anomaly: bool,
}

thread_local! {
    static MODE: Cell<Mode> =
        const { Cell::new(Mode { grad: true, inference: false, anomaly: false }) };
}

/// Restores the mode of this thread when dropped.
#[derive(Debug)]
#[must_use = "the mode ends when the guard is dropped"]
pub struct ModeGuard {
    earlier: (bool, bool, bool),
    /// The mode is the thread's, so the guard stays on it.
    thread: PhantomData<*const ()>,
}

impl ModeGuard {
    fn set(change: impl FnOnce(&mut Mode)) -> ModeGuard {
        let earlier = MODE.get();
        let mut mode = earlier;
        change(&mut mode);
        MODE.set(mode);
        let earlier = (earlier.grad, earlier.inference, earlier.anomaly);
        ModeGuard {
            earlier,
            thread: PhantomData,
        }
    }
}

impl Drop for ModeGuard {
    fn drop(&mut self) {
        let (grad, inference, anomaly) = self.earlier;
        MODE.set(Mode {
            grad,
            inference,
            anomaly,
        });
    }
}

/// Stops recording until the guard is dropped.
pub fn no_grad_guard() -> ModeGuard {
    ModeGuard::set(|mode| mode.grad = false)
}

/// Records again, inside a stretch without, until the guard is dropped.
pub fn enable_grad_guard() -> ModeGuard {
    ModeGuard::set(|mode| mode.grad = true)
}

/// Stops recording for pure inference until the guard is dropped.
pub fn inference_mode_guard() -> ModeGuard {
    ModeGuard::set(|mode| (mode.grad, mode.inference) = (false, true))
}

/// Checks every gradient for NaN, and remembers where operations were recorded, until the guard is
/// dropped. Slow; for debugging.
pub fn detect_anomaly_guard() -> ModeGuard {
    ModeGuard::set(|mode| mode.anomaly = true)
}

/// Runs `f` without recording.
///
/// ```
/// # use rushlight_autograd::{no_grad, tensor, Result};
/// # fn main() -> Result<()> {
/// let w = tensor([1.0, 2.0])?.requires_grad_(true)?;
/// let y = no_grad(|| w.mul(3.0))?;
/// assert!(!y.requires_grad());
/// # Ok(()) }
/// ```
pub fn no_grad<T>(f: impl FnOnce() -> T) -> T {
    let _guard = no_grad_guard();
    f()
}

/// Runs `f` with recording, inside a stretch without.
pub fn enable_grad<T>(f: impl FnOnce() -> T) -> T {
    let _guard = enable_grad_guard();
    f()
}

/// Runs `f` for pure inference.
pub fn inference_mode<T>(f: impl FnOnce() -> T) -> T {
    let _guard = inference_mode_guard();
    f()
}

/// Runs `f` with every gradient checked for NaN.
pub fn detect_anomaly<T>(f: impl FnOnce() -> T) -> T {
    let _guard = detect_anomaly_guard();
    f()
}

/// Whether operations on this thread are recorded.
pub fn is_grad_enabled() -> bool {
    MODE.get().grad
}

/// Whether this thread is inside `inference_mode`.
pub fn is_inference_mode_enabled() -> bool {
    MODE.get().inference
}

/// Whether gradients on this thread are checked for NaN.
pub fn is_anomaly_enabled() -> bool {
    MODE.get().anomaly
}

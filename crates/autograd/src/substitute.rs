//! Leaves that another tensor stands for: how a module is called with other parameters.
//!
//! What stands for a leaf belongs to the thread, and is looked up only where a leaf says that some
//! thread has a tensor stand for it.

use crate::Tensor;
use std::cell::RefCell;
use std::marker::PhantomData;
use std::sync::atomic::Ordering;

/// A leaf and what stands for it.
pub(crate) type StandIn = (Tensor, Tensor);

thread_local! {
    static STAND_INS: RefCell<Vec<StandIn>> = const { RefCell::new(Vec::new()) };
}

/// Puts leaves back in their own place when dropped; see [`substitute_guard`].
#[derive(Debug)]
#[must_use = "the leaves stand for themselves again when the guard is dropped"]
pub struct SubstituteGuard {
    /// How many stood in before.
    earlier: usize,
    /// They belong to the thread, so the guard stays on it.
    thread: PhantomData<*const ()>,
}

impl Drop for SubstituteGuard {
    fn drop(&mut self) {
        let ended = STAND_INS.with_borrow_mut(|all| all.split_off(self.earlier));
        for (leaf, _) in ended {
            leaf.variable().stand_ins.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

/// Lets other tensors stand for leaves, on this thread, until the guard is dropped.
///
/// Every use of such a leaf is one of the tensor that stands for it: its value is taken, and
/// gradients go to it. What is written to the leaf meanwhile is forgotten.
///
/// ```
/// # use rushlight_autograd::{substitute_guard, tensor, Result};
/// # fn main() -> Result<()> {
/// let w = tensor(2.0)?.requires_grad_(true)?;
/// let base = tensor(3.0)?.requires_grad_(true)?;
/// let y = {
///     let _guard = substitute_guard([(w.clone(), base.square()?)]);
///     w.mul(10.0)?
/// };
/// y.backward()?;
/// assert_eq!((y.item()?, base.grad().unwrap().item()?), (90.0, 60.0));
/// assert!(w.grad().is_none());
/// # Ok(()) }
/// ```
pub fn substitute_guard(pairs: impl IntoIterator<Item = (Tensor, Tensor)>) -> SubstituteGuard {
    // As they are now: a leaf may stand for another one that in turn stands for it.
    let stand_ins = pairs
        .into_iter()
        .map(|(leaf, value)| (leaf, value.save().get()));
    start(stand_ins.collect())
}

/// What stands in on this thread, to be used again later.
pub(crate) fn current() -> Vec<StandIn> {
    STAND_INS.with_borrow(Vec::clone)
}

pub(crate) fn start(stand_ins: Vec<StandIn>) -> SubstituteGuard {
    for (leaf, _) in &stand_ins {
        leaf.variable().stand_ins.fetch_add(1, Ordering::Relaxed);
    }
    let earlier = STAND_INS.with_borrow_mut(|all| {
        let earlier = all.len();
        all.extend(stand_ins);
        earlier
    });
    SubstituteGuard {
        earlier,
        thread: PhantomData,
    }
}

/// What stands for a leaf on this thread.
pub(crate) fn find(leaf: &Tensor) -> Option<Tensor> {
    STAND_INS.with_borrow(|all| {
        let latest = all.iter().rev().find(|(own, _)| own.is_same(leaf));
        latest.map(|(_, value)| value.clone())
    })
}

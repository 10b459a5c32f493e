//! What a kernel has computed from the elements of a storage, kept beside them.

use crate::memory::Block;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Says what was computed, and from which elements: numbers that the kernel chooses.
pub(crate) type Recipe = [usize; 8];

/// A place for one block that follows from the elements of a storage.
///
/// It is dropped with the storage, and emptied before anybody gets to write to the elements. What is
/// asked for once is not kept, so weights that are updated between their uses cost nothing.
#[derive(Debug, Default)]
pub(crate) struct Derived {
    is_used: AtomicBool,
    entry: Mutex<Option<Entry>>,
}

#[derive(Debug)]
struct Entry {
    recipe: Recipe,
    /// Computed when the recipe is seen for the second time.
    block: Option<Arc<Block>>,
}

impl Derived {
    /// Returns the block of a recipe, which `compute` fills if it is not there yet.
    ///
    /// `None` when the recipe was not the last one that was asked for, or there is no memory.
    pub(crate) fn get(
        &self,
        recipe: Recipe,
        bytes: usize,
        compute: impl FnOnce(*mut u8),
    ) -> Option<Arc<Block>> {
        let mut entry = self.entry();
        match &mut *entry {
            Some(entry) if entry.recipe == recipe => {
                if entry.block.is_none() {
                    let block = Block::allocate(bytes)?;
                    compute(block.as_ptr());
                    entry.block = Some(Arc::new(block));
                }
                entry.block.clone()
            }
            _ => {
                let block = None;
                *entry = Some(Entry { recipe, block });
                self.is_used.store(true, Ordering::Relaxed);
                None
            }
        }
    }

    /// Forgets what was computed. The storage has one owner, so nobody computes meanwhile.
    pub(crate) fn forget(&self) {
        if self.is_used.load(Ordering::Relaxed) {
            self.is_used.store(false, Ordering::Relaxed);
            *self.entry() = None;
        }
    }

    /// Bytes that are kept.
    #[cfg(test)]
    pub(crate) fn bytes(&self) -> usize {
        let entry = self.entry();
        let block = entry.as_ref().and_then(|entry| entry.block.as_ref());
        block.map_or(0, |block| block.len())
    }

    fn entry(&self) -> MutexGuard<'_, Option<Entry>> {
        self.entry.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: Recipe = [1; 8];
    const SECOND: Recipe = [2; 8];

    #[test]
    fn what_is_asked_for_twice_is_computed_once() {
        let derived = Derived::default();
        assert!(derived.get(FIRST, 64, |_| unreachable!()).is_none());
        let computed = derived.get(FIRST, 64, |_| ()).expect("memory").as_ptr();
        let kept = derived.get(FIRST, 64, |_| unreachable!());
        assert_eq!(kept.expect("a block").as_ptr(), computed);
    }

    #[test]
    fn uses_that_alternate_keep_nothing() {
        let derived = Derived::default();
        for recipe in [FIRST, SECOND, FIRST, SECOND] {
            assert!(derived.get(recipe, 64, |_| unreachable!()).is_none());
        }
    }

    #[test]
    fn what_is_forgotten_is_computed_anew() {
        let derived = Derived::default();
        for _ in 0..2 {
            assert!(derived.get(FIRST, 64, |_| unreachable!()).is_none());
            assert!(derived.get(FIRST, 64, |_| ()).is_some());
            derived.forget();
        }
    }
}

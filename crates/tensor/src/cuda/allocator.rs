//! The memory of a device: blocks are kept and handed out again, since asking the driver waits for
//! all work.
//!
//! Blocks belong to size classes that waste at most a quarter. A block can be reused at once: all
//! work is in one stream, so whoever gets it comes later.

use super::driver::{Driver, DriverError, Pointer, Result, Stream};
use crate::MemoryStats;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};

/// The smallest block, and what sizes of blocks are multiples of.
const UNIT: usize = 512;
/// Size classes between two powers of two.
const STEPS: usize = 4;

/// The caching allocator of a device.
#[derive(Debug, Default)]
pub(super) struct Allocator {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Blocks that wait to be reused, by size.
    cached: BTreeMap<usize, Vec<Pointer>>,
    stats: MemoryStats,
}

/// Bytes of the block that serves so many.
pub(super) fn block_size(bytes: usize) -> usize {
    let power = bytes
        .checked_next_power_of_two()
        .unwrap_or(usize::MAX / 2 + 1);
    bytes.next_multiple_of(UNIT.max(power / 2 / STEPS))
}

impl Allocator {
    /// A block for so many bytes, at least one, and at most what an address can span.
    pub(super) fn allocate(
        &self,
        driver: &dyn Driver,
        stream: Stream,
        bytes: usize,
    ) -> Result<Pointer> {
        let size = block_size(bytes);
        let reused = self.state().take(size);
        let pointer = match reused {
            Some(pointer) => pointer,
            None => self.ask(driver, size)?,
        };
        if let Err(error) = driver.lend(stream, pointer, bytes) {
            self.state().keep(size, pointer);
            return Err(error);
        }
        let stats = &mut self.state().stats;
        stats.allocations += 1;
        stats.allocated += bytes;
        stats.peak = stats.peak.max(stats.allocated);
        Ok(pointer)
    }

    /// Asks the driver; where it has no memory left, a second time without cached blocks.
    fn ask(&self, driver: &dyn Driver, size: usize) -> Result<Pointer> {
        let pointer = match driver.allocate(size) {
            Err(error) if error.code == DriverError::OUT_OF_MEMORY => {
                self.empty(driver)?;
                driver.allocate(size)?
            }
            result => result?,
        };
        self.state().stats.system_allocations += 1;
        Ok(pointer)
    }

    /// Takes a block back.
    pub(super) fn release(
        &self,
        driver: &dyn Driver,
        stream: Stream,
        pointer: Pointer,
        bytes: usize,
    ) {
        // A driver that listens to this never fails; others do not listen.
        let _ = driver.reclaim(stream, pointer);
        let size = block_size(bytes);
        let mut state = self.state();
        state.stats.allocated -= bytes;
        state.keep(size, pointer);
    }

    /// Gives all cached blocks back to the driver; those that it refuses stay.
    pub(super) fn empty(&self, driver: &dyn Driver) -> Result<()> {
        let mut refused = Vec::new();
        let mut outcome = Ok(());
        loop {
            // The lock is not held while the driver waits for the device.
            let Some((size, pointer)) = self.state().take_any() else {
                break;
            };
            if let Err(error) = driver.free(pointer) {
                outcome = outcome.and(Err(error));
                refused.push((size, pointer));
            }
        }
        let mut state = self.state();
        refused
            .into_iter()
            .for_each(|(size, pointer)| state.keep(size, pointer));
        outcome
    }

    /// Lets the peak start anew from what is allocated now.
    pub(super) fn reset_peak(&self) {
        let stats = &mut self.state().stats;
        stats.peak = stats.allocated;
    }

    pub(super) fn stats(&self) -> MemoryStats {
        self.state().stats
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl State {
    fn take(&mut self, size: usize) -> Option<Pointer> {
        let pointer = self.cached.get_mut(&size)?.pop()?;
        self.stats.cached -= size;
        Some(pointer)
    }

    fn take_any(&mut self) -> Option<(usize, Pointer)> {
        while let Some(mut blocks) = self.cached.first_entry() {
            let size = *blocks.key();
            if let Some(pointer) = blocks.get_mut().pop() {
                self.stats.cached -= size;
                return Some((size, pointer));
            }
            blocks.remove();
        }
        None
    }

    fn keep(&mut self, size: usize, pointer: Pointer) {
        self.stats.cached += size;
        self.cached.entry(size).or_default().push(pointer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_holds_what_it_serves_and_wastes_at_most_a_quarter() {
        for bytes in (1..100_000).step_by(37).chain([1 << 30, (1 << 40) + 1]) {
            let size = block_size(bytes);
            assert!(
                size >= bytes && size - bytes <= (bytes / 4).max(UNIT),
                "{bytes} {size}"
            );
            assert_eq!(block_size(size), size, "{bytes}");
        }
    }
}

//! The allocator of main memory: large blocks are kept and handed out again.
//!
//! Fresh pages cost more than most kernels, and aligned blocks more than small ones, so blocks from
//! [`POOLED_FROM`] bytes on are rounded up to a size class, aligned for vectors, pages or huge pages,
//! and returned to a free list instead of the system. Smaller blocks go to the global allocator, which
//! keeps them itself.

use std::alloc::{self, Layout};
use std::ptr::NonNull;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Pooled blocks are aligned to a cache line, which is also the widest vector.
const ALIGNMENT: usize = 64;
/// The alignment of smaller ones: what allocators give to all their blocks.
const NATURAL_ALIGNMENT: usize = 16;
/// Blocks of at least this many bytes are pooled.
const POOLED_FROM: usize = 1 << 10;
/// Blocks of at least this many bytes are aligned to pages.
const PAGES_FROM: usize = 1 << 15;
/// Blocks of at least this many bytes are aligned to, and ask for, huge pages.
const HUGE_FROM: usize = 1 << 21;
/// Size classes between two powers of two.
const STEPS: usize = 8;
/// Requests of at least this many bytes are also served by free blocks of up to twice their size: the
/// arrays of a network shrink from layer to layer, and would leave their blocks to nobody.
const LARGE_FROM: usize = 1 << 19;
/// At most this many bytes are kept for reuse.
const CACHE_LIMIT: usize = 4 << 30;

/// How much main memory arrays use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MemoryStats {
    /// Bytes in live arrays.
    pub allocated: usize,
    /// The highest value of `allocated` since the last [`reset_peak_memory_stats`].
    pub peak: usize,
    /// Bytes in freed blocks that wait to be reused.
    pub cached: usize,
    /// Blocks handed out so far.
    pub allocations: usize,
    /// Pooled blocks for which the system had to be asked.
    pub system_allocations: usize,
}

static ALLOCATED: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);
static CACHED: AtomicUsize = AtomicUsize::new(0);
static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);
static SYSTEM_ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);

/// What the allocator of main memory has done so far.
pub fn memory_stats() -> MemoryStats {
    MemoryStats {
        allocated: ALLOCATED.load(Relaxed),
        peak: PEAK.load(Relaxed),
        cached: CACHED.load(Relaxed),
        allocations: ALLOCATIONS.load(Relaxed),
        system_allocations: SYSTEM_ALLOCATIONS.load(Relaxed),
    }
}

/// Starts a new peak measurement.
pub fn reset_peak_memory_stats() {
    PEAK.store(ALLOCATED.load(Relaxed), Relaxed);
}

/// Gives all cached blocks back to the system.
pub fn empty_cache() {
    for class in 0..CLASSES {
        let blocks = std::mem::take(&mut *free_list(class));
        for block in blocks {
            CACHED.fetch_sub(class_size(class), Relaxed);
            // SAFETY: a block in this list came from `system_alloc` with the class's layout.
            unsafe { alloc::dealloc(block.0.as_ptr(), class_layout(class)) };
        }
    }
}

/// A block of uninitialised bytes, aligned for every type.
#[derive(Debug)]
pub(crate) struct Block {
    pointer: NonNull<u8>,
    bytes: usize,
    /// The size class that the block came from, if it is pooled.
    class: Option<usize>,
}

// SAFETY: a block is plain memory with one owner.
unsafe impl Send for Block {}
// SAFETY: shared access hands out shared references only.
unsafe impl Sync for Block {}

impl Block {
    /// `None` when there is no memory.
    pub(crate) fn allocate(bytes: usize) -> Option<Block> {
        let (pointer, class) = match class_of(bytes) {
            _ if bytes == 0 => (NonNull::<CacheLine>::dangling().cast(), None),
            None => (system_alloc(small_layout(bytes)?)?, None),
            Some(class) => {
                let (pointer, class) = pooled(class)?;
                (pointer, Some(class))
            }
        };
        ALLOCATIONS.fetch_add(1, Relaxed);
        let allocated = ALLOCATED.fetch_add(bytes, Relaxed) + bytes;
        if allocated > PEAK.load(Relaxed) {
            PEAK.fetch_max(allocated, Relaxed);
        }
        Some(Block {
            pointer,
            bytes,
            class,
        })
    }

    pub(crate) fn as_ptr(&self) -> *mut u8 {
        self.pointer.as_ptr()
    }

    pub(crate) fn len(&self) -> usize {
        self.bytes
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        ALLOCATED.fetch_sub(self.bytes, Relaxed);
        let Some(class) = self.class else {
            if self.bytes > 0 {
                let layout = small_layout(self.bytes).expect("the block was allocated");
                // SAFETY: `allocate` made the pointer with this same layout.
                unsafe { alloc::dealloc(self.pointer.as_ptr(), layout) };
            }
            return;
        };
        if CACHED.load(Relaxed) + class_size(class) > CACHE_LIMIT {
            // SAFETY: a pooled block came from `system_alloc` with the class's layout.
            unsafe { alloc::dealloc(self.pointer.as_ptr(), class_layout(class)) };
            return;
        }
        CACHED.fetch_add(class_size(class), Relaxed);
        free_list(class).push(Free(self.pointer));
    }
}

#[repr(align(64))]
struct CacheLine;

struct Free(NonNull<u8>);
// SAFETY: a free block is memory that nobody refers to.
unsafe impl Send for Free {}

const CLASSES: usize = STEPS * (usize::BITS - POOLED_FROM.ilog2()) as usize;
static POOL: [Mutex<Vec<Free>>; CLASSES] = [const { Mutex::new(Vec::new()) }; CLASSES];

fn free_list(class: usize) -> std::sync::MutexGuard<'static, Vec<Free>> {
    POOL[class]
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// The class that serves `bytes`, if it is pooled and does not overflow.
fn class_of(bytes: usize) -> Option<usize> {
    if !(POOLED_FROM..=isize::MAX as usize / 2).contains(&bytes) {
        return None;
    }
    let power = (bytes.ilog2() - POOLED_FROM.ilog2()) as usize;
    let base = POOLED_FROM << power;
    let step = (bytes - base).div_ceil(base / STEPS);
    Some(power * STEPS + step)
}

/// Bytes of the blocks in a class.
fn class_size(class: usize) -> usize {
    let base = POOLED_FROM << (class / STEPS);
    base + base / STEPS * (class % STEPS)
}

fn class_layout(class: usize) -> Layout {
    let size = class_size(class);
    let alignment = match size {
        HUGE_FROM.. => HUGE_FROM,
        PAGES_FROM.. => 4096,
        _ => ALIGNMENT,
    };
    Layout::from_size_align(size, alignment).expect("size classes stop below the address space")
}

/// A block for a class, and the class that it has itself.
fn pooled(class: usize) -> Option<(NonNull<u8>, usize)> {
    let larger = if class_size(class) < LARGE_FROM {
        0
    } else {
        STEPS
    };
    for class in (class..CLASSES).take(larger + 1) {
        if let Some(block) = free_list(class).pop() {
            CACHED.fetch_sub(class_size(class), Relaxed);
            return Some((block.0, class));
        }
    }
    let layout = class_layout(class);
    let pointer = system_alloc(layout).or_else(|| {
        empty_cache();
        system_alloc(layout)
    })?;
    SYSTEM_ALLOCATIONS.fetch_add(1, Relaxed);
    advise_huge_pages(pointer, layout.size());
    Some((pointer, class))
}

/// The layout of a block that is not pooled.
fn small_layout(bytes: usize) -> Option<Layout> {
    Layout::from_size_align(bytes, NATURAL_ALIGNMENT).ok()
}

fn system_alloc(layout: Layout) -> Option<NonNull<u8>> {
    // SAFETY: the callers never pass an empty layout.
    NonNull::new(unsafe { alloc::alloc(layout) })
}

#[cfg(target_os = "linux")]
fn advise_huge_pages(pointer: NonNull<u8>, bytes: usize) {
    if bytes >= HUGE_FROM && !cfg!(miri) {
        // SAFETY: the range was just allocated; the advice does not change its contents.
        unsafe { libc::madvise(pointer.as_ptr().cast(), bytes, libc::MADV_HUGEPAGE) };
    }
}

#[cfg(not(target_os = "linux"))]
fn advise_huge_pages(_: NonNull<u8>, _: usize) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_holds_what_it_serves_and_wastes_at_most_an_eighth() {
        for bytes in (POOLED_FROM..POOLED_FROM * 9)
            .step_by(977)
            .chain([1 << 30, (1 << 40) + 1])
        {
            let size = class_size(class_of(bytes).expect("pooled"));
            assert!(size >= bytes && size - bytes <= bytes / 8, "{bytes} {size}");
        }
    }

    #[test]
    fn a_freed_block_is_handed_out_again() {
        let bytes = POOLED_FROM * 37 + 5;
        let first = Block::allocate(bytes).expect("memory");
        let pointer = first.as_ptr();
        drop(first);
        assert_eq!(Block::allocate(bytes).expect("memory").as_ptr(), pointer);
    }

    #[test]
    fn a_large_block_serves_half_its_size_and_no_less() {
        // More than the other tests, which share the lists, ask for.
        let bytes = 601 << 20;
        let block = Block::allocate(bytes).expect("memory");
        let pointer = block.as_ptr();
        drop(block);
        let smaller = Block::allocate(bytes / 3).expect("memory");
        assert_ne!(smaller.as_ptr(), pointer);
        let half = Block::allocate(bytes / 2 + (1 << 20)).expect("memory");
        assert_eq!(half.as_ptr(), pointer);
        drop(half);
        assert_eq!(Block::allocate(bytes).expect("memory").as_ptr(), pointer);
    }

    #[test]
    #[cfg_attr(miri, ignore = "Miri stops where a real allocator refuses")]
    fn an_absurd_size_is_refused() {
        assert!(Block::allocate(isize::MAX as usize - 64).is_none());
    }
}

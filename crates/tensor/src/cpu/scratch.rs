//! Working memory of kernels, kept by each thread so that a call finds it mapped and in cache.

use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
use std::cell::RefCell;
use std::marker::PhantomData;
use std::ptr::NonNull;

use super::simd::Real;

/// A cache line, and the widest vector.
const ALIGNMENT: usize = 64;
/// Blocks each thread keeps; more are needed at once only in nested kernels.
const KEPT_BLOCKS: usize = 4;
/// The largest block that is kept.
const KEPT_BYTES: usize = 16 << 20;

/// Memory for `len` floats, aligned for vectors, that goes back to its thread. It holds arbitrary
/// numbers at first.
#[derive(Debug)]
pub(crate) struct Scratch<T> {
    block: Option<Block>,
    len: usize,
    element: PhantomData<T>,
}

impl<T: Real> Scratch<T> {
    /// Takes memory for `len` elements.
    pub(crate) fn new(len: usize) -> Self {
        let bytes = len.saturating_mul(size_of::<T>()).max(1);
        let kept = FREE.with_borrow_mut(|free| {
            let fitting = (0..free.len()).filter(|&i| free[i].layout.size() >= bytes);
            let smallest = fitting.min_by_key(|&i| free[i].layout.size());
            smallest.map(|i| free.swap_remove(i))
        });
        Self {
            block: Some(kept.unwrap_or_else(|| Block::new(bytes))),
            len,
            element: PhantomData,
        }
    }

    /// Takes memory for `len` elements and fills it.
    pub(crate) fn filled(len: usize, value: T) -> Self {
        let mut scratch = Self::new(len);
        scratch.as_mut_slice().fill(value);
        scratch
    }

    /// Returns the address of the first element.
    pub(crate) fn as_ptr(&self) -> *mut T {
        self.block
            .as_ref()
            .map_or(NonNull::dangling(), |block| block.start.cast())
            .as_ptr()
    }

    /// Returns the elements.
    pub(crate) fn as_mut_slice(&mut self) -> &mut [T] {
        // SAFETY: the block has room for `len` elements, and its bytes have been written, if only
        // with zeros; `Real` is `f32` and `f64`, for which all bytes are numbers.
        unsafe { std::slice::from_raw_parts_mut(self.as_ptr(), self.len) }
    }
}

impl<T> Drop for Scratch<T> {
    fn drop(&mut self) {
        let Some(block) = self.block.take() else {
            return;
        };
        if block.layout.size() > KEPT_BYTES {
            return;
        }
        // While the thread ends there is nowhere to keep it, and the block frees itself.
        let _ = FREE.try_with(|free| {
            let mut free = free.borrow_mut();
            free.push(block);
            if free.len() > KEPT_BLOCKS {
                let sizes = free
                    .iter()
                    .enumerate()
                    .map(|(i, block)| (block.layout.size(), i));
                let smallest = sizes.min().map_or(0, |(_, i)| i);
                free.swap_remove(smallest);
            }
        });
    }
}

thread_local! {
    static FREE: RefCell<Vec<Block>> = const { RefCell::new(Vec::new()) };
}

#[derive(Debug)]
struct Block {
    start: NonNull<u8>,
    layout: Layout,
}

impl Block {
    fn new(bytes: usize) -> Self {
        let size = bytes.checked_next_multiple_of(4096).unwrap_or(bytes);
        let layout = Layout::from_size_align(size, ALIGNMENT).expect("kernels take bounded blocks");
        // SAFETY: the size is not zero.
        let Some(start) = NonNull::new(unsafe { alloc_zeroed(layout) }) else {
            handle_alloc_error(layout)
        };
        Self { start, layout }
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        // SAFETY: the block was allocated with this layout.
        unsafe { dealloc(self.start.as_ptr(), self.layout) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_gets_its_memory_back() {
        let first = Scratch::<f32>::new(1000).as_ptr();
        let second = Scratch::<f64>::new(500).as_ptr();
        assert_eq!(first.addr(), second.addr());
        assert_eq!(first.addr() % ALIGNMENT, 0);
    }

    #[test]
    fn blocks_in_use_do_not_overlap() {
        let mut blocks: Vec<_> = (0..10).map(|i| Scratch::filled(100, i as f32)).collect();
        for (i, block) in blocks.iter_mut().enumerate() {
            assert_eq!(block.as_mut_slice(), [i as f32; 100]);
        }
    }
}

//! Walking several arrays of one shape together, run by run, in any strides.

use crate::Array;
use smallvec::SmallVec;

/// A dimension, and the stride of each array along it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Axis<const N: usize> {
    pub(crate) size: usize,
    pub(crate) strides: [isize; N],
}

/// The dimensions of arrays of one shape, outermost first; neighbours that every array can walk as
/// one are merged. The last one is the run, which kernels loop over.
#[derive(Debug)]
pub(crate) struct Lines<const N: usize> {
    outer: SmallVec<[Axis<N>; 6]>,
    run: Axis<N>,
}

impl<const N: usize> Lines<N> {
    pub(crate) fn new(axes: impl Iterator<Item = Axis<N>>) -> Lines<N> {
        let mut outer: SmallVec<[Axis<N>; 6]> = SmallVec::new();
        for axis in axes.filter(|axis| axis.size != 1) {
            match outer.last_mut() {
                Some(last) if last.continues_into(&axis) => {
                    last.size *= axis.size;
                    last.strides = axis.strides;
                }
                _ => outer.push(axis),
            }
        }
        let single = Axis {
            size: 1,
            strides: [0; N],
        };
        let run = outer.pop().unwrap_or(single);
        Lines { outer, run }
    }

    pub(crate) fn run(&self) -> Axis<N> {
        self.run
    }

    /// Takes the innermost of the wanted dimensions out of those that are not the run.
    pub(crate) fn take_outer(&mut self, is_wanted: impl Fn(&Axis<N>) -> bool) -> Option<Axis<N>> {
        let index = self.outer.iter().rposition(is_wanted)?;
        Some(self.outer.remove(index))
    }

    /// The number of runs.
    pub(crate) fn count(&self) -> usize {
        self.outer.iter().map(|axis| axis.size).product()
    }

    /// Where run `number` starts in each array.
    pub(crate) fn start(&self, mut number: usize) -> [isize; N] {
        let mut offsets = [0; N];
        for axis in self.outer.iter().rev() {
            let position = (number % axis.size) as isize;
            number /= axis.size;
            for (offset, stride) in offsets.iter_mut().zip(axis.strides) {
                *offset += position * stride;
            }
        }
        offsets
    }
}

impl<const N: usize> Axis<N> {
    /// Whether stepping along `self` is the same as passing the end of `inner`.
    fn continues_into(&self, inner: &Axis<N>) -> bool {
        let mut pairs = self.strides.iter().zip(inner.strides);
        pairs.all(|(&outer, stride)| outer == stride * inner.size as isize)
    }
}

/// Memory of an array for kernels that reach elements by offset.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Elements<T>(*mut T);

// SAFETY: kernels keep the array alive, and their threads write disjoint elements.
unsafe impl<T: Send> Send for Elements<T> {}
// SAFETY: as above.
unsafe impl<T: Send> Sync for Elements<T> {}

impl<T> Elements<T> {
    /// The elements of an array whose dtype has the size of T.
    pub(crate) fn of(x: &Array) -> Elements<T> {
        debug_assert_eq!(x.dtype().size_in_bytes(), size_of::<T>());
        Elements(x.cpu_ptr().cast_mut().cast())
    }

    /// The address of the element `offset` places from the first.
    ///
    /// # Safety
    /// The array has an element there.
    #[inline(always)]
    pub(crate) unsafe fn at(self, offset: isize) -> *mut T {
        // SAFETY: by the caller's promise the address is inside the storage.
        unsafe { self.0.offset(offset) }
    }
}

/// Runs an expression with `$T` bound to the unsigned integer that has the size of a dtype: moving
/// elements depends on nothing else.
macro_rules! with_size_of {
    ($dtype:expr, $T:ident => $body:expr) => {
        match $dtype.size_in_bytes() {
            1 => {
                type $T = u8;
                $body
            }
            2 => {
                type $T = u16;
                $body
            }
            4 => {
                type $T = u32;
                $body
            }
            _ => {
                type $T = u64;
                $body
            }
        }
    };
}
pub(crate) use with_size_of;

//! Copying operands into the panels that kernels read.
//!
//! Both operands are seen as lines: the rows of `A`, the columns of `B`. A panel holds `width`
//! lines, depth after depth: `panel[depth][width]`.

use std::mem::MaybeUninit;
use std::ops::Range;

use crate::cpu::simd::{Level, MOST_LANES, Real, Simd, Task, Vector};

/// An operand that can be copied into panels of `T`.
pub(crate) trait Lines<T>: Sync {
    /// Fills `panel` with the part `lines x depths` of the operand; a panel wider than `lines` is
    /// padded with zeros.
    ///
    /// Implementations are `#[inline(always)]`, so that they are compiled for the level `S`.
    ///
    /// # Safety
    ///
    /// The processor has the level `S`, the part lies within the operand, and the panel has room
    /// for `depths.len() * width` elements.
    unsafe fn pack<S: Simd>(
        &self,
        lines: Range<usize>,
        depths: Range<usize>,
        width: usize,
        panel: *mut T,
    );

    /// The operand as it lies in memory, if its elements are apart by two strides.
    fn in_memory(&self) -> Option<Strided<T>> {
        None
    }
}

/// Packs some panels of an operand one after the other, each padded to a multiple of `round`
/// lines. The panels follow each other, and only the last may need padding.
///
/// # Safety
///
/// The panels and depths lie within the operand, and `to` has room for them.
pub(super) unsafe fn pack<T: Real, L: Lines<T>>(
    operand: &L,
    panels: impl Iterator<Item = Range<usize>>,
    depths: Range<usize>,
    round: usize,
    to: *mut T,
    level: Level,
) {
    level.run(PackPanels {
        operand,
        panels,
        depths,
        round,
        to,
    });
}

struct PackPanels<'a, T, L, I> {
    operand: &'a L,
    panels: I,
    depths: Range<usize>,
    round: usize,
    to: *mut T,
}

impl<T: Real, L: Lines<T>, I: Iterator<Item = Range<usize>>> Task for PackPanels<'_, T, L, I> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let mut panel = self.to;
        for lines in self.panels {
            let width = lines.len().next_multiple_of(self.round);
            // SAFETY: `pack` passes on its caller's word.
            unsafe {
                self.operand
                    .pack::<S>(lines, self.depths.clone(), width, panel)
            };
            panel = panel.wrapping_add(width * self.depths.len());
        }
    }
}

/// An operand in memory.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Strided<T> {
    pub start: *const T,
    pub line: usize,
    pub depth: usize,
}

impl<T> Strided<T> {
    pub(super) fn offset(&self, line: usize, depth: usize) -> usize {
        line * self.line + depth * self.depth
    }
}

// SAFETY: an operand is only read, and its maker keeps it alive and unchanged during the product.
unsafe impl<T: Sync> Sync for Strided<T> {}

impl<T: Real> Lines<T> for Strided<T> {
    fn in_memory(&self) -> Option<Strided<T>> {
        Some(*self)
    }

    #[inline(always)]
    unsafe fn pack<S: Simd>(
        &self,
        lines: Range<usize>,
        depths: Range<usize>,
        width: usize,
        panel: *mut T,
    ) {
        let count = lines.len();
        // SAFETY: the caller vouches for the level, the part and the panel.
        unsafe {
            let from = self.start.add(self.offset(lines.start, depths.start));
            let mut done = 0;
            if self.line == 1 && count == width {
                copy_rows::<T::Vector<S>>(from, self.depth, depths.len(), width, panel);
                done = depths.len();
            } else if self.depth == 1 {
                let lanes = <T::Vector<S> as Vector>::LANES;
                done = depths.len() / lanes * lanes;
                transpose::<T::Vector<S>>(from, self.line, count, done, width, panel);
            }
            for depth in done..depths.len() {
                let row = panel.add(depth * width);
                for line in 0..count {
                    *row.add(line) = *from.add(line * self.line + depth * self.depth);
                }
                for line in count..width {
                    *row.add(line) = T::zero();
                }
            }
        }
    }
}

/// Copies `rows` rows of `width` elements, which are `stride` apart.
#[inline(always)]
unsafe fn copy_rows<V: Vector>(
    from: *const V::Element,
    stride: usize,
    rows: usize,
    width: usize,
    to: *mut V::Element,
) {
    // SAFETY: the caller vouches for the level, the rows and the room for them.
    unsafe {
        for row in 0..rows {
            let (from, to) = (from.add(row * stride), to.add(row * width));
            let mut column = 0;
            while column + V::LANES <= width {
                V::load(from.add(column)).store(to.add(column));
                column += V::LANES;
            }
            let rest = width - column;
            V::load_first(from.add(column), rest).store_first(to.add(column), rest);
        }
    }
}

/// Packs `count` lines of unit depth stride, `depths` being a multiple of the lanes.
#[inline(always)]
unsafe fn transpose<V: Vector<Element: Real>>(
    from: *const V::Element,
    stride: usize,
    count: usize,
    depths: usize,
    width: usize,
    panel: *mut V::Element,
) {
    // SAFETY: the caller vouches for the level, the lines and the panel.
    unsafe {
        for line in (0..count).step_by(V::LANES) {
            let lines = V::LANES.min(count - line);
            let room = V::LANES.min(width - line);
            for depth in (0..depths).step_by(V::LANES) {
                let to = panel.add(depth * width + line);
                if lines == V::LANES {
                    let row = |i: usize| from.add((line + i) * stride + depth);
                    V::transpose(row, to, width);
                    continue;
                }
                let zeros = [num_traits::zero::<V::Element>(); MOST_LANES];
                let row = |i: usize| match i < lines {
                    true => from.add((line + i) * stride + depth),
                    false => zeros.as_ptr(),
                };
                let mut block = MaybeUninit::<[V::Element; MOST_LANES * MOST_LANES]>::uninit();
                let block = block.as_mut_ptr().cast();
                V::transpose(row, block, V::LANES);
                for i in 0..V::LANES {
                    V::load(block.add(i * V::LANES)).store_first(to.add(i * width), room);
                }
            }
        }
    }
}

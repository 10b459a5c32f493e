//! The product of operands where they lie, for sizes at which packing both does not pay.
//!
//! `A` is never copied. Columns of `B` are where kernels cannot read them as whole vectors.

use std::ops::Range;

use super::blocked::{split, split_evenly};
use super::kernel::{Finish, Kernels, Tile};
use super::pack::{Strided, pack};
use crate::cpu::finish::Tail;
use crate::cpu::parallel::for_each_chunk;
use crate::cpu::scratch::Scratch;
use crate::cpu::simd::{Level, Real};

/// Depth over which sums run before they are added to the result.
const DEPTH: usize = 256;
/// Rows and columns of a task.
const TASK_ROWS: usize = 48;
const TASK_COLUMNS: usize = 128;
/// Elements that are worth a thread's attention to copy.
const COPIED_ELEMENTS: usize = 1 << 14;
/// Multiplications that are worth a thread's attention.
const SHARED_WORK: usize = 1 << 17;

/// `C (+)= A B`.
pub(super) struct Direct<'a, T> {
    pub m: usize,
    pub n: usize,
    pub k: usize,
    pub a: Strided<T>,
    pub b: Strided<T>,
    pub c: *mut T,
    pub c_row: usize,
    pub accumulate: bool,
    pub finish: Finish<T>,
    pub tail: Tail<'a>,
}

// SAFETY: operands are only read, and tasks write disjoint tiles.
unsafe impl<T: Real> Sync for Direct<'_, T> {}

impl<T: Real> Direct<'_, T> {
    /// Computes the product; `m`, `n` and `k` are not zero.
    ///
    /// # Safety
    ///
    /// The operands and the result have the sizes of the product.
    pub(super) unsafe fn run(&self, level: Level) {
        let kernels = Kernels::of(level);
        // SAFETY: the caller vouches for `b`.
        let copied = unsafe { Copied::of(self, kernels, level) };
        let row_groups = self.m.div_ceil(TASK_ROWS);
        let tasks = row_groups * self.n.div_ceil(TASK_COLUMNS);
        let work = self.m.min(TASK_ROWS) * self.n.min(TASK_COLUMNS) * self.k;
        for_each_chunk(tasks, (SHARED_WORK / work).max(1), |tasks| {
            for task in tasks {
                let (row, column) = (
                    task % row_groups * TASK_ROWS,
                    task / row_groups * TASK_COLUMNS,
                );
                let rows = row..self.m.min(row + TASK_ROWS);
                let columns = column..self.n.min(column + TASK_COLUMNS);
                // SAFETY: each task writes tiles of its own; the caller vouches for the rest.
                unsafe { self.multiply_group(rows, columns, &copied, kernels) };
            }
        });
    }

    unsafe fn multiply_group(
        &self,
        rows: Range<usize>,
        columns: Range<usize>,
        copied: &Copied<T>,
        kernels: &Kernels<T>,
    ) {
        for depths in split(0..self.k, DEPTH) {
            let finish = if depths.end == self.k {
                self.finish
            } else {
                Finish::NONE
            };
            for columns in split(columns.clone(), kernels.columns()) {
                let (b, b_depth) = if columns.start < copied.start {
                    (self.b.start.wrapping_add(columns.start), self.b.depth)
                } else {
                    let panel = copied.panel(columns.start, self.k).cast_const();
                    (panel, columns.len().next_multiple_of(kernels.lanes))
                };
                for rows in split_evenly(rows.clone(), kernels.rows()) {
                    // SAFETY: the caller vouches for operands and result, and all vectors of `b`
                    // are whole because copied ones are padded.
                    unsafe {
                        kernels.multiply_strided(&Tile {
                            rows: rows.len(),
                            columns: columns.len(),
                            depth: depths.len(),
                            a: self.a.start.add(self.a.offset(rows.start, depths.start)),
                            a_row: self.a.line,
                            a_depth: self.a.depth,
                            b: b.add(depths.start * b_depth),
                            b_depth,
                            c: self.c.add(rows.start * self.c_row + columns.start),
                            c_row: self.c_row,
                            accumulate: self.accumulate || depths.start > 0,
                            finish: finish.at(rows.start, columns.start),
                        });
                    }
                }
            }
        }
        for row in rows {
            let c = self.c.wrapping_add(row * self.c_row + columns.start);
            // SAFETY: the caller vouches for the result, and this task has stored its part.
            unsafe { self.tail.apply(row, c, columns.len()) };
        }
    }
}

/// The columns of `B` from `start` on, in panels padded to whole vectors.
struct Copied<T> {
    start: usize,
    panels: Scratch<T>,
}

// SAFETY: tasks only read the panels.
unsafe impl<T: Real> Sync for Copied<T> {}

impl<T: Real> Copied<T> {
    /// Copies all columns, or the last if only they do not fill vectors.
    unsafe fn of(product: &Direct<'_, T>, kernels: &Kernels<T>, level: Level) -> Self {
        let n = product.n;
        let start = match (product.b.line, n % kernels.lanes) {
            (1, 0) => n,
            (1, _) => n / kernels.columns() * kernels.columns(),
            _ => 0,
        };
        let padded = (n - start).next_multiple_of(kernels.lanes);
        let copied = Self {
            start,
            panels: Scratch::new(padded * product.k),
        };
        let grain = (COPIED_ELEMENTS / product.k)
            .max(1)
            .next_multiple_of(kernels.columns());
        for_each_chunk(n - start, grain, |columns| {
            let columns = start + columns.start..start + columns.end;
            let to = copied.panel(columns.start, product.k);
            let panels = split(columns, kernels.columns());
            // SAFETY: there is room for all panels; the caller vouches for the operand.
            unsafe { pack(&product.b, panels, 0..product.k, kernels.lanes, to, level) };
        });
        copied
    }

    fn panel(&self, column: usize, depth: usize) -> *mut T {
        self.panels
            .as_ptr()
            .wrapping_add((column - self.start) * depth)
    }
}

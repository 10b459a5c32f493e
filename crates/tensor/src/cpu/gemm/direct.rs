//! The product of operands where they lie, for sizes at which packing both does not pay.

use std::ops::Range;

use super::blocked::{split, split_evenly};
use super::kernel::{Finish, Kernels, Tile};
use super::pack::{Lines, Strided};
use crate::cpu::parallel::for_each_chunk;
use crate::cpu::scratch::Scratch;
use crate::cpu::simd::{Level, Real, Simd, Task};

/// Depth over which sums run before they are added to the result.
const DEPTH: usize = 256;
/// Rows and columns of a task.
const TASK_ROWS: usize = 48;
const TASK_COLUMNS: usize = 128;
/// Multiplications that are worth a thread's attention.
const SHARED_WORK: usize = 1 << 17;

/// `C (+)= A B` where the columns of `B` lie side by side.
pub(super) struct Direct<T> {
    pub m: usize,
    pub n: usize,
    pub k: usize,
    pub a: Strided<T>,
    pub b: Strided<T>,
    pub c: *mut T,
    pub c_row: usize,
    pub accumulate: bool,
    pub finish: Finish<T>,
}

// SAFETY: operands are only read, and tasks write disjoint tiles.
unsafe impl<T: Real> Sync for Direct<T> {}

impl<T: Real> Direct<T> {
    /// Computes the product; `m`, `n` and `k` are not zero.
    ///
    /// # Safety
    ///
    /// The operands and the result have the sizes of the product, and `b.line` is 1.
    pub(super) unsafe fn run(&self, level: Level) {
        debug_assert_eq!(self.b.line, 1);
        let kernels = Kernels::of(level);
        // SAFETY: the caller vouches for `b`.
        let tail = unsafe { Tail::of(self, kernels, level) };
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
                unsafe { self.multiply_group(rows, columns, &tail, kernels) };
            }
        });
    }

    unsafe fn multiply_group(
        &self,
        rows: Range<usize>,
        columns: Range<usize>,
        tail: &Tail<T>,
        kernels: &Kernels<T>,
    ) {
        for depths in split(0..self.k, DEPTH) {
            let finish = if depths.end == self.k {
                self.finish
            } else {
                Finish::NONE
            };
            for columns in split(columns.clone(), kernels.columns()) {
                let (b, b_depth) = match columns.start < tail.start {
                    true => (self.b.start.wrapping_add(columns.start), self.b.depth),
                    false => (tail.panel.as_ptr().cast_const(), tail.width),
                };
                for rows in split_evenly(rows.clone(), kernels.rows()) {
                    let kernel = kernels.strided(rows.len(), columns.len());
                    // SAFETY: the caller vouches for operands and result, and all vectors of `b`
                    // are whole because the tail is padded.
                    unsafe {
                        kernel(&Tile {
                            depth: depths.len(),
                            a: self.a.start.add(self.a.offset(rows.start, depths.start)),
                            a_row: self.a.line,
                            a_depth: self.a.depth,
                            b: b.add(depths.start * b_depth),
                            b_depth,
                            c: self.c.add(rows.start * self.c_row + columns.start),
                            c_row: self.c_row,
                            columns: columns.len(),
                            accumulate: self.accumulate || depths.start > 0,
                            finish: finish.at(rows.start, columns.start),
                        });
                    }
                }
            }
        }
    }
}

/// The last columns of `B`, padded to whole vectors.
struct Tail<T> {
    start: usize,
    width: usize,
    panel: Scratch<T>,
}

// SAFETY: tasks only read the panel.
unsafe impl<T: Real> Sync for Tail<T> {}

impl<T: Real> Tail<T> {
    unsafe fn of(product: &Direct<T>, kernels: &Kernels<T>, level: Level) -> Self {
        let columns = match product.n % kernels.lanes {
            0 => product.n..product.n,
            _ => product.n / kernels.columns() * kernels.columns()..product.n,
        };
        let width = columns.len().next_multiple_of(kernels.lanes);
        let tail = Self {
            start: columns.start,
            width,
            panel: Scratch::new(width * product.k),
        };
        if width > 0 {
            level.run(PackTail {
                product,
                columns,
                tail: &tail,
            });
        }
        tail
    }
}

struct PackTail<'a, T> {
    product: &'a Direct<T>,
    columns: Range<usize>,
    tail: &'a Tail<T>,
}

impl<T: Real> Task for PackTail<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let Self {
            product,
            columns,
            tail,
        } = self;
        // SAFETY: the panel has room for all depths, and `Tail::of` passes on its caller's word.
        unsafe {
            product
                .b
                .pack::<S>(columns, 0..product.k, tail.width, tail.panel.as_ptr())
        };
    }
}

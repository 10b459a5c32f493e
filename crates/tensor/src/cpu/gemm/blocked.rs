//! The product of large matrices: blocks of both operands are packed into panels, and tiles of the
//! result are shared among threads.
//!
//! Every element of the result is summed in the same order whatever the blocks, tiles and threads
//! around it: by depth within a block, then block after block. The blocks also keep long sums
//! accurate.

use std::ops::Range;

use super::kernel::{Finish, Kernels, MOST_COLUMNS, MOST_ROWS, Tile};
use super::pack::Lines;
use crate::cpu::parallel::for_each_chunk;
use crate::cpu::scratch::Scratch;
use crate::cpu::simd::{Level, Real, Simd, Task};

/// Depth of a block: a panel of `B` fits into half of the first-level cache.
const DEPTH: usize = 256;
/// Rows of a task: with a group of columns they fit into the second-level cache.
const TASK_ROWS: usize = 48;
/// Columns of a task.
const TASK_COLUMNS: usize = 256;
/// Rows and columns packed at once, which bounds the working memory.
const PACKED_ROWS: usize = 4096;
const PACKED_COLUMNS: usize = 4096;
/// Multiplications from which on a block is shared among threads.
const SHARED_WORK: usize = 1 << 18;

/// Where the product goes: rows with a common stride, columns in runs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Target<T> {
    pub start: *mut T,
    pub row: usize,
    /// Columns that lie side by side before the next run begins.
    pub run_columns: usize,
    /// Distance between the starts of two runs.
    pub run: usize,
}

// SAFETY: tasks write disjoint tiles.
unsafe impl<T: Send> Sync for Target<T> {}

impl<T> Target<T> {
    /// A matrix with unit column stride.
    pub(crate) fn matrix(start: *mut T, row: usize) -> Self {
        Self {
            start,
            row,
            run_columns: usize::MAX,
            run: 0,
        }
    }

    fn offset(&self, row: usize, column: usize) -> usize {
        row * self.row + column / self.run_columns * self.run + column % self.run_columns
    }

    fn is_one_run(&self, column: usize, columns: usize) -> bool {
        column % self.run_columns + columns <= self.run_columns
    }
}

/// `C (+)= A B` with `A` of `m` lines, `B` of `n` lines, both of depth `k`.
pub(crate) struct Product<'a, T, A, B> {
    pub m: usize,
    pub n: usize,
    pub k: usize,
    pub a: &'a A,
    pub b: &'a B,
    pub c: Target<T>,
    pub accumulate: bool,
    pub finish: Finish<T>,
}

// SAFETY: the biases that `finish` points to are only read.
unsafe impl<T: Real, A: Lines<T>, B: Lines<T>> Sync for Product<'_, T, A, B> {}

impl<T: Real, A: Lines<T>, B: Lines<T>> Product<'_, T, A, B> {
    /// Computes the product; `m`, `n` and `k` are not zero.
    ///
    /// # Safety
    ///
    /// The operands have the lines and depths, and the target the rows and columns, of the product.
    pub(crate) unsafe fn run(&self, level: Level) {
        let kernels = Kernels::of(level);
        let depth = self.k.div_ceil(self.k.div_ceil(DEPTH));
        let columns = self
            .n
            .min(PACKED_COLUMNS)
            .next_multiple_of(kernels.columns());
        let packed_a = Scratch::new(self.m.min(PACKED_ROWS) * depth);
        let packed_b = Scratch::new(columns * depth);
        for columns in split(0..self.n, PACKED_COLUMNS) {
            for depths in split(0..self.k, depth) {
                for rows in split(0..self.m, PACKED_ROWS) {
                    let block = Block {
                        product: self,
                        kernels,
                        level,
                        packs_b: rows.start == 0,
                        rows,
                        columns: columns.clone(),
                        depths: depths.clone(),
                        packed_a: packed_a.as_ptr(),
                        packed_b: packed_b.as_ptr(),
                    };
                    // SAFETY: the buffers have room for the block, and the caller vouches for the
                    // operands and the target.
                    unsafe {
                        block.pack();
                        block.multiply();
                    }
                }
            }
        }
    }
}

/// The part of a product whose operands are packed at the same time.
struct Block<'a, T: 'static, A, B> {
    product: &'a Product<'a, T, A, B>,
    kernels: &'static Kernels<T>,
    level: Level,
    rows: Range<usize>,
    columns: Range<usize>,
    depths: Range<usize>,
    packs_b: bool,
    packed_a: *mut T,
    packed_b: *mut T,
}

// SAFETY: tasks pack and multiply disjoint parts of the block.
unsafe impl<T: Real, A: Lines<T>, B: Lines<T>> Sync for Block<'_, T, A, B> {}

impl<T: Real, A: Lines<T>, B: Lines<T>> Block<'_, T, A, B> {
    /// Copies the operands into panels.
    unsafe fn pack(&self) {
        let groups_of_b = self.column_groups() * usize::from(self.packs_b);
        let tasks = groups_of_b + self.row_groups();
        for_each_chunk(tasks, self.grain(tasks), |tasks| {
            // SAFETY: each task fills panels of its own; the caller vouches for the rest.
            self.level.run(PackTask {
                block: self,
                groups_of_b,
                tasks,
            });
        });
    }

    /// Multiplies the panels, tile by tile.
    unsafe fn multiply(&self) {
        // Tasks that follow each other share their columns of `B`.
        let row_groups = self.row_groups();
        let tasks = row_groups * self.column_groups();
        for_each_chunk(tasks, self.grain(tasks), |tasks| {
            for task in tasks {
                // SAFETY: each task writes tiles of its own; the caller vouches for the rest.
                unsafe { self.multiply_group(task % row_groups, task / row_groups) };
            }
        });
    }

    unsafe fn multiply_group(&self, row_group: usize, column_group: usize) {
        let depth = self.depths.len();
        for columns in split(self.column_group(column_group), self.kernels.columns()) {
            // SAFETY: panels lie one after the other in the buffers.
            let b = unsafe {
                self.packed_b
                    .add((columns.start - self.columns.start) * depth)
            };
            for rows in split_evenly(self.row_group(row_group), self.kernels.rows()) {
                // SAFETY: as above.
                let a = unsafe { self.packed_a.add((rows.start - self.rows.start) * depth) };
                // SAFETY: the caller vouches for the target.
                unsafe { self.multiply_tile(rows, columns.clone(), a, b) };
            }
        }
    }

    unsafe fn multiply_tile(
        &self,
        rows: Range<usize>,
        columns: Range<usize>,
        a: *const T,
        b: *const T,
    ) {
        let product = self.product;
        let is_last = self.depths.end == product.k;
        let finish = if is_last {
            product.finish
        } else {
            Finish::NONE
        };
        let mut tile = Tile {
            depth: self.depths.len(),
            a,
            b,
            a_row: 0,
            a_depth: 0,
            b_depth: 0,
            c: std::ptr::null_mut(),
            c_row: product.c.row,
            columns: columns.len(),
            accumulate: product.accumulate || self.depths.start > 0,
            finish: finish.at(rows.start, columns.start),
        };
        let kernel = self.kernels.packed(rows.len(), columns.len());
        // SAFETY: the panels are packed for these rows and columns; the caller vouches for the
        // target.
        unsafe {
            if product.c.is_one_run(columns.start, columns.len()) {
                tile.c = product
                    .c
                    .start
                    .add(product.c.offset(rows.start, columns.start));
                kernel(&tile);
                return;
            }
            let mut copy = [T::zero(); MOST_ROWS * MOST_COLUMNS];
            let places = rows.enumerate().flat_map(|(i, row)| {
                let row_places = columns.clone().enumerate();
                row_places.map(move |(j, column)| (i * MOST_COLUMNS + j, row, column))
            });
            if tile.accumulate {
                for (i, row, column) in places.clone() {
                    copy[i] = *product.c.start.add(product.c.offset(row, column));
                }
            }
            tile.c = copy.as_mut_ptr();
            tile.c_row = MOST_COLUMNS;
            kernel(&tile);
            for (i, row, column) in places {
                *product.c.start.add(product.c.offset(row, column)) = copy[i];
            }
        }
    }

    fn row_groups(&self) -> usize {
        self.rows.len().div_ceil(TASK_ROWS)
    }

    fn row_group(&self, group: usize) -> Range<usize> {
        let start = self.rows.start + group * TASK_ROWS;
        start..self.rows.end.min(start + TASK_ROWS)
    }

    fn column_groups(&self) -> usize {
        self.columns.len().div_ceil(TASK_COLUMNS)
    }

    fn column_group(&self, group: usize) -> Range<usize> {
        let start = self.columns.start + group * TASK_COLUMNS;
        start..self.columns.end.min(start + TASK_COLUMNS)
    }

    /// All tasks in one chunk where the block is too small to share.
    fn grain(&self, tasks: usize) -> usize {
        let work = self.rows.len() * self.columns.len() * self.depths.len();
        if work < SHARED_WORK { tasks } else { 1 }
    }
}

struct PackTask<'a, T: 'static, A, B> {
    block: &'a Block<'a, T, A, B>,
    groups_of_b: usize,
    tasks: Range<usize>,
}

impl<T: Real, A: Lines<T>, B: Lines<T>> Task for PackTask<'_, T, A, B> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let Self {
            block,
            groups_of_b,
            tasks,
        } = self;
        let (depths, kernels) = (&block.depths, block.kernels);
        for task in tasks {
            if task < groups_of_b {
                for columns in split(block.column_group(task), kernels.columns()) {
                    let width = columns.len().next_multiple_of(kernels.lanes);
                    let offset = (columns.start - block.columns.start) * depths.len();
                    // SAFETY: `pack` of the block, which makes tasks, passes on its caller's word.
                    unsafe {
                        let panel = block.packed_b.add(offset);
                        block
                            .product
                            .b
                            .pack::<S>(columns, depths.clone(), width, panel);
                    }
                }
            } else {
                for rows in split_evenly(block.row_group(task - groups_of_b), kernels.rows()) {
                    let width = rows.len();
                    let offset = (rows.start - block.rows.start) * depths.len();
                    // SAFETY: as above.
                    unsafe {
                        let panel = block.packed_a.add(offset);
                        block
                            .product
                            .a
                            .pack::<S>(rows, depths.clone(), width, panel);
                    }
                }
            }
        }
    }
}

/// Cuts a range into parts of `size`, the last perhaps smaller.
pub(super) fn split(range: Range<usize>, size: usize) -> impl Iterator<Item = Range<usize>> {
    let end = range.end;
    range
        .step_by(size)
        .map(move |start| start..end.min(start + size))
}

/// Cuts a range into as few parts of at most `size` as possible, their sizes differing by one.
pub(super) fn split_evenly(range: Range<usize>, size: usize) -> impl Iterator<Item = Range<usize>> {
    let parts = range.len().div_ceil(size);
    (0..parts).map(move |part| {
        let cut = |part| range.start + range.len() * part / parts;
        cut(part)..cut(part + 1)
    })
}

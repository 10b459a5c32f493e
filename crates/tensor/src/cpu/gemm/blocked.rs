//! The product of large matrices: blocks of both operands are packed into panels, and tiles of the
//! result are shared among threads.
//!
//! Every element of the result is summed in the same order whatever the blocks, tiles and threads
//! around it: by depth within a block, then block after block. The blocks also keep long sums
//! accurate.

use std::ops::Range;
use std::slice;

use super::kernel::{Finish, Kernels, MOST_COLUMNS, MOST_ROWS, Tile};
use super::pack::{Lines, Strided, pack};
use crate::cpu::finish::Tail;
use crate::cpu::parallel::{for_each_chunk, num_threads};
use crate::cpu::scratch::Scratch;
use crate::cpu::simd::{Level, Real};

/// Depth of a block: a panel of `B` fits into half of the first-level cache.
const DEPTH: usize = 256;
/// Rows of a task, roughly: with a group of columns they fit into the second-level cache.
const TASK_ROWS: usize = 48;
/// Columns of a task.
const TASK_COLUMNS: usize = 128;
/// Rows and columns packed at once, which bounds the working memory.
const PACKED_ROWS: usize = 4096;
const PACKED_COLUMNS: usize = 4096;
/// Columns up to which rows are read where they lie, being used so few times.
const THIN: usize = 64;
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

    /// Cuts columns where a run ends.
    fn runs(&self, columns: Range<usize>) -> impl Iterator<Item = Range<usize>> {
        let (run, mut start) = (self.run_columns, columns.start);
        std::iter::from_fn(move || {
            let end = columns.end.min((start / run + 1).saturating_mul(run));
            let part = start..end;
            start = end;
            (!part.is_empty()).then_some(part)
        })
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
    pub tail: Tail<'a>,
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
        let whole = Block {
            product: self,
            kernels: Kernels::of(level),
            level,
            rows: 0..self.m,
            columns: 0..self.n,
            depths: 0..self.k,
            unpacked: self.a.in_memory().filter(|_| self.n <= THIN),
            a: std::ptr::null_mut(),
            b: std::ptr::null_mut(),
        };
        let is_wide = self.n.div_ceil(TASK_COLUMNS) >= 4 * num_threads();
        let fits = self.m <= PACKED_ROWS && self.m.saturating_mul(self.k) <= PACKED_ROWS * DEPTH;
        // SAFETY: the caller vouches for the operands and the target.
        unsafe {
            if is_wide && fits {
                whole.multiply_by_columns();
            } else {
                whole.multiply_by_blocks();
            }
        }
    }
}

/// A part of a product, and where its operands are packed.
struct Block<'a, T: 'static, A, B> {
    product: &'a Product<'a, T, A, B>,
    kernels: &'static Kernels<T>,
    level: Level,
    rows: Range<usize>,
    columns: Range<usize>,
    depths: Range<usize>,
    /// `A` where it lies, if it is not packed.
    unpacked: Option<Strided<T>>,
    a: *mut T,
    b: *mut T,
}

// SAFETY: tasks pack and multiply disjoint parts of the block.
unsafe impl<T: Real, A: Lines<T>, B: Lines<T>> Sync for Block<'_, T, A, B> {}

impl<T: Real, A: Lines<T>, B: Lines<T>> Block<'_, T, A, B> {
    /// Packs all of `A`; each task then takes some columns, and packs those of `B` for itself.
    unsafe fn multiply_by_columns(mut self) {
        let packed_a = Scratch::new(self.rows.len() * self.depths.len());
        self.a = packed_a.as_ptr();
        let depth = even_depth(self.depths.len());
        for depths in split(self.depths.clone(), depth) {
            // SAFETY: the buffer has room for all rows and depths.
            unsafe { self.at_depths(depths).pack_rows() };
        }
        for_each_chunk(self.column_groups(), 1, |groups| {
            let packed_b = Scratch::new(TASK_COLUMNS * depth);
            for group in groups {
                for depths in split(self.depths.clone(), depth) {
                    let columns = self.column_group(group);
                    let block = Block {
                        columns,
                        b: packed_b.as_ptr(),
                        ..self.at_depths(depths)
                    };
                    // SAFETY: the buffer has room for the group at this depth; the caller vouches
                    // for the operands and the target.
                    unsafe {
                        block.pack_columns();
                        block.multiply();
                    }
                }
            }
        });
    }

    /// Packs blocks of both operands, and shares the tiles they give.
    unsafe fn multiply_by_blocks(self) {
        let depth = even_depth(self.depths.len());
        let columns = self.columns.len().min(PACKED_COLUMNS);
        let packed_rows = match self.unpacked {
            Some(_) => 0,
            None => self.rows.len().min(PACKED_ROWS),
        };
        let packed_a = Scratch::new(packed_rows * depth);
        let packed_b = Scratch::new(columns.next_multiple_of(self.kernels.columns()) * depth);
        for columns in split(self.columns.clone(), PACKED_COLUMNS) {
            for depths in split(self.depths.clone(), depth) {
                for rows in split(self.rows.clone(), PACKED_ROWS) {
                    let is_first = rows.start == self.rows.start;
                    let block = Block {
                        rows,
                        columns: columns.clone(),
                        a: packed_a.as_ptr(),
                        b: packed_b.as_ptr(),
                        ..self.at_depths(depths.clone())
                    };
                    // SAFETY: the buffers have room for the block; the caller vouches for the
                    // operands and the target.
                    unsafe {
                        if is_first {
                            block.pack_columns();
                        }
                        block.pack_rows();
                        block.multiply();
                    }
                }
            }
        }
    }

    /// The same block at some of its depths, with `A` packed depth after depth.
    fn at_depths(&self, depths: Range<usize>) -> Self {
        let skipped = self.rows.len() * (depths.start - self.depths.start);
        Block {
            rows: self.rows.clone(),
            columns: self.columns.clone(),
            depths,
            a: self.a.wrapping_add(skipped),
            ..*self
        }
    }

    unsafe fn pack_rows(&self) {
        if self.unpacked.is_some() {
            return;
        }
        let groups = self.row_groups();
        for_each_chunk(groups, self.grain(groups), |groups| {
            for group in groups {
                let rows = self.row_group(group);
                let to = self
                    .a
                    .wrapping_add((rows.start - self.rows.start) * self.depths.len());
                let panels = split_evenly(rows, self.kernels.rows());
                // SAFETY: each group has room of its own; the caller vouches for the operand.
                unsafe {
                    pack(
                        self.product.a,
                        panels,
                        self.depths.clone(),
                        1,
                        to,
                        self.level,
                    )
                };
            }
        });
    }

    unsafe fn pack_columns(&self) {
        let (groups, lanes) = (self.column_groups(), self.kernels.lanes);
        for_each_chunk(groups, self.grain(groups), |groups| {
            for group in groups {
                let columns = self.column_group(group);
                let skipped = (columns.start - self.columns.start) * self.depths.len();
                let to = self.b.wrapping_add(skipped);
                let panels = split(columns, self.kernels.columns());
                // SAFETY: each group has room of its own; the caller vouches for the operand.
                unsafe {
                    pack(
                        self.product.b,
                        panels,
                        self.depths.clone(),
                        lanes,
                        to,
                        self.level,
                    )
                };
            }
        });
    }

    /// Multiplies the packed operands, tile by tile.
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
            let b = unsafe { self.b.add((columns.start - self.columns.start) * depth) };
            for rows in split_evenly(self.row_group(row_group), self.kernels.rows()) {
                // SAFETY: as above.
                let a = unsafe { self.a.add((rows.start - self.rows.start) * depth) };
                // SAFETY: the caller vouches for the target.
                unsafe { self.multiply_tile(rows, columns.clone(), a, b) };
            }
        }
        let Product { c, tail, k, .. } = self.product;
        if tail.is_none() || self.depths.end < *k {
            return;
        }
        for columns in c.runs(self.column_group(column_group)) {
            for row in self.row_group(row_group) {
                let start = c.start.wrapping_add(c.offset(row, columns.start));
                // SAFETY: the caller vouches for the target, and this task has stored its part.
                unsafe { tail.apply(row, start, columns.len()) };
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
            rows: rows.len(),
            columns: columns.len(),
            depth: self.depths.len(),
            a,
            b,
            a_row: 0,
            a_depth: 0,
            b_depth: columns.len().next_multiple_of(self.kernels.lanes),
            c: std::ptr::null_mut(),
            c_row: product.c.row,
            accumulate: product.accumulate || self.depths.start > 0,
            finish: finish.at(rows.start, columns.start),
        };
        // SAFETY: the panels are packed for these rows and columns; the caller vouches for the
        // target, and for operands that are not packed.
        unsafe {
            if let Some(a) = self.unpacked {
                tile.a = a.start.add(a.offset(rows.start, self.depths.start));
                (tile.a_row, tile.a_depth) = (a.line, a.depth);
            }
            if product.c.is_one_run(columns.start, columns.len()) {
                tile.c = product
                    .c
                    .start
                    .add(product.c.offset(rows.start, columns.start));
                self.multiply_in_registers(&tile);
                return;
            }
            let mut copy = [T::zero(); MOST_ROWS * MOST_COLUMNS];
            let parts = || {
                product.c.runs(columns.clone()).flat_map(|run| {
                    let row_parts = rows.clone().enumerate();
                    row_parts.map(move |(i, row)| {
                        let place = i * MOST_COLUMNS + run.start - columns.start;
                        (place, product.c.offset(row, run.start), run.len())
                    })
                })
            };
            if tile.accumulate {
                for (place, from, count) in parts() {
                    let from = slice::from_raw_parts(product.c.start.add(from), count);
                    copy[place..place + count].copy_from_slice(from);
                }
            }
            tile.c = copy.as_mut_ptr();
            tile.c_row = MOST_COLUMNS;
            self.multiply_in_registers(&tile);
            for (place, to, count) in parts() {
                let to = slice::from_raw_parts_mut(product.c.start.add(to), count);
                to.copy_from_slice(&copy[place..place + count]);
            }
        }
    }

    unsafe fn multiply_in_registers(&self, tile: &Tile<T>) {
        // SAFETY: the caller vouches for the tile.
        unsafe {
            match self.unpacked {
                Some(_) => self.kernels.multiply_strided(tile),
                None => self.kernels.multiply_packed(tile),
            }
        }
    }

    fn row_groups(&self) -> usize {
        ((self.rows.len() + TASK_ROWS / 2) / TASK_ROWS).max(1)
    }

    fn row_group(&self, group: usize) -> Range<usize> {
        let cut = |group| self.rows.start + self.rows.len() * group / self.row_groups();
        cut(group)..cut(group + 1)
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

/// The depth of blocks that cut `depth` into equal parts.
fn even_depth(depth: usize) -> usize {
    depth.div_ceil(depth.div_ceil(DEPTH))
}

/// Cuts a range into parts of `size`, the last perhaps smaller.
pub(crate) fn split(range: Range<usize>, size: usize) -> impl Iterator<Item = Range<usize>> {
    let end = range.end;
    range
        .step_by(size)
        .map(move |start| start..end.min(start + size))
}

/// Cuts a range into as few parts of at most `size` as possible, their sizes differing by one.
pub(crate) fn split_evenly(range: Range<usize>, size: usize) -> impl Iterator<Item = Range<usize>> {
    let parts = range.len().div_ceil(size);
    (0..parts).map(move |part| {
        let cut = |part| range.start + range.len() * part / parts;
        cut(part)..cut(part + 1)
    })
}

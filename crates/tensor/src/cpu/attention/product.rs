//! Products of the blocks: tiles of the matrix kernel over operands in working memory.

use crate::cpu::gemm::{Finish, Kernels, Tile, split, split_evenly};
use crate::cpu::simd;

/// The left factor: any strides.
#[derive(Clone, Copy)]
pub(super) struct Left<T> {
    pub(super) start: *const T,
    pub(super) row: usize,
    pub(super) depth: usize,
}

/// The right factor: columns in groups of a tile's width, which are padded to whole vectors.
#[derive(Clone, Copy)]
pub(super) struct Right<T> {
    pub(super) start: *const T,
    /// Distance between two groups of columns.
    pub(super) group: usize,
    pub(super) depth: usize,
}

/// Computes `C (+)= A B`, with rows of `C` that are `c_row` apart; `columns` fill whole vectors.
///
/// # Safety
///
/// The factors and the result have these sizes in memory that nothing else writes.
pub(super) unsafe fn multiply<T: simd::Real>(
    kernels: &Kernels<T>,
    [rows, columns, depth]: [usize; 3],
    a: Left<T>,
    b: Right<T>,
    c: *mut T,
    c_row: usize,
    accumulate: bool,
) {
    for (group, columns) in split(0..columns, kernels.columns()).enumerate() {
        for rows in split_evenly(0..rows, kernels.rows()) {
            // SAFETY: the caller vouches for the sizes.
            unsafe {
                kernels.multiply_strided(&Tile {
                    rows: rows.len(),
                    columns: columns.len(),
                    depth,
                    a: a.start.add(rows.start * a.row),
                    a_row: a.row,
                    a_depth: a.depth,
                    b: b.start.add(group * b.group),
                    b_depth: b.depth,
                    c: c.add(rows.start * c_row + columns.start),
                    c_row,
                    accumulate,
                    finish: Finish::NONE,
                });
            }
        }
    }
}

//! Products inside kernels: tiles of the matrix kernel over operands in working memory.

use super::gemm::{Finish, Kernels, Tile, split, split_evenly};
use super::scratch::Scratch;
use super::simd::MOST_LANES;
use super::{number, simd};
use crate::Element;

/// A type in which kernels compute both products and functions of single elements.
pub(crate) trait Float: number::Real + simd::Real + Element {}
impl Float for f32 {}
impl Float for f64 {}

/// A constant; several traits of a [`Float`] could make it.
#[inline(always)]
pub(crate) fn constant<C: number::Real>(x: f64) -> C {
    C::from_f64(x)
}

/// The left factor: any strides.
#[derive(Clone, Copy)]
pub(crate) struct Left<T> {
    pub(crate) start: *const T,
    pub(crate) row: usize,
    pub(crate) depth: usize,
}

/// The right factor: columns in groups of a tile's width, which are padded to whole vectors.
#[derive(Clone, Copy)]
pub(crate) struct Right<T> {
    pub(crate) start: *const T,
    /// Distance between two groups of columns.
    pub(crate) group: usize,
    pub(crate) depth: usize,
}

/// Computes `C (+)= A B`, with rows of `C` that are `c_row` apart; `columns` fill whole vectors.
///
/// # Safety
///
/// The factors and the result have these sizes in memory that nothing else writes.
pub(crate) unsafe fn multiply<T: simd::Real>(
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

/// Working memory for parts of these lengths.
pub(crate) fn memory<T: simd::Real>(lengths: &[usize]) -> Scratch<T> {
    Scratch::new(lengths.iter().copied().map(whole).sum())
}

/// Cuts [`memory`] into its parts, which start at whole vectors.
pub(crate) fn cut<T: simd::Real, const N: usize>(
    memory: &mut Scratch<T>,
    lengths: [usize; N],
) -> [&mut [T]; N] {
    let mut rest = memory.as_mut_slice();
    lengths.map(|length| {
        let (part, later) = std::mem::take(&mut rest).split_at_mut(whole(length));
        rest = later;
        &mut part[..length]
    })
}

fn whole(length: usize) -> usize {
    length.next_multiple_of(MOST_LANES)
}

//! Products of matrices whose elements are spread over the lanes of a warp.
//!
//! With eight groups of four lanes: a lane has pairs of neighbours in a row of the left factor, in a column of the
//! right one and in a row of the sums, the row or column of its group; in further registers the same eight rows
//! below, or eight terms behind.

use super::arithmetic::real;
use super::registers::{Lanes, Mask};
use crate::ptx::{Matrices, Type};

/// Rows and columns of the sums.
const ROWS: usize = 16;
const COLUMNS: usize = 8;

/// Sums are exact here, and rounded once.
pub(super) fn multiply(matrices: &Matrices, lanes: &mut Lanes<'_>) -> Result<(), String> {
    if lanes.mask != Mask::MAX {
        let missing = !lanes.mask;
        return Err(format!("expects lanes {missing:#x}, which are not there"));
    }
    let Matrices { ty, d, a, b, c } = matrices;
    let half = |row: u32, lane: usize, term: usize| {
        let pair = lanes.registers.row(row)[lane];
        real(pair >> (16 * (term % 2)) & 0xffff, *ty)
    };
    // The lane of a group that has an element, and which of its eight.
    let lane = |group: usize, element: usize| 4 * (group % 8) + element % 8 / 2;
    let left = |i: usize, k: usize| half(a[i / 8 + 2 * (k / 8)], lane(i, k), k);
    let right = |k: usize, j: usize| half(b[k / 8], lane(j, k), k);
    let mut sums = [[0; COLUMNS]; ROWS];
    for (i, row) in sums.iter_mut().enumerate() {
        for (j, sum) in row.iter_mut().enumerate() {
            let earlier = lanes.registers.row(c[i / 8 * 2 + j % 2])[lane(i, j)];
            let terms = (0..8 * b.len()).map(|k| left(i, k) * right(k, j));
            let total = real(earlier, Type::F32) + terms.sum::<f64>();
            *sum = u64::from((total as f32).to_bits());
        }
    }
    for (i, row) in sums.iter().enumerate() {
        for (j, &sum) in row.iter().enumerate() {
            lanes.registers.row_mut(d[i / 8 * 2 + j % 2])[lane(i, j)] = sum;
        }
    }
    Ok(())
}

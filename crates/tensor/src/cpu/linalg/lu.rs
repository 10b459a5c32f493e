//! The factorization into triangles by elimination, block by block.

use super::triangular::solve_rows;
use super::vector::{add_multiple, block, pair, subtract_product};

/// Columns of a block.
const BLOCK: usize = 32;

/// Turns `a` `[m, n]` into `L` and `U` in one, and notes the row from 1 that each row was swapped
/// with; returns the number of the first zero on the diagonal of `U`, or 0.
pub(super) fn factor(a: &mut [f64], m: usize, n: usize, pivot: bool, pivots: &mut [i32]) -> i32 {
    let k = m.min(n);
    let mut report = 0;
    for start in (0..k).step_by(BLOCK) {
        let end = (start + BLOCK).min(k);
        for j in start..end {
            let largest = if pivot { largest_below(a, m, n, j) } else { j };
            pivots[j] = i32::try_from(largest + 1).unwrap_or(i32::MAX);
            if largest != j {
                let (upper, lower) = pair(a, n, j, largest);
                upper.swap_with_slice(lower);
            }
            let divisor = a[j * n + j];
            if divisor == 0.0 {
                if report == 0 {
                    report = i32::try_from(j + 1).unwrap_or(i32::MAX);
                }
                // With pivots there is nothing to eliminate then.
                if pivot {
                    continue;
                }
            }
            for i in j + 1..m {
                let (upper, lower) = pair(a, n, j, i);
                lower[j] /= divisor;
                let factor = -lower[j];
                if factor != 0.0 {
                    add_multiple(&mut lower[j + 1..end], factor, &upper[j + 1..end]);
                }
            }
        }
        if end == n {
            continue;
        }
        let corner = block(a, n, start..end, start..end);
        let mut right = block(a, n, start..end, end..n);
        solve_rows(&corner, end - start, false, true, &mut right, n - end);
        for (row, i) in right.chunks(n - end).zip(start..end) {
            a[i * n + end..(i + 1) * n].copy_from_slice(row);
        }
        if end < m {
            let left = block(a, n, end..m, start..end);
            subtract_product(&mut a[end * n + end..], n, &left, &right, end - start);
        }
    }
    report
}

/// The row from `j` on whose element in column `j` is largest, the first of several.
fn largest_below(a: &[f64], m: usize, n: usize, j: usize) -> usize {
    let mut largest = j;
    for i in j + 1..m {
        if a[i * n + j].abs() > a[largest * n + j].abs() {
            largest = i;
        }
    }
    largest
}

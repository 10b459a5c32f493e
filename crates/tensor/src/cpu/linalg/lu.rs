//! The factorization into triangles by elimination, block by block (Golub and Van Loan, "Matrix
//! Computations", 3.4): a panel of columns is factored by itself, and meets the others as a product.

use super::matrix::{Matrix, subtract_product, transpose_to};
use super::triangular::solve_rows;
use super::vector::{add_multiples, divide, largest_place, pair};

/// Columns of a block.
const BLOCK: usize = 32;

/// Turns `a` `[m, n]` into `L` and `U` in one, and notes the row from 1 that each row was swapped
/// with; returns the number of the first zero on the diagonal of `U`, or 0.
pub(super) fn factor(a: &mut [f64], m: usize, n: usize, pivot: bool, pivots: &mut [i32]) -> i32 {
    let k = m.min(n);
    let mut report = 0;
    for start in (0..k).step_by(BLOCK) {
        let end = (start + BLOCK).min(k);
        let (count, height) = (end - start, m - start);
        let mut panel = vec![0.0; count * height]; // [columns, rows]
        transpose_to(
            &mut panel,
            height,
            &a[start * n + start..],
            n,
            height,
            count,
        );
        let swaps = factor_panel(&mut panel, height, pivot, start, &mut report);
        for (j, &with) in (start..end).zip(&swaps) {
            pivots[j] = i32::try_from(start + with + 1).unwrap_or(i32::MAX);
            if start + with != j {
                let (upper, lower) = pair(a, n, j, start + with);
                upper.swap_with_slice(lower);
            }
        }
        transpose_to(
            &mut a[start * n + start..],
            n,
            &panel,
            height,
            count,
            height,
        );
        if end == n {
            continue;
        }
        let (done, rest) = a.split_at_mut(end * n);
        let corner = super::matrix::block(done, n, start..end, start..end);
        let right = &mut done[start * n + end..];
        solve_rows(&corner, count, false, true, right, n, n - end);
        if end < m {
            let left = Matrix::of(&panel[count..], count, m - end, height).transposed();
            let right = Matrix::of(right, count, n - end, n);
            subtract_product(&mut rest[end..], n, left, right);
        }
    }
    report
}

/// Factors columns of `height` one after the other, the first one being number `start` of all.
/// Returns the row, of these columns, that each row was swapped with.
fn factor_panel(
    panel: &mut [f64],
    height: usize,
    pivot: bool,
    start: usize,
    report: &mut i32,
) -> Vec<usize> {
    let count = panel.len() / height;
    let mut swaps = Vec::with_capacity(count);
    for j in 0..count {
        let (known, column) = panel.split_at_mut(j * height);
        let column = &mut column[..height];
        for (i, done) in known.chunks_exact(height).enumerate() {
            let factor = -column[i];
            let below = column[i + 1..j].iter_mut().zip(&done[i + 1..j]);
            below.for_each(|(x, y)| *x += factor * y);
        }
        if j > 0 {
            let (above, below) = column.split_at_mut(j);
            above.iter_mut().for_each(|x| *x = -*x);
            add_multiples(below, above, Matrix::of(&known[j..], j, height - j, height));
            above.iter_mut().for_each(|x| *x = -*x);
        }
        let with = if pivot {
            j + largest_place(&column[j..])
        } else {
            j
        };
        swaps.push(with);
        if with != j {
            for column in panel.chunks_exact_mut(height) {
                column.swap(j, with);
            }
        }
        let column = &mut panel[j * height + j..(j + 1) * height];
        let divisor = column[0];
        if divisor == 0.0 && *report == 0 {
            *report = i32::try_from(start + j + 1).unwrap_or(i32::MAX);
        }
        // With pivots there is nothing to eliminate below a zero.
        if divisor != 0.0 || !pivot {
            divide(&mut column[1..], divisor);
        }
    }
    swaps
}

//! The Cholesky factorization, block by block.

use super::vector::{block, dot, subtract_product};

/// Rows of a block.
const BLOCK: usize = 64;

/// Turns the lower triangle of `a` `[n, n]` into `L`, zeros above; returns the number of the first
/// leading minor that is not positive, or 0. What comes after that one is left undone.
pub(super) fn factor(a: &mut [f64], n: usize) -> i32 {
    for i in 0..n {
        a[i * n + i + 1..(i + 1) * n].fill(0.0);
    }
    for start in (0..n).step_by(BLOCK) {
        let end = (start + BLOCK).min(n);
        for i in start..n {
            // Left of the block, everything is subtracted already.
            for j in start..=i.min(end - 1) {
                let (above, below) = a.split_at_mut(i * n);
                let row = &mut below[..n];
                if i == j {
                    let rest = row[i] - dot(&row[start..i], &row[start..i]);
                    row[i] = rest;
                    if rest.is_nan() || rest <= 0.0 {
                        return i32::try_from(i + 1).unwrap_or(i32::MAX);
                    }
                    row[i] = rest.sqrt();
                } else {
                    let column = &above[j * n..(j + 1) * n];
                    row[j] = (row[j] - dot(&row[start..j], &column[start..j])) / column[j];
                }
            }
        }
        for rows in (end..n).step_by(BLOCK) {
            let rows = rows..(rows + BLOCK).min(n);
            let left = block(a, n, rows.clone(), start..end);
            let below = block(a, n, end..rows.end, start..end);
            let right = super::vector::transposed(&below, rows.end - end, end - start);
            let corner = &mut a[rows.start * n + end..];
            subtract_product(corner, n, &left, &right, end - start);
        }
        for i in end..n {
            a[i * n + i + 1..(i + 1) * n].fill(0.0);
        }
    }
    0
}

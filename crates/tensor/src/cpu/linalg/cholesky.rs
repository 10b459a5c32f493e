//! The Cholesky factorization, block by block (Golub and Van Loan, "Matrix Computations", 4.2). It
//! works on `L^T`, whose rows are long where the columns of `L` are.

use super::super::scratch::Scratch;
use super::matrix::{Matrix, subtract_product, transpose_to};
use super::vector::{add_multiples, divide};

/// Rows of a block.
const BLOCK: usize = 32;
/// Rows of what remains that are updated at once, from the diagonal on.
const STRIP: usize = 64;

/// Turns the lower triangle of `a` `[n, n]` into `L`, zeros above; returns the number of the first
/// leading minor that is not positive, or 0. What comes after that one is left undone.
pub(super) fn factor(a: &mut [f64], n: usize) -> i32 {
    let mut upper = Scratch::filled(n * n, 0.0);
    let upper = upper.as_mut_slice();
    transpose_to(upper, n, a, n, n, n);
    let mut report = 0;
    for start in (0..n).step_by(BLOCK) {
        let end = (start + BLOCK).min(n);
        let (done, rest) = upper.split_at_mut(end * n);
        let rows = &mut done[start * n..];
        if let Some(place) = factor_rows(rows, n, start) {
            report = i32::try_from(place + 1).unwrap_or(i32::MAX);
            break;
        }
        let part = |from: usize, to: usize| Matrix::of(&rows[from..], end - start, to - from, n);
        for first in (end..n).step_by(STRIP) {
            let last = (first + STRIP).min(n);
            let corner = &mut rest[(first - end) * n + first..];
            subtract_product(corner, n, part(first, last).transposed(), part(first, n));
        }
    }
    for (i, row) in upper.chunks_exact_mut(n.max(1)).enumerate() {
        row[..i].fill(0.0);
    }
    transpose_to(a, n, upper, n, n, n);
    report
}

/// Factors rows from `start` on, from which all rows before are subtracted already. Returns the place
/// of the first diagonal element that has no root.
fn factor_rows(rows: &mut [f64], n: usize, start: usize) -> Option<usize> {
    let count = rows.len() / n;
    for (j, place) in (start..start + count).enumerate() {
        let (known, row) = rows.split_at_mut(j * n);
        let row = &mut row[place..n];
        let factors: Vec<f64> = known.iter().skip(place).step_by(n).map(|x| -x).collect();
        if j > 0 {
            let known = Matrix::of(&known[place..], j, n - place, n);
            add_multiples(row, &factors, known);
        }
        let square = row[0];
        if square.is_nan() || square <= 0.0 {
            return Some(place);
        }
        let root = square.sqrt();
        row[0] = root;
        divide(&mut row[1..], root);
    }
    None
}

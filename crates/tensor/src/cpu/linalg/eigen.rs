//! Eigenvalues and eigenvectors of symmetric matrices: reflections make the matrix tridiagonal, halves
//! of which are decomposed and put together again.

use super::divide_eigen;
use super::matrix::transpose_to;
use super::tridiagonal::{apply, reduce};
use super::vector::{divide, largest};

/// Computes the eigenvalues of the symmetric matrix in the lower triangle of `a` `[n, n]`, in
/// ascending order, and turns `a` into the matrix of eigenvectors, one a column. Returns the number of
/// the eigenvalue that was not reached, or 0. What is not finite has no eigenvalues: all are NaN.
pub(super) fn decompose(a: &mut [f64], n: usize, values: &mut [f64]) -> i32 {
    if a.iter().any(|x| !x.is_finite()) {
        a.fill(f64::NAN);
        values.fill(f64::NAN);
        return 0;
    }
    // Squares must neither overflow nor vanish.
    let largest = largest(a);
    let scale = if largest > 0.0 { largest } else { 1.0 };
    divide(a, scale);
    for i in 0..n {
        for j in 0..i {
            a[j * n + i] = a[i * n + j];
        }
    }
    let mut beside = vec![0.0; n];
    let blocks = reduce(a, n, values, &mut beside);
    let mut vectors = vec![0.0; n * n];
    let report = divide_eigen::decompose(values, &mut beside, &mut vectors);
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&i, &j| values[i].total_cmp(&values[j]));
    let unsorted = values.to_vec();
    let mut sorted = vec![0.0; n * n];
    for ((row, value), &from) in sorted.chunks_exact_mut(n.max(1)).zip(values).zip(&order) {
        *value = unsorted[from] * scale;
        row.copy_from_slice(&vectors[from * n..(from + 1) * n]);
    }
    transpose_to(a, n, &sorted, n, n, n);
    apply(&blocks, a, n);
    report
}

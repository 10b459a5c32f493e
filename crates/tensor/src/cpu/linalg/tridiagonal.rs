//! Reflections make a symmetric matrix tridiagonal, block by block, after Dongarra, Hammarling and
//! Sorensen, "Block Reduction of Matrices to Condensed Forms" (LAPACK working note 2, 1987): half of
//! the work is products with a vector, the other half is two matrix products a block.

use super::matrix::{Matrix, subtract_product};
use super::reflections::Reflections;
use super::vector::{add_multiple, add_multiples, dot, dots, negated, reflector};

/// Reflections of a block.
pub(super) const BLOCK: usize = 32;

/// Turns a symmetric matrix `a` `[n, n]` into a `diagonal`, what is `beside` it, and reflections `Q` with
/// `a = Q T Q^T`. Those of block `i` act on places from `i * BLOCK + 1` on.
pub(super) fn reduce(
    a: &mut [f64],
    n: usize,
    diagonal: &mut [f64],
    beside: &mut [f64],
) -> Vec<Reflections> {
    let mut blocks = Vec::new();
    for start in (0..n).step_by(BLOCK) {
        let end = (start + BLOCK).min(n);
        let width = end - start;
        // `A` minus `v w^T + w v^T` for each row of these is what the reflections make of it.
        let mut v = vec![0.0; width * n];
        let mut w = vec![0.0; width * n];
        let mut factors = Vec::with_capacity(width);
        for (j, k) in (start..end).enumerate() {
            let (old_v, v) = v.split_at_mut(j * n);
            let (old_w, w) = w.split_at_mut(j * n);
            let known = |x: &[f64], from: usize| -> Vec<f64> {
                x.iter().skip(from).step_by(n).map(|x| -x).collect()
            };
            let rows = |x, from: usize| Matrix::of(slice_from(x, from), j, n - from, n);
            let (head, rest) = a.split_at_mut((k + 1) * n);
            let row = &mut head[k * n + k..];
            add_multiples(row, &known(old_v, k), rows(old_w, k));
            add_multiples(row, &known(old_w, k), rows(old_v, k));
            diagonal[k] = row[0];
            if k + 1 == n {
                break;
            }
            let row = &mut row[1..];
            let factor = reflector(row);
            beside[k] = row[0];
            factors.push(factor);
            let (v, w) = (&mut v[k + 1..n], &mut w[k + 1..n]);
            v.copy_from_slice(row);
            v[0] = 1.0;
            dots(w, Matrix::of(&rest[k + 1..], n - k - 1, n - k - 1, n), v);
            let (mut along_v, mut along_w) = (vec![0.0; j], vec![0.0; j]);
            dots(&mut along_v, rows(old_v, k + 1), v);
            dots(&mut along_w, rows(old_w, k + 1), v);
            add_multiples(w, &negated(&along_w), rows(old_v, k + 1));
            add_multiples(w, &negated(&along_v), rows(old_w, k + 1));
            w.iter_mut().for_each(|x| *x *= factor);
            let along = -0.5 * factor * dot(w, v);
            add_multiple(w, along, v);
        }
        if !factors.is_empty() {
            let vectors = &a[start * n + start + 1..];
            blocks.push(Reflections::new(vectors, n, n - start - 1, &factors));
        }
        if end < n {
            let rest = &mut a[end * n + end..];
            let part = |x| Matrix::of(slice_from(x, end), width, n - end, n);
            subtract_product(rest, n, part(&v).transposed(), part(&w));
            subtract_product(rest, n, part(&w).transposed(), part(&v));
        }
    }
    blocks
}

/// The rest, which is empty where there are no rows.
fn slice_from(x: &[f64], start: usize) -> &[f64] {
    x.get(start..).unwrap_or_default()
}

/// Turns `c` `[n, columns]` into `Q c`.
pub(super) fn apply(blocks: &[Reflections], c: &mut [f64], columns: usize) {
    for (number, block) in blocks.iter().enumerate().rev() {
        let start = number * BLOCK + 1;
        block.turn_columns(&mut c[start * columns..], columns, columns);
    }
}

//! The singular value decomposition: after a QR factorization, rotations make the rows of `R`
//! orthogonal, two at a time ("one-sided Jacobi"), so that small singular values come out
//! accurate. Large matrices start from the eigenvectors of `R R^T`, which need few rotations more.

use super::eigen;
use super::qr::{apply, factor_columns};
use super::vector::{dot, length, pair, rotate, subtract_product, transposed};

/// Sweeps over all pairs until the rotations count as endless; six to ten are usual.
const MOST_SWEEPS: usize = 60;

/// The squared length of a row, beside elements of at most 1, below which it counts as zero: products
/// with it lose digits to underflow.
const NEGLIGIBLE: f64 = 1e-270;

/// The size from which it pays to start from eigenvectors.
const ALIGNED: usize = 24;

/// Where the factors go: `U` `[m, left]`, the singular values, `V^T` `[right, n]`.
pub(super) struct Factors<'a> {
    pub(super) u: &'a mut [f64],
    pub(super) values: &'a mut [f64],
    pub(super) vt: &'a mut [f64],
}

/// Decomposes `a` `[m, n]`. Returns 1 if it is not finite or the rotations do not end, or 0.
pub(super) fn decompose(a: &[f64], m: usize, n: usize, vectors: bool, out: Factors<'_>) -> i32 {
    if a.iter().any(|x| !x.is_finite()) {
        return 1;
    }
    // The columns of the taller of `a` and its transpose.
    let wide = m < n;
    let (rows, columns) = if wide { (n, m) } else { (m, n) };
    let largest = a.iter().fold(0.0_f64, |largest, x| largest.max(x.abs()));
    let scale = if largest > 0.0 { largest } else { 1.0 };
    let mut q = if wide {
        a.to_vec()
    } else {
        transposed(a, m, n)
    };
    q.iter_mut().for_each(|x| *x /= scale);
    let mut factors = vec![0.0; columns];
    factor_columns(&mut q, rows, &mut factors);
    let mut r = vec![0.0; columns * columns];
    for j in 0..columns {
        for i in 0..=j {
            r[i * columns + j] = q[j * rows + i];
        }
    }
    let mut turns = vec![0.0; if vectors { columns * columns } else { 0 }];
    turns.iter_mut().step_by(columns + 1).for_each(|x| *x = 1.0);
    if columns >= ALIGNED {
        align(&mut r, columns, &mut turns);
    }
    if !orthogonalize(&mut r, columns, &mut turns) {
        return 1;
    }

    let lengths: Vec<f64> = r.chunks_exact(columns.max(1)).map(length).collect();
    let mut order: Vec<usize> = (0..columns).collect();
    order.sort_by(|&i, &j| lengths[j].total_cmp(&lengths[i]));
    for (value, &from) in out.values.iter_mut().zip(&order) {
        *value = lengths[from] * scale;
    }
    if !vectors {
        return 0;
    }
    let (tall_count, short_count) = if wide {
        (out.vt.len() / n.max(1), out.u.len() / m.max(1))
    } else {
        (out.u.len() / m.max(1), out.vt.len() / n.max(1))
    };
    let tall = |place: usize| {
        let mut vector = vec![0.0; rows];
        match order.get(place) {
            Some(&from) => {
                vector[..columns].copy_from_slice(&turns[from * columns..(from + 1) * columns]);
            }
            None => vector[place] = 1.0,
        }
        apply(&q, rows, &factors, &mut vector);
        vector
    };
    let short = short_vectors(&r, columns, &lengths, &order);
    let short = |place: usize| short[place * columns..(place + 1) * columns].to_vec();
    if wide {
        write_columns(out.u, short_count, short);
        write_rows(out.vt, n, tall_count, tall);
    } else {
        write_columns(out.u, tall_count, tall);
        write_rows(out.vt, n, short_count, short);
    }
    0
}

/// Turns `r` so that its rows are orthogonal but for rounding, with the eigenvectors of `r r^T`: that
/// saves most rotations. What is lost by squaring, the rotations find again.
fn align(r: &mut Vec<f64>, n: usize, turns: &mut Vec<f64>) {
    // With the sign that `subtract_product` brings, the largest eigenvalues come first.
    let mut gram = vec![0.0; n * n];
    subtract_product(&mut gram, n, r, &transposed(r, n, n), n);
    if eigen::decompose(&mut gram, n, &mut vec![0.0; n]) != 0 {
        return;
    }
    let vectors = transposed(&gram, n, n);
    let mut aligned = vec![0.0; n * n];
    subtract_product(&mut aligned, n, &vectors, r, n);
    aligned.iter_mut().for_each(|x| *x = -*x);
    *r = aligned;
    if !turns.is_empty() {
        *turns = vectors;
    }
}

/// Rotates pairs of rows of `r`, and of `turns` with them, until all rows are orthogonal; says whether
/// they are.
fn orthogonalize(r: &mut [f64], n: usize, turns: &mut [f64]) -> bool {
    let tolerance = f64::EPSILON * (n as f64).sqrt();
    for _ in 0..MOST_SWEEPS {
        let mut turned = false;
        let mut squares = vec![0.0; n];
        for (row, square) in r.chunks_exact_mut(n.max(1)).zip(&mut squares) {
            *square = dot(row, row);
            if *square < NEGLIGIBLE {
                row.fill(0.0);
                *square = 0.0;
            }
        }
        for i in 0..n {
            for j in i + 1..n {
                let (x, y) = pair(r, n, i, j);
                let product = dot(x, y);
                let (own, other) = (squares[i], squares[j]);
                if own == 0.0
                    || other == 0.0
                    || product.abs() <= tolerance * own.sqrt() * other.sqrt()
                {
                    continue;
                }
                turned = true;
                let half = (other - own) / (2.0 * product);
                let tangent = 1.0_f64.copysign(half) / (half.abs() + half.hypot(1.0));
                let cosine = 1.0 / tangent.hypot(1.0);
                rotate(x, y, cosine, cosine * tangent);
                (squares[i], squares[j]) = (dot(x, x), dot(y, y));
                if !turns.is_empty() {
                    let (x, y) = pair(turns, n, i, j);
                    rotate(x, y, cosine, cosine * tangent);
                }
            }
        }
        if !turned {
            return true;
        }
    }
    false
}

/// The rows of `r` in order and of length 1; where a row is zero, any that makes a basis.
fn short_vectors(r: &[f64], n: usize, lengths: &[f64], order: &[usize]) -> Vec<f64> {
    let mut vectors = Vec::with_capacity(n * n);
    for &from in order.iter().filter(|&&from| lengths[from] > 0.0) {
        let row = &r[from * n..(from + 1) * n];
        vectors.extend(row.iter().map(|x| x / lengths[from]));
    }
    let mut known = vectors.clone();
    let count = vectors.len() / n.max(1);
    let mut factors = vec![0.0; count];
    if count < n {
        factor_columns(&mut known, n, &mut factors);
    }
    for place in count..n {
        let mut vector = vec![0.0; n];
        vector[place] = 1.0;
        apply(&known, n, &factors, &mut vector);
        vectors.extend(vector);
    }
    vectors
}

fn write_columns(out: &mut [f64], count: usize, vector: impl Fn(usize) -> Vec<f64>) {
    for j in 0..count {
        for (i, x) in vector(j).into_iter().enumerate() {
            out[i * count + j] = x;
        }
    }
}

fn write_rows(out: &mut [f64], n: usize, count: usize, vector: impl Fn(usize) -> Vec<f64>) {
    for (row, j) in out.chunks_exact_mut(n.max(1)).zip(0..count) {
        row.copy_from_slice(&vector(j));
    }
}

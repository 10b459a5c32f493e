//! The singular value decomposition of small matrices: rotations make rows orthogonal, two at a time
//! ("one-sided Jacobi"; Golub and Van Loan, "Matrix Computations", 8.6).

use super::qr::{apply, factor_columns};
use super::vector::{dot, length, pair, rotate};

/// Sweeps over all pairs until the rotations count as endless; six to ten are usual.
const MOST_SWEEPS: usize = 60;

/// The squared length of a row, beside elements of at most 1, below which it counts as zero: products
/// with it lose digits to underflow.
const NEGLIGIBLE: f64 = 1e-270;

/// `A = U^T diag(values) V` with vectors in the rows of `u` and `v`. The first singular values need not
/// be the largest; `v` is a whole basis.
#[derive(Debug)]
pub(super) struct Decomposed {
    pub(super) u: Vec<f64>,
    pub(super) values: Vec<f64>,
    pub(super) v: Vec<f64>,
}

/// Decomposes `rows` `[count, width]`, which has no more rows than columns; nothing where the rotations
/// do not end.
pub(super) fn decompose(mut rows: Vec<f64>, count: usize, width: usize) -> Option<Decomposed> {
    let mut turns = vec![0.0; count * count];
    turns.iter_mut().step_by(count + 1).for_each(|x| *x = 1.0);
    if !orthogonalize(&mut rows, count, width, &mut turns) {
        return None;
    }
    // Rows that are zero come last, where any that make a basis take their place.
    let lengths: Vec<f64> = rows.chunks_exact(width.max(1)).map(length).collect();
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by_key(|&i| lengths[i] == 0.0);
    let (mut u, mut v) = (Vec::new(), Vec::new());
    for &i in &order {
        u.extend_from_slice(&turns[i * count..(i + 1) * count]);
        if lengths[i] > 0.0 {
            let row = &rows[i * width..(i + 1) * width];
            v.extend(row.iter().map(|x| x / lengths[i]));
        }
    }
    complete(&mut v, width);
    let values = order.iter().map(|&i| lengths[i]).collect();
    Some(Decomposed { u, values, v })
}

/// Rotates pairs of rows, and of `turns` with them, until all rows are orthogonal; says whether they
/// are.
fn orthogonalize(rows: &mut [f64], count: usize, width: usize, turns: &mut [f64]) -> bool {
    let tolerance = f64::EPSILON * (width as f64).sqrt();
    for _ in 0..MOST_SWEEPS {
        let mut turned = false;
        let mut squares = vec![0.0; count];
        for (row, square) in rows.chunks_exact_mut(width.max(1)).zip(&mut squares) {
            *square = dot(row, row);
            if *square < NEGLIGIBLE {
                row.fill(0.0);
                *square = 0.0;
            }
        }
        for i in 0..count {
            for j in i + 1..count {
                let (x, y) = pair(rows, width, i, j);
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
                let (x, y) = pair(turns, count, i, j);
                rotate(x, y, cosine, cosine * tangent);
            }
        }
        if !turned {
            return true;
        }
    }
    false
}

/// Adds rows to orthonormal ones until they are a basis.
fn complete(rows: &mut Vec<f64>, width: usize) {
    let count = rows.len() / width.max(1);
    if count == width {
        return;
    }
    let mut known = rows.clone();
    let blocks = factor_columns(&mut known, width, &mut vec![0.0; count]);
    for place in count..width {
        let mut vector = vec![0.0; width];
        vector[place] = 1.0;
        apply(&blocks, &mut vector, 1);
        rows.extend(vector);
    }
}

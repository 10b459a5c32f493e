//! The singular value decomposition: after a QR factorization, where there are many more rows than
//! columns, reflections make the matrix bidiagonal, and halves of that are decomposed and put together.

use super::bidiagonal::reduce;
use super::divide_svd::Bidiagonal;
use super::matrix::{transpose_to, transposed};
use super::qr::{apply, factor_columns};
use super::vector::{divide, largest};

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
    // The taller of `a` and its transpose.
    let wide = m < n;
    let (rows, columns) = if wide { (n, m) } else { (m, n) };
    let is_tall = rows > 2 * columns;
    let mut blocks = Vec::new();
    let mut inner = match wide == is_tall {
        true => a.to_vec(),
        false => transposed(a, m, n),
    };
    let scale = match largest(a) {
        0.0 => 1.0,
        largest => largest,
    };
    divide(&mut inner, scale);
    if is_tall {
        let mut packed = inner; // a column in each row
        blocks = factor_columns(&mut packed, rows, &mut vec![0.0; columns]);
        inner = vec![0.0; columns * columns];
        for j in 0..columns {
            for i in 0..=j {
                inner[i * columns + j] = packed[j * rows + i];
            }
        }
    }
    let height = if is_tall { columns } else { rows };
    let (mut diagonal, mut beside) = (vec![0.0; columns], vec![0.0; columns]);
    let sides = reduce(&mut inner, height, columns, &mut diagonal, &mut beside);
    let Some(middle) = Bidiagonal::decompose(diagonal, &beside) else {
        return 1;
    };
    let mut order: Vec<usize> = (0..columns).collect();
    order.sort_by(|&i, &j| middle.values[j].total_cmp(&middle.values[i]));
    for (value, &from) in out.values.iter_mut().zip(&order) {
        *value = middle.values[from] * scale;
    }
    if !vectors {
        return 0;
    }
    let tall_count = match wide {
        true => out.vt.len() / n.max(1),
        false => out.u.len() / m.max(1),
    };
    let mut short = sorted_columns(&middle.v, columns, &order, columns, columns);
    sides.apply_right(&mut short, columns);
    let mut tall = sorted_columns(&middle.u, columns, &order, rows, tall_count);
    sides.apply_left(&mut tall[..height * tall_count], tall_count);
    if is_tall {
        apply(&blocks, &mut tall, tall_count);
    }
    if wide {
        out.u.copy_from_slice(&short);
        transpose_to(out.vt, n, &tall, tall_count, rows, tall_count);
    } else {
        out.u.copy_from_slice(&tall);
        transpose_to(out.vt, n, &short, columns, columns, columns);
    }
    0
}

/// The rows of `vectors` `[n, n]` in order as columns of a matrix `[rows, count]`, and axes after them.
fn sorted_columns(
    vectors: &[f64],
    n: usize,
    order: &[usize],
    rows: usize,
    count: usize,
) -> Vec<f64> {
    let mut sorted = vec![0.0; n * n];
    for (row, &from) in sorted.chunks_exact_mut(n.max(1)).zip(order) {
        row.copy_from_slice(&vectors[from * n..(from + 1) * n]);
    }
    let mut out = vec![0.0; rows * count];
    transpose_to(&mut out, count, &sorted, n, n, n);
    for place in n..count {
        out[place * count + place] = 1.0;
    }
    out
}

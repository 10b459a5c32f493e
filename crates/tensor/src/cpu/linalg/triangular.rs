//! Triangular systems, block by block.

use super::matrix::{Matrix, block, subtract_product};
use super::vector::{add_multiples, divide, dot};

/// Rows of a block.
const BLOCK: usize = 64;

/// Turns `x` `[n, columns]` into the solution of `A X = x`, where `a` `[n, n]` holds a triangle.
pub(super) fn solve(a: &[f64], n: usize, upper: bool, unit: bool, x: &mut [f64], columns: usize) {
    if columns == 1 {
        return solve_vector(a, n, upper, unit, x);
    }
    let blocks = n.div_ceil(BLOCK);
    for number in 0..blocks {
        let number = if upper { blocks - 1 - number } else { number };
        let rows = number * BLOCK..((number + 1) * BLOCK).min(n);
        let corner = block(a, n, rows.clone(), rows.clone());
        let (above, own) = x.split_at_mut(rows.start * columns);
        let (own, below) = own.split_at_mut(rows.len() * columns);
        solve_rows(&corner, rows.len(), upper, unit, own, columns, columns);
        let known = Matrix::of(own, rows.len(), columns, columns);
        let (first, rest) = if upper { (0, above) } else { (rows.end, below) };
        let count = rest.len() / columns;
        let start = (first * n + rows.start).min(a.len());
        let factors = Matrix::of(&a[start..], count, rows.len(), n);
        subtract_product(rest, columns, factors, known);
    }
}

/// As [`solve`], row by row; the rows of `x` start `step` apart.
pub(super) fn solve_rows(
    a: &[f64],
    n: usize,
    upper: bool,
    unit: bool,
    x: &mut [f64],
    step: usize,
    columns: usize,
) {
    for number in 0..n {
        let i = if upper { n - 1 - number } else { number };
        let known = if upper { i + 1..n } else { 0..i };
        let factors: Vec<f64> = a[i * n..][known.clone()].iter().map(|x| -x).collect();
        let (above, own) = x.split_at_mut(i * step);
        let (own, below) = own.split_at_mut(step.min(own.len()));
        let others = if upper { below } else { above };
        let own = &mut own[..columns];
        add_multiples(
            own,
            &factors,
            Matrix::of(others, known.len(), columns, step),
        );
        if !unit {
            divide(own, a[i * n + i]);
        }
    }
}

/// As [`solve`] for one column.
fn solve_vector(a: &[f64], n: usize, upper: bool, unit: bool, x: &mut [f64]) {
    for step in 0..n {
        let i = if upper { n - 1 - step } else { step };
        let known = if upper { i + 1..n } else { 0..i };
        let sum = dot(&a[i * n + known.start..i * n + known.end], &x[known]);
        x[i] -= sum;
        if !unit {
            x[i] /= a[i * n + i];
        }
    }
}

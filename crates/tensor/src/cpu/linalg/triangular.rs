//! Triangular systems, block by block.

use super::vector::{add_multiple, block, dot, pair, subtract_product};

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
        let own = &mut x[rows.start * columns..rows.end * columns];
        solve_rows(&corner, rows.len(), upper, unit, own, columns);
        let known = own.to_vec();
        let rest = if upper { 0..rows.start } else { rows.end..n };
        let factors = block(a, n, rest.clone(), rows.clone());
        let rest = &mut x[rest.start * columns..rest.end * columns];
        subtract_product(rest, columns, &factors, &known, rows.len());
    }
}

/// As [`solve`], row by row.
pub(super) fn solve_rows(
    a: &[f64],
    n: usize,
    upper: bool,
    unit: bool,
    x: &mut [f64],
    columns: usize,
) {
    for step in 0..n {
        let i = if upper { n - 1 - step } else { step };
        let known = if upper { i + 1..n } else { 0..i };
        for j in known {
            let factor = -a[i * n + j];
            if factor == 0.0 {
                continue;
            }
            let (first, second) = pair(x, columns, i.min(j), i.max(j));
            match upper {
                true => add_multiple(first, factor, second),
                false => add_multiple(second, factor, first),
            }
        }
        if !unit {
            let divisor = a[i * n + i];
            let row = &mut x[i * columns..(i + 1) * columns];
            row.iter_mut().for_each(|x| *x /= divisor);
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

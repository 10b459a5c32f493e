//! The orthogonal-triangular factorization by Householder reflections.

use super::vector::{reflect, reflector, transposed};

/// Turns `a` `[m, n]` into `R` above the vectors of the reflections, and fills in their factors.
pub(super) fn factor(a: &mut [f64], m: usize, n: usize, factors: &mut [f64]) {
    let mut columns = transposed(a, m, n);
    factor_columns(&mut columns, m, factors);
    a.copy_from_slice(&transposed(&columns, n, m));
}

/// As [`factor`], for columns of `m` one after the other.
pub(super) fn factor_columns(columns: &mut [f64], m: usize, factors: &mut [f64]) {
    for (j, factor) in factors.iter_mut().enumerate() {
        let (head, tail) = columns.split_at_mut((j + 1) * m);
        let column = &mut head[j * m + j..];
        *factor = reflector(column);
        if *factor == 0.0 {
            continue;
        }
        for other in tail.chunks_exact_mut(m) {
            reflect(&mut other[j..], *factor, &column[1..]);
        }
    }
}

/// Applies `Q`, the product of the reflections, to `x`.
pub(super) fn apply(columns: &[f64], m: usize, factors: &[f64], x: &mut [f64]) {
    for (j, &factor) in factors.iter().enumerate().rev() {
        if factor != 0.0 {
            reflect(&mut x[j..], factor, &columns[j * m + j + 1..(j + 1) * m]);
        }
    }
}

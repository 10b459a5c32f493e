//! The factorization of symmetric matrices that need not be positive, after Bunch and Kaufman, "Some
//! Stable Methods for Calculating Inertia and Solving Symmetric Linear Systems" (1977), with the
//! pivots and the storage of LAPACK.

use super::vector::{add_multiple, pair};

/// How large a pivot must be beside the others, for the least growth: `(1 + sqrt(17)) / 8`.
const THRESHOLD: f64 = 0.640_388_203_202_208;

/// What is divided by next.
struct Pivot {
    /// The row and column to swap with the last ones of the block.
    with: usize,
    size: usize,
}

/// Turns the lower triangle of `a` `[n, n]` into `L` and `D` in one, zeros above; returns the number
/// of the first zero in `D`, or 0.
pub(super) fn factor(a: &mut [f64], n: usize, pivots: &mut [i32]) -> i32 {
    for i in 0..n {
        a[i * n + i + 1..(i + 1) * n].fill(0.0);
    }
    let number = |index: usize| i32::try_from(index + 1).unwrap_or(i32::MAX);
    let (mut k, mut report) = (0, 0);
    while k < n {
        let Some(pivot) = find(a, n, k) else {
            if report == 0 {
                report = number(k);
            }
            pivots[k] = number(k);
            k += 1;
            continue;
        };
        let last = k + pivot.size - 1;
        if pivot.with != last {
            swap(a, n, last, pivot.with);
            if pivot.size == 2 {
                a.swap((k + 1) * n + k, pivot.with * n + k);
            }
        }
        if pivot.size == 1 {
            eliminate(a, n, k);
            pivots[k] = number(pivot.with);
        } else {
            eliminate_block(a, n, k);
            pivots[k..k + 2].fill(-number(pivot.with));
        }
        k += pivot.size;
    }
    report
}

/// The element at or below the diagonal, for any order of the indices.
fn at(a: &[f64], n: usize, i: usize, j: usize) -> f64 {
    a[i.max(j) * n + i.min(j)].abs()
}

/// The largest magnitude in column `j` of the symmetric matrix at indices `from` on, and where.
fn largest(a: &[f64], n: usize, from: usize, j: usize) -> (usize, f64) {
    let mut best = (from, 0.0);
    for i in (from..n).filter(|&i| i != j) {
        let magnitude = at(a, n, i, j);
        if magnitude > best.1 {
            best = (i, magnitude);
        }
    }
    best
}

/// The pivot for column `k`, unless all of it is zero.
fn find(a: &[f64], n: usize, k: usize) -> Option<Pivot> {
    let own = at(a, n, k, k);
    let (row, in_column) = largest(a, n, k + 1, k);
    if own.max(in_column) == 0.0 || own.is_nan() {
        return None;
    }
    let keep = Pivot { with: k, size: 1 };
    if own >= THRESHOLD * in_column {
        return Some(keep);
    }
    let (_, in_row) = largest(a, n, k, row);
    if own >= THRESHOLD * in_column * (in_column / in_row) {
        return Some(keep);
    }
    let size = match at(a, n, row, row) >= THRESHOLD * in_row {
        true => 1,
        false => 2,
    };
    Some(Pivot { with: row, size })
}

/// Swaps rows and columns `i < j` of what is not factored yet.
fn swap(a: &mut [f64], n: usize, i: usize, j: usize) {
    for row in j + 1..n {
        a.swap(row * n + i, row * n + j);
    }
    for between in i + 1..j {
        a.swap(between * n + i, j * n + between);
    }
    a.swap(i * n + i, j * n + j);
}

fn eliminate(a: &mut [f64], n: usize, k: usize) {
    let inverse = 1.0 / a[k * n + k];
    let column: Vec<f64> = (k + 1..n).map(|i| a[i * n + k]).collect();
    for (i, &value) in (k + 1..n).zip(&column) {
        let row = &mut a[i * n + k..=i * n + i];
        row[0] = value * inverse;
        let factor = -row[0];
        add_multiple(&mut row[1..], factor, &column);
    }
}

/// Divides by the block of rows and columns `k` and `k + 1`.
fn eliminate_block(a: &mut [f64], n: usize, k: usize) {
    let corner = a[(k + 1) * n + k];
    let (second, first) = (a[(k + 1) * n + k + 1] / corner, a[k * n + k] / corner);
    let scale = 1.0 / (first * second - 1.0) / corner;
    let column = |j: usize| -> Vec<f64> { (k + 2..n).map(|i| a[i * n + j]).collect() };
    let (left, right) = (column(k), column(k + 1));
    for (place, i) in (k + 2..n).enumerate() {
        let (l, r) = (left[place], right[place]);
        let row = &mut a[i * n + k..=i * n + i];
        row[0] = scale * (second * l - r);
        row[1] = scale * (first * r - l);
        let (by_left, by_right) = (-row[0], -row[1]);
        add_multiple(&mut row[2..], by_left, &left);
        add_multiple(&mut row[2..], by_right, &right);
    }
}

/// Turns `x` `[n, columns]` into the solution of `L D L^T X = x`.
pub(super) fn solve(a: &[f64], n: usize, pivots: &[i32], x: &mut [f64], columns: usize) {
    let target = |k: usize| pivots[k].unsigned_abs() as usize - 1;
    let mut k = 0;
    while k < n {
        let size = if pivots[k] > 0 { 1 } else { 2 };
        swap_rows(x, columns, k + size - 1, target(k));
        for j in k..k + size {
            for i in k + size..n {
                let (known, row) = pair(x, columns, j, i);
                add_multiple(row, -a[i * n + j], known);
            }
        }
        divide(a, n, k, size, x, columns);
        k += size;
    }
    while k > 0 {
        let size = if pivots[k - 1] > 0 { 1 } else { 2 };
        for j in k - size..k {
            for i in k..n {
                let (row, known) = pair(x, columns, j, i);
                add_multiple(row, -a[i * n + j], known);
            }
        }
        swap_rows(x, columns, k - 1, target(k - 1));
        k -= size;
    }
}

fn swap_rows(x: &mut [f64], columns: usize, i: usize, j: usize) {
    if i != j {
        let (first, second) = pair(x, columns, i.min(j), i.max(j));
        first.swap_with_slice(second);
    }
}

/// Divides rows from `k` on by a block of `D`.
fn divide(a: &[f64], n: usize, k: usize, size: usize, x: &mut [f64], columns: usize) {
    if size == 1 {
        let row = &mut x[k * columns..(k + 1) * columns];
        row.iter_mut().for_each(|x| *x /= a[k * n + k]);
        return;
    }
    let corner = a[(k + 1) * n + k];
    let (first, second) = (a[k * n + k] / corner, a[(k + 1) * n + k + 1] / corner);
    let determinant = first * second - 1.0;
    let (upper, lower) = pair(x, columns, k, k + 1);
    for (x, y) in upper.iter_mut().zip(lower) {
        let (u, v) = (*x / corner, *y / corner);
        (*x, *y) = (
            (second * u - v) / determinant,
            (first * v - u) / determinant,
        );
    }
}

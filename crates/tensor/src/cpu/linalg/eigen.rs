//! Eigenvalues and eigenvectors of symmetric matrices: Householder reflections make the matrix
//! tridiagonal, then the implicit QL method makes it diagonal.

use super::vector::{add_multiple, dot, pair, reflect, reflector, rotate};

/// Steps of the QL method until an eigenvalue counts as out of reach; two or three are usual.
const MOST_STEPS: usize = 60;

/// Computes the eigenvalues of the symmetric matrix in the lower triangle of `a` `[n, n]`, in
/// ascending order, and turns `a` into the matrix of eigenvectors, one a column. Returns the number of
/// the eigenvalue that was not reached, or 0. What is not finite has no eigenvalues: all are NaN.
pub(super) fn decompose(a: &mut [f64], n: usize, values: &mut [f64]) -> i32 {
    let largest = a.iter().fold(0.0_f64, |largest, x| largest.max(x.abs()));
    if a.iter().any(|x| !x.is_finite()) {
        a.fill(f64::NAN);
        values.fill(f64::NAN);
        return 0;
    }
    // Squares must neither overflow nor vanish.
    let scale = if largest > 0.0 { largest } else { 1.0 };
    for i in 0..n {
        for j in 0..=i {
            a[i * n + j] /= scale;
            a[j * n + i] = a[i * n + j];
        }
    }
    let mut beside = vec![0.0; n];
    let factors = tridiagonal(a, n, values, &mut beside);
    let mut vectors = basis(a, n, &factors);
    let report = diagonalize(values, &mut beside, &mut vectors);
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&i, &j| values[i].total_cmp(&values[j]));
    let unsorted = values.to_vec();
    for (place, &from) in order.iter().enumerate() {
        values[place] = unsorted[from] * scale;
        for i in 0..n {
            a[i * n + place] = vectors[from * n + i];
        }
    }
    report
}

/// Makes `a` tridiagonal: `diagonal`, what is `beside` it, the vectors of the reflections in the rows
/// of `a`, and their factors.
fn tridiagonal(a: &mut [f64], n: usize, diagonal: &mut [f64], beside: &mut [f64]) -> Vec<f64> {
    let mut factors = vec![0.0; n];
    for k in 0..n {
        diagonal[k] = a[k * n + k];
        if k + 1 == n {
            break;
        }
        let (head, rest) = a.split_at_mut((k + 1) * n);
        let vector = &mut head[k * n + k + 1..];
        let factor = reflector(vector);
        beside[k] = vector[0];
        factors[k] = factor;
        if factor == 0.0 {
            continue;
        }
        vector[0] = 1.0;
        // With `w = p - (factor / 2) (p . v) v` for `p = factor A v`, `A` becomes `A - v w^T - w v^T`.
        let rows = || rest.chunks_exact(n).map(|row| &row[k + 1..]);
        let mut w: Vec<f64> = rows().map(|row| factor * dot(row, vector)).collect();
        let along = -0.5 * factor * dot(&w, vector);
        add_multiple(&mut w, along, vector);
        for (i, row) in rest.chunks_exact_mut(n).enumerate() {
            add_multiple(&mut row[k + 1..], -vector[i], &w);
            add_multiple(&mut row[k + 1..], -w[i], vector);
        }
    }
    factors
}

/// The images of the axes under all reflections, one a row.
fn basis(a: &[f64], n: usize, factors: &[f64]) -> Vec<f64> {
    let mut vectors = vec![0.0; n * n];
    for (j, row) in vectors.chunks_exact_mut(n.max(1)).enumerate() {
        row[j] = 1.0;
        for k in (0..j).rev() {
            if factors[k] != 0.0 {
                let below = &a[k * n + k + 2..(k + 1) * n];
                reflect(&mut row[k + 1..], factors[k], below);
            }
        }
    }
    vectors
}

/// Turns a tridiagonal matrix into its eigenvalues on the `diagonal`, and a basis into eigenvectors,
/// both the rows of `vectors`.
fn diagonalize(diagonal: &mut [f64], beside: &mut [f64], vectors: &mut [f64]) -> i32 {
    let n = diagonal.len();
    let largest = |x: &[f64]| x.iter().fold(0.0_f64, |largest, x| largest.max(x.abs()));
    // Below the rounding errors of the whole, eigenvalues of a singular matrix are noise.
    let noise = largest(diagonal).max(largest(beside)) / 8.0;
    for first in 0..n {
        let mut steps = 0;
        loop {
            let apart = |&k: &usize| {
                let neighbours = diagonal[k].abs() + diagonal[k + 1].abs();
                beside[k].abs() <= f64::EPSILON * neighbours.max(noise)
            };
            let last = (first..n - 1).find(apart).unwrap_or(n - 1);
            if last == first {
                break;
            }
            steps += 1;
            if steps > MOST_STEPS {
                return i32::try_from(first + 1).unwrap_or(i32::MAX);
            }
            step(diagonal, beside, vectors, first, last);
        }
    }
    0
}

/// One step of the QL method on rows `first` to `last`, with Wilkinson's shift.
fn step(diagonal: &mut [f64], beside: &mut [f64], vectors: &mut [f64], first: usize, last: usize) {
    let n = diagonal.len();
    let half = (diagonal[first + 1] - diagonal[first]) / (2.0 * beside[first]);
    let shift = beside[first] / (half + half.hypot(1.0).copysign(half));
    let mut corner = diagonal[last] - diagonal[first] + shift;
    let (mut sine, mut cosine, mut carried) = (1.0, 1.0, 0.0);
    for i in (first..last).rev() {
        let (bulge, side) = (sine * beside[i], cosine * beside[i]);
        let length = bulge.hypot(corner);
        beside[i + 1] = length;
        if length == 0.0 {
            diagonal[i + 1] -= carried;
            beside[last] = 0.0;
            return;
        }
        (sine, cosine) = (bulge / length, corner / length);
        let above = diagonal[i + 1] - carried;
        let turned = (diagonal[i] - above) * sine + 2.0 * cosine * side;
        carried = sine * turned;
        diagonal[i + 1] = above + carried;
        corner = cosine * turned - side;
        let (lower, upper) = pair(vectors, n, i, i + 1);
        rotate(lower, upper, cosine, sine);
    }
    diagonal[first] -= carried;
    beside[first] = corner;
    beside[last] = 0.0;
}

//! Eigenvalues and eigenvectors of symmetric tridiagonal matrices by dividing them in halves, after
//! Cuppen, "A Divide and Conquer Method for the Symmetric Tridiagonal Eigenproblem" (1981), with the
//! deflation of Dongarra and Sorensen and the vectors of Gu and Eisenstat.

use super::merge::{Half, Place, combine};
use super::ql::diagonalize;
use super::secular::Roots;
use super::vector::{divide, largest, length, pair, rotate};

/// The size of what is not divided.
const SMALL: usize = 32;

/// Turns a tridiagonal matrix, `diagonal` and what is `beside` it, into eigenvalues, in any order, and
/// the rows of `vectors`, which holds zeros. Returns the number of an eigenvalue that was not reached,
/// or 0.
pub(super) fn decompose(diagonal: &mut [f64], beside: &mut [f64], vectors: &mut [f64]) -> i32 {
    let n = diagonal.len();
    decompose_part(diagonal, beside, vectors, n, 0)
}

/// As [`decompose`], for the part of `vectors` from row and column `start` on.
fn decompose_part(
    diagonal: &mut [f64],
    beside: &mut [f64],
    vectors: &mut [f64],
    step: usize,
    start: usize,
) -> i32 {
    let n = diagonal.len();
    if n <= SMALL {
        let mut small = vec![0.0; n * n];
        small.iter_mut().step_by(n + 1).for_each(|x| *x = 1.0);
        let report = diagonalize(diagonal, beside, &mut small);
        for (i, row) in small.chunks_exact(n.max(1)).enumerate() {
            vectors[(start + i) * step + start..][..n].copy_from_slice(row);
        }
        return report;
    }
    let half = n / 2;
    let coupling = beside[half - 1];
    // `T` is its halves, less this at the corners, plus a matrix of rank one.
    diagonal[half - 1] -= coupling.abs();
    diagonal[half] -= coupling.abs();
    let (first, second) = diagonal.split_at_mut(half);
    let (first_beside, second_beside) = beside.split_at_mut(half);
    let report = match decompose_part(first, first_beside, vectors, step, start) {
        0 => decompose_part(second, second_beside, vectors, step, start + half),
        report => report,
    };
    if report == 0 {
        let place = Place {
            step,
            start,
            middle: start + half,
            end: start + n,
        };
        put_together(diagonal, coupling, vectors, place);
    }
    report
}

/// Makes eigenvalues and vectors of the whole of those of its halves.
fn put_together(values: &mut [f64], coupling: f64, vectors: &mut [f64], place: Place) {
    let Place {
        step,
        start,
        middle,
        end,
    } = place;
    let half = middle - start;
    let sign = 1.0_f64.copysign(coupling);
    // What the vectors make of the rank-one matrix, its length being one.
    let mut z: Vec<f64> = (start..end)
        .map(|i| match i < middle {
            true => vectors[i * step + middle - 1],
            false => sign * vectors[i * step + middle],
        })
        .map(|x| x * std::f64::consts::FRAC_1_SQRT_2)
        .collect();
    let strength = 2.0 * coupling.abs();
    let tolerance = 4.0 * f64::EPSILON * largest(values).max(largest(&z));
    if strength * largest(&z) <= tolerance {
        return;
    }
    let mut halves: Vec<Half> = (0..values.len())
        .map(|i| if i < half { Half::First } else { Half::Second })
        .collect();
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&i, &j| values[i].total_cmp(&values[j]));
    let mut kept: Vec<usize> = Vec::with_capacity(values.len());
    for next in order {
        if strength * z[next].abs() <= tolerance {
            continue;
        }
        if let Some(&last) = kept.last() {
            let together = z[last].hypot(z[next]);
            let (c, s) = (z[next] / together, z[last] / together);
            let gap = values[next] - values[last];
            if (gap * c * s).abs() <= tolerance {
                // A rotation within these two leaves one of them out.
                (z[last], z[next]) = (0.0, together);
                let (i, j) = (start + last, start + next);
                let (x, y) = pair(vectors, step, i.min(j), i.max(j));
                let (x, y) = (&mut x[start..end], &mut y[start..end]);
                match i < j {
                    true => rotate(x, y, c, s),
                    false => rotate(x, y, c, -s),
                }
                let (low, high) = (values[last], values[next]);
                values[last] = low * c * c + high * s * s;
                values[next] = low * s * s + high * c * c;
                if halves[last] != halves[next] {
                    halves[last] = Half::Both;
                    halves[next] = Half::Both;
                }
                kept.pop();
            }
        }
        kept.push(next);
    }

    let poles: Vec<f64> = kept.iter().map(|&i| values[i]).collect();
    let weights: Vec<f64> = kept.iter().map(|&i| strength * z[i] * z[i]).collect();
    let difference = |x: f64, y: f64| x - y;
    let mut roots = Roots::of(&poles, &weights, difference);
    let exact = roots.exact_weights(&poles, difference);
    let exact: Vec<f64> = exact
        .iter()
        .zip(&kept)
        .map(|(x, &i)| x.copysign(z[i]))
        .collect();
    for row in roots.gaps.chunks_exact_mut(kept.len().max(1)) {
        for (x, weight) in row.iter_mut().zip(&exact) {
            *x = weight / *x;
        }
        let whole = length(row);
        divide(row, whole);
    }
    for (&i, &(pole, shift)) in kept.iter().zip(&roots.places) {
        values[i] = poles[pole] + shift;
    }
    let halves: Vec<Half> = kept.iter().map(|&i| halves[i]).collect();
    let kept: Vec<usize> = kept.iter().map(|i| start + i).collect();
    combine(vectors, place, &kept, &halves, &roots.gaps);
}

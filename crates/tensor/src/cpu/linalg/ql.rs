//! The implicit QL method for small symmetric tridiagonal matrices (Golub and Van Loan, "Matrix
//! Computations", 8.3).

use super::vector::{largest, pair, rotate};

/// Steps until an eigenvalue counts as out of reach; two or three are usual.
const MOST_STEPS: usize = 60;

/// Turns a tridiagonal matrix into its eigenvalues on the `diagonal`, and a basis into eigenvectors,
/// both the rows of `vectors`. Returns the number of the eigenvalue that was not reached, or 0.
pub(super) fn diagonalize(diagonal: &mut [f64], beside: &mut [f64], vectors: &mut [f64]) -> i32 {
    let n = diagonal.len();
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

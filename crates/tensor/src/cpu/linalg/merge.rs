//! What the halves of an eigenvalue and of a singular value problem have in common when they are put
//! together: vectors that stay, and combinations of the others.

use super::super::scratch::Scratch;
use super::matrix::{Matrix, add_product};

/// The coordinates in which a vector of the halves is not zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Half {
    First,
    Both,
    Second,
}

/// Where the vectors of two halves lie in a matrix of rows of `step`: rows from `start` on, and
/// columns of the first half up to `middle`, of the second up to `end`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) step: usize,
    pub(super) start: usize,
    pub(super) middle: usize,
    pub(super) end: usize,
}

/// Replaces the rows that `kept` names by combinations of them: `factors` has a row for each new
/// vector, with a factor for each old one. `halves` says where old ones are not zero.
pub(super) fn combine(
    vectors: &mut [f64],
    place: Place,
    kept: &[usize],
    halves: &[Half],
    factors: &[f64],
) {
    let count = kept.len();
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by_key(|&j| halves[j] as usize);
    let mut grouped = Scratch::new(count * count);
    let grouped = grouped.as_mut_slice();
    for (to, from) in grouped
        .chunks_exact_mut(count)
        .zip(factors.chunks_exact(count))
    {
        for (to, &j) in to.iter_mut().zip(&order) {
            *to = from[j];
        }
    }
    let number = |half| halves.iter().filter(|&&own| own == half).count();
    let (first, second) = (number(Half::First), number(Half::Second));
    let parts = [
        (0..count - second, place.start..place.middle),
        (first..count, place.middle..place.end),
    ];
    for (olds, columns) in parts {
        let width = columns.len();
        let mut old = Scratch::new(olds.len() * width);
        let old = old.as_mut_slice();
        let row = |number: usize| {
            let start = kept[number] * place.step;
            start + columns.start..start + columns.end
        };
        for (to, &j) in old.chunks_exact_mut(width.max(1)).zip(&order[olds.clone()]) {
            to.copy_from_slice(&vectors[row(j)]);
        }
        let mut new = Scratch::filled(count * width, 0.0);
        let new = new.as_mut_slice();
        let skipped = grouped.get(olds.start..).unwrap_or_default();
        let factors = Matrix::of(skipped, count, olds.len(), count);
        add_product(
            new,
            width,
            factors,
            Matrix::of(old, olds.len(), width, width),
        );
        for (i, from) in new.chunks_exact(width.max(1)).enumerate() {
            vectors[row(i)].copy_from_slice(from);
        }
    }
}

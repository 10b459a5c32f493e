//! Reflections from both sides make a matrix bidiagonal, block by block, after Dongarra, Hammarling
//! and Sorensen, "Block Reduction of Matrices to Condensed Forms" (LAPACK working note 2, 1987).

use super::matrix::{Matrix, subtract_product};
use super::reflections::Reflections;
use super::vector::{add_multiples, dots, negated, reflector};

/// Reflections of a block, on each side.
const BLOCK: usize = 32;

/// The reflections of `A = P B Q^T` where `B` is upper bidiagonal.
#[derive(Debug, Default)]
pub(super) struct Sides {
    left: Vec<Reflections>,
    right: Vec<Reflections>,
}

impl Sides {
    /// Turns `c` `[m, columns]` into `P c`.
    pub(super) fn apply_left(&self, c: &mut [f64], columns: usize) {
        for (number, block) in self.left.iter().enumerate().rev() {
            block.turn_columns(&mut c[number * BLOCK * columns..], columns, columns);
        }
    }

    /// Turns `c` `[n, columns]` into `Q c`.
    pub(super) fn apply_right(&self, c: &mut [f64], columns: usize) {
        for (number, block) in self.right.iter().enumerate().rev() {
            let start = number * BLOCK + 1;
            block.turn_columns(&mut c[start * columns..], columns, columns);
        }
    }
}

/// Vectors of a block in rows, of which some are known.
struct Rows {
    elements: Vec<f64>,
    length: usize,
}

impl Rows {
    fn new(count: usize, length: usize) -> Self {
        let elements = vec![0.0; count * length];
        Rows { elements, length }
    }

    /// The first rows, from place `from` on.
    fn first(&self, count: usize, from: usize) -> Matrix<'_> {
        let elements = self.elements.get(from..).unwrap_or_default();
        Matrix::of(elements, count, self.length - from, self.length)
    }

    /// Minus the elements at a place of the first rows.
    fn negated_at(&self, count: usize, place: usize) -> Vec<f64> {
        let column = self.elements.iter().skip(place).step_by(self.length);
        column.take(count).map(|x| -x).collect()
    }

    fn row(&mut self, number: usize, from: usize) -> &mut [f64] {
        &mut self.elements[number * self.length + from..(number + 1) * self.length]
    }
}

/// `y -= sum of along[i] * row i`, where `along` are the dot products of `x` with other rows.
fn subtract_along(y: &mut [f64], rows: Matrix<'_>, others: Matrix<'_>, x: &[f64]) {
    let mut along = vec![0.0; others.rows];
    dots(&mut along, others, x);
    add_multiples(y, &negated(&along), rows);
}

/// Turns `a` `[m, n]` with `m >= n` into the `diagonal` of `B` and what is `beside` it.
pub(super) fn reduce(
    a: &mut [f64],
    m: usize,
    n: usize,
    diagonal: &mut [f64],
    beside: &mut [f64],
) -> Sides {
    let mut sides = Sides::default();
    for start in (0..n).step_by(BLOCK) {
        let end = (start + BLOCK).min(n);
        let width = end - start;
        // `A` minus `v y^T + x u^T` for each row of these is what the reflections make of it.
        let [mut v, mut x] = [(); 2].map(|()| Rows::new(width, m));
        let [mut u, mut y] = [(); 2].map(|()| Rows::new(width, n));
        let (mut left, mut right) = (Vec::new(), Vec::new());
        for (j, k) in (start..end).enumerate() {
            let mut column: Vec<f64> = (k..m).map(|i| a[i * n + k]).collect();
            add_multiples(&mut column, &y.negated_at(j, k), v.first(j, k));
            add_multiples(&mut column, &u.negated_at(j, k), x.first(j, k));
            let factor = reflector(&mut column);
            diagonal[k] = std::mem::replace(&mut column[0], 1.0);
            left.push(factor);
            v.row(j, k).copy_from_slice(&column);
            let next = k + 1;
            if next == n {
                break;
            }
            let mut image = vec![0.0; n - next];
            let below = Matrix::of(&a[k * n + next..], m - k, n - next, n);
            add_multiples(&mut image, &column, below);
            subtract_along(&mut image, y.first(j, next), v.first(j, k), &column);
            subtract_along(&mut image, u.first(j, next), x.first(j, k), &column);
            image.iter_mut().for_each(|x| *x *= factor);
            y.row(j, next).copy_from_slice(&image);

            let mut row = a[k * n + next..(k + 1) * n].to_vec();
            add_multiples(&mut row, &v.negated_at(j + 1, k), y.first(j + 1, next));
            add_multiples(&mut row, &x.negated_at(j, k), u.first(j, next));
            let factor = reflector(&mut row);
            beside[k] = std::mem::replace(&mut row[0], 1.0);
            right.push(factor);
            if next < m {
                let mut image = vec![0.0; m - next];
                let rest = Matrix::of(&a[next * n + next..], m - next, n - next, n);
                dots(&mut image, rest, &row);
                subtract_along(&mut image, v.first(j + 1, next), y.first(j + 1, next), &row);
                subtract_along(&mut image, x.first(j, next), u.first(j, next), &row);
                image.iter_mut().for_each(|x| *x *= factor);
                x.row(j, next).copy_from_slice(&image);
            }
            u.row(j, next).copy_from_slice(&row);
        }
        let vectors = &v.elements[start..];
        sides
            .left
            .push(Reflections::new(vectors, m, m - start, &left));
        if !right.is_empty() {
            let vectors = &u.elements[start + 1..];
            let length = n - start - 1;
            sides
                .right
                .push(Reflections::new(vectors, n, length, &right));
        }
        if end < n {
            let rest = &mut a[end * n + end..];
            let (v, y) = (v.first(width, end), y.first(width, end));
            subtract_product(rest, n, v.transposed(), y);
            let (x, u) = (x.first(width, end), u.first(width, end));
            subtract_product(rest, n, x.transposed(), u);
        }
    }
    sides
}

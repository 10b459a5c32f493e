//! Householder reflections, several at a time, so that most work is matrix products: the compact form
//! of Schreiber and Van Loan, "A Storage-Efficient WY Representation for Products of Householder
//! Transformations" (1989).

use super::matrix::{Matrix, add_product};

/// The product `Q = I - V T V^T` of reflections `I - factor v v^T`, the first one on the left.
#[derive(Debug)]
pub(super) struct Reflections {
    /// `V^T`, a vector in each row.
    vectors: Vec<f64>,
    /// `-T`, an upper triangle.
    weights: Vec<f64>,
    count: usize,
    length: usize,
}

impl Reflections {
    /// Of vectors of `length`, which start `step` apart: number `j` is zero up to place `j`, where it
    /// is one, and only beyond that it is read.
    pub(super) fn new(vectors: &[f64], step: usize, length: usize, factors: &[f64]) -> Self {
        let count = factors.len();
        let mut rows = vec![0.0; count * length];
        for (j, row) in rows.chunks_exact_mut(length.max(1)).enumerate() {
            row[j] = 1.0;
            row[j + 1..].copy_from_slice(&vectors[j * step + j + 1..j * step + length]);
        }
        let all = Matrix::of(&rows, count, length, length);
        let mut products = vec![0.0; count * count];
        add_product(&mut products, count, all, all.transposed());
        let mut weights = vec![0.0; count * count];
        for (j, factor) in factors.iter().enumerate() {
            // T[..j, j] = -factor T[..j, ..j] (V^T v)[..j]
            for i in 0..j {
                let known = (i..j).map(|k| weights[i * count + k] * products[k * count + j]);
                weights[i * count + j] = -factor * known.sum::<f64>();
            }
            weights[j * count + j] = -factor;
        }
        Reflections {
            vectors: rows,
            weights,
            count,
            length,
        }
    }

    fn parts(&self) -> (Matrix<'_>, Matrix<'_>) {
        let vectors = Matrix::of(&self.vectors, self.count, self.length, self.length);
        let weights = Matrix::of(&self.weights, self.count, self.count, self.count);
        (vectors, weights)
    }

    /// Turns `c` `[rows, length]`, whose rows start `step` apart, into `c Q`.
    pub(super) fn turn_rows(&self, c: &mut [f64], step: usize, rows: usize) {
        let (vectors, weights) = self.parts();
        let mut along = vec![0.0; rows * self.count];
        let own = Matrix::of(c, rows, self.length, step);
        add_product(&mut along, self.count, own, vectors.transposed());
        let mut back = vec![0.0; rows * self.count];
        let along = Matrix::of(&along, rows, self.count, self.count);
        add_product(&mut back, self.count, along, weights);
        let back = Matrix::of(&back, rows, self.count, self.count);
        add_product(c, step, back, vectors);
    }

    /// Turns `c` `[length, columns]`, whose rows start `step` apart, into `Q c`.
    pub(super) fn turn_columns(&self, c: &mut [f64], step: usize, columns: usize) {
        let (vectors, weights) = self.parts();
        let mut along = vec![0.0; self.count * columns];
        let own = Matrix::of(c, self.length, columns, step);
        add_product(&mut along, columns, vectors, own);
        let mut back = vec![0.0; self.count * columns];
        let along = Matrix::of(&along, self.count, columns, columns);
        add_product(&mut back, columns, weights, along);
        let back = Matrix::of(&back, self.count, columns, columns);
        add_product(c, step, vectors.transposed(), back);
    }
}

//! Singular values and vectors of upper bidiagonal matrices by dividing them in halves, after Gu and
//! Eisenstat, "A Divide-and-Conquer Algorithm for the Bidiagonal SVD" (1995).

use super::jacobi;
use super::merge::{Half, Place, combine};
use super::secular::Roots;
use super::vector::{divide, largest, length, pair, rotate};
use std::ops::Range;

/// The size of what is not divided.
const SMALL: usize = 16;
/// What counts as zero beside elements of at most 1: its square is still a number.
const NEGLIGIBLE: f64 = 1e-140;

/// `B = U^T diag(values) V`, with vectors in the rows of `u` and `v`, and values in any order.
#[derive(Debug)]
pub(super) struct Bidiagonal<'a> {
    /// What is beside the diagonal.
    beside: &'a [f64],
    /// The diagonal at first, and then the singular values.
    pub(super) values: Vec<f64>,
    pub(super) u: Vec<f64>,
    pub(super) v: Vec<f64>,
}

impl Bidiagonal<'_> {
    /// Decomposes the matrix of a diagonal and what is beside it; nothing where rotations do not end.
    pub(super) fn decompose(diagonal: Vec<f64>, beside: &[f64]) -> Option<Bidiagonal<'_>> {
        let n = diagonal.len();
        let [u, v] = [(); 2].map(|()| vec![0.0; n * n]);
        let mut whole = Bidiagonal {
            beside,
            values: diagonal,
            u,
            v,
        };
        whole.decompose_rows(0..n, 0)?;
        Some(whole)
    }

    /// Decomposes rows with as many columns, and `extra` ones (0 or 1) beyond. The last row of `v` is
    /// then a vector that they map to zero.
    fn decompose_rows(&mut self, rows: Range<usize>, extra: usize) -> Option<()> {
        if rows.len() <= SMALL {
            return self.decompose_small(rows, extra);
        }
        // The row in the middle couples what is above and below.
        let middle = rows.start + rows.len() / 2;
        let (own, next) = (self.values[middle], self.beside[middle]);
        self.decompose_rows(rows.start..middle, 1)?;
        self.decompose_rows(middle + 1..rows.end, extra)?;
        self.put_together(rows, middle, extra, own, next);
        Some(())
    }

    fn decompose_small(&mut self, rows: Range<usize>, extra: usize) -> Option<()> {
        let (n, start, count) = (self.values.len(), rows.start, rows.len());
        let width = count + extra;
        let mut small = vec![0.0; count * width];
        for (i, row) in small.chunks_exact_mut(width.max(1)).enumerate() {
            row[i] = self.values[start + i];
            if let Some(x) = row.get_mut(i + 1) {
                *x = self.beside[start + i];
            }
        }
        let small = jacobi::decompose(small, count, width)?;
        self.values[rows].copy_from_slice(&small.values);
        for (i, row) in small.u.chunks_exact(count.max(1)).enumerate() {
            self.u[(start + i) * n + start..][..count].copy_from_slice(row);
        }
        for (i, row) in small.v.chunks_exact(width.max(1)).enumerate() {
            self.v[(start + i) * n + start..][..width].copy_from_slice(row);
        }
        Some(())
    }

    /// Makes singular values and vectors of the whole of those above and below the row in the middle,
    /// whose elements are `own` and `next`.
    fn put_together(
        &mut self,
        rows: Range<usize>,
        middle: usize,
        extra: usize,
        own: f64,
        next: f64,
    ) {
        let n = self.values.len();
        let place = Place {
            step: n,
            start: rows.start,
            middle: middle + 1,
            end: rows.end + extra,
        };
        // The row in the middle, in terms of the vectors: it stands above a diagonal.
        let mut z = vec![0.0; n];
        for i in rows.clone() {
            z[i] = match i <= middle {
                true => own * self.v[i * n + middle],
                false => next * self.v[i * n + middle + 1],
            };
        }
        self.values[middle] = 0.0;
        self.u[middle * n + middle] = 1.0;
        if extra == 1 {
            // Of the two vectors that the parts map to zero, one combination is left.
            let beyond = next * self.v[rows.end * n + middle + 1];
            let together = z[middle].hypot(beyond);
            if together > 0.0 {
                let (c, s) = (z[middle] / together, beyond / together);
                let (x, y) = pair(&mut self.v, n, middle, rows.end);
                let columns = place.start..place.end;
                rotate(&mut x[columns.clone()], &mut y[columns], c, -s);
            }
            z[middle] = together;
        }
        let scale = largest(&self.values[rows.clone()]);
        let largest = scale.max(own.abs()).max(next.abs());
        if largest == 0.0 {
            return;
        }
        let tolerance = (4.0 * f64::EPSILON * largest).max(NEGLIGIBLE);
        if z[middle].abs() <= tolerance {
            z[middle] = tolerance.copysign(z[middle]);
        }
        let mut halves: Vec<Half> = (0..n)
            .map(|i| match i < middle {
                true => Half::First,
                false if i == middle => Half::Both,
                false => Half::Second,
            })
            .collect();

        let mut order: Vec<usize> = rows.clone().filter(|&i| i != middle).collect();
        order.sort_by(|&i, &j| self.values[i].total_cmp(&self.values[j]));
        let mut kept = vec![middle];
        for next in order {
            if z[next].abs() <= tolerance {
                continue;
            }
            let last = kept[kept.len() - 1];
            let apart = self.values[next] - self.values[last];
            if last == middle {
                // The first pole stays at zero, and no other one comes too near.
                self.values[next] = self.values[next].max(0.5 * tolerance);
            } else if apart <= tolerance {
                let together = z[last].hypot(z[next]);
                let (c, s) = (z[next] / together, z[last] / together);
                (z[last], z[next]) = (0.0, together);
                let s = if last < next { s } else { -s };
                for vectors in [&mut self.u, &mut self.v] {
                    let (x, y) = pair(vectors, n, last.min(next), last.max(next));
                    let columns = place.start..place.end;
                    rotate(&mut x[columns.clone()], &mut y[columns], c, s);
                }
                if halves[last] != halves[next] {
                    halves[last] = Half::Both;
                    halves[next] = Half::Both;
                }
                kept.pop();
            }
            kept.push(next);
        }
        self.combine(place, &kept, &z, &halves);
    }

    /// Replaces kept vectors and values by those of the diagonal matrix with `z` above it.
    fn combine(&mut self, place: Place, kept: &[usize], z: &[f64], halves: &[Half]) {
        let poles: Vec<f64> = kept.iter().map(|&i| self.values[i]).collect();
        let weights: Vec<f64> = kept.iter().map(|&i| z[i] * z[i]).collect();
        // The roots are the squares of singular values.
        let difference = |x: f64, y: f64| (x - y) * (x + y);
        let mut roots = Roots::of(&poles, &weights, difference);
        let exact = roots.exact_weights(&poles, difference);
        let exact: Vec<f64> = exact
            .iter()
            .zip(kept)
            .map(|(x, &i)| x.copysign(z[i]))
            .collect();
        let mut left = vec![0.0; roots.gaps.len()];
        let rows = roots.gaps.chunks_exact_mut(kept.len());
        for (v, u) in rows.zip(left.chunks_exact_mut(kept.len())) {
            for (((v, u), weight), pole) in v.iter_mut().zip(&mut *u).zip(&exact).zip(&poles) {
                *v = weight / *v;
                *u = pole * *v;
            }
            u[0] = -1.0;
            for side in [u, v] {
                let whole = length(side);
                divide(side, whole);
            }
        }
        for (&i, &(pole, shift)) in kept.iter().zip(&roots.places) {
            let pole = poles[pole];
            self.values[i] = pole + shift / (pole + (pole * pole + shift).max(0.0).sqrt());
        }
        let halves: Vec<Half> = kept.iter().map(|&i| halves[i]).collect();
        combine(&mut self.u, place, kept, &halves, &left);
        combine(&mut self.v, place, kept, &halves, &roots.gaps);
    }
}

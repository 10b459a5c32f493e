//! Factorizations of matrices and systems solved with them: one decomposition a file, each for one
//! row-major matrix of `f64`, made of matrix products wherever it is large. Here, the matrices of a
//! batch are shared among threads.

mod bidiagonal;
mod cholesky;
mod divide_eigen;
mod divide_svd;
mod eigen;
mod jacobi;
mod ldl;
mod lu;
mod matrix;
mod merge;
mod ql;
mod qr;
mod reflections;
mod secular;
mod svd;
mod triangular;
mod tridiagonal;
mod vector;

use super::parallel::{DisjointMut, for_each_chunk};
use crate::ops::linalg::{Bases, Factorization, System};
use crate::{Array, Element};

/// Operations that a thread is worth waking up for.
const GRAIN: usize = 1 << 15;

/// The outputs of a batch, to be written matrix by matrix.
struct Parts<'a, T> {
    all: DisjointMut<'a, T>,
    size: usize,
}

impl<'a, T: Element> Parts<'a, T> {
    fn of(out: &'a mut Array, batch: usize) -> Parts<'a, T> {
        let size = out.numel().checked_div(batch).unwrap_or(0);
        let all = DisjointMut::new(out.dense_slice_mut());
        Parts { all, size }
    }

    /// The part of matrix `index`.
    ///
    /// # Safety
    /// Only one thread works on a matrix, and asks for each of its parts once.
    #[allow(
        clippy::mut_from_ref,
        reason = "the parts of a matrix are asked for once"
    )]
    unsafe fn at(&self, index: usize) -> &mut [T] {
        // SAFETY: the array holds a part for each matrix, and the caller asks once.
        unsafe { self.all.slice(index * self.size..(index + 1) * self.size) }
    }
}

/// Calls `f` for each matrix of a batch.
fn for_each_matrix(batch: usize, operations: usize, f: &(dyn Fn(usize) + Sync)) {
    for_each_chunk(batch, (GRAIN / operations.max(1)).max(1), |range| {
        range.for_each(f)
    });
}

/// Takes contiguous matrices apart.
pub(crate) fn factorize(factorization: Factorization, x: &Array, out: &mut [Array]) {
    let rank = x.rank();
    let (m, n) = (x.shape()[rank - 2], x.shape()[rank - 1]);
    let batch = x.shape()[..rank - 2].iter().product();
    let all = x.dense_slice::<f64>();
    let matrix = |index: usize| &all[index * m * n..(index + 1) * m * n];
    let operations = m.saturating_mul(n).saturating_mul(m.min(n));
    let each = |f: &(dyn Fn(usize) + Sync)| for_each_matrix(batch, operations, f);
    match (factorization, out) {
        (Factorization::Cholesky, [l, reports]) => {
            let (l, reports) = (Parts::of(l, batch), Parts::of(reports, batch));
            each(&|index| {
                // SAFETY: each matrix is visited once.
                let (l, report) = unsafe { (l.at(index), reports.at(index)) };
                l.copy_from_slice(matrix(index));
                report[0] = cholesky::factor(l, n);
            });
        }
        (Factorization::Lu { .. } | Factorization::Ldl, [factors, pivots, reports]) => {
            let (factors, pivots) = (Parts::of(factors, batch), Parts::of(pivots, batch));
            let reports = Parts::of(reports, batch);
            each(&|index| {
                // SAFETY: each matrix is visited once.
                let (factors, pivots) = unsafe { (factors.at(index), pivots.at(index)) };
                // SAFETY: as above.
                let report = unsafe { reports.at(index) };
                factors.copy_from_slice(matrix(index));
                report[0] = match factorization {
                    Factorization::Lu { pivot } => lu::factor(factors, m, n, pivot, pivots),
                    _ => ldl::factor(factors, n, pivots),
                };
            });
        }
        (Factorization::Qr(_), [packed, factors, q]) => {
            let columns = q.shape()[rank - 1];
            let (packed, factors) = (Parts::of(packed, batch), Parts::of(factors, batch));
            let q = Parts::of(q, batch);
            each(&|index| {
                // SAFETY: each matrix is visited once.
                let (packed, factors) = unsafe { (packed.at(index), factors.at(index)) };
                // SAFETY: as above.
                let q = unsafe { q.at(index) };
                packed.copy_from_slice(matrix(index));
                let blocks = qr::factor(packed, m, n, factors);
                if columns > 0 {
                    qr::basis(&blocks, q, columns);
                }
            });
        }
        (Factorization::Eigen, [values, vectors, reports]) => {
            let (values, vectors) = (Parts::of(values, batch), Parts::of(vectors, batch));
            let reports = Parts::of(reports, batch);
            each(&|index| {
                // SAFETY: each matrix is visited once.
                let (values, vectors) = unsafe { (values.at(index), vectors.at(index)) };
                // SAFETY: as above.
                let report = unsafe { reports.at(index) };
                vectors.copy_from_slice(matrix(index));
                report[0] = eigen::decompose(vectors, n, values);
            });
        }
        (Factorization::Svd(vectors), [u, values, vt, reports]) => {
            let (u, values) = (Parts::of(u, batch), Parts::of(values, batch));
            let (vt, reports) = (Parts::of(vt, batch), Parts::of(reports, batch));
            let vectors = vectors != Bases::None;
            each(&|index| {
                // SAFETY: each matrix is visited once.
                let (u, values, vt) = unsafe { (u.at(index), values.at(index), vt.at(index)) };
                // SAFETY: as above.
                let report = unsafe { reports.at(index) };
                let out = svd::Factors { u, values, vt };
                report[0] = svd::decompose(matrix(index), m, n, vectors, out);
            });
        }
        _ => unreachable!("the checks make the outputs of each factorization"),
    }
}

/// Solves systems with contiguous factors, in place.
pub(crate) fn solve(system: System, factors: &Array, pivots: Option<&Array>, x: &mut Array) {
    let rank = x.rank();
    let (n, columns) = (x.shape()[rank - 2], x.shape()[rank - 1]);
    let batch = x.shape()[..rank - 2].iter().product();
    let all = factors.dense_slice::<f64>();
    let pivots = pivots.map_or(&[][..], |pivots| pivots.dense_slice::<i32>());
    let solutions = Parts::<f64>::of(x, batch);
    let operations = n.saturating_mul(n).saturating_mul(columns);
    for_each_matrix(batch, operations, &|index| {
        let a = &all[index * n * n..(index + 1) * n * n];
        // SAFETY: each matrix is visited once.
        let x = unsafe { solutions.at(index) };
        if columns == 0 {
            return;
        }
        match system {
            System::Triangular { upper, unit } => triangular::solve(a, n, upper, unit, x, columns),
            System::Ldl => ldl::solve(a, n, &pivots[index * n..(index + 1) * n], x, columns),
        }
    });
}

//! Factorizations of matrices, and systems solved with them. All of it happens in `f64`: callers
//! convert before and after, so that a result is rounded once.

use super::rules;
use crate::layout::Layout;
use crate::{Array, DType, Error, Result, Shape};

/// How to take matrices apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Factorization {
    /// `A = L L^T` from the lower triangle: `L`, and a report.
    Cholesky,
    /// `A = P L U`: `L` without its ones and `U` in one matrix; the row that each row was swapped
    /// with, from 1; and a report. Without `pivot`, no rows are swapped.
    Lu {
        /// Whether to swap rows so that the largest element of a column divides.
        pivot: bool,
    },
    /// `A = L D L^T` from the lower triangle, `D` of blocks of size 1 and 2, after Bunch and
    /// Kaufman: `L` and `D` in one matrix; pivots, negative for blocks of size 2; and a report.
    Ldl,
    /// `A = Q R`: the Householder vectors of `Q` below `R` in one matrix, their factors, and `Q`.
    Qr(Bases),
    /// `A = V diag(w) V^T` from the lower triangle: `w` in ascending order, `V`, and a report.
    Eigen,
    /// `A = U diag(s) V^T`: `U`, `s` in descending order, `V^T`, and a report.
    Svd(Bases),
}

/// How many columns of orthogonal factors to compute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Bases {
    /// None.
    None,
    /// As many as the smaller size of the matrix.
    Reduced,
    /// A whole basis on either side.
    Full,
}

impl Bases {
    fn columns(self, whole: usize, reduced: usize) -> usize {
        match self {
            Bases::None => 0,
            Bases::Reduced => reduced,
            Bases::Full => whole,
        }
    }
}

/// The systems that can be solved with a factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum System {
    /// A triangle, the other one not being read.
    Triangular {
        /// Whether it is the upper one.
        upper: bool,
        /// Whether the diagonal counts as ones.
        unit: bool,
    },
    /// What [`Factorization::Ldl`] makes.
    Ldl,
}

impl Factorization {
    fn name(self) -> &'static str {
        match self {
            Factorization::Cholesky => "linalg.cholesky",
            Factorization::Lu { .. } => "linalg.lu_factor",
            Factorization::Ldl => "linalg.ldl_factor",
            Factorization::Qr(_) => "linalg.qr",
            Factorization::Eigen => "linalg.eigh",
            Factorization::Svd(_) => "linalg.svd",
        }
    }

    /// Dtype and shape, after the batch, of what comes out for matrices `[m, n]`.
    fn outputs(self, m: usize, n: usize) -> Vec<(DType, Vec<usize>)> {
        let (matrix, report) = (vec![m, n], (DType::I32, vec![]));
        let k = m.min(n);
        match self {
            Factorization::Cholesky => vec![(DType::F64, matrix), report],
            Factorization::Lu { .. } | Factorization::Ldl => {
                vec![(DType::F64, matrix), (DType::I32, vec![k]), report]
            }
            Factorization::Qr(bases) => {
                let q = vec![m, bases.columns(m, k)];
                vec![(DType::F64, matrix), (DType::F64, vec![k]), (DType::F64, q)]
            }
            Factorization::Eigen => vec![(DType::F64, vec![n]), (DType::F64, matrix), report],
            Factorization::Svd(vectors) => {
                let (u, v) = (
                    vec![m, vectors.columns(m, k)],
                    vec![vectors.columns(n, k), n],
                );
                vec![
                    (DType::F64, u),
                    (DType::F64, vec![k]),
                    (DType::F64, v),
                    report,
                ]
            }
        }
    }
}

impl Array {
    /// Takes `f64` matrices in the last two dimensions apart.
    ///
    /// A report is 0 where all went well, and else the number from 1 of the column where it did not.
    pub fn factorize(&self, factorization: Factorization) -> Result<Vec<Array>> {
        let op = factorization.name();
        let (batch, m, n) = matrices(op, self)?;
        let rectangular = matches!(
            factorization,
            Factorization::Lu { .. } | Factorization::Qr(_) | Factorization::Svd(_)
        );
        if m != n && !rectangular {
            return Err(Error::shape(op, self.shape(), "square matrices"));
        }
        let make = |(dtype, sizes): (DType, Vec<usize>)| {
            let shape: Shape = batch.iter().copied().chain(sizes).collect();
            Array::uninit(op, Layout::contiguous(shape), dtype, self.device())
        };
        let outputs = factorization.outputs(m, n).into_iter().map(make);
        let mut outputs = outputs.collect::<Result<Vec<Array>>>()?;
        let x = self.contiguous()?;
        self.backend(op)?
            .factorize(factorization, &x, &mut outputs)?;
        Ok(outputs)
    }

    /// The solutions `X` of `A X = B`, where `self` are `f64` factors of `A` in the last two
    /// dimensions, `pivots` what came with them, if any, and `rhs` is `B`. Batches are equal.
    pub fn solve(&self, system: System, pivots: Option<&Array>, rhs: &Array) -> Result<Array> {
        let op = match system {
            System::Triangular { .. } => "linalg.solve_triangular",
            System::Ldl => "linalg.ldl_solve",
        };
        rules::same_device(op, self, rhs)?;
        let (batch, m, n) = matrices(op, self)?;
        if m != n {
            return Err(Error::shape(op, self.shape(), "square matrices"));
        }
        let (rhs_batch, rows, _) = matrices(op, rhs)?;
        if rhs_batch != batch || rows != n {
            let expected = format!("{n} rows for each matrix of {}", self.shape());
            return Err(Error::shape(op, rhs.shape(), expected));
        }
        let pivots = pivots.map(Array::contiguous).transpose()?;
        if system == System::Ldl {
            let pivots = pivots.as_ref().ok_or_else(|| {
                Error::argument(op, "pivots", "none", "what the factorization returned")
            })?;
            check_pivots(op, pivots, &batch, n)?;
        }
        let factors = self.contiguous()?;
        let mut out = rhs.copy_to_layout(Layout::contiguous(rhs.shape().clone()), DType::F64)?;
        self.backend(op)?
            .solve(system, &factors, pivots.as_ref(), &mut out)?;
        Ok(out)
    }
}

/// The batch and the sizes of `f64` matrices.
fn matrices(op: &'static str, x: &Array) -> Result<(Shape, usize, usize)> {
    rules::dtype(op, x.dtype(), x.dtype() == DType::F64, "f64")?;
    match x.shape()[..] {
        [ref batch @ .., m, n] => Ok((batch.into(), m, n)),
        _ => Err(Error::shape(op, x.shape(), "at least two dimensions")),
    }
}

/// Refuses pivots of blocks that [`Factorization::Ldl`] does not make.
fn check_pivots(op: &'static str, pivots: &Array, batch: &[usize], n: usize) -> Result<()> {
    let shape: Shape = batch.iter().copied().chain([n]).collect();
    if *pivots.shape() != shape {
        return Err(Error::shape(
            op,
            pivots.shape(),
            format!("pivots of shape {shape}"),
        ));
    }
    let pivots = pivots.to_device(crate::Device::Cpu)?.to_vec::<i32>()?;
    for row in pivots.chunks(n.max(1)) {
        let mut k = 0;
        while k < row.len() {
            let size = if row[k] > 0 { 1 } else { 2 };
            let target = row[k].unsigned_abs() as usize;
            let paired = size == 1 || row.get(k + 1) == Some(&row[k]);
            let fits = paired && (k + size..=n).contains(&target);
            if !fits {
                let expected = "what the factorization returned";
                return Err(Error::argument(op, "pivots", row[k], expected));
            }
            k += size;
        }
    }
    Ok(())
}

//! Linear algebra: PyTorch's `torch.linalg`, for `f32` and `f64` matrices in the last two dimensions of
//! a tensor. Leading dimensions are a batch, which broadcasts where there are two operands.
//!
//! Everything is computed in `f64` and rounded once at the end. A matrix that has no such factor or
//! inverse is an error that names its place in the batch; functions ending in `_ex` return a report
//! instead: 0, or the number from 1 of the column where the computation got stuck.
//!
//! ```
//! use rushlight_autograd::{linalg, tensor, Result};
//!
//! # fn main() -> Result<()> {
//! let a = tensor([[2.0, 1.0], [1.0, 3.0]])?;
//! let x = linalg::solve(&a, &tensor([3.0, 5.0])?)?;
//! assert!(a.matmul(&x)?.allclose(&tensor([3.0, 5.0])?, Default::default())?);
//! assert!((linalg::det(&a)?.item()? - 5.0).abs() < 1e-6);
//! # Ok(()) }
//! ```

mod cholesky;
mod determinant;
mod eigen;
mod ldl;
mod least_squares;
mod low_rank;
mod lu;
mod power;
mod pseudoinverse;
mod qr;
mod solve;
mod svd;
mod triangular;

pub use cholesky::{cholesky, cholesky_ex};
pub use determinant::{det, slogdet};
pub use eigen::{eigh, eigvalsh, matrix_sqrth};
pub use ldl::{ldl_factor, ldl_factor_ex, ldl_solve};
pub use least_squares::{Driver, LeastSquares, lstsq};
pub use lu::{lu, lu_factor, lu_factor_ex, lu_solve};
pub use power::{matrix_exp, matrix_power, multi_dot, vander, vecdot};
pub use pseudoinverse::{RankOptions, cond, matrix_rank, pinv};
pub use qr::{QrMode, householder_product, qr};
pub use solve::{inv, inv_ex, solve, solve_ex, solve_right, tensorinv, tensorsolve};
pub use svd::{polar, svd, svdvals};
pub use triangular::solve_triangular;

use crate::{Error, Result, Tensor, TensorOptions};
use rushlight_tensor::ops::rules;
use rushlight_tensor::{Array, DType, Error as ArrayError, Shape};

/// Which triangle of a symmetric matrix is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Triangle {
    /// The one below the diagonal.
    #[default]
    Lower,
    /// The one above the diagonal.
    Upper,
}

/// Matrices to compute with, in `f64`.
fn matrices(op: &'static str, x: &Tensor) -> Result<Tensor> {
    let fits = matches!(x.dtype(), DType::F32 | DType::F64);
    rules::dtype(op, x.dtype(), fits, "f32 or f64")?;
    if x.dim() < 2 {
        let expected = "at least two dimensions";
        return Err(ArrayError::shape(op, x.shape(), expected).into());
    }
    x.to_dtype(DType::F64)
}

/// As [`matrices`], as many rows as columns.
fn square_matrices(op: &'static str, x: &Tensor) -> Result<Tensor> {
    let wide = matrices(op, x)?;
    let (m, n) = sizes(x)?;
    if m != n {
        return Err(ArrayError::shape(op, x.shape(), "square matrices").into());
    }
    Ok(wide)
}

/// Rows and columns.
fn sizes(x: &Tensor) -> Result<(usize, usize)> {
    Ok((x.size(-2)?, x.size(-1)?))
}

/// The dimensions before the last two.
fn batch(x: &Tensor) -> Shape {
    let shape = x.shape();
    shape[..shape.len().saturating_sub(2)].into()
}

/// Both operands with the batch that theirs broadcast to.
fn same_batch(op: &'static str, a: &Tensor, b: &Tensor) -> Result<(Tensor, Tensor)> {
    let shape = rules::broadcast(op, &batch(a), &batch(b))?;
    Ok((with_batch(a, &shape)?, with_batch(b, &shape)?))
}

fn with_batch(x: &Tensor, batch: &[usize]) -> Result<Tensor> {
    let (m, n) = sizes(x)?;
    x.broadcast_to(&[batch, &[m, n]].concat())
}

/// Ones on the diagonal, in `f64`.
fn identity(like: &Tensor, rows: usize, columns: usize) -> Result<Tensor> {
    TensorOptions::new()
        .dtype(DType::F64)
        .device(like.device())
        .eye(rows, columns)
}

/// Refuses operands of different dtypes.
fn same_dtype(op: &'static str, a: &Tensor, b: &Tensor) -> Result<()> {
    let fits = a.dtype() == b.dtype();
    Ok(rules::dtype(
        op,
        b.dtype(),
        fits,
        "the dtype of the first operand",
    )?)
}

/// Refuses matrices on which a factorization reports a failure.
fn check_reports(
    op: &'static str,
    reports: &Array,
    what: &'static str,
    expected: &'static str,
) -> Result<()> {
    let reports = reports.to_vec::<i32>()?;
    match reports.iter().position(|&report| report != 0) {
        Some(place) => {
            let got = format!("{what} (batch element {place}, column {})", reports[place]);
            Err(Error::argument(op, "the matrix", got, expected))
        }
        None => Ok(()),
    }
}

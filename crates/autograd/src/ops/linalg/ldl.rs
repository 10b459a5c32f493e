//! The factorization of symmetric matrices that need not be positive.

use super::{check_reports, matrices, same_batch, same_dtype, square_matrices, with_batch};
use crate::{Result, Tensor};
use rushlight_tensor::Array;
use rushlight_tensor::ops::linalg::{Factorization, System};

/// The factors of `A = L D L^T` for symmetric `A`, of which the lower triangle is read: `L` and `D`,
/// which has blocks of size 1 and 2, in one matrix, and pivots as LAPACK's. It has no derivative.
///
/// Shapes: `[..., n, n] -> [..., n, n], [..., n]`.
pub fn ldl_factor(a: &Tensor) -> Result<(Tensor, Tensor)> {
    const OP: &str = "linalg.ldl_factor";
    let (ld, pivots, reports) = parts(OP, a)?;
    check_reports(
        OP,
        &reports,
        "a singular one",
        "one that can be solved with",
    )?;
    Ok((ld, pivots))
}

/// As [`ldl_factor`], with reports instead of an error.
pub fn ldl_factor_ex(a: &Tensor) -> Result<(Tensor, Tensor, Tensor)> {
    let (ld, pivots, reports) = parts("linalg.ldl_factor_ex", a)?;
    Ok((ld, pivots, Tensor::new(reports)))
}

fn parts(op: &'static str, a: &Tensor) -> Result<(Tensor, Tensor, Array)> {
    let arrays = square_matrices(op, a)?
        .array()
        .factorize(Factorization::Ldl)?;
    let [ld, pivots, reports]: [Array; 3] = arrays
        .try_into()
        .expect("the factorization has three parts");
    let ld = Tensor::record_without_derivative(ld.to_dtype(a.dtype())?, op, &[a])?;
    Ok((ld, Tensor::new(pivots), reports))
}

/// The solution `X` of `A X = B` from what [`ldl_factor`] returned for `A`. It has no derivative.
///
/// Shapes: `[..., n, n]`, `[..., n]` and `[..., n, k] -> [..., n, k]`.
pub fn ldl_solve(ld: &Tensor, pivots: &Tensor, b: &Tensor) -> Result<Tensor> {
    const OP: &str = "linalg.ldl_solve";
    same_dtype(OP, ld, b)?;
    let (wide, rhs) = same_batch(OP, &square_matrices(OP, ld)?, &matrices(OP, b)?)?;
    let pivots = with_batch(&pivots.unsqueeze(-1)?, &super::batch(&wide))?.squeeze_dims(&[-1])?;
    let x = wide
        .array()
        .solve(System::Ldl, Some(&pivots.array()), &rhs.array())?;
    Tensor::record_without_derivative(x.to_dtype(b.dtype())?, OP, &[ld, b])
}

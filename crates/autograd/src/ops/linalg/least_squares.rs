//! Least squares.

use super::pseudoinverse::{RankOptions, pseudoinverse};
use super::{batch, matrices, same_batch, same_dtype, sizes};
use crate::{Result, Tensor, amp};
use rushlight_tensor::{DType, Error as ArrayError};

/// LAPACK's ways to solve least squares problems. Here, they differ in what they report besides the
/// solution.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Driver {
    /// For matrices of full rank: residuals.
    Gels,
    /// The rank.
    #[default]
    Gelsy,
    /// Rank, singular values and residuals.
    Gelsd,
    /// As [`Driver::Gelsd`].
    Gelss,
}

/// The solution of a least squares problem, and what is known about it; parts that were not asked for
/// are empty.
#[derive(Clone, Debug)]
pub struct LeastSquares {
    /// The shortest `X` that makes `A X - B` shortest: `[..., n, k]`.
    pub solution: Tensor,
    /// The squared lengths of the columns of `A X - B`, if there are more rows than columns and all
    /// matrices have full rank: `[..., k]`.
    pub residuals: Tensor,
    /// The rank of each matrix, `i64`.
    pub rank: Tensor,
    /// The singular values.
    pub singular_values: Tensor,
}

/// Solves `A X = B` as well as possible. Singular values of `A` not above `rcond` times the largest
/// count as zero; the default is the larger size times the precision of the dtype.
///
/// Shapes: `[..., m, n]` and `[..., m, k]`, or `[..., m]` for one right-hand side each.
///
/// ```
/// # use rushlight_autograd::{linalg, tensor, Result};
/// # fn main() -> Result<()> {
/// let a = tensor([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]])?;
/// let b = tensor([[1.0], [3.0], [5.0]])?;
/// let line = linalg::lstsq(&a, &b, None, Default::default())?.solution;
/// assert!(line.allclose(&tensor([[1.0], [2.0]])?, Default::default())?);
/// # Ok(()) }
/// ```
pub fn lstsq(a: &Tensor, b: &Tensor, rcond: Option<f64>, driver: Driver) -> Result<LeastSquares> {
    const OP: &str = "linalg.lstsq";
    let [a, b] = &amp::operands(OP, [a, b])?;
    let wide = matrices(OP, a)?;
    same_dtype(OP, a, b)?;
    let shape = a.shape();
    let is_vector = b.dim() + 1 == a.dim() && b.shape() == shape[..shape.len() - 1];
    let rhs = b.to_dtype(DType::F64)?;
    let rhs = if is_vector { rhs.unsqueeze(-1)? } else { rhs };
    let (m, n) = sizes(a)?;
    if rhs.dim() < 2 || rhs.size(-2)? != m {
        let expected = format!("right-hand sides for {shape}");
        return Err(ArrayError::shape(OP, b.shape(), expected).into());
    }
    let (wide, rhs) = same_batch(OP, &wide, &rhs)?;
    let options = RankOptions {
        rtol: rcond.map(Into::into),
        ..Default::default()
    };
    let (inverse, values, counts) = pseudoinverse(OP, a, &wide, &options)?;
    let x = inverse.matmul(&rhs)?;
    let rank = counts.sum_dim(&[-1], false)?;
    let full = rank.eq(n as i64)?.all()?.item()? != 0.0;
    let dtype = a.dtype();
    let nothing = || a.new_zeros(&[0]);
    let residuals = match m > n && full && driver != Driver::Gelsy {
        true => (wide.matmul(&x)? - &rhs)?
            .square()?
            .sum_dim(&[-2], false)?
            .to_dtype(dtype)?,
        false => x.flatten(0, -1)?.narrow(0, 0, 0)?.to_dtype(dtype)?,
    };
    let x = if is_vector { x.squeeze_dims(&[-1])? } else { x };
    let has_values = matches!(driver, Driver::Gelsd | Driver::Gelss);
    Ok(LeastSquares {
        solution: x.to_dtype(dtype)?,
        residuals,
        rank: match driver {
            Driver::Gels => nothing()?.to_dtype(DType::I64)?,
            _ => rank.broadcast_to(&batch(&wide))?,
        },
        singular_values: if has_values {
            values.to_dtype(dtype)?
        } else {
            nothing()?
        },
    })
}

//! The Cholesky factorization and what it solves.

use super::triangular::{solve, solve_right};
use super::{
    Triangle, check_reports, identity, matrices, same_batch, same_dtype, square_matrices,
    with_batch,
};
use crate::{Backward, Gradients, Result, Saved, Tensor, Wants, amp, gradients};
use rushlight_tensor::Array;
use rushlight_tensor::ops::linalg::Factorization;

/// The backward of `A = L L^T`.
struct Cholesky {
    l: Saved,
}

impl Backward for Cholesky {
    fn backward(&self, g: &Tensor, wants: Wants<'_>) -> Result<Gradients> {
        let l = self.l.get();
        gradients![wants; {
            let inner = halved_triangle(&l.mt()?.matmul(g)?)?;
            let half = solve_right(&l, &solve(&l.mt()?, &inner, true, false)?, false, false)?;
            ((&half + half.mt()?)? * 0.5)?
        }]
    }
}

/// The lower triangle with half the diagonal.
fn halved_triangle(x: &Tensor) -> Result<Tensor> {
    (x.tril(0)? + x.tril(-1)?)? * 0.5
}

/// `L` in `f64`, and the reports.
fn factor(x: &Tensor) -> Result<(Tensor, Array)> {
    let mut arrays = x.array().factorize(Factorization::Cholesky)?.into_iter();
    let (l, reports) = (next(&mut arrays), next(&mut arrays));
    let l = Tensor::record_with_output(l, "linalg.cholesky", &[x], |l| Cholesky { l: l.save() });
    Ok((l, reports))
}

fn next(arrays: &mut impl Iterator<Item = Array>) -> Array {
    arrays.next().expect("the factorization has as many parts")
}

/// The triangular matrix `L` with a positive diagonal and `L L^T = A`, for symmetric positive definite
/// `A`. Of an upper triangle: `L^T` from the elements above the diagonal.
///
/// Shapes: `[..., n, n] -> [..., n, n]`.
///
/// ```
/// # use rushlight_autograd::{linalg, tensor, Result};
/// # fn main() -> Result<()> {
/// let l = linalg::cholesky(&tensor([[4.0, 2.0], [2.0, 5.0]])?, linalg::Triangle::Lower)?;
/// assert_eq!(l.to_vec::<f32>()?, [2.0, 0.0, 1.0, 2.0]);
/// # Ok(()) }
/// ```
pub fn cholesky(a: &Tensor, triangle: Triangle) -> Result<Tensor> {
    const OP: &str = "linalg.cholesky";
    let (l, reports) = parts(OP, a, triangle)?;
    check_reports(OP, &reports, "one that is not", "positive definite")?;
    Ok(l)
}

/// As [`cholesky`], with reports instead of an error.
pub fn cholesky_ex(a: &Tensor, triangle: Triangle) -> Result<(Tensor, Tensor)> {
    let (l, reports) = parts("linalg.cholesky_ex", a, triangle)?;
    Ok((l, Tensor::new(reports)))
}

fn parts(op: &'static str, a: &Tensor, triangle: Triangle) -> Result<(Tensor, Array)> {
    let [a] = &amp::operands(op, [a])?;
    let wide = square_matrices(op, a)?;
    let (l, reports) = match triangle {
        Triangle::Lower => factor(&wide)?,
        Triangle::Upper => {
            let (l, reports) = factor(&wide.mt()?)?;
            (l.mt()?, reports)
        }
    };
    Ok((l.to_dtype(a.dtype())?, reports))
}

/// The backward of `X = (L L^T)^-1 B`. As in PyTorch, the gradient of `L` is that of all its elements,
/// as if those beyond the triangle took part.
struct CholeskySolve {
    l: Saved,
    x: Saved,
}

impl Backward for CholeskySolve {
    fn backward(&self, g: &Tensor, wants: Wants<'_>) -> Result<Gradients> {
        let (l, x) = (self.l.get(), self.x.get());
        let g = solve_factored(&l, g)?;
        gradients![wants; {
            let half = g.matmul(&x.mt()?)?;
            (&half + half.mt()?)?.matmul(&l)?.neg()?
        }, g]
    }
}

/// `(L L^T)^-1 B` in `f64`, the batches being equal.
fn solve_factored(l: &Tensor, b: &Tensor) -> Result<Tensor> {
    let (fixed, rhs) = (l.detach(), b.detach());
    let half = solve(&fixed, &rhs, false, false)?;
    let x = solve(&fixed.mt()?, &half, true, false)?.array();
    Ok(Tensor::record_with_output(
        x,
        "cholesky_solve",
        &[l, b],
        |x| CholeskySolve {
            l: l.save(),
            x: x.save(),
        },
    ))
}

impl Tensor {
    /// The solution `X` of `A X = self`, where `factor` is the Cholesky factor of `A`.
    ///
    /// Shapes: `[..., n, k]` and `[..., n, n] -> [..., n, k]`.
    pub fn cholesky_solve(&self, factor: &Tensor, triangle: Triangle) -> Result<Tensor> {
        const OP: &str = "cholesky_solve";
        let [b, factor] = &amp::operands(OP, [self, factor])?;
        let dtype = b.dtype();
        same_dtype(OP, b, factor)?;
        let (l, b) = same_batch(OP, &square_matrices(OP, factor)?, &matrices(OP, b)?)?;
        let l = if triangle == Triangle::Upper {
            l.mt()?
        } else {
            l
        };
        solve_factored(&l, &b)?.to_dtype(dtype)
    }

    /// The inverse of `A`, where `self` is the Cholesky factor of `A`.
    pub fn cholesky_inverse(&self, triangle: Triangle) -> Result<Tensor> {
        const OP: &str = "cholesky_inverse";
        let [factor] = &amp::operands(OP, [self])?;
        let l = square_matrices(OP, factor)?;
        let l = if triangle == Triangle::Upper {
            l.mt()?
        } else {
            l
        };
        let n = self.size(-1)?;
        let b = with_batch(&identity(self, n, n)?, &super::batch(self))?;
        solve_factored(&l, &b)?.to_dtype(factor.dtype())
    }
}

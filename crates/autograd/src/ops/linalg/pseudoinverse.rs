//! Ranks, condition numbers and pseudoinverses: what singular values say about a matrix.

use super::svd::{decompose, singular_values};
use super::{batch, inv, matrices, sizes, square_matrices};
use crate::{Backward, Gradients, Norm, Operand, Result, Saved, Tensor, Wants, amp, gradients};
use rushlight_tensor::DType;
use rushlight_tensor::ops::linalg::Bases;

/// Which singular values count as zero: those not above `atol`, nor above `rtol` times the largest.
#[derive(Clone, Debug, Default)]
pub struct RankOptions {
    /// The absolute tolerance, a number or one for each matrix. Default: 0.
    pub atol: Option<Operand>,
    /// The relative tolerance, likewise. Default: the larger size times the precision of the dtype,
    /// or 0 beside an `atol`.
    pub rtol: Option<Operand>,
    /// Whether the matrices are symmetric, of which the lower triangle is read.
    pub hermitian: bool,
}

impl RankOptions {
    /// What singular values of `[..., m, n]` matrices `a` must be above: `[..., 1]`.
    pub(super) fn threshold(&self, a: &Tensor, values: &Tensor) -> Result<Tensor> {
        let wide = |operand: &Operand| match operand {
            Operand::Tensor(x) => x.detach().to_dtype(DType::F64)?.unsqueeze(-1),
            Operand::Scalar(x) => values.new_full(&[1], x.to_f64()),
        };
        let precision = match a.dtype() {
            DType::F64 => f64::EPSILON,
            _ => f64::from(f32::EPSILON),
        };
        let (m, n) = sizes(a)?;
        let usual = values.new_full(&[1], precision * m.max(n) as f64)?;
        let atol = self.atol.as_ref().map(wide).transpose()?;
        let rtol = match (&self.rtol, &atol) {
            (Some(rtol), _) => wide(rtol)?,
            (None, Some(atol)) => usual.masked_where(&atol.le(0.0)?)?,
            (None, None) => usual,
        };
        let relative = (rtol * values.detach().amax_dim(&[-1], true)?)?;
        match atol {
            Some(atol) => relative.maximum(&atol),
            None => Ok(relative),
        }
    }
}

/// The symmetric matrices whose lower triangles are those of `x`.
fn mirrored(x: &Tensor) -> Result<Tensor> {
    x.tril(0)? + x.tril(-1)?.mt()?
}

/// How many singular values are not zero: an `i64` for each matrix.
///
/// Shapes: `[..., m, n] -> [...]`.
///
/// ```
/// # use rushlight_autograd::{linalg, tensor, Result};
/// # fn main() -> Result<()> {
/// let a = tensor([[1.0, 2.0], [2.0, 4.0]])?;
/// assert_eq!(linalg::matrix_rank(&a, &Default::default())?.item()?, 1.0);
/// # Ok(()) }
/// ```
pub fn matrix_rank(a: &Tensor, options: &RankOptions) -> Result<Tensor> {
    const OP: &str = "linalg.matrix_rank";
    let [a] = &amp::operands(OP, [a])?;
    let wide = match options.hermitian {
        true => mirrored(&square_matrices(OP, a)?.detach())?,
        false => matrices(OP, a)?.detach(),
    };
    if a.numel() == 0 {
        return Tensor::full(&batch(a), 0, DType::I64, a.device());
    }
    let values = singular_values(OP, &wide)?;
    let threshold = options.threshold(a, &values)?;
    values.gt(&threshold)?.sum_dim(&[-1], false)
}

/// The backward of the pseudoinverse, after Golub and Pereyra, "The Differentiation of Pseudo-Inverses
/// and Nonlinear Least Squares Problems Whose Variables Separate" (1973).
struct Pinv {
    a: Saved,
    p: Saved,
}

impl Backward for Pinv {
    fn backward(&self, g: &Tensor, wants: Wants<'_>) -> Result<Gradients> {
        let (a, p) = (self.a.get(), self.p.get());
        let (pt, gt) = (p.mt()?, g.mt()?);
        gradients![wants; {
            let along = pt.matmul(g)?.matmul(&pt)?.neg()?;
            // What `A` does not reach, and what it does not see.
            let columns = gt.matmul(&p)?.matmul(&pt)?;
            let rows = pt.matmul(&p)?.matmul(&gt)?;
            let beside = (&columns - a.matmul(&p.matmul(&columns)?)?)?;
            let below = (&rows - rows.matmul(&p)?.matmul(&a)?)?;
            ((along + beside)? + below)?
        }]
    }
}

/// The pseudoinverse of `x`, the `f64` form of `a`; the singular values, and which count.
pub(super) fn pseudoinverse(
    op: &'static str,
    a: &Tensor,
    x: &Tensor,
    options: &RankOptions,
) -> Result<(Tensor, Tensor, Tensor)> {
    let fixed = x.detach();
    let fixed = if options.hermitian {
        mirrored(&fixed)?
    } else {
        fixed
    };
    let [u, values, vt] = decompose(op, &fixed, Bases::Reduced)?;
    let counts = match values.size(-1)? {
        0 => values.to_dtype(DType::Bool)?,
        _ => values.gt(&options.threshold(a, &values)?)?,
    };
    let inverse = values.reciprocal()?.masked_where(&counts)?.unsqueeze(-2)?;
    let p = (vt.mt()? * inverse)?.matmul(&u.mt()?)?.array();
    let p = Tensor::record_with_output(p, op, &[x], |p| Pinv {
        a: x.save(),
        p: p.save(),
    });
    Ok((p, values, counts))
}

/// The pseudoinverse: the matrix that solves least squares problems, with singular values that count
/// as zero left out.
///
/// Shapes: `[..., m, n] -> [..., n, m]`.
///
/// ```
/// # use rushlight_autograd::{linalg, tensor, Result};
/// # fn main() -> Result<()> {
/// let p = linalg::pinv(&tensor([[2.0, 0.0], [0.0, 0.0]])?, &Default::default())?;
/// assert!(p.allclose(&tensor([[0.5, 0.0], [0.0, 0.0]])?, Default::default())?);
/// # Ok(()) }
/// ```
pub fn pinv(a: &Tensor, options: &RankOptions) -> Result<Tensor> {
    const OP: &str = "linalg.pinv";
    let wide = match options.hermitian {
        true => square_matrices(OP, a)?,
        false => matrices(OP, a)?,
    };
    let (p, _, _) = pseudoinverse(OP, a, &wide, options)?;
    p.to_dtype(a.dtype())
}

/// The condition number: the product of the norms of a matrix and of its inverse, infinite where there
/// is none. Without a norm, or with the norms 2 and -2, it is a ratio of singular values, which
/// matrices need not be square for.
///
/// Shapes: `[..., m, n] -> [...]`.
pub fn cond(a: &Tensor, norm: Option<Norm>) -> Result<Tensor> {
    const OP: &str = "linalg.cond";
    let [a] = &amp::operands(OP, [a])?;
    let wide = matrices(OP, a)?;
    let ratio = match norm {
        None | Some(Norm::P(2.0)) => [0, -1],
        Some(Norm::P(-2.0)) => [-1, 0],
        Some(norm) => {
            let wide = square_matrices(OP, a)?;
            let (inverse, reports) = super::inv_ex(&wide)?;
            let product = wide.matrix_norm(norm, [-2, -1], false)?
                * inverse.matrix_norm(norm, [-2, -1], false)?;
            let product = Tensor::select_where(&reports.eq(0)?, &product?, f64::INFINITY)?;
            return product.to_dtype(a.dtype());
        }
    };
    if a.numel() == 0 {
        let (m, n) = sizes(a)?;
        if m.min(n) == 0 {
            return a.new_zeros(&batch(a));
        }
    }
    let values = singular_values(OP, &wide)?;
    let [above, below] = ratio.map(|index| values.select(-1, index));
    (above? / below?)?.to_dtype(a.dtype())
}

impl Tensor {
    /// The pseudoinverse, where singular values not above `rcond` times the largest count as zero:
    /// PyTorch's older form of [`pinv`].
    pub fn pinverse(&self, rcond: f64) -> Result<Tensor> {
        let options = RankOptions {
            rtol: Some(rcond.into()),
            ..Default::default()
        };
        let [a] = &amp::operands("pinverse", [self])?;
        pinv(a, &options)
    }

    /// The inverse of square matrices: PyTorch's older form of [`inv`].
    pub fn inverse(&self) -> Result<Tensor> {
        inv(self)
    }
}

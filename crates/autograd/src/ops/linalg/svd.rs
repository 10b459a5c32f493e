//! The singular value decomposition.

use super::eigen::gaps;
use super::{check_reports, identity, matrices, sizes};
use crate::graph::needs_graph;
use crate::{Backward, Gradients, Result, Saved, Tensor, Wants, amp, gradients};
use rushlight_tensor::ops::linalg::{Bases, Factorization};
use rushlight_tensor::{Array, Error as ArrayError};

/// The backward of `A = U diag(s) V^T`. What completes the bases is not unique, so its gradient does
/// not count.
struct Svd {
    u: Saved,
    values: Saved,
    vt: Saved,
}

impl Backward for Svd {
    fn backward(&self, _: &Tensor, _: Wants<'_>) -> Result<Gradients> {
        unreachable!("a factorization has several outputs")
    }

    fn backward_many(&self, g: &[Option<Tensor>], wants: Wants<'_>) -> Result<Gradients> {
        if !wants.input(0) || g.iter().all(Option::is_none) {
            return Ok(Gradients::new());
        }
        let values = self.values.get();
        let k = values.size(-1)?;
        let u = self.u.get().narrow(-1, 0, k)?;
        let v = self.vt.get().narrow(-2, 0, k)?.mt()?;
        let columns = values.unsqueeze(-2)?;
        let rows = values.unsqueeze(-1)?;
        // The differences of squares, ones on the diagonal.
        let apart = (gaps(&values)? * (&rows + &columns)?)?;
        let own = apart.diagonal(0, -2, -1)?.diag_embed(0, -2, -1)?;
        let apart = ((apart - own)? + identity(&values, k, k)?)?;
        let turning = |basis: &Tensor, g: &Tensor| -> Result<Tensor> {
            let along = basis.mt()?.matmul(g)?;
            (&along - along.mt()?)? / &apart
        };
        // What leaves the space that the vectors span.
        let leaving = |basis: &Tensor, g: &Tensor| -> Result<Tensor> {
            (g - basis.matmul(&basis.mt()?.matmul(g)?)?)? / &columns
        };
        let mut gradient: Option<Tensor> = None;
        let mut add = |term: Tensor| -> Result<()> {
            gradient = Some(match gradient.take() {
                Some(sum) => (sum + term)?,
                None => term,
            });
            Ok(())
        };
        let (ut, vt) = (u.mt()?, v.mt()?);
        if let Some(g) = &g[1] {
            add((&u * g.unsqueeze(-2)?)?.matmul(&vt)?)?;
        }
        if let Some(g) = &g[0] {
            let g = g.narrow(-1, 0, k)?;
            add(u.matmul(&(turning(&u, &g)? * &columns)?)?.matmul(&vt)?)?;
            if u.size(-2)? > k {
                add(leaving(&u, &g)?.matmul(&vt)?)?;
            }
        }
        if let Some(g) = &g[2] {
            let g = g.narrow(-2, 0, k)?.mt()?;
            add(u.matmul(&(turning(&v, &g)? * &rows)?)?.matmul(&vt)?)?;
            if v.size(-2)? > k {
                add(leaving(&v, &g)?.matmul(&ut)?.mt()?)?;
            }
        }
        gradients![wants; gradient.expect("some gradient is there")]
    }
}

/// `U`, `s` and `V^T` in `f64`.
pub(super) fn decompose(op: &'static str, x: &Tensor, vectors: Bases) -> Result<[Tensor; 3]> {
    let arrays = x.array().factorize(Factorization::Svd(vectors))?;
    let [u, values, vt, reports]: [Array; 4] =
        arrays.try_into().expect("the factorization has four parts");
    check_reports(
        op,
        &reports,
        "one whose singular values are out of reach",
        "finite",
    )?;
    let parts = vec![u, values, vt];
    let parts = Tensor::record_many_with_outputs(parts, op, &[x], |outputs| Svd {
        u: outputs[0].save(),
        values: outputs[1].save(),
        vt: outputs[2].save(),
    });
    Ok(parts.try_into().expect("as many as were recorded"))
}

/// Orthonormal columns `U`, the singular values `s` in descending order, and orthonormal rows `V^T`
/// with `A = U diag(s) V^T`. `full_matrices` completes `U` and `V` to whole bases.
///
/// Shapes: `[..., m, n] -> [..., m, k], [..., k], [..., k, n]` with `k = min(m, n)`, or `[..., m, m]`
/// and `[..., n, n]` if full. Vectors have either sign, and those of equal singular values are any
/// basis; a gradient that depends on that choice means nothing.
///
/// ```
/// # use rushlight_autograd::{linalg, tensor, Result};
/// # fn main() -> Result<()> {
/// let a = tensor([[0.0, 2.0], [3.0, 0.0], [0.0, 0.0]])?;
/// let (u, s, vt) = linalg::svd(&a, false)?;
/// assert!(s.allclose(&tensor([3.0, 2.0])?, Default::default())?);
/// assert!((u * s)?.matmul(&vt)?.allclose(&a, Default::default())?);
/// # Ok(()) }
/// ```
pub fn svd(a: &Tensor, full_matrices: bool) -> Result<(Tensor, Tensor, Tensor)> {
    const OP: &str = "linalg.svd";
    let [a] = &amp::operands(OP, [a])?;
    let vectors = match full_matrices {
        true => Bases::Full,
        false => Bases::Reduced,
    };
    let [u, s, vt] = decompose(OP, &matrices(OP, a)?, vectors)?;
    let dtype = a.dtype();
    Ok((u.to_dtype(dtype)?, s.to_dtype(dtype)?, vt.to_dtype(dtype)?))
}

/// The singular values, in descending order.
///
/// Shapes: `[..., m, n] -> [..., min(m, n)]`.
pub fn svdvals(a: &Tensor) -> Result<Tensor> {
    const OP: &str = "linalg.svdvals";
    let [a] = &amp::operands(OP, [a])?;
    singular_values(OP, &matrices(OP, a)?)?.to_dtype(a.dtype())
}

/// The singular values of `f64` matrices; vectors only where the gradient needs them.
pub(super) fn singular_values(op: &'static str, x: &Tensor) -> Result<Tensor> {
    let vectors = match needs_graph(&[x]) {
        true => Bases::Reduced,
        false => Bases::None,
    };
    let [_, values, _] = decompose(op, x, vectors)?;
    Ok(values)
}

/// Orthonormal columns `U` and a symmetric positive semidefinite `H` with `A = U H`.
///
/// Shapes: `[..., m, n] -> [..., m, n], [..., n, n]` with `m >= n`.
pub fn polar(a: &Tensor) -> Result<(Tensor, Tensor)> {
    const OP: &str = "linalg.polar";
    let wide = matrices(OP, a)?;
    let (m, n) = sizes(a)?;
    if m < n {
        let expected = "at least as many rows as columns";
        return Err(ArrayError::shape(OP, a.shape(), expected).into());
    }
    let [u, s, vt] = decompose(OP, &wide, Bases::Reduced)?;
    let h = (vt.mt()? * s.unsqueeze(-2)?)?.matmul(&vt)?;
    Ok((u.matmul(&vt)?.to_dtype(a.dtype())?, h.to_dtype(a.dtype())?))
}

impl Tensor {
    /// `U`, `s` and `V` with `self = U diag(s) V^T`: PyTorch's older form of [`svd`], where `some`
    /// means not full, and `V` is not transposed.
    pub fn svd(&self, some: bool) -> Result<(Tensor, Tensor, Tensor)> {
        let (u, s, vt) = svd(self, !some)?;
        Ok((u, s, vt.mt()?))
    }
}

//! Eigenvalues and eigenvectors of symmetric matrices.

use super::{Triangle, check_reports, identity, square_matrices};
use crate::{Backward, Gradients, Result, Saved, Tensor, Wants, amp, gradients};
use rushlight_tensor::Array;
use rushlight_tensor::ops::linalg::Factorization;

/// The backward of `A = V diag(w) V^T`.
struct Eigen {
    values: Saved,
    vectors: Saved,
}

impl Backward for Eigen {
    fn backward(&self, _: &Tensor, _: Wants<'_>) -> Result<Gradients> {
        unreachable!("a factorization has several outputs")
    }

    fn backward_many(&self, g: &[Option<Tensor>], wants: Wants<'_>) -> Result<Gradients> {
        let (values, vectors) = (self.values.get(), self.vectors.get());
        let of_values = g[0].as_ref().map(|g| g.diag_embed(0, -2, -1)).transpose()?;
        let of_vectors = |g: &Tensor| {
            let turned = vectors.mt()?.matmul(g)?;
            let diagonal = turned.diagonal(0, -2, -1)?.diag_embed(0, -2, -1)?;
            (turned - diagonal)? / gaps(&values)?
        };
        let inner = match (of_values, &g[1]) {
            (Some(values), Some(g)) => (values + of_vectors(g)?)?,
            (Some(values), None) => values,
            (None, Some(g)) => of_vectors(g)?,
            (None, None) => return Ok(Gradients::new()),
        };
        gradients![wants; {
            let half = vectors.matmul(&inner)?.matmul(&vectors.mt()?)?;
            ((&half + half.mt()?)? * 0.5)?
        }]
    }
}

/// `x[j] - x[i]` at `[i, j]`, with ones on the diagonal.
pub(super) fn gaps(x: &Tensor) -> Result<Tensor> {
    let n = x.size(-1)?;
    (x.unsqueeze(-2)? - x.unsqueeze(-1)?)? + identity(x, n, n)?
}

/// Eigenvalues and eigenvectors in `f64`.
pub(super) fn decompose(op: &'static str, x: &Tensor) -> Result<(Tensor, Tensor)> {
    let arrays = x.array().factorize(Factorization::Eigen)?;
    let [values, vectors, reports]: [Array; 3] = arrays
        .try_into()
        .expect("the factorization has three parts");
    let what = "one whose eigenvalues are out of reach";
    check_reports(op, &reports, what, "well scaled")?;
    let parts = vec![values, vectors];
    let mut parts = Tensor::record_many_with_outputs(parts, op, &[x], |outputs| Eigen {
        values: outputs[0].save(),
        vectors: outputs[1].save(),
    });
    let (vectors, values) = (parts.remove(1), parts.remove(0));
    Ok((values, vectors))
}

/// The eigenvalues, in ascending order, and the eigenvectors, one a column, of symmetric matrices, of
/// which one triangle is read.
///
/// Shapes: `[..., n, n] -> [..., n], [..., n, n]`. Eigenvectors have either sign, and those of equal
/// eigenvalues are any basis; a gradient that depends on that choice means nothing.
///
/// ```
/// # use rushlight_autograd::{linalg, tensor, Result};
/// # fn main() -> Result<()> {
/// let a = tensor([[2.0, 1.0], [1.0, 2.0]])?;
/// let (values, vectors) = linalg::eigh(&a, linalg::Triangle::Lower)?;
/// assert!(values.allclose(&tensor([1.0, 3.0])?, Default::default())?);
/// let back = (&vectors * &values)?.matmul(&vectors.mt()?)?;
/// assert!(back.allclose(&a, Default::default())?);
/// # Ok(()) }
/// ```
pub fn eigh(a: &Tensor, triangle: Triangle) -> Result<(Tensor, Tensor)> {
    const OP: &str = "linalg.eigh";
    let [a] = &amp::operands(OP, [a])?;
    let (values, vectors) = of_triangle(OP, a, triangle)?;
    Ok((values.to_dtype(a.dtype())?, vectors.to_dtype(a.dtype())?))
}

/// The eigenvalues of [`eigh`].
pub fn eigvalsh(a: &Tensor, triangle: Triangle) -> Result<Tensor> {
    const OP: &str = "linalg.eigvalsh";
    let [a] = &amp::operands(OP, [a])?;
    let (values, _) = of_triangle(OP, a, triangle)?;
    values.to_dtype(a.dtype())
}

fn of_triangle(op: &'static str, a: &Tensor, triangle: Triangle) -> Result<(Tensor, Tensor)> {
    let wide = square_matrices(op, a)?;
    match triangle {
        Triangle::Lower => decompose(op, &wide),
        Triangle::Upper => decompose(op, &wide.mt()?),
    }
}

/// The backward of the square root `X` of a symmetric matrix: the solution of `X Y + Y X = g`.
struct SquareRoot {
    a: Saved,
}

impl Backward for SquareRoot {
    fn backward(&self, g: &Tensor, wants: Wants<'_>) -> Result<Gradients> {
        gradients![wants; {
            let (values, vectors) = decompose("linalg.matrix_sqrth", &self.a.get())?;
            let roots = values.sqrt()?;
            let sums = (roots.unsqueeze(-2)? + roots.unsqueeze(-1)?)?;
            let symmetric = ((g + g.mt()?)? * 0.5)?;
            let inner = (vectors.mt()?.matmul(&symmetric)?.matmul(&vectors)? / sums)?;
            vectors.matmul(&inner)?.matmul(&vectors.mt()?)?
        }]
    }
}

/// The symmetric positive definite matrix `X` with `X X = A`, for symmetric positive definite `A`, of
/// which the lower triangle is read.
///
/// Shapes: `[..., n, n] -> [..., n, n]`.
pub fn matrix_sqrth(a: &Tensor) -> Result<Tensor> {
    const OP: &str = "linalg.matrix_sqrth";
    let wide = square_matrices(OP, a)?;
    let (values, vectors) = decompose(OP, &wide.detach())?;
    let scaled = (&vectors * values.sqrt()?.unsqueeze(-2)?)?;
    let root = scaled.matmul(&vectors.mt()?)?.array();
    let root = Tensor::record(root, OP, &[&wide], || SquareRoot { a: wide.save() });
    root.to_dtype(a.dtype())
}

//! The orthogonal-triangular factorization, and products of reflections.

use super::triangular::{solve, solve_right};
use super::{batch, identity, matrices, same_dtype, sizes, with_batch};
use crate::graph::needs_graph;
use crate::{Backward, Error, Gradients, Result, Saved, Tensor, Wants, amp, gradients};
use rushlight_tensor::ops::linalg::{Bases, Factorization};
use rushlight_tensor::{Array, DType, Error as ArrayError};

/// What of a QR factorization to compute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum QrMode {
    /// `Q` of shape `[m, k]` and `R` of shape `[k, n]` with `k = min(m, n)`.
    #[default]
    Reduced,
    /// `Q` of shape `[m, m]` and `R` of shape `[m, n]`.
    Complete,
    /// `R` of shape `[k, n]`, and nothing for `Q`.
    R,
}

/// The backward of `A = Q R` for matrices that are not wider than tall, after Walter and Lehmann,
/// "Algorithmic Differentiation of Linear Algebra Functions" (2010).
struct Qr {
    q: Saved,
    r: Saved,
}

impl Backward for Qr {
    fn backward(&self, _: &Tensor, _: Wants<'_>) -> Result<Gradients> {
        unreachable!("a factorization has several outputs")
    }

    fn backward_many(&self, g: &[Option<Tensor>], wants: Wants<'_>) -> Result<Gradients> {
        let (q, r) = (self.q.get(), self.r.get());
        let of_q = |g: &Tensor| g.mt()?.matmul(&q)?.neg();
        let of_r = |g: &Tensor| r.matmul(&g.mt()?);
        let inner = match (&g[0], &g[1]) {
            (Some(q), Some(r)) => (of_q(q)? + of_r(r)?)?,
            (Some(q), None) => of_q(q)?,
            (None, Some(r)) => of_r(r)?,
            (None, None) => return Ok(Gradients::new()),
        };
        gradients![wants; {
            let symmetric = (inner.tril(0)? + inner.tril(-1)?.mt()?)?;
            let rows = q.matmul(&symmetric)?;
            let rows = match &g[0] {
                Some(g) => (rows + g)?,
                None => rows,
            };
            solve_right(&r.mt()?, &rows, false, false)?
        }]
    }
}

/// Orthonormal columns `Q` and an upper triangle `R` with `A = Q R`, as LAPACK chooses signs.
///
/// Shapes: see [`QrMode`].
///
/// ```
/// # use rushlight_autograd::{linalg, tensor, Result};
/// # fn main() -> Result<()> {
/// let (q, r) = linalg::qr(&tensor([[3.0], [4.0]])?, linalg::QrMode::Reduced)?;
/// assert!(r.allclose(&tensor([[-5.0]])?, Default::default())?);
/// assert!(q.allclose(&tensor([[-0.6], [-0.8]])?, Default::default())?);
/// # Ok(()) }
/// ```
///
/// `R` alone, and a `Q` with more columns than `A`, have no derivative.
pub fn qr(a: &Tensor, mode: QrMode) -> Result<(Tensor, Tensor)> {
    const OP: &str = "linalg.qr";
    let [a] = &amp::operands(OP, [a])?;
    let wide = matrices(OP, a)?;
    let (m, n) = sizes(a)?;
    let k = m.min(n);
    if needs_graph(&[a]) && (mode == QrMode::R || mode == QrMode::Complete && m > n) {
        return Err(Error::NoDerivative { op: OP });
    }
    let (bases, rows) = match mode {
        QrMode::R => (Bases::None, k),
        QrMode::Reduced => (Bases::Reduced, k),
        QrMode::Complete => (Bases::Full, m),
    };
    let [packed, _, q] = factor(&wide, bases)?;
    let r = packed.narrow(-2, 0, rows)?.triu(0)?;
    let (q, r) = match mode {
        QrMode::R => (a.new_zeros(&[0])?, r),
        _ if needs_graph(&[&wide]) => recorded(&wide, q, r)?,
        _ => (q, r),
    };
    Ok((q.to_dtype(a.dtype())?, r.to_dtype(a.dtype())?))
}

/// The same factors in terms of `x`: columns beyond the leading square are rotated by `Q`.
fn recorded(x: &Tensor, q: Tensor, r: Tensor) -> Result<(Tensor, Tensor)> {
    let (m, n) = sizes(x)?;
    let k = m.min(n);
    let (square, corner) = (x.narrow(-1, 0, k)?, r.narrow(-1, 0, k)?);
    let parts = vec![q.array(), corner.array()];
    let mut parts =
        Tensor::record_many_with_outputs(parts, "linalg.qr", &[&square], |outputs| Qr {
            q: outputs[0].save(),
            r: outputs[1].save(),
        });
    let (mut r, q) = (parts.remove(1), parts.remove(0));
    if n > k {
        let right = q.mt()?.matmul(&x.narrow(-1, k, n - k)?)?;
        r = Tensor::cat(&[&r, &right], -1)?;
    }
    Ok((q, r))
}

/// `R` above the vectors of reflections, their factors, and `Q`, without places in a graph.
fn factor(x: &Tensor, bases: Bases) -> Result<[Tensor; 3]> {
    let arrays = x.array().factorize(Factorization::Qr(bases))?;
    let parts: [Array; 3] = arrays
        .try_into()
        .expect("the factorization has three parts");
    Ok(parts.map(Tensor::new))
}

/// `Q C`, or `Q^T C`, where `Q` is the product of the reflections `I - factor v v^T`, `v` being the
/// columns of `packed` below the diagonal, with ones on it.
///
/// With `V` of these columns, `Q = I - V T V^T` where `T = D (I + S D)^-1`, `D` has the factors on its
/// diagonal and `S` is `V^T V` above the diagonal ("UT transform", Joffrain et al. 2006).
fn reflected(packed: &Tensor, factors: &Tensor, c: &Tensor, transpose: bool) -> Result<Tensor> {
    let (m, k) = sizes(packed)?;
    let v = (packed.tril(-1)? + identity(packed, m, k)?)?;
    let inner = (v.mt()?.matmul(&v)?.triu(1)? * factors.unsqueeze(-2)?)?;
    let scale = factors.unsqueeze(-1)?;
    let along = v.mt()?.matmul(c)?;
    let along = match transpose {
        false => (solve(&inner, &along, true, true)? * scale)?,
        true => solve(&inner.mt()?, &(along * scale)?, false, true)?,
    };
    c - v.matmul(&along)?
}

/// The backward of a product of no reflections: it depends on nothing.
struct Constant;

impl Backward for Constant {
    fn backward(&self, _: &Tensor, _: Wants<'_>) -> Result<Gradients> {
        Ok(Gradients::new())
    }
}

/// Refuses factors that do not belong to the columns of `a`.
fn check_factors(op: &'static str, a: &Tensor, factors: &Tensor) -> Result<()> {
    same_dtype(op, a, factors)?;
    let shape = factors.shape();
    let fits = match shape[..] {
        [ref own @ .., k] => *own == batch(a)[..] && k <= a.size(-1)? && k <= a.size(-2)?,
        [] => false,
    };
    match fits {
        true => Ok(()),
        false => {
            let expected = format!("a factor for each reflection of {}", a.shape());
            Err(ArrayError::shape(op, shape, expected).into())
        }
    }
}

/// The first columns, as many as `a` has, of the product of the reflections `I - tau v v^T`, `v` being
/// the columns of `a` below the diagonal, with ones on it.
///
/// Shapes: `[..., m, n]` with `m >= n`, and `[..., k]` with `k <= n`, `-> [..., m, n]`.
pub fn householder_product(a: &Tensor, tau: &Tensor) -> Result<Tensor> {
    const OP: &str = "linalg.householder_product";
    let [a, tau] = &amp::operands(OP, [a, tau])?;
    let wide = matrices(OP, a)?;
    check_factors(OP, a, tau)?;
    let (m, n) = sizes(a)?;
    if m < n {
        let expected = "at least as many rows as columns";
        return Err(ArrayError::shape(OP, a.shape(), expected).into());
    }
    let axes = with_batch(&identity(a, m, n)?, &batch(a))?;
    if tau.numel() == 0 {
        let q = axes.to_dtype(a.dtype())?.array();
        return Ok(Tensor::record(q, OP, &[a, tau], || Constant));
    }
    let packed = wide.narrow(-1, 0, tau.size(-1)?)?;
    let q = reflected(&packed, &tau.to_dtype(DType::F64)?, &axes, false)?;
    q.to_dtype(a.dtype())
}

impl Tensor {
    /// `R` of a QR factorization above the vectors of the reflections that make up `Q`, and their
    /// factors. It has no derivative.
    ///
    /// Shapes: `[..., m, n] -> [..., m, n], [..., min(m, n)]`.
    pub fn geqrf(&self) -> Result<(Tensor, Tensor)> {
        const OP: &str = "geqrf";
        let [a] = &amp::operands(OP, [self])?;
        let [packed, factors, _] = factor(&matrices(OP, a)?, Bases::None)?;
        let packed = packed.array().to_dtype(a.dtype())?;
        let packed = Tensor::record_without_derivative(packed, OP, &[a])?;
        Ok((packed, factors.to_dtype(a.dtype())?))
    }

    /// `Q C`, or `C Q` unless `left`, with `Q^T` for `Q` to `transpose` it, where `Q` is the product
    /// of the reflections that [`geqrf`](Tensor::geqrf) returned as `self` and `tau`.
    pub fn ormqr(&self, tau: &Tensor, c: &Tensor, left: bool, transpose: bool) -> Result<Tensor> {
        const OP: &str = "ormqr";
        let [a, tau, c] = &amp::operands(OP, [self, tau, c])?;
        let wide = matrices(OP, a)?;
        check_factors(OP, a, tau)?;
        same_dtype(OP, a, c)?;
        let other = matrices(OP, c)?;
        let other = if left { other } else { other.mt()? };
        if other.size(-2)? != a.size(-2)? || batch(c) != batch(a) {
            let expected = format!("one that fits reflections of {}", a.shape());
            return Err(ArrayError::shape(OP, c.shape(), expected).into());
        }
        if tau.numel() == 0 {
            return Ok(c.clone());
        }
        let packed = wide.narrow(-1, 0, tau.size(-1)?)?;
        let tau = tau.to_dtype(DType::F64)?;
        let y = reflected(&packed, &tau, &other, transpose == left)?;
        let y = if left { y } else { y.mt()? };
        y.to_dtype(c.dtype())
    }
}

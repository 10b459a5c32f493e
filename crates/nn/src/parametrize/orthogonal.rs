//! Weights with orthonormal columns, or rows where there are fewer.

use super::{Parametrization, register_parametrization, value_of};
use crate::{Buffer, Error, Module, Result};
use rushlight_autograd::{DType, Tensor, linalg, no_grad};

const OP: &str = "orthogonal";

/// How an orthogonal matrix follows from one without constraints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrthogonalMap {
    /// The exponential of the skew-symmetric matrix `a` that has the lower triangle.
    MatrixExp,
    /// Cayley's map `(1 + a / 2) (1 - a / 2)^-1` of that matrix.
    Cayley,
    /// The product of the reflections that the columns below the diagonal describe.
    Householder,
}

/// Settings of [`orthogonal_with`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrthogonalOptions {
    /// Default: the exponential for square matrices, reflections for others.
    pub orthogonal_map: Option<OrthogonalMap>,
    /// Whether to keep a base that the map starts from (Lezcano-Casado, 2019), so that training begins
    /// at the weight itself, where the map is well conditioned. Without one, reflections begin there,
    /// too; the other maps take the weight for their matrix. Default: true.
    pub use_trivialization: bool,
}

impl Default for OrthogonalOptions {
    fn default() -> OrthogonalOptions {
        OrthogonalOptions {
            orthogonal_map: None,
            use_trivialization: true,
        }
    }
}

/// Computes an orthogonal weight. What [`orthogonal`] registers.
#[derive(Module, Debug)]
#[module(name = "_Orthogonal")]
pub struct Orthogonal {
    #[module(skip)]
    map: OrthogonalMap,
    /// What the map's result is multiplied by, `[n, n]` for the longer side `n`.
    base: Option<Buffer>,
}

/// Keeps a weight orthogonal: `q^T q = 1` for its columns, or `q q^T = 1` for its rows where there are
/// fewer. Of a weight with more than two dimensions, the matrices in the last two. PyTorch's
/// `parametrizations.orthogonal`.
///
/// It starts from the weight's own orthogonal factor: the `q` of `q r` with a positive diagonal of `r`.
///
/// ```
/// # use rushlight_autograd::{Result, Tensor};
/// # use rushlight_nn::{Linear, Module, parametrize};
/// # fn main() -> Result<()> {
/// let layer = Linear::new(20, 40)?;
/// parametrize::orthogonal(&layer, "weight")?;
/// let error = (layer.weight.t()?.matmul(&layer.weight)? - Tensor::eye(20)?)?;
/// assert!(error.abs()?.max()?.item()? < 1e-5);
/// # Ok(()) }
/// ```
pub fn orthogonal(module: &dyn Module, name: &str) -> Result<()> {
    orthogonal_with(module, name, OrthogonalOptions::default())
}

/// As [`orthogonal`], with settings.
pub fn orthogonal_with(module: &dyn Module, name: &str, options: OrthogonalOptions) -> Result<()> {
    let weight = value_of(OP, module, name)?;
    let shape = weight.shape();
    let Some((batch, &[rows, columns])) = shape.split_last_chunk() else {
        return Err(Error::shape(OP, shape, "at least two dimensions").into());
    };
    check_finite(&weight)?;
    let default = match rows == columns {
        true => OrthogonalMap::MatrixExp,
        false => OrthogonalMap::Householder,
    };
    let map = options.orthogonal_map.unwrap_or(default);
    let longer = rows.max(columns);
    let base = options
        .use_trivialization
        .then(|| weight.new_zeros(&[batch, &[longer, longer]].concat()));
    let base = base.transpose()?.map(Buffer::new);
    register_parametrization(module, name, Orthogonal { map, base })
}

impl Parametrization for Orthogonal {
    fn forward(&self, originals: &[Tensor]) -> Result<Tensor> {
        let (x, is_wide) = tall(&originals[0])?;
        let q = match self.map {
            OrthogonalMap::MatrixExp => {
                linalg::matrix_exp(&skew(&x)?)?.narrow(-1, 0, x.size(-1)?)?
            }
            OrthogonalMap::Cayley => {
                let half = (skew(&x)? / 2.0)?;
                let one = one(&x)?;
                let q = linalg::solve(&(&one - &half)?, &(&one + &half)?)?;
                q.narrow(-1, 0, x.size(-1)?)?
            }
            OrthogonalMap::Householder => {
                let vectors = x.tril(-1)?;
                let tau = (2.0 / (vectors.square()?.sum_dim(&[-2], false)? + 1.0)?)?;
                // The signs on the diagonal are no part of the derivative.
                let signs = x.detach().diagonal(0, -2, -1)?.trunc()?.unsqueeze(-2)?;
                linalg::householder_product(&vectors, &tau)?.mul(&signs)?
            }
        };
        let q = match &self.base {
            Some(base) => base.detach().matmul(&q)?,
            None => q,
        };
        if is_wide { q.mt() } else { Ok(q) }
    }

    fn right_inverse(&self, value: &Tensor) -> Result<Vec<Tensor>> {
        no_grad(|| {
            let (x, is_wide) = tall(value)?;
            let original = match (&self.base, self.map) {
                (Some(base), _) => {
                    base.set_data(&whole_orthogonal(&x)?)?;
                    // Reflections of minus the identity are the identity.
                    let ones = x.diagonal(0, -2, -1)?.ones_like()?;
                    x.zeros_like()?.diagonal_scatter(&ones.neg()?, 0, -2, -1)?
                }
                (None, OrthogonalMap::Householder) => as_reflections(&x)?,
                (None, OrthogonalMap::MatrixExp | OrthogonalMap::Cayley) => x,
            };
            Ok(vec![if is_wide { original.mt()? } else { original }])
        })
    }
}

fn check_finite(weight: &Tensor) -> Result<()> {
    if weight.isfinite()?.all()?.item()? == 1.0 {
        return Ok(());
    }
    let (got, expected) = ("infinities or NaN", "finite numbers");
    Err(Error::argument(OP, "weight", got, expected).into())
}

/// Matrices with at least as many rows as columns, and whether they are the transposes of `x`.
fn tall(x: &Tensor) -> Result<(Tensor, bool)> {
    match x.size(-2)? < x.size(-1)? {
        true => Ok((x.mt()?, true)),
        false => Ok((x.clone(), false)),
    }
}

/// The identity with the rows of `x`.
fn one(x: &Tensor) -> Result<Tensor> {
    x.options().eye(x.size(-2)?, x.size(-2)?)
}

/// The skew-symmetric matrix with the lower triangle of `x`, and zeros in the columns that `x` lacks.
fn skew(x: &Tensor) -> Result<Tensor> {
    let missing = x.size(-2)? - x.size(-1)?;
    let lower = x.tril(0)?.pad(&[0, missing as isize], Default::default())?;
    &lower - lower.mt()?
}

/// The square orthogonal matrix whose first columns are the orthogonal factor of `x`, and whose others
/// are drawn; `x` itself if it is one.
fn whole_orthogonal(x: &Tensor) -> Result<Tensor> {
    let (n, k) = (x.size(-2)?, x.size(-1)?);
    if n == k && is_orthogonal(x)? {
        return Ok(x.clone());
    }
    let shape = x.shape();
    let missing = [&shape[..shape.len() - 1], &[n - k]].concat();
    let whole = match n == k {
        true => x.clone(),
        false => Tensor::cat(&[x, &x.options().randn(&missing)?], -1)?,
    };
    let (reflections, tau) = whole.geqrf()?;
    // The diagonal is that of `r`, whose signs become positive.
    let diagonal = reflections.diagonal(0, -2, -1)?;
    let ones = diagonal.ones_like()?;
    let signs = Tensor::select_where(&diagonal.lt(0)?, &ones.neg()?, &ones)?;
    linalg::householder_product(&reflections, &tau)?.mul(&signs.unsqueeze(-2)?)
}

/// Whether the columns of square matrices are orthonormal but for rounding.
fn is_orthogonal(x: &Tensor) -> Result<bool> {
    let eps = match x.dtype() {
        DType::F64 => f64::EPSILON,
        _ => f64::from(f32::EPSILON),
    };
    let error = (x.mt()?.matmul(x)? - one(x)?)?.abs()?;
    let bound = 10.0 * x.size(-1)? as f64 * eps;
    Ok(error.le(bound)?.all()?.item()? == 1.0)
}

/// The reflections whose product has the orthogonal factor of `x` as its first columns, below a
/// diagonal of signs.
fn as_reflections(x: &Tensor) -> Result<Tensor> {
    let (reflections, tau) = x.geqrf()?;
    let signs = reflections.diagonal(0, -2, -1)?.sign()?;
    // There is no reflection where there is nothing to reflect.
    let signs = Tensor::select_where(&tau.eq(0)?, &signs.neg()?, &signs)?;
    reflections.diagonal_scatter(&signs, 0, -2, -1)
}

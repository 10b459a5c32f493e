//! Weights with orthonormal columns, or rows where there are fewer.

use super::{Parametrization, register_parametrization, value_of};
use crate::{Buffer, Error, Module, Result};
use rushlight_autograd::{DType, Tensor, no_grad};

const OP: &str = "orthogonal";

/// How an orthogonal matrix follows from one without constraints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrthogonalMap {
    /// The exponential of the skew-symmetric matrix that has the lower triangle.
    MatrixExp,
    /// The product of the reflections that the columns below the diagonal describe.
    Householder,
}

/// Settings of [`orthogonal_with`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrthogonalOptions {
    /// Default: the exponential for square matrices, reflections for others.
    pub orthogonal_map: Option<OrthogonalMap>,
    /// Whether to keep a base that the map starts from (Lezcano-Casado, 2019), so that training begins
    /// where the map is well conditioned. Only reflections can do without. Default: true.
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

/// Keeps a weight of two dimensions orthogonal: `q^T q = 1` for its columns, or `q q^T = 1` for its rows
/// where there are fewer. PyTorch's `parametrizations.orthogonal`.
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

/// As [`orthogonal`], with settings. PyTorch's third map, Cayley's, is not there.
pub fn orthogonal_with(module: &dyn Module, name: &str, options: OrthogonalOptions) -> Result<()> {
    let weight = value_of(OP, module, name)?;
    let [rows, columns] = weight.shape()[..] else {
        return Err(Error::shape(OP, weight.shape(), "two dimensions").into());
    };
    let default = match rows == columns {
        true => OrthogonalMap::MatrixExp,
        false => OrthogonalMap::Householder,
    };
    let map = options.orthogonal_map.unwrap_or(default);
    if !options.use_trivialization && map == OrthogonalMap::MatrixExp {
        let (got, expected) = ("none for the exponential", "a base, or reflections");
        return Err(Error::argument(OP, "use_trivialization", got, expected).into());
    }
    let longer = rows.max(columns);
    let base = options
        .use_trivialization
        .then(|| weight.new_zeros(&[longer, longer]));
    let base = base.transpose()?.map(Buffer::new);
    register_parametrization(module, name, Orthogonal { map, base })
}

impl Parametrization for Orthogonal {
    fn forward(&self, originals: &[Tensor]) -> Result<Tensor> {
        let (x, is_wide) = tall(&originals[0])?;
        let q = match self.map {
            OrthogonalMap::MatrixExp => exponential(&x)?,
            OrthogonalMap::Householder => {
                // The signs on the diagonal are no part of the derivative.
                let signs = x.detach().diagonal(0, 0, 1)?.trunc()?;
                reflections(&x)?.mul(&signs)?
            }
        };
        let q = match &self.base {
            Some(base) => base.detach().matmul(&q)?,
            None => q,
        };
        if is_wide { q.t() } else { Ok(q) }
    }

    fn right_inverse(&self, value: &Tensor) -> Result<Vec<Tensor>> {
        no_grad(|| {
            let (x, is_wide) = tall(value)?;
            let (n, k) = (x.size(0)?, x.size(1)?);
            let Some(base) = &self.base else {
                let original = as_reflections(&x)?;
                return Ok(vec![if is_wide { original.t()? } else { original }]);
            };
            let whole = match n == k {
                true => x.clone(),
                false => {
                    let rest = Tensor::randn(&[n, n - k])?.to_dtype(x.dtype())?;
                    Tensor::cat(&[&x, &rest.to_device(x.device())?], 1)?
                }
            };
            base.set_data(&orthogonal_factor(&whole)?)?;
            // Reflections of minus the identity are the identity.
            let size = value.size(0)?.min(value.size(1)?);
            let ones = value.new_ones(&[size])?;
            let diagonal = value
                .zeros_like()?
                .diagonal_scatter(&ones.neg()?, 0, 0, 1)?;
            Ok(vec![diagonal])
        })
    }
}

/// A matrix with at least as many rows as columns, and whether that is the transpose of `x`.
fn tall(x: &Tensor) -> Result<(Tensor, bool)> {
    match x.shape()[..] {
        [rows, columns] if rows < columns => Ok((x.t()?, true)),
        [_, _] => Ok((x.clone(), false)),
        _ => Err(Error::shape(OP, x.shape(), "two dimensions").into()),
    }
}

/// The first columns of the exponential of the skew-symmetric matrix with the lower triangle of `x`.
fn exponential(x: &Tensor) -> Result<Tensor> {
    let (n, k) = (x.size(0)?, x.size(1)?);
    let lower = x.tril(0)?;
    let lower = match n == k {
        true => lower,
        false => Tensor::cat(&[&lower, &x.new_zeros(&[n, n - k])?], 1)?,
    };
    let skew = (&lower - lower.t()?)?;
    matrix_exp(&skew)?.narrow(1, 0, k)
}

/// The terms of the exponential series that `f64` can tell from none, of a matrix of norm 1/2.
const TERMS: u32 = 14;

/// The exponential of a matrix: the series of a part of it so small that few terms are enough, squared.
fn matrix_exp(a: &Tensor) -> Result<Tensor> {
    let norm = a.detach().abs()?.sum_dim(&[0], false)?.max()?.item()?;
    if !norm.is_finite() {
        return Err(Error::argument(OP, "norm of the original", norm, "finite").into());
    }
    let halvings = (norm.log2().ceil() + 1.0).clamp(0.0, 64.0) as i32;
    let small = (a * 0.5f64.powi(halvings))?;
    let one = a.options().eye(a.size(0)?, a.size(0)?)?;
    let mut sum = one.clone();
    for term in (1..=TERMS).rev() {
        sum = (&one + (small.matmul(&sum)? / f64::from(term))?)?;
    }
    for _ in 0..halvings {
        sum = sum.matmul(&sum)?;
    }
    Ok(sum)
}

/// The first columns of the product of the reflections `1 - tau v v^T`, where `v` is a column of `x`
/// below the diagonal with a 1 on it, and `tau = 2 / |v|^2`.
fn reflections(x: &Tensor) -> Result<Tensor> {
    let (n, k) = (x.size(0)?, x.size(1)?);
    let one = x.options().eye(n, k)?;
    let vectors = (x.tril(-1)? + &one)?;
    let tau = (2.0 / vectors.square()?.sum_dim(&[0], false)?)?;
    let mut q = one;
    for column in (0..k as i64).rev() {
        let v = vectors.select(1, column)?.unsqueeze(1)?;
        let along = v.t()?.matmul(&q)?;
        q = (&q - (v.matmul(&along)? * tau.select(0, column)?)?)?;
    }
    Ok(q)
}

/// The orthogonal factor `q` of `q r` with a positive diagonal of `r`, in `f64`.
fn orthogonal_factor(x: &Tensor) -> Result<Tensor> {
    let (n, k) = (x.size(0)?, x.size(1)?);
    let wide = x.to_dtype(DType::F64)?;
    let mut q: Option<Tensor> = None;
    for column in 0..k as i64 {
        let mut v = wide.select(1, column)?;
        let length = loop {
            let before = v.norm()?.item()?;
            // What rounding leaves of the others goes away in the second pass.
            for _ in 0..2 {
                if let Some(q) = &q {
                    v = (&v - q.mv(&q.t()?.mv(&v)?)?)?;
                }
            }
            let length = v.norm()?.item()?;
            if !length.is_finite() {
                return Err(Error::argument(OP, "weight", length, "finite numbers").into());
            }
            if length > before * 1e-14 {
                break length;
            }
            // The column depends on those before; any other direction will do.
            v = Tensor::randn(&[n])?
                .to_dtype(DType::F64)?
                .to_device(x.device())?;
        };
        let v = (v / length)?.unsqueeze(1)?;
        q = Some(match q {
            Some(q) => Tensor::cat(&[&q, &v], 1)?,
            None => v,
        });
    }
    q.map_or_else(|| Ok(x.clone()), |q| q.to_dtype(x.dtype()))
}

/// The reflections whose product has the orthogonal factor of `x` as its first columns, below a
/// diagonal of signs.
fn as_reflections(x: &Tensor) -> Result<Tensor> {
    let (n, k) = (x.size(0)?, x.size(1)?);
    let mut rest = x.to_dtype(DType::F64)?;
    let mut columns = Vec::with_capacity(k);
    for column in 0..k {
        // Rows from the diagonal on, which are reflected onto their first one.
        let part = rest.narrow(0, column as i64, n - column)?;
        let mut v = part
            .select(1, column as i64)?
            .contiguous()?
            .to_vec::<f64>()?;
        let length = v.iter().map(|x| x * x).sum::<f64>().sqrt();
        if !length.is_finite() {
            return Err(Error::argument(OP, "weight", length, "finite numbers").into());
        }
        let reached = if v[0] < 0.0 { length } else { -length };
        let distance = if length > 0.0 { v[0] - reached } else { 1.0 };
        v.iter_mut().for_each(|x| *x /= distance);
        v[0] = 1.0;
        let tau = 2.0 / v.iter().map(|x| x * x).sum::<f64>();
        let mut whole = vec![0.0; column];
        whole.extend(&v);
        whole[column] = reached.signum();
        columns.push(Tensor::from_vec(whole, &[n])?);
        let v = Tensor::from_vec(v, &[n - column, 1])?.to_device(x.device())?;
        let reflected = (&part - (v.matmul(&v.t()?.matmul(&part)?)? * tau)?)?;
        rest = rest.slice_scatter(&reflected, 0, column as i64..)?;
    }
    match columns.is_empty() {
        true => Ok(x.clone()),
        false => Tensor::stack(&columns, 1)?
            .to_dtype(x.dtype())?
            .to_device(x.device()),
    }
}

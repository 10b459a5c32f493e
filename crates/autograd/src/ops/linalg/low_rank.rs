//! Decompositions of low rank, after Halko, Martinsson and Tropp, "Finding Structure with Randomness"
//! (2009): a few random directions, sharpened by products with the matrix, span what matters of it.

use super::{QrMode, matrices, qr, sizes, svd};
use crate::{Error, Result, Tensor, TensorOptions};

/// Rounds of sharpening that are usually enough.
const ROUNDS: usize = 2;

impl Tensor {
    /// `U`, `s` and `V` of rank at most `q` with `U diag(s) V^T` near `self`, or near `self - mean`.
    /// It draws random numbers, as PyTorch does.
    ///
    /// Shapes: `[..., m, n] -> [..., m, q], [..., q], [..., n, q]`.
    pub fn svd_lowrank(
        &self,
        q: usize,
        rounds: Option<usize>,
        mean: Option<&Tensor>,
    ) -> Result<(Tensor, Tensor, Tensor)> {
        const OP: &str = "svd_lowrank";
        matrices(OP, self)?;
        let (m, n) = sizes(self)?;
        at_most(OP, "q", q, m.min(n))?;
        let a = match mean {
            Some(mean) => (self - mean.broadcast_to(&self.shape())?)?,
            None => self.clone(),
        };
        let a = if m < n { a.mt()? } else { a };
        let basis = basis(&a, q, rounds.unwrap_or(ROUNDS))?;
        let (u, s, vt) = svd(&basis.mt()?.matmul(&a)?, false)?;
        let (u, v) = (basis.matmul(&u)?, vt.mt()?);
        Ok(if m < n { (v, s, u) } else { (u, s, v) })
    }

    /// As [`svd_lowrank`](Tensor::svd_lowrank) of the rows less their mean, if `center`: principal
    /// components. `q` is by default 6, or less for a small matrix.
    pub fn pca_lowrank(
        &self,
        q: Option<usize>,
        center: bool,
        rounds: Option<usize>,
    ) -> Result<(Tensor, Tensor, Tensor)> {
        const OP: &str = "pca_lowrank";
        matrices(OP, self)?;
        let (m, n) = sizes(self)?;
        let q = q.unwrap_or(m.min(n).min(6));
        at_most(OP, "q", q, m.min(n))?;
        match center {
            true => (self - self.mean_dim(&[-2], true)?)?.svd_lowrank(q, rounds, None),
            false => self.svd_lowrank(q, rounds, None),
        }
    }
}

/// `q` orthonormal columns that span nearly what the columns of `a` do.
fn basis(a: &Tensor, q: usize, rounds: usize) -> Result<Tensor> {
    let options = TensorOptions::new().dtype(a.dtype()).device(a.device());
    let directions = options.randn(&[a.size(-1)?, q])?;
    let orthonormal = |x: Tensor| -> Result<Tensor> { Ok(qr(&x, QrMode::Reduced)?.0) };
    let mut basis = orthonormal(a.matmul(&directions)?)?;
    let transposed = a.mt()?;
    for _ in 0..rounds {
        basis = orthonormal(transposed.matmul(&basis)?)?;
        basis = orthonormal(a.matmul(&basis)?)?;
    }
    Ok(basis)
}

/// Refuses a rank that a matrix cannot have.
fn at_most(op: &'static str, name: &'static str, got: usize, most: usize) -> Result<()> {
    match got <= most {
        true => Ok(()),
        false => {
            let got = format!("{got}, where {most} are possible");
            Err(Error::argument(
                op,
                name,
                got,
                "at most the smaller size of the matrix",
            ))
        }
    }
}

//! Determinants.

use super::solve::{Known, transposed_inverse};
use super::square_matrices;
use crate::graph::needs_graph;
use crate::{Backward, Gradients, Result, Saved, Tensor, Wants, gradients};
use rushlight_tensor::DType;

/// The backward of the determinant: `g det(A) A^-T`.
struct Determinant {
    a: Saved,
    det: Saved,
    /// Factors of `A`, or where it is singular of a matrix nearby.
    nearby: Known,
    /// The determinant nearby.
    nearby_det: Tensor,
}

impl Backward for Determinant {
    fn backward(&self, g: &Tensor, wants: Wants<'_>) -> Result<Gradients> {
        let (a, det) = (self.a.get(), self.det.get());
        gradients![wants; {
            let singular = det.detach().eq(0.0)?;
            let det = Tensor::select_where(&singular, &self.nearby_det, &det)?;
            let factor = (g * det)?.unsqueeze(-1)?.unsqueeze(-1)?;
            (factor * transposed_inverse(&a, &self.nearby)?)?
        }]
    }
}

/// The backward of the logarithm of the determinant's magnitude: `g A^-T`.
struct LogDeterminant {
    a: Saved,
    known: Known,
}

impl Backward for LogDeterminant {
    fn backward(&self, _: &Tensor, _: Wants<'_>) -> Result<Gradients> {
        unreachable!("there are two outputs")
    }

    fn backward_many(&self, g: &[Option<Tensor>], wants: Wants<'_>) -> Result<Gradients> {
        let a = self.a.get();
        // The sign is constant wherever it has a derivative.
        let Some(g) = &g[1] else {
            return gradients![wants; a.zeros_like()?];
        };
        gradients![wants; {
            let factor = g.unsqueeze(-1)?.unsqueeze(-1)?;
            (factor * transposed_inverse(&a, &self.known)?)?
        }]
    }
}

/// Factors, the diagonal of `U`, and the sign of the permutation.
fn parts(x: &Tensor) -> Result<(Known, Tensor, Tensor)> {
    let (known, factors) = Known::of(x)?;
    let n = x.size(-1)?;
    let pivots = factors.pivots.to_vec::<i32>()?;
    let signs: Vec<f64> = (0..super::batch(x).iter().product::<usize>())
        .map(|matrix| {
            let own = &pivots[matrix * n..(matrix + 1) * n];
            let swapped = (1..).zip(own).filter(|&(row, &with)| row != with);
            if swapped.count() % 2 == 0 { 1.0 } else { -1.0 }
        })
        .collect();
    let signs = Tensor::from_slice(&signs, &super::batch(x))?.to(x.device())?;
    let diagonal = known.lu.diagonal(0, -2, -1)?;
    Ok((known, diagonal, signs))
}

/// The determinant of square matrices.
///
/// Shapes: `[..., n, n] -> [...]`. The gradient of a singular matrix's determinant is that of a matrix
/// nearby.
///
/// ```
/// # use rushlight_autograd::{linalg, tensor, Result};
/// # fn main() -> Result<()> {
/// assert_eq!(linalg::det(&tensor([[0.0, 2.0], [3.0, 1.0]])?)?.item()?, -6.0);
/// # Ok(()) }
/// ```
pub fn det(a: &Tensor) -> Result<Tensor> {
    const OP: &str = "linalg.det";
    let wide = square_matrices(OP, a)?;
    let (known, diagonal, signs) = parts(&wide)?;
    let det = (diagonal.prod_dim(-1, false)? * &signs)?;
    if !needs_graph(&[&wide]) {
        return det.to_dtype(a.dtype());
    }
    let nudge = (diagonal.eq(0.0)?.to_dtype(DType::F64)? * f64::EPSILON)?;
    let nearby_det = ((&diagonal + &nudge)?.prod_dim(-1, false)? * signs)?;
    let lu = (&known.lu + nudge.diag_embed(0, -2, -1)?)?;
    let y = Tensor::record_with_output(det.array(), OP, &[&wide], |det| Determinant {
        a: wide.save(),
        det: det.save(),
        nearby: Known { lu, ..known },
        nearby_det,
    });
    y.to_dtype(a.dtype())
}

/// The sign of the determinant, or 0, and the logarithm of its magnitude.
///
/// Shapes: `[..., n, n] -> [...], [...]`.
pub fn slogdet(a: &Tensor) -> Result<(Tensor, Tensor)> {
    const OP: &str = "linalg.slogdet";
    let wide = square_matrices(OP, a)?;
    let (known, diagonal, signs) = parts(&wide)?;
    let sign = (diagonal.sign()?.prod_dim(-1, false)? * signs)?;
    let log = diagonal.abs()?.log()?.sum_dim(&[-1], false)?.array();
    let rule = || LogDeterminant {
        a: wide.save(),
        known,
    };
    let mut parts = Tensor::record_many(vec![sign.array(), log], OP, &[&wide], rule);
    let (log, sign) = (parts.remove(1), parts.remove(0));
    Ok((sign.to_dtype(a.dtype())?, log.to_dtype(a.dtype())?))
}

impl Tensor {
    /// The logarithm of the determinant; NaN where that is negative.
    pub fn logdet(&self) -> Result<Tensor> {
        let (sign, log) = slogdet(self)?;
        Tensor::select_where(&sign.lt(0.0)?, f64::NAN, &log)
    }
}

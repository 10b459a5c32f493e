//! Systems with a triangular matrix.

use super::{Triangle, matrices, same_batch, same_dtype, square_matrices};
use crate::{Backward, Gradients, Result, Saved, Tensor, Wants, amp, gradients};
use rushlight_tensor::ops::linalg::System;

/// The backward of `X = A^-1 B`.
struct Solve {
    a: Saved,
    x: Saved,
    upper: bool,
    unit: bool,
}

impl Backward for Solve {
    fn backward(&self, g: &Tensor, wants: Wants<'_>) -> Result<Gradients> {
        let (a, x) = (self.a.get(), self.x.get());
        let g = solve(&a.mt()?, g, !self.upper, self.unit)?;
        gradients![wants; {
            let of_all = g.matmul(&x.mt()?)?.neg()?;
            let offset = i64::from(self.unit);
            if self.upper { of_all.triu(offset)? } else { of_all.tril(-offset)? }
        }, g]
    }
}

/// `A^-1 B` in `f64` for one triangle of `A`, the batches being equal. `unit` counts the diagonal as
/// ones.
pub(super) fn solve(a: &Tensor, b: &Tensor, upper: bool, unit: bool) -> Result<Tensor> {
    let x = a
        .array()
        .solve(System::Triangular { upper, unit }, None, &b.array())?;
    let rule = |x: crate::Output<'_>| Solve {
        a: a.save(),
        x: x.save(),
        upper,
        unit,
    };
    Ok(Tensor::record_with_output(
        x,
        "linalg.solve_triangular",
        &[a, b],
        rule,
    ))
}

/// `B A^-1`, otherwise as [`solve`].
pub(super) fn solve_right(a: &Tensor, b: &Tensor, upper: bool, unit: bool) -> Result<Tensor> {
    solve(&a.mt()?, &b.mt()?, !upper, unit)?.mt()
}

/// The solution `X` of `A X = B`, or of `X A = B` unless `left`, for a triangle of `A`. The other one
/// is not read, nor is the diagonal if it is `unitriangular`, that is, ones.
///
/// Shapes: `[..., n, n]` and `[..., n, k] -> [..., n, k]`; on the right `[..., k, n]`.
///
/// ```
/// # use rushlight_autograd::{linalg, tensor, Result};
/// # fn main() -> Result<()> {
/// let a = tensor([[2.0, 0.0], [1.0, 4.0]])?;
/// let b = tensor([[2.0], [9.0]])?;
/// let x = linalg::solve_triangular(&a, &b, linalg::Triangle::Lower, true, false)?;
/// assert_eq!(x.to_vec::<f32>()?, [1.0, 2.0]);
/// # Ok(()) }
/// ```
pub fn solve_triangular(
    a: &Tensor,
    b: &Tensor,
    triangle: Triangle,
    left: bool,
    unitriangular: bool,
) -> Result<Tensor> {
    const OP: &str = "linalg.solve_triangular";
    same_dtype(OP, a, b)?;
    let (a, wide) = same_batch(OP, &square_matrices(OP, a)?, &matrices(OP, b)?)?;
    let upper = triangle == Triangle::Upper;
    let x = match left {
        true => solve(&a, &wide, upper, unitriangular)?,
        false => solve_right(&a, &wide, upper, unitriangular)?,
    };
    x.to_dtype(b.dtype())
}

impl Tensor {
    /// The solution `X` of `A X = self` for a triangle of `A`, or of `A^T X = self` to `transpose`
    /// it, and `A`: PyTorch's older form of [`solve_triangular`].
    pub fn triangular_solve(
        &self,
        a: &Tensor,
        triangle: Triangle,
        transpose: bool,
        unitriangular: bool,
    ) -> Result<(Tensor, Tensor)> {
        const OP: &str = "triangular_solve";
        let [b, a] = &amp::operands(OP, [self, a])?;
        let dtype = b.dtype();
        same_dtype(OP, b, a)?;
        let (a, b) = same_batch(OP, &square_matrices(OP, a)?, &matrices(OP, b)?)?;
        let upper = triangle == Triangle::Upper;
        let x = match transpose {
            true => solve(&a.mt()?, &b, !upper, unitriangular)?,
            false => solve(&a, &b, upper, unitriangular)?,
        };
        Ok((x.to_dtype(dtype)?, a.to_dtype(dtype)?))
    }
}

//! The factorization into triangles.

use super::triangular::{solve, solve_right};
use super::{
    batch, check_reports, identity, matrices, same_batch, same_dtype, sizes, square_matrices,
    with_batch,
};
use crate::graph::needs_graph;
use crate::{Backward, Error, Gradients, Result, Saved, Tensor, Wants, amp, gradients};
use rushlight_tensor::ops::linalg::Factorization;
use rushlight_tensor::ops::rules;
use rushlight_tensor::{Array, DType, Error as ArrayError};

/// The backward of the factorization of square matrices whose rows stay where they are, both
/// triangles in one matrix.
struct Packed {
    lu: Saved,
}

impl Backward for Packed {
    fn backward(&self, g: &Tensor, wants: Wants<'_>) -> Result<Gradients> {
        let lu = self.lu.get();
        gradients![wants; {
            let (l, u) = (unit_lower(&lu)?, lu.triu(0)?);
            let of_l = l.mt()?.matmul(&g.tril(-1)?)?.tril(-1)?;
            let of_u = g.triu(0)?.matmul(&u.mt()?)?.triu(0)?;
            let inner = solve(&lu.mt()?, &(of_l + of_u)?, true, true)?;
            solve_right(&lu.mt()?, &inner, false, false)?
        }]
    }
}

/// What is below the diagonal, with ones on it.
fn unit_lower(lu: &Tensor) -> Result<Tensor> {
    let (m, n) = sizes(lu)?;
    lu.tril(-1)? + identity(lu, m, n)?
}

/// A factorization in `f64`.
pub(super) struct Factors {
    /// `L` and `U` in one.
    pub(super) lu: Tensor,
    pub(super) pivots: Array,
    pub(super) reports: Array,
}

impl Factors {
    pub(super) fn of(x: &Tensor, pivot: bool) -> Result<Factors> {
        let arrays = x.array().factorize(Factorization::Lu { pivot })?;
        let [lu, pivots, reports]: [Array; 3] = arrays
            .try_into()
            .expect("the factorization has three parts");
        let lu = match needs_graph(&[x]) {
            true => recorded(x, &lu, &pivots)?,
            false => Tensor::new(lu),
        };
        Ok(Factors {
            lu,
            pivots,
            reports,
        })
    }
}

/// The same factors in terms of `x`: beyond the leading square they solve triangular systems.
fn recorded(x: &Tensor, lu: &Array, pivots: &Array) -> Result<Tensor> {
    let (m, n) = sizes(x)?;
    let k = m.min(n);
    let rows = reordered(x, &row_order("linalg.lu", &Tensor::new(pivots.clone()), m)?)?;
    let square = rows.narrow(-2, 0, k)?.narrow(-1, 0, k)?;
    let value = lu.narrow(-2, 0, k)?.narrow(-1, 0, k)?;
    let lu = Tensor::record_with_output(value, "linalg.lu", &[&square], |lu| Packed {
        lu: lu.save(),
    });
    if n > k {
        let right = solve(&lu, &rows.narrow(-1, k, n - k)?, false, true)?;
        return Tensor::cat(&[&lu, &right], -1);
    }
    if m > k {
        let below = solve_right(&lu, &rows.narrow(-2, k, m - k)?, true, false)?;
        return Tensor::cat(&[&lu, &below], -2);
    }
    Ok(lu)
}

/// Where the rows of `L U` come from, `[..., rows, 1]`, after the swaps that `pivots` list.
pub(super) fn row_order(op: &'static str, pivots: &Tensor, rows: usize) -> Result<Tensor> {
    let swaps = pivots.size(-1)?;
    let fits = pivots.dtype() == DType::I32;
    rules::dtype(op, pivots.dtype(), fits, "i32 pivots")?;
    let targets = pivots.to_vec::<i32>()?;
    let count = pivots.numel().checked_div(swaps).unwrap_or_else(|| {
        let shape = pivots.shape();
        shape[..shape.len() - 1].iter().product()
    });
    let total = count.saturating_mul(rows);
    rules::room_for(op, total)?;
    let mut order = Vec::with_capacity(total);
    for matrix in 0..count {
        let start = order.len();
        order.extend(0..rows as i64);
        for (i, &target) in targets[matrix * swaps..(matrix + 1) * swaps]
            .iter()
            .enumerate()
        {
            if target < 1 || target as usize > rows || i >= rows {
                return Err(Error::argument(
                    op,
                    "pivots",
                    target,
                    "numbers of rows, from 1",
                ));
            }
            order.swap(start + i, start + target as usize - 1);
        }
    }
    let shape = pivots.shape();
    let shape = [&shape[..shape.len() - 1], &[rows, 1]].concat();
    Tensor::from_slice(&order, &shape)?.to(pivots.device())
}

/// Rows in another order.
pub(super) fn reordered(x: &Tensor, order: &Tensor) -> Result<Tensor> {
    x.gather(-2, &order.broadcast_to(&x.shape())?)
}

/// The order that undoes another.
pub(super) fn inverse_order(order: &Tensor) -> Result<Tensor> {
    order.argsort(-2, false)
}

/// `P` with `P[order[i], i] = 1`.
fn permutation(order: &Tensor, dtype: DType) -> Result<Tensor> {
    let m = order.size(-2)?;
    let rows = with_batch(&identity(order, m, m)?, &batch(order))?;
    reordered(&rows, &inverse_order(order)?)?.to_dtype(dtype)
}

/// The factors of `A = P L U`, both triangles in one matrix without the ones of `L`, and the pivots:
/// the row, from 1, that each row was swapped with. Singular matrices are refused.
///
/// Shapes: `[..., m, n] -> [..., m, n], [..., min(m, n)]`.
pub fn lu_factor(a: &Tensor, pivot: bool) -> Result<(Tensor, Tensor)> {
    const OP: &str = "linalg.lu_factor";
    let factors = Factors::of(&matrices(OP, a)?, pivot)?;
    check_reports(
        OP,
        &factors.reports,
        "a singular one",
        "one that can be solved with",
    )?;
    Ok((factors.lu.to_dtype(a.dtype())?, Tensor::new(factors.pivots)))
}

/// As [`lu_factor`], with reports instead of an error.
pub fn lu_factor_ex(a: &Tensor, pivot: bool) -> Result<(Tensor, Tensor, Tensor)> {
    let factors = Factors::of(&matrices("linalg.lu_factor_ex", a)?, pivot)?;
    let lu = factors.lu.to_dtype(a.dtype())?;
    Ok((
        lu,
        Tensor::new(factors.pivots),
        Tensor::new(factors.reports),
    ))
}

/// The permutation `P`, the lower triangle `L` with ones on its diagonal and the upper triangle `U` of
/// `A = P L U`. Without `pivot`, `P` is the identity.
///
/// Shapes: `[..., m, n] -> [..., m, m], [..., m, k], [..., k, n]` with `k = min(m, n)`.
///
/// ```
/// # use rushlight_autograd::{linalg, tensor, Result};
/// # fn main() -> Result<()> {
/// let a = tensor([[1.0, 2.0], [4.0, 4.0]])?;
/// let (p, l, u) = linalg::lu(&a, true)?;
/// assert_eq!(l.to_vec::<f32>()?, [1.0, 0.0, 0.25, 1.0]);
/// assert!(p.matmul(&l)?.matmul(&u)?.equal(&a)?);
/// # Ok(()) }
/// ```
pub fn lu(a: &Tensor, pivot: bool) -> Result<(Tensor, Tensor, Tensor)> {
    let factors = Factors::of(&matrices("linalg.lu", a)?, pivot)?;
    let lu = factors.lu.to_dtype(a.dtype())?;
    Tensor::lu_unpack(&lu, &Tensor::new(factors.pivots))
}

/// The solution `X` of `A X = B`, or of `X A = B` unless `left`, from what [`lu_factor`] returned for
/// `A`; with `A^T` for `A` if `adjoint`.
pub fn lu_solve(
    lu: &Tensor,
    pivots: &Tensor,
    b: &Tensor,
    left: bool,
    adjoint: bool,
) -> Result<Tensor> {
    const OP: &str = "linalg.lu_solve";
    same_dtype(OP, lu, b)?;
    let wide = square_matrices(OP, lu)?;
    let shape = lu.shape();
    if pivots.shape() != shape[..shape.len() - 1] {
        let expected = format!("a pivot for each row of {shape}");
        return Err(ArrayError::shape(OP, pivots.shape(), expected).into());
    }
    let order = row_order(OP, pivots, lu.size(-1)?)?;
    let b_wide = matrices(OP, b)?;
    let rhs = if left { b_wide } else { b_wide.mt()? };
    let (wide, rhs) = same_batch(OP, &wide, &rhs)?;
    let order = with_batch(&order, &batch(&wide))?;
    if rhs.size(-2)? != wide.size(-1)? {
        let expected = format!("one that fits {shape}");
        return Err(ArrayError::shape(OP, b.shape(), expected).into());
    }
    let x = solve_factored(&wide, &order, &rhs, adjoint == left)?;
    let x = if left { x } else { x.mt()? };
    x.to_dtype(b.dtype())
}

/// `(P L U)^-1 B`, or with the transpose.
pub(super) fn solve_factored(
    lu: &Tensor,
    order: &Tensor,
    b: &Tensor,
    transpose: bool,
) -> Result<Tensor> {
    if transpose {
        let half = solve(&lu.mt()?, b, false, false)?;
        let x = solve(&lu.mt()?, &half, true, true)?;
        return reordered(&x, &inverse_order(order)?);
    }
    let half = solve(lu, &reordered(b, order)?, false, true)?;
    solve(lu, &half, true, false)
}

impl Tensor {
    /// The factors of `A = P L U` in one matrix, the pivots, and reports: PyTorch's older form of
    /// [`lu_factor_ex`].
    pub fn lu(&self, pivot: bool) -> Result<(Tensor, Tensor, Tensor)> {
        let [a] = &amp::operands("lu", [self])?;
        lu_factor_ex(a, pivot)
    }

    /// The solution of `A X = self` from the factors of `A`: PyTorch's older form of [`lu_solve`].
    pub fn lu_solve(&self, lu: &Tensor, pivots: &Tensor) -> Result<Tensor> {
        let [b, lu] = &amp::operands("lu_solve", [self, lu])?;
        lu_solve(lu, pivots, b, true, false)
    }

    /// `P`, `L` and `U` from what [`lu_factor`] returned.
    pub fn lu_unpack(lu: &Tensor, pivots: &Tensor) -> Result<(Tensor, Tensor, Tensor)> {
        const OP: &str = "lu_unpack";
        matrices(OP, lu)?;
        let (m, n) = sizes(lu)?;
        let k = m.min(n);
        let shape = [&batch(lu)[..], &[k]].concat();
        if pivots.shape() != shape[..] {
            let expected = format!("pivots of shape {shape:?}");
            return Err(ArrayError::shape(OP, pivots.shape(), expected).into());
        }
        let order = row_order(OP, pivots, m)?;
        let ones = identity(lu, m, k)?.to_dtype(lu.dtype())?;
        let l = (lu.narrow(-1, 0, k)?.tril(-1)? + ones)?;
        let u = lu.narrow(-2, 0, k)?.triu(0)?;
        Ok((permutation(&order, lu.dtype())?, l, u))
    }
}

//! Systems and inverses.

use super::lu::{Factors, solve_factored};
use super::{batch, check_reports, identity, same_batch, same_dtype, square_matrices, with_batch};
use crate::{Backward, Error, Gradients, Result, Saved, Tensor, Wants, amp, gradients};
use rushlight_tensor::{Array, DType, Error as ArrayError, Shape};

/// A factorization without a place in a graph.
#[derive(Clone)]
pub(super) struct Known {
    pub(super) lu: Tensor,
    pub(super) order: Tensor,
}

impl Known {
    /// Factorizes the values of `x`; also the reports.
    pub(super) fn of(x: &Tensor) -> Result<(Known, Factors)> {
        let factors = Factors::of(&x.detach(), true)?;
        let pivots = Tensor::new(factors.pivots.clone());
        let order = super::lu::row_order("linalg.solve", &pivots, x.size(-1)?)?;
        let lu = factors.lu.clone();
        Ok((Known { lu, order }, factors))
    }
}

/// The backward of `X = A^-1 B`, or `A^-T B`.
struct Solve {
    a: Saved,
    x: Saved,
    known: Known,
    transpose: bool,
}

impl Backward for Solve {
    fn backward(&self, g: &Tensor, wants: Wants<'_>) -> Result<Gradients> {
        let (a, x) = (self.a.get(), self.x.get());
        let g = solve_known(&a, &self.known, g, !self.transpose)?;
        gradients![wants; {
            let (rows, columns) = if self.transpose { (&x, &g) } else { (&g, &x) };
            rows.matmul(&columns.mt()?)?.neg()?
        }, g]
    }
}

/// `A^-1 B`, or with the transpose of `A`, whose factors are known.
pub(super) fn solve_known(
    a: &Tensor,
    known: &Known,
    b: &Tensor,
    transpose: bool,
) -> Result<Tensor> {
    let x = solve_factored(&known.lu, &known.order, &b.detach(), transpose)?.array();
    Ok(Tensor::record_with_output(
        x,
        "linalg.solve",
        &[a, b],
        |x| Solve {
            a: a.save(),
            x: x.save(),
            known: known.clone(),
            transpose,
        },
    ))
}

/// The transposed inverse of `A`, whose factors are known.
pub(super) fn transposed_inverse(a: &Tensor, known: &Known) -> Result<Tensor> {
    let n = a.size(-1)?;
    let ones = with_batch(&identity(a, n, n)?, &batch(a))?;
    solve_known(a, known, &ones, true)
}

/// The solution `X` of `A X = B`. `B` has the shape of `A` without its last dimension for one
/// right-hand side each, or is a vector.
///
/// Shapes: `[..., n, n]` and `[..., n, k] -> [..., n, k]`, or `[..., n] -> [..., n]`.
///
/// ```
/// # use rushlight_autograd::{linalg, tensor, Result};
/// # fn main() -> Result<()> {
/// let a = tensor([[2.0, 0.0], [0.0, 4.0]])?;
/// let x = linalg::solve(&a, &tensor([1.0, 2.0])?)?;
/// assert_eq!(x.to_vec::<f32>()?, [0.5, 0.5]);
/// assert!(linalg::inv(&tensor([[0.0]])?).is_err());
/// # Ok(()) }
/// ```
pub fn solve(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    const OP: &str = "linalg.solve";
    let (x, reports) = solution(OP, a, b)?;
    check_solvable(OP, &reports)?;
    Ok(x)
}

/// As [`solve`], with reports instead of an error.
pub fn solve_ex(a: &Tensor, b: &Tensor) -> Result<(Tensor, Tensor)> {
    let (x, reports) = solution("linalg.solve_ex", a, b)?;
    Ok((x, Tensor::new(reports)))
}

/// The solution `X` of `X A = B`: PyTorch's `linalg.solve` with `left=False`.
///
/// Shapes: `[..., n, n]` and `[..., k, n] -> [..., k, n]`.
pub fn solve_right(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    const OP: &str = "linalg.solve";
    let (x, reports) = solution(OP, &a.mt()?, &b.mt()?)?;
    check_solvable(OP, &reports)?;
    x.mt()
}

fn check_solvable(op: &'static str, reports: &Array) -> Result<()> {
    check_reports(op, reports, "a singular one", "invertible")
}

fn solution(op: &'static str, a: &Tensor, b: &Tensor) -> Result<(Tensor, Array)> {
    let [a, b] = &amp::operands(op, [a, b])?;
    same_dtype(op, a, b)?;
    let wide = square_matrices(op, a)?;
    let shape = a.shape();
    let is_vector = b.dim() == 1 || b.shape() == shape[..shape.len() - 1];
    let rhs = b.to_dtype(DType::F64)?;
    let rhs = if is_vector { rhs.unsqueeze(-1)? } else { rhs };
    if rhs.dim() < 2 || rhs.size(-2)? != a.size(-1)? {
        let expected = format!("right-hand sides for {shape}");
        return Err(ArrayError::shape(op, b.shape(), expected).into());
    }
    let (wide, rhs) = same_batch(op, &wide, &rhs)?;
    let (known, factors) = Known::of(&wide)?;
    let x = solve_known(&wide, &known, &rhs, false)?;
    let x = if is_vector { x.squeeze_dims(&[-1])? } else { x };
    Ok((x.to_dtype(b.dtype())?, factors.reports))
}

/// The inverse of square matrices.
pub fn inv(a: &Tensor) -> Result<Tensor> {
    const OP: &str = "linalg.inv";
    let (x, reports) = inverse(OP, a)?;
    check_solvable(OP, &reports)?;
    Ok(x)
}

/// As [`inv`], with reports instead of an error.
pub fn inv_ex(a: &Tensor) -> Result<(Tensor, Tensor)> {
    let (x, reports) = inverse("linalg.inv_ex", a)?;
    Ok((x, Tensor::new(reports)))
}

fn inverse(op: &'static str, a: &Tensor) -> Result<(Tensor, Array)> {
    let [a] = &amp::operands(op, [a])?;
    let wide = square_matrices(op, a)?;
    let (known, factors) = Known::of(&wide)?;
    let n = a.size(-1)?;
    let ones = with_batch(&identity(a, n, n)?, &batch(a))?;
    let x = solve_known(&wide, &known, &ones, false)?;
    Ok((x.to_dtype(a.dtype())?, factors.reports))
}

/// The inverse of `a` as a linear map from its last dimensions to the first `ind` ones, whose sizes
/// have the same product.
pub fn tensorinv(a: &Tensor, ind: usize) -> Result<Tensor> {
    const OP: &str = "linalg.tensorinv";
    let shape = a.shape();
    if ind == 0 {
        return Err(Error::argument(OP, "ind", ind, "positive"));
    }
    let (first, last) = shape.split_at(ind.min(shape.len()));
    let size = product(OP, first)?;
    if size != product(OP, last)? {
        let expected = format!("dimensions with equal products before and after {ind}");
        return Err(ArrayError::shape(OP, shape, expected).into());
    }
    let matrix = a.reshape(&[size as isize, size as isize])?;
    let (inverse, reports) = inverse(OP, &matrix)?;
    check_solvable(OP, &reports)?;
    inverse.reshape(&signed(&[last, first].concat()))
}

/// The tensor `X` with `tensordot(a, X) = b`, after the dimensions `dims` of `a` moved to its end.
pub fn tensorsolve(a: &Tensor, b: &Tensor, dims: &[isize]) -> Result<Tensor> {
    const OP: &str = "linalg.tensorsolve";
    let last: Vec<isize> = (-(dims.len() as isize)..0).collect();
    let a = if dims.is_empty() {
        a.clone()
    } else {
        a.movedim(dims, &last)?
    };
    let shape = a.shape();
    let unknown: Shape = shape[b.dim().min(shape.len())..].into();
    let size = b.numel();
    if product(OP, &unknown)? != size || a.numel() != size.saturating_mul(size) {
        let expected = format!("a square system for {}", b.shape());
        return Err(ArrayError::shape(OP, shape, expected).into());
    }
    let matrix = a.reshape(&[size as isize, size as isize])?;
    let (x, reports) = solution(OP, &matrix, &b.reshape(&[size as isize])?)?;
    check_solvable(OP, &reports)?;
    x.reshape(&signed(&unknown))
}

fn product(op: &'static str, sizes: &[usize]) -> Result<usize> {
    Ok(rushlight_tensor::ops::rules::numel(op, &sizes.into())?)
}

fn signed(sizes: &[usize]) -> Vec<isize> {
    sizes.iter().map(|&size| size as isize).collect()
}

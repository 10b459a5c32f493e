//! Powers, the exponential, and products of many matrices.

use super::{batch, identity, inv, solve, with_batch};
use crate::{Error, Result, Tensor, amp};
use rushlight_tensor::ops::rules;
use rushlight_tensor::{DType, Error as ArrayError};

/// The coefficients of the Padé approximant of degree 13 to the exponential, from Higham, "The Scaling
/// and Squaring Method for the Matrix Exponential Revisited" (2005).
const PADE: [f64; 14] = [
    64764752532480000.0,
    32382376266240000.0,
    7771770303897600.0,
    1187353796428800.0,
    129060195264000.0,
    10559470521600.0,
    670442572800.0,
    33522128640.0,
    1323241920.0,
    40840800.0,
    960960.0,
    16380.0,
    182.0,
    1.0,
];

/// The 1-norm up to which that approximant is exact in `f64`, from the same paper.
const LARGEST_NORM: f64 = 5.371920351148152;

fn square(op: &'static str, a: &Tensor) -> Result<usize> {
    match a.shape()[..] {
        [.., m, n] if m == n => Ok(n),
        _ => Err(ArrayError::shape(op, a.shape(), "square matrices").into()),
    }
}

/// The `n`-th power of square matrices: that of the inverse where `n` is negative, the identity where
/// it is 0.
///
/// ```
/// # use rushlight_autograd::{linalg, tensor, Result};
/// # fn main() -> Result<()> {
/// let a = tensor([[1.0, 1.0], [0.0, 1.0]])?;
/// assert_eq!(linalg::matrix_power(&a, 5)?.to_vec::<f32>()?, [1.0, 5.0, 0.0, 1.0]);
/// # Ok(()) }
/// ```
pub fn matrix_power(a: &Tensor, n: i64) -> Result<Tensor> {
    let size = square("linalg.matrix_power", a)?;
    let mut square = if n < 0 { inv(a)? } else { a.clone() };
    let mut rest = n.unsigned_abs();
    let mut power: Option<Tensor> = None;
    while rest > 0 {
        if rest % 2 == 1 {
            power = Some(match power {
                Some(power) => power.matmul(&square)?,
                None => square.clone(),
            });
        }
        rest /= 2;
        if rest > 0 {
            square = square.matmul(&square)?;
        }
    }
    match power {
        Some(power) => Ok(power),
        // In the graph, with a gradient of zero.
        None => {
            let one = with_batch(&identity(a, size, size)?, &batch(a))?.to_dtype(a.dtype())?;
            Tensor::select_where(&a.nowhere()?, a, one)
        }
    }
}

/// The exponential of square matrices, `I + A + A^2 / 2 + ..`, by scaling and squaring.
///
/// ```
/// # use rushlight_autograd::{linalg, tensor, Result};
/// # fn main() -> Result<()> {
/// let y = linalg::matrix_exp(&tensor([[0.0, 1.0], [0.0, 0.0]])?)?;
/// assert!(y.allclose(&tensor([[1.0, 1.0], [0.0, 1.0]])?, Default::default())?);
/// # Ok(()) }
/// ```
pub fn matrix_exp(a: &Tensor) -> Result<Tensor> {
    const OP: &str = "linalg.matrix_exp";
    let n = square(OP, a)?;
    rules::dtype(
        OP,
        a.dtype(),
        a.is_floating_point(),
        "a floating-point dtype",
    )?;
    if a.numel() == 0 {
        return Ok(a.clone());
    }
    let wide = a.to_dtype(DType::F64)?;
    let norm = wide
        .detach()
        .matrix_norm(1.0, [-2, -1], false)?
        .max()?
        .item()?;
    if !norm.is_finite() {
        return a * f64::NAN;
    }
    let halvings = (norm / LARGEST_NORM).log2().ceil().max(0.0) as i32;
    let x = (wide * 0.5_f64.powi(halvings))?;
    let one = identity(a, n, n)?;
    let x2 = x.matmul(&x)?;
    let x4 = x2.matmul(&x2)?;
    let x6 = x4.matmul(&x2)?;
    // Every second coefficient from `first` on, for the powers 0, 2, 4 and 6.
    let sum = |first: usize| -> Result<Tensor> {
        let low = ((&one * PADE[first])? + (&x2 * PADE[first + 2])?)?;
        let high = ((&x4 * PADE[first + 4])? + (&x6 * PADE[first + 6])?)?;
        low + high
    };
    let more = |first: usize| -> Result<Tensor> {
        let terms = ((&x2 * PADE[first])? + (&x4 * PADE[first + 2])?)?;
        x6.matmul(&(terms + (&x6 * PADE[first + 4])?)?)
    };
    let odd = x.matmul(&(sum(1)? + more(9)?)?)?;
    let even = (sum(0)? + more(8)?)?;
    let mut y = solve(&(&even - &odd)?, &(even + odd)?)?;
    for _ in 0..halvings {
        y = y.matmul(&y)?;
    }
    y.to_dtype(a.dtype())
}

/// The product of two or more matrices, in the order that takes the fewest multiplications. The first
/// may be a vector, which counts as one row, and the last, as one column.
pub fn multi_dot(factors: &[&Tensor]) -> Result<Tensor> {
    const OP: &str = "linalg.multi_dot";
    let [first, between @ .., last] = factors else {
        return Err(Error::argument(
            OP,
            "tensors",
            factors.len(),
            "at least two",
        ));
    };
    let fits = |x: &&Tensor| x.dim() == 2;
    let edge = |x: &&Tensor| matches!(x.dim(), 1 | 2);
    if let Some(wrong) = between.iter().find(|x| !fits(x)) {
        return Err(ArrayError::shape(OP, wrong.shape(), "a matrix").into());
    }
    if let Some(wrong) = [first, last].into_iter().find(|x| !edge(x)) {
        return Err(ArrayError::shape(OP, wrong.shape(), "a matrix or a vector").into());
    }
    let (row, column) = (first.dim() == 1, last.dim() == 1);
    let mut all: Vec<Tensor> = factors.iter().map(|&x| x.clone()).collect();
    let end = all.len() - 1;
    if row {
        all[0] = all[0].unsqueeze(0)?;
    }
    if column {
        all[end] = all[end].unsqueeze(1)?;
    }
    let mut bounds = vec![all[0].size(0)?];
    for pair in all.windows(2) {
        let (columns, rows) = (pair[0].size(1)?, pair[1].size(0)?);
        if columns != rows {
            let expected = format!("{columns} rows, as many as columns before");
            return Err(ArrayError::shape(OP, pair[1].shape(), expected).into());
        }
        bounds.push(columns);
    }
    bounds.push(all[end].size(1)?);
    let mut y = chain(&all, &bounds)?;
    if column {
        y = y.squeeze_dims(&[-1])?;
    }
    if row {
        y = y.squeeze_dims(&[0])?;
    }
    Ok(y)
}

/// Multiplies factors, the `i`-th of which is `[bounds[i], bounds[i + 1]]`.
fn chain(factors: &[Tensor], bounds: &[usize]) -> Result<Tensor> {
    let count = factors.len();
    // The cost of the product of factors `i` to `j`, and where to split it.
    let mut best = vec![vec![(0.0, 0); count]; count];
    for length in 1..count {
        for i in 0..count - length {
            let j = i + length;
            let cost = |split: usize| {
                let last = bounds[i] as f64 * bounds[split + 1] as f64 * bounds[j + 1] as f64;
                (best[i][split].0 + best[split + 1][j].0 + last, split)
            };
            let splits = (i..j).map(cost);
            let least = splits.min_by(|a, b| a.0.total_cmp(&b.0));
            best[i][j] = least.expect("there is a place to split");
        }
    }
    // Depth first, without recursion: what to multiply comes after its operands.
    let (mut open, mut order) = (vec![(0, count - 1)], Vec::new());
    while let Some((i, j)) = open.pop() {
        order.push((i, j));
        if i < j {
            let split = best[i][j].1;
            open.extend([(i, split), (split + 1, j)]);
        }
    }
    let mut products: Vec<Tensor> = Vec::new();
    for (i, j) in order.into_iter().rev() {
        if i == j {
            products.push(factors[i].clone());
        } else {
            let rhs = products.pop().expect("the right product is done");
            let lhs = products.pop().expect("the left product is done");
            products.push(lhs.matmul(&rhs)?);
        }
    }
    Ok(products.pop().expect("there are factors"))
}

fn check_number(op: &'static str, x: &Tensor) -> Result<()> {
    let fits = x.dtype() != DType::Bool;
    Ok(rules::dtype(op, x.dtype(), fits, "a number, not bool")?)
}

/// The sums of the products of two tensors' elements along a dimension; other dimensions broadcast.
pub fn vecdot(x: &Tensor, y: &Tensor, dim: isize) -> Result<Tensor> {
    const OP: &str = "linalg.vecdot";
    let [x, y] = &amp::operands(OP, [x, y])?;
    super::same_dtype(OP, x, y)?;
    check_number(OP, x)?;
    let wide = |x: &Tensor| x.to_dtype(x.dtype().to_accumulate());
    let products = (wide(x)? * wide(y)?)?;
    products.sum_dim(&[dim], false)?.to_dtype(x.dtype())
}

/// The powers 0 to `n - 1` of each element, `n` being by default the size of the last dimension.
///
/// Shapes: `[..., k] -> [..., k, n]`.
///
/// ```
/// # use rushlight_autograd::{linalg, tensor, Result};
/// # fn main() -> Result<()> {
/// let y = linalg::vander(&tensor([2, 3])?, Some(3))?;
/// assert_eq!(y.to_vec::<i64>()?, [1, 2, 4, 1, 3, 9]);
/// # Ok(()) }
/// ```
pub fn vander(x: &Tensor, n: Option<usize>) -> Result<Tensor> {
    const OP: &str = "linalg.vander";
    check_number(OP, x)?;
    let x = x.atleast_1d()?;
    let n = n.unwrap_or(x.size(-1)?);
    if n < 2 {
        return Err(Error::argument(OP, "n", n, "at least 2"));
    }
    let column = x.unsqueeze(-1)?;
    let shape = [&x.shape()[..], &[n - 1]].concat();
    let powers = column.broadcast_to(&shape)?.cumprod(-1)?;
    let powers = powers.to_dtype(if x.is_floating_point() {
        x.dtype()
    } else {
        DType::I64
    })?;
    Tensor::cat(
        &[&column.ones_like()?.to_dtype(powers.dtype())?, &powers],
        -1,
    )
}

impl Tensor {
    /// See [`matrix_exp`].
    pub fn matrix_exp(&self) -> Result<Tensor> {
        matrix_exp(self)
    }

    /// See [`matrix_power`].
    pub fn matrix_power(&self, n: i64) -> Result<Tensor> {
        matrix_power(self, n)
    }
}

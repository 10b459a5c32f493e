//! Products other than those of matrices.

use crate::{Error, Result, Tensor};
use rushlight_tensor::ops::rules;

/// Rows from which products are walked fast.
const LONG_ROW: usize = 64;

impl Tensor {
    /// The cross product of the vectors of three elements along a dimension: `linalg.cross`.
    ///
    /// The other dimensions broadcast.
    ///
    /// ```
    /// # use rushlight_autograd::{tensor, Result};
    /// # fn main() -> Result<()> {
    /// let (x, y) = (tensor([1.0, 0.0, 0.0])?, tensor([0.0, 1.0, 0.0])?);
    /// assert_eq!(x.cross(&y, -1)?.to_vec::<f32>()?, [0.0, 0.0, 1.0]);
    /// # Ok(()) }
    /// ```
    pub fn cross(&self, other: &Tensor, dim: isize) -> Result<Tensor> {
        const OP: &str = "cross";
        rules::broadcast(OP, &self.shape(), &other.shape())?;
        if self.dim() != other.dim() {
            let expected = format!("{} dimensions", self.dim());
            return Err(rushlight_tensor::Error::shape(OP, other.shape(), expected).into());
        }
        for x in [self, other] {
            let axis = rules::dim(OP, dim, &x.shape())?;
            if x.shape().get(axis) != Some(&3) {
                let expected = format!("size 3 in dimension {dim}");
                return Err(rushlight_tensor::Error::shape(OP, x.shape(), expected).into());
            }
        }
        let part = |i: i64| {
            let [(a, b), (c, d)] = [(self, other), (other, self)]
                .map(|(x, y)| (x.select(dim, (i + 1) % 3), y.select(dim, (i + 2) % 3)));
            (a? * b?)? - (d? * c?)?
        };
        Tensor::stack(&[part(0)?, part(1)?, part(2)?], dim)
    }

    /// The Kronecker product: every element of `self` times the whole of `other`, side by side.
    ///
    /// Shapes: `[a1, ..., an] x [b1, ..., bn] -> [a1 b1, ..., an bn]`, where the shape with fewer
    /// dimensions is preceded by ones.
    ///
    /// ```
    /// # use rushlight_autograd::{tensor, Result};
    /// # fn main() -> Result<()> {
    /// let y = tensor([1, 10])?.kron(&tensor([1, 2, 3])?)?;
    /// assert_eq!(y.to_vec::<i64>()?, [1, 2, 3, 10, 20, 30]);
    /// # Ok(()) }
    /// ```
    pub fn kron(&self, other: &Tensor) -> Result<Tensor> {
        let rank = self.dim().max(other.dim());
        let sizes = |x: &Tensor| {
            let mut sizes = vec![1; rank - x.dim()];
            sizes.extend_from_slice(&x.shape());
            sizes
        };
        let (a, b) = (sizes(self), sizes(other));
        let merged: Option<Vec<usize>> = a.iter().zip(&b).map(|(a, b)| a.checked_mul(*b)).collect();
        let too_large = || Error::argument("kron", "other", other.shape(), "a smaller shape");
        let merged = merged.ok_or_else(too_large)?;
        let beside: Vec<usize> = a.iter().flat_map(|&size| [size, 1]).collect();
        let within: Vec<usize> = b.iter().flat_map(|&size| [1, size]).collect();
        let (mut left, mut right) = (self.reshape_to(&beside)?, other.reshape_to(&within)?);
        if let ([_, .., columns], [_, .., short]) = (&a[..], &b[..])
            && *short < LONG_ROW
        {
            // Short rows are brought to the length of the result's first, which is walked faster.
            (left, right) = (
                left.with_row(*columns, *short)?,
                right.with_row(*columns, *short)?,
            );
        }
        (left * right)?.reshape_to(&merged)
    }

    /// The last two dimensions broadcast to the given sizes, and made one.
    fn with_row(&self, columns: usize, short: usize) -> Result<Tensor> {
        let mut shape = self.shape();
        let start = shape.len() - 2;
        shape[start..].copy_from_slice(&[columns, short]);
        self.broadcast_to(&shape)?.flatten(-2, -1)
    }
}

//! Differences of neighbours, and integrals by the trapezoidal rule.

use crate::{Error, Result, Tensor};
use rushlight_tensor::DType;
use rushlight_tensor::ops::rules;

/// The points at which an integrand was sampled.
#[derive(Clone, Copy, Debug)]
pub enum Spacing<'a> {
    /// They are this far apart.
    Even(f64),
    /// They are given.
    At(&'a Tensor),
}

impl Tensor {
    /// The `n`-th differences of neighbours along a dimension, after `prepend` and `append` have
    /// been joined to it; the tensor itself for 0.
    ///
    /// ```
    /// # use rushlight_autograd::{tensor, Result};
    /// # fn main() -> Result<()> {
    /// let x = tensor([1, 4, 9, 16])?;
    /// assert_eq!(x.diff(2, -1, None, None)?.to_vec::<i64>()?, [2, 2]);
    /// # Ok(()) }
    /// ```
    pub fn diff(
        &self,
        n: usize,
        dim: isize,
        prepend: Option<&Tensor>,
        append: Option<&Tensor>,
    ) -> Result<Tensor> {
        const OP: &str = "diff";
        if self.dim() == 0 {
            let expected = "at least one dimension";
            return Err(rushlight_tensor::Error::shape(OP, self.shape(), expected).into());
        }
        rules::dim(OP, dim, &self.shape())?;
        let mut x = self.clone();
        if n > 0 && (prepend.is_some() || append.is_some()) {
            let parts = [prepend, Some(self), append];
            let parts: Vec<&Tensor> = parts.into_iter().flatten().collect();
            x = Tensor::cat(&parts, dim)?;
        }
        for _ in 0..n {
            let (left, right) = neighbours(&x, dim)?;
            x = match x.dtype() {
                DType::Bool => right.logical_xor(&left)?,
                _ => (right - left)?,
            };
        }
        Ok(x)
    }

    /// The integral along a dimension by the trapezoidal rule.
    pub fn trapezoid(&self, spacing: Spacing<'_>, dim: isize) -> Result<Tensor> {
        self.trapezoids("trapezoid", spacing, dim)?
            .sum_dim(&[dim], false)
    }

    /// The integrals up to each point along a dimension by the trapezoidal rule.
    pub fn cumulative_trapezoid(&self, spacing: Spacing<'_>, dim: isize) -> Result<Tensor> {
        self.trapezoids("cumulative_trapezoid", spacing, dim)?
            .cumsum(dim)
    }

    /// The areas between neighbours along a dimension.
    fn trapezoids(&self, op: &'static str, spacing: Spacing<'_>, dim: isize) -> Result<Tensor> {
        let shape = self.shape();
        if shape.is_empty() {
            return Err(Error::argument(
                op,
                "input",
                "0-d",
                "at least one dimension",
            ));
        }
        let axis = rules::dim(op, dim, &shape)?;
        let (left, right) = neighbours(self, dim)?;
        let sums = (left + right)?;
        let widths = match spacing {
            Spacing::Even(distance) => return sums * (distance / 2.0),
            Spacing::At(points) if points.dim() == 1 => {
                let mut sizes = vec![1; shape.len()];
                sizes[axis] = -1;
                points.diff(1, 0, None, None)?.reshape(&sizes)?
            }
            Spacing::At(points) => points.diff(1, dim, None, None)?,
        };
        (sums * widths)? / 2.0
    }
}

/// All elements along a dimension but the last ones, and all but the first ones.
fn neighbours(x: &Tensor, dim: isize) -> Result<(Tensor, Tensor)> {
    let length = x.size(dim)?;
    let (count, second) = (length.saturating_sub(1), length.min(1) as i64);
    Ok((x.narrow(dim, 0, count)?, x.narrow(dim, second, count)?))
}

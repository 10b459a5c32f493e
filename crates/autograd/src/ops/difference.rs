//! Differences of neighbours, derivatives estimated from them, and integrals by the trapezoidal rule.

use crate::{Error, Result, Tensor};
use rushlight_tensor::DType;
use rushlight_tensor::ops::rules;

/// The points at which a function was sampled.
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
        // Nothing is left after as many steps as there are elements.
        for _ in 0..n.min(x.size(dim)?) {
            let (left, right) = neighbours(&x, dim)?;
            x = match x.dtype() {
                DType::Bool => right.logical_xor(&left)?,
                _ => (right - left)?,
            };
        }
        Ok(x)
    }

    /// The derivative along each of the given dimensions, all of them where none is given, of the
    /// function whose samples the elements are.
    ///
    /// Inside, it is the slope of the parabola through a point and its neighbours; at the ends, that
    /// of the line (`edge_order` 1) or of the parabola (2) through the points nearest to them. There
    /// is a `spacing` for each dimension; points are 1 apart where none is given.
    ///
    /// ```
    /// # use rushlight_autograd::{tensor, Result};
    /// # fn main() -> Result<()> {
    /// let squares = tensor([1.0, 4.0, 9.0, 16.0])?;
    /// let slopes = squares.gradient(&[], &[], 1)?;
    /// assert_eq!(slopes[0].to_vec::<f32>()?, [3.0, 4.0, 6.0, 7.0]);
    /// # Ok(()) }
    /// ```
    pub fn gradient(
        &self,
        spacing: &[Spacing<'_>],
        dims: &[isize],
        edge_order: usize,
    ) -> Result<Vec<Tensor>> {
        const OP: &str = "gradient";
        let signed = !matches!(self.dtype(), DType::U8 | DType::Bool);
        rules::dtype(OP, self.dtype(), signed, "a dtype with a sign")?;
        if !(1..=2).contains(&edge_order) {
            return Err(Error::argument(OP, "edge_order", edge_order, "1 or 2"));
        }
        rules::dim_mask(OP, dims, &self.shape())?;
        let dims = match dims {
            [] => (0..self.dim() as isize).collect(),
            dims => dims.to_vec(),
        };
        if !spacing.is_empty() && spacing.len() != dims.len() {
            let expected = "one for each dimension, or none";
            return Err(Error::argument(OP, "spacing", spacing.len(), expected));
        }
        let dtype = self.dtype();
        let wide = self.to_dtype(dtype.to_accumulate())?;
        let along = |(number, &dim)| {
            let spacing = spacing.get(number).copied();
            let y = wide.slope(spacing.unwrap_or(Spacing::Even(1.0)), dim, edge_order)?;
            match dtype == wide.dtype() {
                true => Ok(y),
                false => y.to_dtype(dtype),
            }
        };
        dims.iter().enumerate().map(along).collect()
    }

    /// The derivative along one dimension.
    fn slope(&self, spacing: Spacing<'_>, dim: isize, edge_order: usize) -> Result<Tensor> {
        const OP: &str = "gradient";
        let (axis, length) = (rules::dim(OP, dim, &self.shape())?, self.size(dim)?);
        if length <= edge_order {
            let expected = format!("more than {edge_order} elements in dimension {dim}");
            return Err(rushlight_tensor::Error::shape(OP, self.shape(), expected).into());
        }
        let widths = match spacing {
            Spacing::Even(width) => self
                .options()
                .dtype(self.dtype().to_float())
                .full(&[length - 1], width)?,
            Spacing::At(points) if points.shape() == [length] => points.diff(1, 0, None, None)?,
            Spacing::At(points) => {
                let expected = format!("{length} points");
                return Err(rushlight_tensor::Error::shape(OP, points.shape(), expected).into());
            }
        };
        let mut sizes = vec![1; self.dim()];
        sizes[axis] = length - 1;
        let widths = widths.reshape_to(&sizes)?;
        let slopes = (self.diff(1, dim, None, None)? / &widths)?;
        // The nearer of two slopes counts more: each by the other's width.
        let (before, after) = neighbours(&widths, dim)?;
        let share = (&before / (&before + after)?)?;
        let (left, right) = neighbours(&slopes, dim)?;
        let turn = (&right - &left)?;
        let inside = (&left + (&turn * &share)?)?;
        let at = |x: &Tensor, index: usize| x.narrow(dim, index, 1);
        let (mut first, mut end) = (at(&slopes, 0)?, at(&slopes, length - 2)?);
        if edge_order == 2 {
            let last = length - 3;
            first = (first - (at(&turn, 0)? * at(&share, 0)?)?)?;
            end = (end + (at(&turn, last)? * (1.0 - at(&share, last)?)?)?)?;
        }
        Tensor::cat(&[&first, &inside, &end], dim)
    }

    /// The integral along a dimension by the trapezoidal rule.
    pub fn trapezoid(&self, spacing: Spacing<'_>, dim: isize) -> Result<Tensor> {
        if let Spacing::Even(distance) = spacing
            && self.size(dim).is_ok_and(|size| size > 0)
        {
            // Each element is a side of two trapezoids, but for the first and the last.
            let ends = (self.select(dim, 0)? + self.select(dim, -1)?)?;
            return (self.sum_dim(&[dim], false)? - (ends * 0.5)?)? * distance;
        }
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

//! Distances between points.

use super::rules;
use crate::layout::Layout;
use crate::{Array, DType, Error, Result, Scalar, Shape};

const OP: &str = "distances";

impl Array {
    /// The distances, in the `p`-norm, of every point from all of `others`, or from all points after it
    /// where there are none; in `f32` or `f64`.
    ///
    /// Shapes: `[..., points, m], [..., others, m] -> [..., points, others]`, or
    /// `[..., n, m] -> [..., n (n - 1) / 2]`; leading dimensions are equal.
    pub fn distances(&self, others: Option<&Array>, p: f64) -> Result<Array> {
        let sizes = self.distances_shape(others, p)?;
        if self.shape().last() == Some(&0) {
            return Array::full(&sizes, Scalar::Int(0), self.dtype(), self.device());
        }
        let mut out = Array::uninit(OP, Layout::contiguous(sizes), self.dtype(), self.device())?;
        if out.numel() > 0 {
            let columns = others.unwrap_or(self).transpose(-2, -1)?.contiguous()?;
            let is_pairs = others.is_none();
            out.backend(OP)?
                .distances(p, is_pairs, &self.contiguous()?, &columns, &mut out)?;
        }
        Ok(out)
    }

    /// The gradients of the points of [`Array::distances`], from its result `y` and the gradients `g` of
    /// that. A point at no distance from another is not drawn by it.
    pub fn distances_backward(
        &self,
        others: Option<&Array>,
        p: f64,
        y: &Array,
        g: &Array,
    ) -> Result<Array> {
        let sizes = self.distances_shape(others, p)?;
        for given in [y, g] {
            rules::same_device(OP, self, given)?;
            let fits = given.dtype() == self.dtype();
            rules::dtype(OP, given.dtype(), fits, "that of the points")?;
            if *given.shape() != sizes {
                return Err(Error::shape(OP, given.shape(), sizes.to_string()));
            }
        }
        let mut out = Array::full(self.shape(), Scalar::Int(0), self.dtype(), self.device())?;
        if y.numel() > 0 && out.numel() > 0 && p != 0.0 {
            let columns = others.unwrap_or(self).transpose(-2, -1)?.contiguous()?;
            let (x, y, g) = (self.contiguous()?, y.contiguous()?, g.contiguous()?);
            let operands = [&x, &columns, &y, &g];
            let is_pairs = others.is_none();
            out.backend(OP)?
                .distances_backward(p, is_pairs, operands, &mut out)?;
        }
        Ok(out)
    }

    /// The shape of distances.
    fn distances_shape(&self, others: Option<&Array>, p: f64) -> Result<Shape> {
        let is_float = matches!(self.dtype(), DType::F32 | DType::F64);
        rules::dtype(OP, self.dtype(), is_float, "f32 or f64")?;
        if p.is_nan() || p < 0.0 {
            return Err(Error::argument(OP, "p", p, "at least 0"));
        }
        let [batch @ .., points, width] = &self.shape()[..] else {
            return Err(Error::shape(OP, self.shape(), "at least two dimensions"));
        };
        let second = others.unwrap_or(self);
        rules::same_device(OP, self, second)?;
        rules::dtype(
            OP,
            second.dtype(),
            second.dtype() == self.dtype(),
            "that of the points",
        )?;
        let fits = match &second.shape()[..] {
            [other_batch @ .., _, other_width] => (other_batch, other_width) == (batch, width),
            _ => false,
        };
        if !fits {
            let expected = format!("points beside those of {}", self.shape());
            return Err(Error::shape(OP, second.shape(), expected));
        }
        let own: Vec<usize> = match others {
            Some(others) => vec![*points, others.shape()[batch.len()]],
            None => vec![points.saturating_mul(points.saturating_sub(1)) / 2],
        };
        let sizes: Shape = batch.iter().chain(&own).copied().collect();
        rules::numel(OP, &sizes)?;
        Ok(sizes)
    }
}

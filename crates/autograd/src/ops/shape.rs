//! Views and other changes of shape. Dimensions count from the end when negative.

use crate::{Backward, Error, Gradients, Result, Tensor, Wants, gradients};
use rushlight_tensor::ops::rules;
use rushlight_tensor::{Array, Shape};

/// The backward of an operation that only moves elements: another such operation.
struct Moved<F>(F);

impl<F: Fn(&Tensor) -> Result<Tensor> + Send + Sync + 'static> Backward for Moved<F> {
    fn backward(&self, g: &Tensor, wants: Wants<'_>) -> Result<Gradients> {
        gradients![wants; (self.0)(g)?]
    }

    fn holds_values(&self) -> bool {
        false
    }
}

impl Tensor {
    /// Records a view whose gradient is moved back by `undo`.
    pub(crate) fn moved(
        &self,
        op: &'static str,
        y: Array,
        undo: impl Fn(&Tensor) -> Result<Tensor> + Send + Sync + 'static,
    ) -> Tensor {
        Tensor::record(y, op, &[self], || Moved(undo))
    }

    /// The same elements in another shape; one size may be -1, to be inferred.
    ///
    /// ```
    /// # use rushlight_autograd::{tensor, Result};
    /// # fn main() -> Result<()> {
    /// let x = tensor([[1, 2, 3], [4, 5, 6]])?;
    /// assert_eq!(x.reshape(&[3, -1])?.shape(), [3, 2]);
    /// # Ok(()) }
    /// ```
    pub fn reshape(&self, sizes: &[isize]) -> Result<Tensor> {
        self.reshape_to(&rules::infer_shape("reshape", sizes, &self.shape())?)
    }

    /// As [`Tensor::reshape`], to a shape that is known.
    pub(crate) fn reshape_to(&self, shape: &[usize]) -> Result<Tensor> {
        let x = self.array();
        let y = x.reshape(&shape.into())?;
        let back = x.shape().clone();
        Ok(self.moved("reshape", y, move |g| g.reshape_to(&back)))
    }

    /// As [`Tensor::reshape`], but an error where that would need a copy.
    pub fn view(&self, sizes: &[isize]) -> Result<Tensor> {
        let x = self.array();
        let shape = rules::infer_shape("view", sizes, x.shape())?;
        let Some(y) = x.view(&shape)? else {
            let expected = format!("strides that allow a view as {shape}; use `reshape`");
            return Err(rushlight_tensor::Error::shape("view", x.shape(), expected).into());
        };
        let back = x.shape().clone();
        Ok(self.moved("view", y, move |g| g.reshape_to(&back)))
    }

    /// Repeats dimensions of size 1, and new leading ones, without a copy.
    pub fn broadcast_to(&self, shape: &[usize]) -> Result<Tensor> {
        let y = self
            .array()
            .broadcast_to("broadcast_to", &Shape::from(shape))?;
        // The walk sums the gradient back to the operand's shape.
        Ok(self.moved("expand", y, |g| Ok(g.clone())))
    }

    /// As [`Tensor::broadcast_to`]; -1 keeps the size of a dimension.
    pub fn expand(&self, sizes: &[isize]) -> Result<Tensor> {
        let own = self.shape();
        let refuse = || {
            Error::argument(
                "expand",
                "sizes",
                format!("{sizes:?} for shape {own}"),
                "as long as the shape, with -1 only for existing dimensions",
            )
        };
        let leading = sizes.len().checked_sub(own.len()).ok_or_else(refuse)?;
        let resolve = |(dim, &size): (usize, &isize)| match size {
            -1 if dim >= leading => Ok(own[dim - leading]),
            size => usize::try_from(size).map_err(|_| refuse()),
        };
        let shape = sizes
            .iter()
            .enumerate()
            .map(resolve)
            .collect::<Result<Shape>>()?;
        self.broadcast_to(&shape)
    }

    /// Inserts a dimension of size 1.
    pub fn unsqueeze(&self, at: isize) -> Result<Tensor> {
        let y = self.array().unsqueeze(at)?;
        Ok(self.moved("unsqueeze", y, move |g| g.squeeze_dims(&[at])))
    }

    /// Drops all dimensions of size 1.
    pub fn squeeze(&self) -> Result<Tensor> {
        self.squeezed(&[])
    }

    /// Drops those of the given dimensions that have size 1.
    pub fn squeeze_dims(&self, dims: &[isize]) -> Result<Tensor> {
        match dims {
            [] => Ok(self.clone()),
            dims => self.squeezed(dims),
        }
    }

    /// Drops those of the given dimensions that have size 1; all such where none is given.
    fn squeezed(&self, dims: &[isize]) -> Result<Tensor> {
        let x = self.array();
        let y = x.squeeze(dims)?;
        let back = x.shape().clone();
        Ok(self.moved("squeeze", y, move |g| g.reshape_to(&back)))
    }

    /// Merges the dimensions `start_dim..=end_dim` into one; a 0-d tensor becomes 1-d.
    ///
    /// ```
    /// # use rushlight_autograd::{Result, Tensor};
    /// # fn main() -> Result<()> {
    /// let x = Tensor::zeros(&[2, 3, 4])?;
    /// assert_eq!(x.flatten(1, -1)?.shape(), [2, 12]);
    /// # Ok(()) }
    /// ```
    pub fn flatten(&self, start_dim: isize, end_dim: isize) -> Result<Tensor> {
        const OP: &str = "flatten";
        let shape = self.shape();
        let (start, end) = (
            rules::dim(OP, start_dim, &shape)?,
            rules::dim(OP, end_dim, &shape)?,
        );
        if shape.is_empty() {
            return self.reshape_to(&[1]);
        }
        if start > end {
            return Err(Error::argument(
                OP,
                "start_dim",
                start_dim,
                "not behind end_dim",
            ));
        }
        if start == end {
            return Ok(self.clone());
        }
        let merged = shape[start..=end].iter().product();
        self.reshape_to(&[&shape[..start], &[merged], &shape[end + 1..]].concat())
    }

    /// Cuts a dimension into several; one of the sizes may be -1, to be inferred.
    pub fn unflatten(&self, dim: isize, sizes: &[isize]) -> Result<Tensor> {
        const OP: &str = "unflatten";
        let shape = self.shape();
        let size = self.size_along(OP, dim)?;
        let dim = rules::dim(OP, dim, &shape)?;
        if sizes.is_empty() {
            return Err(Error::argument(OP, "sizes", "none", "at least one"));
        }
        let cut = rules::infer_shape(OP, sizes, &[size].into())?;
        self.reshape_to(&[&shape[..dim], &cut[..], &shape[dim + 1..]].concat())
    }

    /// All elements in row-major order, 1-d.
    pub fn ravel(&self) -> Result<Tensor> {
        self.flatten(0, -1)
    }

    /// The tensor in the shape of another one, as a view.
    pub fn view_as(&self, other: &Tensor) -> Result<Tensor> {
        self.view(&signed(&other.shape()))
    }

    /// The tensor in the shape of another one.
    pub fn reshape_as(&self, other: &Tensor) -> Result<Tensor> {
        self.reshape(&signed(&other.shape()))
    }

    /// The tensor broadcast to the shape of another one.
    pub fn expand_as(&self, other: &Tensor) -> Result<Tensor> {
        self.broadcast_to(&other.shape())
    }

    /// The tensor with at least one dimension.
    pub fn atleast_1d(&self) -> Result<Tensor> {
        match self.dim() {
            0 => self.reshape_to(&[1]),
            _ => Ok(self.clone()),
        }
    }

    /// The tensor with at least two dimensions; a vector becomes a row.
    pub fn atleast_2d(&self) -> Result<Tensor> {
        match self.dim() {
            0 | 1 => self.atleast_1d()?.unsqueeze(0),
            _ => Ok(self.clone()),
        }
    }

    /// The tensor with at least three dimensions; a matrix gets a last one of size 1.
    pub fn atleast_3d(&self) -> Result<Tensor> {
        match self.dim() {
            0..=2 => self.atleast_2d()?.unsqueeze(-1),
            _ => Ok(self.clone()),
        }
    }
}

fn signed(shape: &[usize]) -> Vec<isize> {
    shape.iter().map(|&size| size as isize).collect()
}

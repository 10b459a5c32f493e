//! Views and other changes of shape. Dimensions count from the end when negative.

use crate::{Backward, Error, Gradients, Result, Tensor, Wants, gradients};
use rushlight_tensor::ops::rules;
use rushlight_tensor::{Array, DType, Device, Shape};

/// The backward of an operation that only moves elements: another such operation.
struct Moved<F>(F);

impl<F: Fn(&Tensor) -> Result<Tensor> + Send + Sync + 'static> Backward for Moved<F> {
    fn backward(&self, g: &Tensor, wants: Wants<'_>) -> Result<Gradients> {
        gradients![wants; (self.0)(g)?]
    }
}

impl Tensor {
    /// Records a view whose gradient is moved back by `undo`.
    fn moved(
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
        let x = self.array();
        let shape = rules::infer_shape("reshape", sizes, x.shape())?;
        let y = x.reshape(&shape)?;
        let back: Vec<isize> = x.shape().iter().map(|&size| size as isize).collect();
        Ok(self.moved("reshape", y, move |g| g.reshape(&back)))
    }

    /// As [`Tensor::reshape`], but an error where that would need a copy.
    pub fn view(&self, sizes: &[isize]) -> Result<Tensor> {
        let x = self.array();
        let shape = rules::infer_shape("view", sizes, x.shape())?;
        let Some(y) = x.view(&shape)? else {
            let expected = format!("strides that allow a view as {shape}; use `reshape`");
            return Err(rushlight_tensor::Error::shape("view", x.shape(), expected).into());
        };
        let back: Vec<isize> = x.shape().iter().map(|&size| size as isize).collect();
        Ok(self.moved("view", y, move |g| g.reshape(&back)))
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

    /// Reorders dimensions: dimension `i` of the result is dimension `order[i]` of `self`.
    pub fn permute(&self, order: &[isize]) -> Result<Tensor> {
        let y = self.array().permute(order)?;
        let order = rules::permutation("permute", order, &self.shape())?;
        let mut inverse = vec![0isize; order.len()];
        order
            .iter()
            .enumerate()
            .for_each(|(to, &from)| inverse[from] = to as isize);
        Ok(self.moved("permute", y, move |g| g.permute(&inverse)))
    }

    /// Exchanges two dimensions.
    pub fn transpose(&self, a: isize, b: isize) -> Result<Tensor> {
        let y = self.array().transpose(a, b)?;
        Ok(self.moved("transpose", y, move |g| g.transpose(a, b)))
    }

    /// Inserts a dimension of size 1.
    pub fn unsqueeze(&self, at: isize) -> Result<Tensor> {
        let y = self.array().unsqueeze(at)?;
        Ok(self.moved("unsqueeze", y, move |g| g.squeeze_dims(&[at])))
    }

    /// Drops all dimensions of size 1.
    pub fn squeeze(&self) -> Result<Tensor> {
        self.squeeze_dims(&[])
    }

    /// Drops those of the given dimensions that have size 1.
    pub fn squeeze_dims(&self, dims: &[isize]) -> Result<Tensor> {
        let x = self.array();
        let y = x.squeeze(dims)?;
        let back: Vec<isize> = x.shape().iter().map(|&size| size as isize).collect();
        Ok(self.moved("squeeze", y, move |g| g.reshape(&back)))
    }

    /// `length` elements of dimension `dim` from `start` on.
    pub fn narrow(&self, dim: isize, start: usize, length: usize) -> Result<Tensor> {
        let y = self.array().narrow(dim, start, length)?;
        let shape = self.shape();
        Ok(self.moved("narrow", y, move |g| {
            let end = start + length;
            Tensor::embed(
                g,
                &shape,
                |x| x.slice(dim, start, end, 1),
                move |x| x.slice(dim, start, end, 1),
            )
        }))
    }

    /// Every `step`-th element of dimension `dim` in `start..end`; bounds past the size are clamped.
    pub fn slice(&self, dim: isize, start: usize, end: usize, step: usize) -> Result<Tensor> {
        let y = self.array().slice(dim, start, end, step)?;
        let shape = self.shape();
        Ok(self.moved("slice", y, move |g| {
            Tensor::embed(
                g,
                &shape,
                |x| x.slice(dim, start, end, step),
                move |x| x.slice(dim, start, end, step),
            )
        }))
    }

    /// Drops dimension `dim`, keeping the elements at `index`, which counts from the end if negative.
    pub fn select(&self, dim: isize, index: i64) -> Result<Tensor> {
        let y = self.array().select(dim, index)?;
        let shape = self.shape();
        Ok(self.moved("select", y, move |g| {
            Tensor::embed(
                g,
                &shape,
                |x| x.select(dim, index),
                move |x| x.select(dim, index),
            )
        }))
    }

    /// The diagonal `offset` above the main one of two dimensions, as a new last dimension.
    pub fn diagonal(&self, offset: isize, first: isize, second: isize) -> Result<Tensor> {
        let y = self.array().diagonal(offset, first, second)?;
        let shape = self.shape();
        Ok(self.moved("diagonal", y, move |g| {
            Tensor::embed(
                g,
                &shape,
                |x| x.diagonal(offset, first, second),
                move |x| x.diagonal(offset, first, second),
            )
        }))
    }

    /// The transpose of views without overlaps: zeros of `shape` with `g` at the places that `place`
    /// picks. Its own gradient is what `view` picks of the gradient.
    pub(crate) fn embed(
        g: &Tensor,
        shape: &Shape,
        place: impl FnOnce(&Array) -> rushlight_tensor::Result<Array>,
        view: impl Fn(&Tensor) -> Result<Tensor> + Send + Sync + 'static,
    ) -> Result<Tensor> {
        let x = g.array();
        let zeros = Array::full(shape, 0.0.into(), x.dtype(), x.device())?;
        let y = zeros.with_written(place, &x)?;
        Ok(g.moved("embed", y, view))
    }

    /// The same elements row-major without gaps; free where they are already.
    pub fn contiguous(&self) -> Result<Tensor> {
        if self.is_contiguous() {
            return Ok(self.clone());
        }
        Ok(self.moved("contiguous", self.array().contiguous()?, |g| Ok(g.clone())))
    }

    /// The same elements in another dtype; the gradient comes back in the original one.
    pub fn to_dtype(&self, dtype: DType) -> Result<Tensor> {
        if self.dtype() == dtype {
            return Ok(self.clone());
        }
        Ok(self.moved("to", self.array().to_dtype(dtype)?, |g| Ok(g.clone())))
    }

    /// The same elements on another device; the gradient comes back to the original one.
    pub fn to_device(&self, device: Device) -> Result<Tensor> {
        let from = self.device();
        if from == device {
            return Ok(self.clone());
        }
        Ok(self.moved("to", self.array().to_device(device)?, move |g| {
            g.to_device(from)
        }))
    }
}

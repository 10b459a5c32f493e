//! Picking elements by index.

use crate::{Backward, Error, Gradients, Result, Tensor, Wants, gradients};
use rushlight_tensor::ops::rules;
use rushlight_tensor::ops::scatter::ScatterOp;
use rushlight_tensor::{Array, DType, Scalar, Shape};

/// The backward of picking along a dimension: gradients return to where the elements came from.
struct Gather {
    dim: isize,
    index: Array,
    shape: Shape,
}

impl Backward for Gather {
    fn backward(&self, g: &Tensor, wants: Wants<'_>) -> Result<Gradients> {
        let index = Tensor::new(self.index.clone());
        gradients![wants; g.new_zeros(&self.shape)?.scatter_add(self.dim, &index, g)?]
    }
}

/// The backward of picking slices.
struct IndexSelect {
    dim: isize,
    index: Array,
    shape: Shape,
}

impl Backward for IndexSelect {
    fn backward(&self, g: &Tensor, wants: Wants<'_>) -> Result<Gradients> {
        let index = Tensor::new(self.index.clone());
        gradients![wants; g.new_zeros(&self.shape)?.index_add(self.dim, &index, g, 1)?]
    }
}

impl Tensor {
    /// Whether all elements, of type `i64`, are indices of a dimension of this size, none of them
    /// counted from its end.
    ///
    /// ```
    /// # use rushlight_autograd::{tensor, Result};
    /// # fn main() -> Result<()> {
    /// let classes = tensor([0_i64, 2])?;
    /// assert!(classes.has_indices_of(3)? && !classes.has_indices_of(2)?);
    /// # Ok(()) }
    /// ```
    pub fn has_indices_of(&self, size: usize) -> Result<bool> {
        if self.dtype() != DType::I64 {
            return Ok(false);
        }
        match rules::indices_from_either_end("has_indices_of", &self.array(), size) {
            Ok(some_from_the_end) => Ok(!some_from_the_end),
            Err(rushlight_tensor::Error::Index { .. }) => Ok(false),
            Err(other) => Err(other.into()),
        }
    }

    /// Picks along `dim`: element `i` of a line of the result is element `index[i]` of the line of
    /// `self` at the same place.
    ///
    /// Other dimensions of `index` are at most as large as those of `self`; the result has its shape.
    ///
    /// ```
    /// # use rushlight_autograd::{tensor, Result};
    /// # fn main() -> Result<()> {
    /// let x = tensor([[1, 2], [3, 4]])?;
    /// let y = x.gather(1, &tensor([[0, 0], [1, 0]])?)?;
    /// assert_eq!(y.to_vec::<i64>()?, [1, 1, 4, 3]);
    /// # Ok(()) }
    /// ```
    pub fn gather(&self, dim: isize, index: &Tensor) -> Result<Tensor> {
        let index = index.array();
        let y = self.array().gather(dim, &index)?;
        Ok(Tensor::record(y, "gather", &[self], || Gather {
            dim,
            index,
            shape: self.shape(),
        }))
    }

    /// Picks whole slices along `dim`, by an index of at most one dimension.
    pub fn index_select(&self, dim: isize, index: &Tensor) -> Result<Tensor> {
        let index = index.array();
        let y = self.array().index_select(dim, &index)?;
        Ok(Tensor::record(y, "index_select", &[self], || IndexSelect {
            dim,
            index,
            shape: self.shape(),
        }))
    }

    /// Picks along `dim` as [`Tensor::gather`] does, `self` and `index` broadcast along the others;
    /// negative indices count from the end. Without a dimension, picks from the flattened tensor.
    pub fn take_along_dim(&self, index: &Tensor, dim: Option<isize>) -> Result<Tensor> {
        const OP: &str = "take_along_dim";
        let Some(dim) = dim else {
            return self.take(&index.flatten(0, -1)?);
        };
        let (mut own, mut other) = (self.shape(), index.shape());
        if own.len() != other.len() {
            let expected = format!("as many dimensions as shape {own}");
            return Err(rushlight_tensor::Error::shape(OP, other, expected).into());
        }
        let position = rules::dim(OP, dim, &own)?;
        let Some((&size, &picks)) = own.get(position).zip(other.get(position)) else {
            return self.take(index);
        };
        (own[position], other[position]) = (1, 1);
        let mut shape = rules::broadcast(OP, &own, &other)?;
        shape[position] = size;
        let x = self.broadcast_to(&shape)?;
        shape[position] = picks;
        x.gather(dim, &index.wrapped(OP, size)?.broadcast_to(&shape)?)
    }

    /// The elements at the given row-major positions, which count from the end if negative.
    pub fn take(&self, index: &Tensor) -> Result<Tensor> {
        let flat = index.wrapped("take", self.numel())?.flatten(0, -1)?;
        let picked = self.flatten(0, -1)?.index_select(0, &flat)?;
        picked.reshape_to(&index.shape())
    }

    /// An index of a known length, made position by position.
    pub(crate) fn index_list(
        op: &'static str,
        length: usize,
        positions: impl Iterator<Item = i64>,
    ) -> Result<Tensor> {
        let mut list = Vec::new();
        list.try_reserve_exact(length).map_err(|_| {
            let bytes = length.saturating_mul(size_of::<i64>());
            rushlight_tensor::Error::OutOfMemory { op, bytes }
        })?;
        list.extend(positions);
        Tensor::from_slice(&list, &[list.len()])
    }

    /// Indices counted from the start only.
    pub(crate) fn wrapped(&self, op: &'static str, size: usize) -> Result<Tensor> {
        Ok(Tensor::new(self.array().wrapped_index(op, size)?))
    }

    /// The coordinates of row-major positions in `shape`, one tensor per dimension.
    pub fn unravel_index(&self, shape: &[usize]) -> Result<Vec<Tensor>> {
        const OP: &str = "unravel_index";
        let sizes = Shape::from(shape);
        let numel = rules::numel(OP, &sizes)?;
        rules::dtype(OP, self.dtype(), self.dtype().is_integer(), "integers")?;
        let mut rest = self.long()?.wrapped(OP, numel)?;
        let mut coordinates = Vec::with_capacity(shape.len());
        for &size in shape.iter().rev() {
            let size = i64::try_from(size.max(1)).unwrap_or(i64::MAX);
            coordinates.push(rest.remainder(size)?);
            rest = rest.floor_divide(size)?;
        }
        coordinates.reverse();
        Ok(coordinates)
    }

    /// A row for each index: zeros, and a one at the place that the index names.
    ///
    /// Without `num_classes` a row is as long as the largest index needs.
    ///
    /// ```
    /// # use rushlight_autograd::{tensor, Result};
    /// # fn main() -> Result<()> {
    /// let classes = tensor([0, 2])?.one_hot(None)?;
    /// assert_eq!(classes.to_vec::<i64>()?, [1, 0, 0, 0, 0, 1]);
    /// # Ok(()) }
    /// ```
    pub fn one_hot(&self, num_classes: Option<usize>) -> Result<Tensor> {
        let classes = match num_classes {
            Some(classes) => classes,
            None if self.numel() == 0 => {
                return Err(Error::argument(
                    "one_hot",
                    "num_classes",
                    "none",
                    "given where there are no indices",
                ));
            }
            None => usize::try_from(self.array().largest_index("one_hot")?)
                .map_or(0, |largest| largest.saturating_add(1)),
        };
        let mut shape = self.shape();
        shape.push(classes);
        let zeros = Array::full(&shape, Scalar::Int(0), crate::DType::I64, self.device())?;
        let place = self.unsqueeze(-1)?.array();
        let ones = zeros.scatter_value(ScatterOp::Replace, -1, &place, Scalar::Int(1))?;
        Ok(Tensor::new(ones))
    }
}

//! Finding and grouping values.

use crate::{Result, Tensor};
use rushlight_tensor::Array;
use rushlight_tensor::ops::search::Side;

/// Groups of equal elements or slices, from [`Tensor::unique`].
#[derive(Clone, Debug)]
pub struct Unique {
    /// One of each group.
    pub values: Tensor,
    /// Which group each element or slice of the input belongs to.
    pub inverse: Tensor,
    /// How many each group has.
    pub counts: Tensor,
}

impl From<rushlight_tensor::ops::unique::Unique> for Unique {
    fn from(found: rushlight_tensor::ops::unique::Unique) -> Unique {
        Unique {
            values: Tensor::new(found.values),
            inverse: Tensor::new(found.inverse),
            counts: Tensor::new(found.counts),
        }
    }
}

impl Tensor {
    /// Where `values` belong in the sorted rows of `self`: before elements that are equal, or with
    /// `right` after them. Rows are the last dimension.
    ///
    /// `sorter` holds the indices that sort the rows, if they are not sorted themselves.
    ///
    /// ```
    /// # use rushlight_autograd::{tensor, Result};
    /// # fn main() -> Result<()> {
    /// let sorted = tensor([1, 3, 5])?;
    /// let places = sorted.searchsorted(&tensor([3, 6])?, false, None)?;
    /// assert_eq!(places.to_vec::<i64>()?, [1, 3]);
    /// # Ok(()) }
    /// ```
    pub fn searchsorted(
        &self,
        values: &Tensor,
        right: bool,
        sorter: Option<&Tensor>,
    ) -> Result<Tensor> {
        let sorted = match sorter {
            Some(sorter) if sorter.shape() != self.shape() => {
                let expected = format!("a sorter of shape {}", self.shape());
                let (op, got) = ("searchsorted", sorter.shape());
                return Err(rushlight_tensor::Error::shape(op, got, expected).into());
            }
            Some(sorter) => self.array().gather(-1, &sorter.array())?,
            None => self.array(),
        };
        search(&sorted, values, right)
    }

    /// The number of the bucket that each element falls into, where `boundaries` are the sorted
    /// upper ends of the buckets; with `right` an end belongs to the next bucket.
    pub fn bucketize(&self, boundaries: &Tensor, right: bool) -> Result<Tensor> {
        if boundaries.dim() != 1 {
            let (op, got) = ("bucketize", boundaries.shape());
            return Err(rushlight_tensor::Error::shape(op, got, "one dimension").into());
        }
        search(&boundaries.array(), self, right)
    }

    /// Where elements are among those of `test`.
    pub fn isin(&self, test: &Tensor) -> Result<Tensor> {
        let dtype = self.dtype().promote(test.dtype());
        let (x, test) = (
            self.detach().to_dtype(dtype)?,
            test.detach().to_dtype(dtype)?,
        );
        let (sorted, _) = test.reshape(&[-1])?.sort(0, false)?;
        let first = search(&sorted.array(), &x, false)?;
        let past = search(&sorted.array(), &x, true)?;
        past.gt(&first)
    }

    /// Groups equal slices along a dimension, or equal elements where none is given. Groups come in
    /// ascending order.
    ///
    /// ```
    /// # use rushlight_autograd::{tensor, Result};
    /// # fn main() -> Result<()> {
    /// let found = tensor([3, 1, 3])?.unique(None)?;
    /// assert_eq!(found.values.to_vec::<i64>()?, [1, 3]);
    /// assert_eq!(found.inverse.to_vec::<i64>()?, [1, 0, 1]);
    /// assert_eq!(found.counts.to_vec::<i64>()?, [1, 2]);
    /// # Ok(()) }
    /// ```
    pub fn unique(&self, dim: Option<isize>) -> Result<Unique> {
        Ok(self.array().unique(false, dim)?.into())
    }

    /// As [`unique`](Tensor::unique), but groups only neighbours, and leaves them in order.
    pub fn unique_consecutive(&self, dim: Option<isize>) -> Result<Unique> {
        Ok(self.array().unique(true, dim)?.into())
    }

    /// The values of [`unique`](Tensor::unique) alone, which take less time.
    pub fn unique_values(&self, dim: Option<isize>) -> Result<Tensor> {
        Ok(Tensor::new(self.array().unique_values(false, dim)?))
    }

    /// The values of [`unique_consecutive`](Tensor::unique_consecutive) alone, which take less time.
    pub fn unique_consecutive_values(&self, dim: Option<isize>) -> Result<Tensor> {
        Ok(Tensor::new(self.array().unique_values(true, dim)?))
    }
}

fn search(sorted: &Array, values: &Tensor, right: bool) -> Result<Tensor> {
    let side = if right { Side::Right } else { Side::Left };
    Ok(Tensor::new(values.array().search(sorted, side)?))
}

use std::sync::Arc;

use rushlight_autograd::Tensor;

use crate::transforms::{Transform, Transformed};
use crate::{Batch, Collate, Error, Result};

/// Items that can be had by index, from any thread.
///
/// ```
/// use rushlight_data::{Dataset, Result};
///
/// /// The first numbers and their squares.
/// struct Squares(usize);
///
/// impl Dataset for Squares {
///     type Item = (i64, i64);
///
///     fn len(&self) -> usize {
///         self.0
///     }
///
///     fn get(&self, index: usize) -> Result<(i64, i64)> {
///         self.check(index)?;
///         let number = index as i64;
///         Ok((number, number * number))
///     }
/// }
///
/// assert_eq!(Squares(10).get(3).unwrap(), (3, 9));
/// ```
pub trait Dataset: Send + Sync {
    /// One example, for instance an image and its label.
    type Item;

    /// The number of items.
    fn len(&self) -> usize;

    /// The item at an index below [`len`](Dataset::len).
    ///
    /// # Errors
    /// If the index is out of range, or the item cannot be read.
    fn get(&self, index: usize) -> Result<Self::Item>;

    /// The items at several indices as one batch.
    ///
    /// A dataset that can read many items faster than one by one overrides this.
    ///
    /// # Errors
    /// If an item cannot be read, or the items do not fit together.
    fn batch(&self, indices: &[usize]) -> Result<Batch<Self::Item>>
    where
        Self::Item: Collate,
    {
        Self::Item::collate(
            indices
                .iter()
                .map(|&index| self.get(index))
                .collect::<Result<_>>()?,
        )
    }

    /// The same with each image transformed, where the items are images and something else.
    ///
    /// ```
    /// use rushlight_data::transforms::Normalize;
    /// use rushlight_data::{Dataset, digits};
    ///
    /// # fn main() -> rushlight_data::Result<()> {
    /// let digits = digits()?.transform(Normalize::new([0.5], [0.5]));
    /// assert_eq!(digits.get(0)?.0.min()?.item()?, -1.0);
    /// # Ok(()) }
    /// ```
    fn transform<T: Transform, L>(self, transform: T) -> Transformed<Self, T>
    where
        Self: Sized + Dataset<Item = (Tensor, L)>,
    {
        let dataset = self;
        Transformed { dataset, transform }
    }

    /// Whether there are no items.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Refuses an index that is out of range; for implementations of [`get`](Dataset::get).
    ///
    /// # Errors
    /// If the index is not below [`len`](Dataset::len).
    fn check(&self, index: usize) -> Result<()> {
        let len = self.len();
        if index < len {
            Ok(())
        } else {
            Err(Error::Index {
                op: "get",
                index,
                len,
            })
        }
    }
}

macro_rules! pointers {
    ($($pointer:ty),*) => {$(
        impl<D: Dataset + ?Sized> Dataset for $pointer {
            type Item = D::Item;

            fn len(&self) -> usize {
                (**self).len()
            }
            fn get(&self, index: usize) -> Result<D::Item> {
                (**self).get(index)
            }
            fn batch(&self, indices: &[usize]) -> Result<Batch<D::Item>>
            where
                D::Item: Collate,
            {
                (**self).batch(indices)
            }
        }
    )*};
}

pointers! { &D, Box<D>, Arc<D> }

/// A list is a dataset of its elements.
impl<T: Clone + Send + Sync> Dataset for Vec<T> {
    type Item = T;

    fn len(&self) -> usize {
        self.as_slice().len()
    }

    fn get(&self, index: usize) -> Result<T> {
        self.check(index)?;
        Ok(self[index].clone())
    }
}

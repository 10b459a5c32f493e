use rushlight_autograd::Tensor;

use crate::{Collate, Dataset, Error, Result};

/// Tensors whose rows belong together: the items are rows of each.
///
/// ```
/// use rushlight_autograd::tensor;
/// use rushlight_data::{Dataset, TensorDataset};
///
/// # fn main() -> rushlight_data::Result<()> {
/// let points = tensor([[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]])?;
/// let labels = tensor([0, 1, 0])?;
/// let dataset = TensorDataset::new((points, labels))?;
/// let (point, label) = dataset.get(1)?;
/// assert_eq!(point.to_vec::<f32>()?, [2.0, 3.0]);
/// assert_eq!(label.item()?, 1.0);
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct TensorDataset<T = (Tensor, Tensor)> {
    tensors: T,
    len: usize,
}

impl<T: Tensors> TensorDataset<T> {
    /// A dataset of the rows of a tensor, or of each of a tuple of up to four.
    ///
    /// # Errors
    /// If a tensor has no dimension, or if they differ in their number of rows.
    pub fn new(tensors: T) -> Result<TensorDataset<T>> {
        let mut len = None;
        for tensor in tensors.each() {
            let rows = tensor.size(0)?;
            if rows != *len.get_or_insert(rows) {
                let expected = "the same for all tensors";
                return Err(Error::argument(
                    "TensorDataset",
                    "the first size",
                    rows,
                    expected,
                ));
            }
        }
        Ok(TensorDataset {
            tensors,
            len: len.unwrap_or(0),
        })
    }

    /// The whole tensors.
    pub fn tensors(&self) -> &T {
        &self.tensors
    }
}

impl<T: Tensors> Dataset for TensorDataset<T> {
    type Item = T;

    fn len(&self) -> usize {
        self.len
    }

    fn get(&self, index: usize) -> Result<T> {
        self.check(index)?;
        self.tensors
            .map(|tensor| Ok(tensor.select(0, index as i64)?))
    }

    /// Gathers the rows at once instead of stacking them one by one.
    fn batch(&self, indices: &[usize]) -> Result<T> {
        indices.iter().try_for_each(|&index| self.check(index))?;
        let rows: Vec<i64> = indices.iter().map(|&index| index as i64).collect();
        let rows = Tensor::from_vec(rows, &[indices.len()])?;
        self.tensors
            .map(|tensor| Ok(tensor.index_select(0, &rows.to_device(tensor.device())?)?))
    }
}

/// A tensor, or a tuple of up to four.
pub trait Tensors: Collate<Batch = Self> + Send + Sync {
    /// The tensors.
    fn each(&self) -> impl Iterator<Item = &Tensor>;

    /// The same of other tensors.
    ///
    /// # Errors
    /// If `f` fails for one of them.
    fn map(&self, f: impl Fn(&Tensor) -> Result<Tensor>) -> Result<Self>;
}

impl Tensors for Tensor {
    fn each(&self) -> impl Iterator<Item = &Tensor> {
        std::iter::once(self)
    }

    fn map(&self, f: impl Fn(&Tensor) -> Result<Tensor>) -> Result<Tensor> {
        f(self)
    }
}

macro_rules! tuples {
    ($($($T:ident $at:tt)*;)*) => {$(
        impl Tensors for ($($T,)*) {
            fn each(&self) -> impl Iterator<Item = &Tensor> {
                [$(&self.$at),*].into_iter()
            }

            fn map(&self, f: impl Fn(&Tensor) -> Result<Tensor>) -> Result<Self> {
                Ok(($(f(&self.$at)?,)*))
            }
        }
    )*};
}

tuples! {
    Tensor 0;
    Tensor 0 Tensor 1;
    Tensor 0 Tensor 1 Tensor 2;
    Tensor 0 Tensor 1 Tensor 2 Tensor 3;
}

use std::collections::BTreeMap;

use rushlight_autograd::{Element, Tensor, bf16, f16};

use crate::{Error, Result};

/// What the items of a batch become.
pub type Batch<T> = <T as Collate>::Batch;

/// How single items become a batch: tensors are stacked, numbers become the elements of a tensor,
/// and tuples, vectors and maps of them are collated field by field.
///
/// ```
/// use rushlight_data::Collate;
///
/// # fn main() -> rushlight_data::Result<()> {
/// let (points, labels) = Collate::collate(vec![([1.0_f32, 2.0], 0_i64), ([3.0, 4.0], 1)])?;
/// assert_eq!(points.shape(), [2, 2]);
/// assert_eq!(labels.to_vec::<i64>()?, [0, 1]);
/// # Ok(()) }
/// ```
pub trait Collate: Sized {
    /// The batch.
    type Batch: Send;

    /// Makes a batch of items.
    ///
    /// # Errors
    /// If there are none, or if they differ in shape, dtype, length or keys.
    fn collate(items: Vec<Self>) -> Result<Self::Batch>;
}

/// Stacks along a new first dimension.
impl Collate for Tensor {
    type Batch = Tensor;

    fn collate(items: Vec<Tensor>) -> Result<Tensor> {
        let first = first(&items)?;
        let (shape, dtype) = (first.shape(), first.dtype());
        let differs = |item: &&Tensor| item.shape() != shape || item.dtype() != dtype;
        if let Some(other) = items.iter().find(differs) {
            let reason = format!(
                "tensors of a batch differ: {} {shape} and {} {}",
                dtype.name(),
                other.dtype().name(),
                other.shape()
            );
            return Err(Error::Collate { reason });
        }
        Ok(Tensor::stack(&items, 0)?)
    }
}

macro_rules! numbers {
    ($($number:ty)*) => {$(
        /// Numbers become the elements of a tensor of one dimension.
        impl Collate for $number {
            type Batch = Tensor;

            fn collate(items: Vec<$number>) -> Result<Tensor> {
                let length = items.len();
                Ok(Tensor::from_vec(items, &[length])?)
            }
        }
    )*};
}

numbers! { f32 f64 f16 bf16 i64 i32 i16 i8 u8 bool }

/// Arrays of numbers become the rows of a tensor.
impl<T: Element, const N: usize> Collate for [T; N] {
    type Batch = Tensor;

    fn collate(items: Vec<[T; N]>) -> Result<Tensor> {
        let rows = items.len();
        Ok(Tensor::from_vec(items.into_flattened(), &[rows, N])?)
    }
}

/// Text stays a list.
impl Collate for String {
    type Batch = Vec<String>;

    fn collate(items: Vec<String>) -> Result<Vec<String>> {
        Ok(items)
    }
}

/// Vectors of equal length become a vector of batches, one for each position.
impl<T: Collate> Collate for Vec<T> {
    type Batch = Vec<T::Batch>;

    fn collate(items: Vec<Vec<T>>) -> Result<Vec<T::Batch>> {
        let (count, length) = (items.len(), first(&items)?.len());
        let mut columns: Vec<Vec<T>> = (0..length).map(|_| Vec::with_capacity(count)).collect();
        for item in items {
            if item.len() != length {
                let reason = format!(
                    "vectors of a batch differ in length: {length} and {}",
                    item.len()
                );
                return Err(Error::Collate { reason });
            }
            columns
                .iter_mut()
                .zip(item)
                .for_each(|(column, value)| column.push(value));
        }
        columns.into_iter().map(T::collate).collect()
    }
}

/// Maps with the same keys become a map of batches.
impl<K: Ord + Send, T: Collate> Collate for BTreeMap<K, T> {
    type Batch = BTreeMap<K, T::Batch>;

    fn collate(items: Vec<BTreeMap<K, T>>) -> Result<BTreeMap<K, T::Batch>> {
        let keys = first(&items)?.len();
        let count = items.len();
        let mut columns = BTreeMap::<K, Vec<T>>::new();
        for (key, value) in items.into_iter().flatten() {
            columns.entry(key).or_default().push(value);
        }
        if columns.len() != keys || columns.values().any(|column| column.len() != count) {
            let reason = "maps of a batch differ in their keys".to_owned();
            return Err(Error::Collate { reason });
        }
        columns
            .into_iter()
            .map(|(key, column)| Ok((key, T::collate(column)?)))
            .collect()
    }
}

macro_rules! tuples {
    ($($($T:ident $column:ident $at:tt)*;)*) => {$(
        /// Tuples become a tuple of batches.
        impl<$($T: Collate),*> Collate for ($($T,)*) {
            type Batch = ($($T::Batch,)*);

            fn collate(items: Vec<Self>) -> Result<Self::Batch> {
                $(let mut $column = Vec::with_capacity(items.len());)*
                for item in items {
                    $($column.push(item.$at);)*
                }
                Ok(($($T::collate($column)?,)*))
            }
        }
    )*};
}

tuples! {
    A a 0;
    A a 0 B b 1;
    A a 0 B b 1 C c 2;
    A a 0 B b 1 C c 2 D d 3;
    A a 0 B b 1 C c 2 D d 3 E e 4;
    A a 0 B b 1 C c 2 D d 3 E e 4 F f 5;
}

fn first<T>(items: &[T]) -> Result<&T> {
    let reason = || "a batch needs at least one item".to_owned();
    items
        .first()
        .ok_or_else(|| Error::Collate { reason: reason() })
}

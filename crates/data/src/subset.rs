use std::sync::Arc;

use rushlight_tensor::random::{self, Generator};

use crate::{Batch, Collate, Dataset, Error, Result};

/// Some items of a dataset, in an order of their own.
///
/// The parts of a [`random_split`] share the dataset; to share one otherwise, put it in an [`Arc`],
/// which is a dataset too.
#[derive(Debug)]
pub struct Subset<D> {
    dataset: Arc<D>,
    indices: Vec<usize>,
}

impl<D: Dataset> Subset<D> {
    /// The items of `dataset` at `indices`, which may repeat.
    ///
    /// # Errors
    /// If an index is out of range.
    pub fn new(dataset: D, indices: Vec<usize>) -> Result<Subset<D>> {
        indices.iter().try_for_each(|&index| dataset.check(index))?;
        let dataset = Arc::new(dataset);
        Ok(Subset { dataset, indices })
    }

    /// The dataset the items come from.
    pub fn dataset(&self) -> &D {
        &self.dataset
    }

    /// Where in the dataset the items are.
    pub fn indices(&self) -> &[usize] {
        &self.indices
    }

    fn index(&self, index: usize) -> Result<usize> {
        self.check(index)?;
        Ok(self.indices[index])
    }
}

impl<D: Dataset> Dataset for Subset<D> {
    type Item = D::Item;

    fn len(&self) -> usize {
        self.indices.len()
    }

    fn get(&self, index: usize) -> Result<D::Item> {
        self.dataset.get(self.index(index)?)
    }

    fn batch(&self, indices: &[usize]) -> Result<Batch<D::Item>>
    where
        D::Item: Collate,
    {
        let inner = indices.iter().map(|&index| self.index(index));
        self.dataset.batch(&inner.collect::<Result<Vec<_>>>()?)
    }
}

impl<D> Clone for Subset<D> {
    fn clone(&self) -> Subset<D> {
        Subset {
            dataset: Arc::clone(&self.dataset),
            indices: self.indices.clone(),
        }
    }
}

/// Splits a dataset at random into disjoint subsets, by counts or by fractions: the items are those
/// that PyTorch's `random_split` picks with the same generator.
///
/// Fractions sum up to 1; items that rounding leaves over go to the first subsets, one to each.
/// Without a generator the one of the process is used.
///
/// ```
/// use rushlight_data::{Dataset, random_split};
/// use rushlight_tensor::random::Generator;
///
/// # fn main() -> rushlight_data::Result<()> {
/// let numbers: Vec<i64> = (0..10).collect();
/// let [train, test] = random_split(numbers, [7, 3], Some(&mut Generator::from_seed(42)))?;
/// assert_eq!(test.indices(), [9, 3, 7]);
/// assert_eq!(train.len(), 7);
/// # Ok(()) }
/// ```
///
/// # Errors
/// If the counts do not sum up to the number of items, or the fractions to 1.
pub fn random_split<D: Dataset, L: SplitLength, const N: usize>(
    dataset: D,
    lengths: [L; N],
    generator: Option<&mut Generator>,
) -> Result<[Subset<D>; N]> {
    let lengths = L::counts(lengths, dataset.len())?;
    let mut order = vec![0; dataset.len()];
    match generator {
        Some(generator) => random::randperm(generator, &mut order),
        None => random::randperm(&mut random::default_generator(), &mut order),
    }
    let dataset = Arc::new(dataset);
    let mut order = order.into_iter().map(|index| index as usize);
    Ok(lengths.map(|length| Subset {
        dataset: Arc::clone(&dataset),
        indices: order.by_ref().take(length).collect(),
    }))
}

/// A count (`usize`) or a fraction (`f64`) of the items.
pub trait SplitLength: Copy {
    /// How many items each part gets of `total`.
    ///
    /// # Errors
    /// If the parts do not make up the whole.
    fn counts<const N: usize>(lengths: [Self; N], total: usize) -> Result<[usize; N]>;
}

impl SplitLength for usize {
    fn counts<const N: usize>(lengths: [usize; N], total: usize) -> Result<[usize; N]> {
        let sum = lengths
            .iter()
            .try_fold(0_usize, |sum, &length| sum.checked_add(length));
        if sum == Some(total) {
            return Ok(lengths);
        }
        let got = format!("{lengths:?} for {total} items");
        let expected = "counts that sum up to the number of items";
        Err(Error::argument("random_split", "lengths", got, expected))
    }
}

impl SplitLength for f64 {
    fn counts<const N: usize>(fractions: [f64; N], total: usize) -> Result<[usize; N]> {
        let sum: f64 = fractions.iter().sum();
        let is_fraction = |fraction: &f64| (0.0..=1.0).contains(fraction);
        if !fractions.iter().all(is_fraction) || (sum - 1.0).abs() > 1e-9 {
            let got = format!("{fractions:?}");
            let expected = "fractions from 0 to 1 that sum up to 1";
            return Err(Error::argument("random_split", "lengths", got, expected));
        }
        let mut counts = fractions.map(|fraction| (total as f64 * fraction).floor() as usize);
        let rest = total.saturating_sub(counts.iter().sum());
        (0..rest).for_each(|i| counts[i % N] += 1);
        Ok(counts)
    }
}

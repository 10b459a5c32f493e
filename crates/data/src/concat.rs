use crate::{Dataset, Error, Result};

/// Several datasets one after the other.
///
/// Datasets of different types but the same items are joined as `Box<dyn Dataset<Item = ...>>`.
#[derive(Debug, Clone)]
pub struct ConcatDataset<D> {
    datasets: Vec<D>,
    /// Where each dataset ends.
    ends: Vec<usize>,
}

impl<D: Dataset> ConcatDataset<D> {
    /// Joins the datasets.
    ///
    /// # Errors
    /// If the number of items overflows.
    pub fn new(datasets: impl IntoIterator<Item = D>) -> Result<ConcatDataset<D>> {
        let datasets: Vec<D> = datasets.into_iter().collect();
        let mut total = 0_usize;
        let ends = datasets.iter().map(|dataset| {
            let len = dataset.len();
            let expected = "no larger than the address space";
            total = total.checked_add(len).ok_or_else(|| {
                Error::argument("ConcatDataset", "the number of items", len, expected)
            })?;
            Ok(total)
        });
        let ends = ends.collect::<Result<_>>()?;
        Ok(ConcatDataset { datasets, ends })
    }

    /// The datasets that were joined.
    pub fn datasets(&self) -> &[D] {
        &self.datasets
    }
}

impl<D: Dataset> Dataset for ConcatDataset<D> {
    type Item = D::Item;

    fn len(&self) -> usize {
        self.ends.last().copied().unwrap_or(0)
    }

    fn get(&self, index: usize) -> Result<D::Item> {
        self.check(index)?;
        let which = self.ends.partition_point(|&end| end <= index);
        let start = which.checked_sub(1).map_or(0, |before| self.ends[before]);
        self.datasets[which].get(index - start)
    }
}

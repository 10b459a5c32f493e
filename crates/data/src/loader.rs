use std::fmt;
use std::sync::Arc;

use rushlight_tensor::random::Generator;

use crate::sampler::{OwnGenerator, batch_count, batched, shuffled};
use crate::workers::{Fetch, Workers};
use crate::{Batch, Collate, Dataset, Order, Result, Sampler};

/// Makes batches of a dataset, epoch after epoch.
///
/// Iterating over a reference is one epoch. It yields a `Result` for each batch, because reading an
/// item may fail, and a training loop passes that on:
///
/// ```
/// use rushlight_data::{DataLoader, digits};
///
/// # fn main() -> rushlight_data::Result<()> {
/// let loader = DataLoader::new(digits()?).batch_size(32).shuffle(true).seed(0).drop_last(true);
/// assert_eq!(loader.len(), 56);
/// for batch in &loader {
///     let (images, labels) = batch?;
///     assert_eq!(images.shape(), [32, 1, 8, 8]);
///     assert_eq!(labels.shape(), [32]);
/// }
/// # Ok(()) }
/// ```
///
/// Settings are PyTorch's, with PyTorch's defaults: batches of one item, in order, made by the
/// calling thread. With the same generator, or after the same `manual_seed`, the order of a shuffled
/// loader is PyTorch's too, whatever the number of workers.
///
/// With workers, an item that fails or panics makes an `Err` of its batch; the batches after it
/// still come. An iterator may be dropped at any time. Worker threads share the dataset, so what it
/// holds must be `Sync`; they end with the iterator.
pub struct DataLoader<D, B> {
    dataset: Arc<D>,
    fetch: Fetch<B>,
    order: Choice,
    batch_size: usize,
    drop_last: bool,
    generator: OwnGenerator,
    num_workers: usize,
    prefetch: usize,
}

/// What decides the order of items.
enum Choice {
    Sequential,
    Shuffled,
    Items(Box<dyn Sampler<Item = usize>>),
    Batches(Box<dyn Sampler<Item = Vec<usize>>>),
}

impl<D> DataLoader<D, Batch<D::Item>>
where
    D: Dataset<Item: Collate> + 'static,
{
    /// A loader of single items in order, collated by their own type.
    pub fn new(dataset: D) -> DataLoader<D, Batch<D::Item>> {
        let dataset = Arc::new(dataset);
        let shared = Arc::clone(&dataset);
        DataLoader::with_fetch(dataset, Arc::new(move |indices| shared.batch(indices)))
    }
}

impl<D: Dataset + 'static, B: Send + 'static> DataLoader<D, B> {
    /// A loader that turns the items of a batch into whatever `collate` makes of them.
    ///
    /// ```
    /// use rushlight_data::DataLoader;
    ///
    /// # fn main() -> rushlight_data::Result<()> {
    /// let words = vec!["deep", "learning"];
    /// let loader = DataLoader::with_collate(words, |batch| Ok(batch.join(" "))).batch_size(2);
    /// for sentence in &loader {
    ///     assert_eq!(sentence?, "deep learning");
    /// }
    /// # Ok(()) }
    /// ```
    pub fn with_collate(
        dataset: D,
        collate: impl Fn(Vec<D::Item>) -> Result<B> + Send + Sync + 'static,
    ) -> DataLoader<D, B> {
        let dataset = Arc::new(dataset);
        let shared = Arc::clone(&dataset);
        let fetch = move |indices: &[usize]| {
            collate(
                indices
                    .iter()
                    .map(|&index| shared.get(index))
                    .collect::<Result<_>>()?,
            )
        };
        DataLoader::with_fetch(dataset, Arc::new(fetch))
    }

    fn with_fetch(dataset: Arc<D>, fetch: Fetch<B>) -> DataLoader<D, B> {
        DataLoader {
            dataset,
            fetch,
            order: Choice::Sequential,
            batch_size: 1,
            drop_last: false,
            generator: OwnGenerator::default(),
            num_workers: 0,
            prefetch: 2,
        }
    }

    /// Items in a batch, 1 or more.
    pub fn batch_size(mut self, batch_size: usize) -> Self {
        self.batch_size = batch_size;
        self
    }

    /// Whether to use the items in random order, a new one each epoch; replaces a sampler.
    pub fn shuffle(mut self, shuffle: bool) -> Self {
        self.order = if shuffle {
            Choice::Shuffled
        } else {
            Choice::Sequential
        };
        self
    }

    /// Uses the items in the order of a sampler; replaces `shuffle`.
    pub fn sampler(mut self, sampler: impl Sampler<Item = usize> + 'static) -> Self {
        self.order = Choice::Items(Box::new(sampler));
        self
    }

    /// Uses the batches of a sampler; replaces `shuffle`, `batch_size` and `drop_last`.
    pub fn batch_sampler(mut self, sampler: impl Sampler<Item = Vec<usize>> + 'static) -> Self {
        self.order = Choice::Batches(Box::new(sampler));
        self
    }

    /// Shuffles by a generator of its own that starts from `seed`.
    pub fn seed(self, seed: u64) -> Self {
        self.generator(Generator::from_seed(seed))
    }

    /// Shuffles by this generator instead of that of the process.
    pub fn generator(mut self, generator: Generator) -> Self {
        self.generator = OwnGenerator::new(generator);
        self
    }

    /// Whether to leave out a last batch that is not full.
    pub fn drop_last(mut self, drop_last: bool) -> Self {
        self.drop_last = drop_last;
        self
    }

    /// Threads that prepare batches; with 0 the calling thread does.
    pub fn num_workers(mut self, num_workers: usize) -> Self {
        self.num_workers = num_workers;
        self
    }

    /// Batches that each worker prepares ahead, 1 or more.
    pub fn prefetch(mut self, prefetch: usize) -> Self {
        self.prefetch = prefetch;
        self
    }

    /// The number of batches of an epoch.
    pub fn len(&self) -> usize {
        let items = match &self.order {
            Choice::Batches(sampler) => return sampler.len(),
            Choice::Items(sampler) => sampler.len(),
            Choice::Sequential | Choice::Shuffled => self.dataset.len(),
        };
        batch_count(items, self.batch_size, self.drop_last)
    }

    /// Whether an epoch has no batches.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The dataset.
    pub fn dataset(&self) -> &D {
        &self.dataset
    }

    /// Starts an epoch. What is wrong with the settings comes as the first batch.
    pub fn iter(&self) -> Batches<'_, B> {
        // PyTorch draws a seed for its workers first, even where there are none.
        let seed = self.generator.draw_seed();
        let start = self
            .batches()
            .and_then(|order| Ok((order, self.workers(seed)?)));
        match start {
            Ok((order, workers)) => Batches {
                order,
                fetch: &self.fetch,
                workers,
                refusal: None,
            },
            Err(error) => Batches {
                order: Box::new(std::iter::empty()),
                fetch: &self.fetch,
                workers: None,
                refusal: Some(error),
            },
        }
    }

    fn batches(&self) -> Result<Order<'_, Vec<usize>>> {
        let len = self.dataset.len();
        let items: Order<'_, usize> = match &self.order {
            Choice::Batches(sampler) => return Ok(Box::new(sampler.iter()?.fuse())),
            Choice::Items(sampler) => sampler.iter()?,
            Choice::Sequential => Box::new(0..len),
            Choice::Shuffled => shuffled(len, len, self.generator.for_pass()),
        };
        batched(items, self.batch_size, self.drop_last)
    }

    fn workers(&self, seed: u64) -> Result<Option<Workers<B>>> {
        if self.num_workers == 0 {
            return Ok(None);
        }
        let limit = self.num_workers.saturating_mul(self.prefetch.max(1));
        Workers::start(self.num_workers, limit, seed, &self.fetch).map(Some)
    }
}

impl<'a, D: Dataset + 'static, B: Send + 'static> IntoIterator for &'a DataLoader<D, B> {
    type Item = Result<B>;
    type IntoIter = Batches<'a, B>;

    fn into_iter(self) -> Batches<'a, B> {
        self.iter()
    }
}

impl<D, B> fmt::Debug for DataLoader<D, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DataLoader")
            .field("batch_size", &self.batch_size)
            .field("drop_last", &self.drop_last)
            .field("generator", &self.generator)
            .field("num_workers", &self.num_workers)
            .field("prefetch", &self.prefetch)
            .finish_non_exhaustive()
    }
}

/// The batches of one epoch of a [`DataLoader`].
pub struct Batches<'a, B> {
    order: Order<'a, Vec<usize>>,
    fetch: &'a Fetch<B>,
    workers: Option<Workers<B>>,
    refusal: Option<crate::Error>,
}

impl<B: Send + 'static> Iterator for Batches<'_, B> {
    type Item = Result<B>;

    fn next(&mut self) -> Option<Result<B>> {
        if let Some(error) = self.refusal.take() {
            return Some(Err(error));
        }
        match &mut self.workers {
            Some(workers) => workers.next(&mut self.order),
            None => self.order.next().map(|indices| (self.fetch)(&indices)),
        }
    }
}

impl<B> fmt::Debug for Batches<'_, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batches").finish_non_exhaustive()
    }
}

//! In which order the items of a dataset are used.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use rushlight_tensor::random::{self, Generator};

use crate::{Error, Result};

/// One pass through a sampler.
pub type Order<'a, T> = Box<dyn Iterator<Item = T> + Send + 'a>;

/// A way to choose items: of an index, or of a batch of indices at a time.
pub trait Sampler: Send + Sync {
    /// `usize`, or `Vec<usize>` for whole batches.
    type Item;

    /// A new pass, for one epoch.
    ///
    /// # Errors
    /// If the sampler was set up with something impossible.
    fn iter(&self) -> Result<Order<'_, Self::Item>>;

    /// How many items a pass has.
    fn len(&self) -> usize;

    /// Whether a pass has no items.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A generator of one's own, or none.
#[derive(Clone, Default)]
pub(crate) struct OwnGenerator(Option<Arc<Mutex<Generator>>>);

impl OwnGenerator {
    pub(crate) fn new(generator: Generator) -> OwnGenerator {
        OwnGenerator(Some(Arc::new(Mutex::new(generator))))
    }

    /// Draws from the own generator, or from that of the process.
    fn draw<T>(&self, draw: impl FnOnce(&mut Generator) -> T) -> T {
        match &self.0 {
            Some(own) => draw(&mut own.lock().unwrap_or_else(PoisonError::into_inner)),
            None => draw(&mut random::default_generator()),
        }
    }

    /// A seed, as PyTorch draws one for a pass or its workers.
    pub(crate) fn draw_seed(&self) -> u64 {
        let mut seed = [0_i64];
        self.draw(|generator| random::random_full(generator, &mut seed));
        seed[0] as u64
    }

    /// The own generator, or a new one seeded from that of the process.
    pub(crate) fn for_pass(&self) -> OwnGenerator {
        match self.0 {
            Some(_) => self.clone(),
            None => OwnGenerator::new(Generator::from_seed(self.draw_seed())),
        }
    }

    fn permutation(&self, len: usize) -> impl Iterator<Item = usize> + Send + use<> {
        let mut order = vec![0; len];
        self.draw(|generator| random::randperm(generator, &mut order));
        indices(order)
    }
}

impl fmt::Debug for OwnGenerator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "own" } else { "default" })
    }
}

fn indices(drawn: Vec<i64>) -> impl Iterator<Item = usize> + Send + use<> {
    drawn.into_iter().map(|index| index as usize)
}

/// Random orders of `len` items, one after the other, until `num_samples` came.
pub(crate) fn shuffled(
    len: usize,
    num_samples: usize,
    generator: OwnGenerator,
) -> Order<'static, usize> {
    let mut left = num_samples;
    let rounds = num_samples.checked_div(len).unwrap_or(0);
    // One round more than there are whole ones: PyTorch draws an order for the rest even where
    // the rest is empty, and the next pass goes on from there.
    Box::new((0..=rounds).flat_map(move |_| {
        let count = left.min(len);
        left -= count;
        generator.permutation(len).take(count)
    }))
}

/// From the first item to the last.
#[derive(Debug, Clone)]
pub struct SequentialSampler(usize);

impl SequentialSampler {
    /// All of `len` items.
    pub fn new(len: usize) -> SequentialSampler {
        SequentialSampler(len)
    }
}

impl Sampler for SequentialSampler {
    type Item = usize;

    fn iter(&self) -> Result<Order<'_, usize>> {
        Ok(Box::new(0..self.0))
    }

    fn len(&self) -> usize {
        self.0
    }
}

/// In random order, a new one for each pass.
///
/// With the same generator the order is PyTorch's, pass after pass. Without one, each pass seeds a
/// generator from that of the process, so that `manual_seed` makes a program repeatable.
///
/// ```
/// use rushlight_data::{RandomSampler, Sampler};
/// use rushlight_tensor::random::Generator;
///
/// # fn main() -> rushlight_data::Result<()> {
/// let sampler = RandomSampler::new(5).generator(Generator::from_seed(0));
/// let order: Vec<usize> = sampler.iter()?.collect();
/// assert_eq!(order, [4, 0, 1, 3, 2]);
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct RandomSampler {
    items: usize,
    replacement: bool,
    num_samples: usize,
    generator: OwnGenerator,
}

impl RandomSampler {
    /// Each of `len` items once.
    pub fn new(len: usize) -> RandomSampler {
        RandomSampler {
            items: len,
            replacement: false,
            num_samples: len,
            generator: OwnGenerator::default(),
        }
    }

    /// Whether an item may come again before all others came.
    pub fn replacement(mut self, replacement: bool) -> RandomSampler {
        self.replacement = replacement;
        self
    }

    /// How many items a pass has, if not each once.
    pub fn num_samples(mut self, num_samples: usize) -> RandomSampler {
        self.num_samples = num_samples;
        self
    }

    /// Draws all passes from this generator.
    pub fn generator(mut self, generator: Generator) -> RandomSampler {
        self.generator = OwnGenerator::new(generator);
        self
    }
}

impl Sampler for RandomSampler {
    type Item = usize;

    fn iter(&self) -> Result<Order<'_, usize>> {
        if self.items == 0 && self.num_samples > 0 {
            let got = format!("{} of an empty dataset", self.num_samples);
            return Err(Error::argument("RandomSampler", "num_samples", got, "0"));
        }
        let generator = self.generator.for_pass();
        if !self.replacement || self.num_samples == 0 {
            return Ok(shuffled(self.items, self.num_samples, generator));
        }
        let mut drawn = vec![0_i64; self.num_samples];
        generator.draw(|generator| random::randint(generator, &mut drawn, 0, self.items as i64))?;
        Ok(Box::new(indices(drawn)))
    }

    fn len(&self) -> usize {
        self.num_samples
    }
}

/// The items at some indices, in random order.
#[derive(Debug)]
pub struct SubsetRandomSampler {
    indices: Vec<usize>,
    generator: OwnGenerator,
}

impl SubsetRandomSampler {
    /// Each of `indices` once.
    pub fn new(indices: Vec<usize>) -> SubsetRandomSampler {
        SubsetRandomSampler {
            indices,
            generator: OwnGenerator::default(),
        }
    }

    /// Draws all passes from this generator instead of that of the process.
    pub fn generator(mut self, generator: Generator) -> SubsetRandomSampler {
        self.generator = OwnGenerator::new(generator);
        self
    }
}

impl Sampler for SubsetRandomSampler {
    type Item = usize;

    fn iter(&self) -> Result<Order<'_, usize>> {
        let order = self.generator.permutation(self.indices.len());
        Ok(Box::new(order.map(|at| self.indices[at])))
    }

    fn len(&self) -> usize {
        self.indices.len()
    }
}

/// Items by weight: one of twice the weight comes about twice as often.
///
/// ```
/// use rushlight_data::{Sampler, WeightedRandomSampler};
///
/// # fn main() -> rushlight_data::Result<()> {
/// let sampler = WeightedRandomSampler::new(vec![0.0, 1.0, 3.0], 100);
/// assert!(sampler.iter()?.all(|index| index == 1 || index == 2));
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct WeightedRandomSampler {
    weights: Vec<f64>,
    num_samples: usize,
    replacement: bool,
    generator: OwnGenerator,
}

impl WeightedRandomSampler {
    /// `num_samples` items a pass, with replacement. The weights need not sum up to 1.
    pub fn new(weights: Vec<f64>, num_samples: usize) -> WeightedRandomSampler {
        let generator = OwnGenerator::default();
        WeightedRandomSampler {
            weights,
            num_samples,
            replacement: true,
            generator,
        }
    }

    /// Whether an item may come more than once a pass.
    pub fn replacement(mut self, replacement: bool) -> WeightedRandomSampler {
        self.replacement = replacement;
        self
    }

    /// Draws all passes from this generator instead of that of the process.
    pub fn generator(mut self, generator: Generator) -> WeightedRandomSampler {
        self.generator = OwnGenerator::new(generator);
        self
    }
}

impl Sampler for WeightedRandomSampler {
    type Item = usize;

    fn iter(&self) -> Result<Order<'_, usize>> {
        let (weights, replacement) = (&self.weights, self.replacement);
        let mut drawn = vec![0_i64; self.num_samples];
        self.generator.draw(|generator| {
            random::multinomial(generator, &mut drawn, weights, weights.len(), replacement)
        })?;
        Ok(Box::new(indices(drawn)))
    }

    fn len(&self) -> usize {
        self.num_samples
    }
}

/// Batches of the indices of another sampler.
///
/// ```
/// use rushlight_data::{BatchSampler, Sampler, SequentialSampler};
///
/// # fn main() -> rushlight_data::Result<()> {
/// let sampler = BatchSampler::new(SequentialSampler::new(5), 2, false);
/// let batches: Vec<Vec<usize>> = sampler.iter()?.collect();
/// assert_eq!(batches, [vec![0, 1], vec![2, 3], vec![4]]);
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct BatchSampler<S> {
    sampler: S,
    batch_size: usize,
    drop_last: bool,
}

impl<S: Sampler<Item = usize>> BatchSampler<S> {
    /// Batches of `batch_size` indices. The last one is smaller if they do not divide, or left out
    /// if `drop_last` is set.
    pub fn new(sampler: S, batch_size: usize, drop_last: bool) -> BatchSampler<S> {
        BatchSampler {
            sampler,
            batch_size,
            drop_last,
        }
    }
}

impl<S: Sampler<Item = usize>> Sampler for BatchSampler<S> {
    type Item = Vec<usize>;

    fn iter(&self) -> Result<Order<'_, Vec<usize>>> {
        batched(self.sampler.iter()?, self.batch_size, self.drop_last)
    }

    fn len(&self) -> usize {
        batch_count(self.sampler.len(), self.batch_size, self.drop_last)
    }
}

/// Groups indices into batches.
pub(crate) fn batched(
    order: Order<'_, usize>,
    batch_size: usize,
    drop_last: bool,
) -> Result<Order<'_, Vec<usize>>> {
    if batch_size == 0 {
        return Err(Error::argument(
            "DataLoader",
            "batch_size",
            batch_size,
            "1 or more",
        ));
    }
    let mut order = order.fuse();
    let smallest = if drop_last { batch_size } else { 1 };
    Ok(Box::new(std::iter::from_fn(move || {
        let batch: Vec<usize> = order.by_ref().take(batch_size).collect();
        (batch.len() >= smallest).then_some(batch)
    })))
}

/// How many batches `batched` makes of `len` indices.
pub(crate) fn batch_count(len: usize, batch_size: usize, drop_last: bool) -> usize {
    let whole = len.checked_div(batch_size).unwrap_or(0);
    let has_rest = batch_size > 0 && !len.is_multiple_of(batch_size) && !drop_last;
    whole + usize::from(has_rest)
}

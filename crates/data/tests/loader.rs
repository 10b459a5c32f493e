use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rushlight_autograd::Tensor;
use rushlight_data::{
    BatchSampler, DataLoader, Dataset, Error, Result, SequentialSampler, SubsetRandomSampler,
};
use rushlight_tensor::random::Generator;

fn numbers(len: i64) -> Vec<i64> {
    (0..len).collect()
}

fn epoch<D: Dataset + 'static>(loader: &DataLoader<D, Tensor>) -> Vec<Vec<i64>> {
    loader
        .iter()
        .map(|batch| batch.unwrap().to_vec().unwrap())
        .collect()
}

/// Numbers, of which some cannot be read and some make the reader panic.
struct Faulty {
    len: usize,
    fails: usize,
    panics: usize,
    reads: Arc<AtomicUsize>,
}

impl Faulty {
    fn new(len: usize) -> Faulty {
        Faulty {
            len,
            fails: usize::MAX,
            panics: usize::MAX,
            reads: Arc::default(),
        }
    }
}

impl Dataset for Faulty {
    type Item = i64;

    fn len(&self) -> usize {
        self.len
    }

    fn get(&self, index: usize) -> Result<i64> {
        self.reads.fetch_add(1, Ordering::SeqCst);
        if index == self.fails {
            return Err(Error::other(std::io::Error::other("unreadable")));
        }
        assert!(index != self.panics, "item {index} is cursed");
        Ok(index as i64)
    }
}

#[test]
fn shuffled_epochs_are_those_of_pytorch_for_any_number_of_workers() {
    for workers in [0, 1, 3] {
        let loader = DataLoader::new(numbers(10))
            .batch_size(4)
            .shuffle(true)
            .num_workers(workers);
        let loader = loader.generator(Generator::from_seed(0));
        assert_eq!(
            epoch(&loader),
            [vec![3, 7, 5, 2], vec![0, 8, 1, 6], vec![9, 4]]
        );
        assert_eq!(
            epoch(&loader),
            [vec![1, 3, 2, 7], vec![5, 9, 0, 6], vec![4, 8]]
        );

        let loader = loader.seed(0).drop_last(true);
        assert_eq!(epoch(&loader), [[3, 7, 5, 2], [0, 8, 1, 6]]);
        assert_eq!(epoch(&loader), [[1, 3, 2, 7], [5, 9, 0, 6]]);
        assert_eq!(epoch(&loader), [[6, 8, 5, 7], [2, 4, 1, 0]]);
    }
}

#[test]
fn samplers_decide_the_order() {
    let sampler = SubsetRandomSampler::new(vec![1, 3, 5, 7]).generator(Generator::from_seed(1));
    let loader = DataLoader::new(numbers(10)).batch_size(3).sampler(sampler);
    assert_eq!(loader.len(), 2);
    assert_eq!(epoch(&loader), [vec![3, 7, 5], vec![1]]);
    assert_eq!(epoch(&loader), [vec![1, 5, 7], vec![3]]);

    let batches = BatchSampler::new(SequentialSampler::new(4), 3, false);
    let loader = DataLoader::new(numbers(10)).batch_sampler(batches);
    assert_eq!(loader.len(), 2);
    assert_eq!(epoch(&loader), [vec![0, 1, 2], vec![3]]);
}

#[test]
fn workers_keep_the_order_of_batches() {
    let plain = DataLoader::new(numbers(1000)).batch_size(7);
    let expected = epoch(&plain);
    assert_eq!((plain.len(), expected.len()), (143, 143));
    for (workers, prefetch) in [(1, 1), (2, 2), (4, 1), (8, 16)] {
        let loader = DataLoader::new(numbers(1000)).batch_size(7);
        assert_eq!(
            epoch(&loader.num_workers(workers).prefetch(prefetch)),
            expected
        );
    }
}

#[test]
fn an_unreadable_item_fails_its_batch_and_no_other() {
    for workers in [0, 2] {
        let dataset = Faulty {
            fails: 4,
            ..Faulty::new(9)
        };
        let loader = DataLoader::new(dataset).batch_size(3).num_workers(workers);
        let batches: Vec<_> = loader.iter().collect();
        assert_eq!(
            batches[0].as_ref().unwrap().to_vec::<i64>().unwrap(),
            [0, 1, 2]
        );
        assert_eq!(batches[1].as_ref().unwrap_err().to_string(), "unreadable");
        assert_eq!(
            batches[2].as_ref().unwrap().to_vec::<i64>().unwrap(),
            [6, 7, 8]
        );
        assert_eq!(batches.len(), 3);
    }
}

#[test]
fn a_panic_in_a_worker_arrives_as_an_error() {
    let dataset = Faulty {
        panics: 4,
        ..Faulty::new(9)
    };
    let loader = DataLoader::new(dataset).batch_size(3).num_workers(1);
    let batches: Vec<_> = loader.iter().collect();
    let message = batches[1].as_ref().unwrap_err().to_string();
    assert_eq!(message, "DataLoader: a worker panicked: item 4 is cursed");
    assert!(batches[2].is_ok(), "the worker goes on");
}

#[test]
fn no_more_is_read_ahead_than_the_limit() {
    let dataset = Faulty::new(10_000);
    let reads = Arc::clone(&dataset.reads);
    let loader = DataLoader::new(dataset)
        .batch_size(5)
        .num_workers(3)
        .prefetch(2);
    for (used, batch) in loader.iter().enumerate() {
        batch.unwrap();
        let ahead = reads.load(Ordering::SeqCst) - 5 * (used + 1);
        assert!(ahead <= 5 * 3 * 2, "{ahead} items ahead");
    }
    assert_eq!(reads.load(Ordering::SeqCst), 10_000);
}

#[test]
fn an_iterator_dropped_early_stops_its_workers() {
    let dataset = Arc::new(Faulty::new(1_000_000));
    for used in [0, 1, 5] {
        let loader = DataLoader::new(Arc::clone(&dataset))
            .batch_size(10)
            .num_workers(4);
        assert_eq!(loader.iter().take(used).count(), used);
    }
    // The workers hold the dataset; when they are gone, only this test does.
    let deadline = Instant::now() + Duration::from_secs(60);
    while Arc::strong_count(&dataset) > 1 {
        assert!(Instant::now() < deadline, "workers still run");
        std::thread::yield_now();
    }
    assert!(dataset.reads.load(Ordering::SeqCst) < 1000);
}

/// Items that can only be read while nobody holds the lock.
struct Locked(Arc<Mutex<()>>);

impl Dataset for Locked {
    type Item = i64;

    fn len(&self) -> usize {
        100
    }

    fn get(&self, index: usize) -> Result<i64> {
        let _held = self.0.lock();
        Ok(index as i64)
    }
}

#[test]
fn dropping_never_waits_for_a_worker_that_waits_for_the_consumer() {
    let lock = Arc::new(Mutex::new(()));
    let loader = DataLoader::new(Locked(Arc::clone(&lock)))
        .num_workers(2)
        .prefetch(1);
    let mut batches = loader.iter();
    assert!(batches.next().is_some());
    let held = lock.lock();
    drop(batches);
    drop(loader);
    drop(held);
}

#[test]
fn several_epochs_may_run_at_once() {
    let loader = DataLoader::new(numbers(20)).batch_size(4).num_workers(2);
    for (one, other) in loader.iter().zip(&loader) {
        assert_eq!(
            one.unwrap().to_vec::<i64>().unwrap(),
            other.unwrap().to_vec::<i64>().unwrap()
        );
    }
}

#[test]
fn wrong_settings_come_as_the_first_batch() {
    let loader = DataLoader::new(numbers(3)).batch_size(0);
    assert_eq!(loader.len(), 0);
    let mut batches = loader.iter();
    let message = batches.next().unwrap().unwrap_err().to_string();
    assert_eq!(message, "DataLoader: batch_size must be 1 or more, got 0");
    assert!(batches.next().is_none());
}

#[test]
fn an_empty_dataset_has_no_batches() {
    for shuffle in [false, true] {
        let loader = DataLoader::new(numbers(0))
            .batch_size(2)
            .shuffle(shuffle)
            .num_workers(1);
        assert!(loader.is_empty() && loader.iter().next().is_none());
    }
}

#[test]
fn an_index_beyond_the_dataset_is_an_error() {
    let sampler = SequentialSampler::new(5);
    let loader = DataLoader::new(numbers(3)).sampler(sampler).num_workers(1);
    assert_eq!(loader.iter().filter(Result::is_err).count(), 2);
}

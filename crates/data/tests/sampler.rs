use rushlight_data::{
    BatchSampler, RandomSampler, Result, Sampler, SequentialSampler, SubsetRandomSampler,
    WeightedRandomSampler,
};
use rushlight_tensor::random::Generator;

fn seeded() -> Generator {
    Generator::from_seed(3)
}

#[track_caller]
fn pass(sampler: &impl Sampler<Item = usize>) -> Vec<usize> {
    sampler.iter().unwrap().collect()
}

#[test]
fn random_orders_are_those_of_pytorch_pass_after_pass() {
    let sampler = RandomSampler::new(10).generator(seeded());
    assert_eq!(pass(&sampler), [6, 0, 3, 7, 8, 5, 1, 9, 2, 4]);
    assert_eq!(pass(&sampler), [0, 9, 6, 1, 7, 2, 5, 3, 4, 8]);
}

#[test]
fn more_samples_than_items_take_several_orders() {
    let sampler = RandomSampler::new(10).num_samples(25).generator(seeded());
    let expected = [
        6, 0, 3, 7, 8, 5, 1, 9, 2, 4, 9, 8, 5, 3, 0, 6, 7, 2, 1, 4, 0, 9, 6, 1, 7,
    ];
    assert_eq!(pass(&sampler), expected);
    assert_eq!(pass(&sampler)[..5], [4, 5, 0, 7, 1]);
    assert_eq!(sampler.len(), 25);
}

#[test]
fn replacement_draws_each_item_anew() {
    let sampler = RandomSampler::new(10)
        .replacement(true)
        .num_samples(40)
        .generator(seeded());
    let order = pass(&sampler);
    assert_eq!(order[..10], [6, 8, 7, 7, 0, 0, 0, 5, 1, 9]);
    assert_eq!(order[30..], [0, 1, 4, 3, 9, 2, 3, 0, 2, 1]);
    assert_eq!(pass(&sampler)[..5], [3, 4, 6, 5, 4]);
}

#[test]
fn subsets_are_shuffled_as_in_pytorch() {
    let sampler = SubsetRandomSampler::new(vec![10, 20, 30, 40, 50]).generator(seeded());
    assert_eq!(pass(&sampler), [20, 10, 40, 50, 30]);
    assert_eq!(pass(&sampler), [10, 20, 30, 50, 40]);
}

#[test]
fn weighted_draws_are_those_of_pytorch() {
    let weights = vec![0.1, 0.9, 0.4, 0.7, 3.0, 0.6];
    let sampler = WeightedRandomSampler::new(weights, 5).generator(seeded());
    assert_eq!(pass(&sampler), [1, 3, 4, 1, 4]);
    assert_eq!(pass(&sampler), [4, 2, 4, 4, 4]);

    let weights = vec![0.9, 0.4, 0.05, 0.2, 0.3, 0.1];
    let sampler = WeightedRandomSampler::new(weights, 5)
        .replacement(false)
        .generator(seeded());
    assert_eq!(pass(&sampler), [0, 1, 3, 4, 5]);
    assert_eq!(pass(&sampler), [0, 4, 1, 3, 5]);
}

#[test]
fn impossible_settings_are_refused_when_a_pass_starts() {
    assert!(
        WeightedRandomSampler::new(vec![1.0, -1.0], 2)
            .iter()
            .is_err()
    );
    assert!(WeightedRandomSampler::new(vec![], 2).iter().is_err());
    assert!(
        WeightedRandomSampler::new(vec![1.0], 2)
            .replacement(false)
            .iter()
            .is_err()
    );
    assert!(RandomSampler::new(0).num_samples(1).iter().is_err());
    assert!(
        BatchSampler::new(SequentialSampler::new(3), 0, false)
            .iter()
            .is_err()
    );
}

#[test]
fn nothing_to_sample_is_an_empty_pass() {
    assert!(pass(&RandomSampler::new(0)).is_empty());
    assert!(pass(&RandomSampler::new(3).num_samples(0).replacement(true)).is_empty());
    assert!(pass(&SubsetRandomSampler::new(vec![])).is_empty());
}

#[test]
fn batches_have_one_size_but_for_the_last() -> Result<()> {
    let batches = |batch_size, drop_last| -> Result<Vec<Vec<usize>>> {
        let sampler = BatchSampler::new(SequentialSampler::new(5), batch_size, drop_last);
        let batches: Vec<_> = sampler.iter()?.collect();
        assert_eq!(batches.len(), sampler.len());
        Ok(batches)
    };
    assert_eq!(batches(2, false)?, [vec![0, 1], vec![2, 3], vec![4]]);
    assert_eq!(batches(2, true)?, [vec![0, 1], vec![2, 3]]);
    assert_eq!(batches(5, true)?, [vec![0, 1, 2, 3, 4]]);
    assert_eq!(batches(9, false)?, [vec![0, 1, 2, 3, 4]]);
    assert_eq!(batches(9, true)?, Vec::<Vec<usize>>::new());
    Ok(())
}

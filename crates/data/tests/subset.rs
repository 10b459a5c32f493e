use rushlight_data::{DataLoader, Dataset, Result, Subset, random_split};
use rushlight_tensor::random::Generator;

fn numbers() -> Vec<i64> {
    (0..10).collect()
}

#[test]
fn a_subset_has_its_own_order() -> Result<()> {
    let subset = Subset::new(vec!["a", "b", "c"], vec![2, 0, 2])?;
    assert_eq!(subset.len(), 3);
    assert_eq!(
        (subset.get(0)?, subset.get(1)?, subset.get(2)?),
        ("c", "a", "c")
    );
    assert!(subset.get(3).is_err());
    assert!(Subset::new(vec!["a"], vec![1]).is_err());
    Ok(())
}

#[test]
fn batches_of_a_subset_are_those_of_its_dataset() -> Result<()> {
    let subset = Subset::new(numbers(), vec![9, 8, 7])?;
    let loader = DataLoader::new(subset).batch_size(2);
    let batches: Vec<Vec<i64>> = loader
        .iter()
        .map(|batch| Ok(batch?.to_vec()?))
        .collect::<Result<_>>()?;
    assert_eq!(batches, [vec![9, 8], vec![7]]);
    Ok(())
}

#[test]
fn random_splits_are_those_of_pytorch() -> Result<()> {
    let seeded = || Generator::from_seed(42);
    let [first, second] = random_split(numbers(), [7, 3], Some(&mut seeded()))?;
    assert_eq!(first.indices(), [2, 6, 1, 8, 4, 5, 0]);
    assert_eq!(second.indices(), [9, 3, 7]);

    let parts = random_split(numbers(), [0.5, 0.25, 0.25], Some(&mut seeded()))?;
    let indices = parts.each_ref().map(|part| part.indices());
    assert_eq!(indices, [&[2, 6, 1, 8, 4, 5][..], &[0, 9], &[3, 7]]);

    let parts = random_split(numbers(), [0.33, 0.33, 0.34], Some(&mut seeded()))?;
    let indices = parts.each_ref().map(|part| part.indices());
    assert_eq!(indices, [&[2, 6, 1, 8][..], &[4, 5, 0], &[9, 3, 7]]);
    Ok(())
}

#[test]
fn lengths_that_do_not_make_up_the_dataset_are_refused() {
    assert!(random_split(numbers(), [7, 4], None).is_err());
    assert!(random_split(numbers(), [usize::MAX, 11], None).is_err());
    assert!(random_split(numbers(), [0.5, 0.4], None).is_err());
    assert!(random_split(numbers(), [1.5, -0.5], None).is_err());
    assert!(random_split(numbers(), [f64::NAN, 0.5], None).is_err());
    assert!(random_split(numbers(), [0.0_f64; 0], None).is_err());
}

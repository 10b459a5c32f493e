//! What depends on the generator of the process, which tests beside it would disturb.

use rushlight_data::{DataLoader, RandomSampler, Result, Sampler, random_split};
use rushlight_tensor::random::{self, default_generator};

fn next_below_1000() -> i64 {
    let mut number = [0];
    random::randint(&mut default_generator(), &mut number, 0, 1000).unwrap();
    number[0]
}

#[test]
fn everything_without_a_generator_draws_from_that_of_the_process_as_in_pytorch() -> Result<()> {
    let numbers = || (0..10_i64).collect::<Vec<_>>();
    let epoch = |loader: &DataLoader<Vec<i64>, rushlight_autograd::Tensor>| {
        loader
            .iter()
            .map(|batch| Ok(batch?.to_vec::<i64>()?))
            .collect::<Result<Vec<_>>>()
    };

    random::manual_seed(7);
    let loader = DataLoader::new(numbers()).batch_size(4).shuffle(true);
    assert_eq!(
        epoch(&loader)?,
        [vec![3, 2, 7, 8], vec![6, 1, 5, 9], vec![0, 4]]
    );
    assert_eq!(
        epoch(&loader)?,
        [vec![1, 3, 5, 2], vec![8, 9, 6, 7], vec![4, 0]]
    );
    assert_eq!(
        epoch(&loader)?,
        [vec![9, 2, 7, 1], vec![6, 0, 3, 5], vec![4, 8]]
    );
    assert_eq!(next_below_1000(), 8);

    // The same with workers.
    random::manual_seed(7);
    let loader = loader.num_workers(2);
    assert_eq!(
        epoch(&loader)?,
        [vec![3, 2, 7, 8], vec![6, 1, 5, 9], vec![0, 4]]
    );

    // A loader in order draws too.
    random::manual_seed(7);
    let loader = DataLoader::new(numbers()).batch_size(5);
    epoch(&loader)?;
    epoch(&loader)?;
    assert_eq!(next_below_1000(), 283);

    random::manual_seed(4);
    let sampler = RandomSampler::new(10);
    assert!(sampler.iter()?.eq([7, 1, 4, 9, 3, 2, 5, 8, 0, 6]));
    assert!(sampler.iter()?.eq([0, 4, 7, 3, 1, 5, 2, 9, 8, 6]));
    assert_eq!(next_below_1000(), 489);

    random::manual_seed(9);
    let [first, second] = random_split(numbers(), [5, 5], None)?;
    assert_eq!(first.indices(), [0, 5, 8, 7, 6]);
    assert_eq!(second.indices(), [2, 9, 1, 4, 3]);
    Ok(())
}

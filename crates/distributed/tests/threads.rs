use rushlight_autograd::Tensor;
use rushlight_distributed::{Communicator, Error, Result, ThreadCommunicator, thread_group};

/// Runs a function in a thread for each rank.
pub fn run<T: Send>(
    world_size: usize,
    work: impl Fn(ThreadCommunicator) -> Result<T> + Sync,
) -> Vec<Result<T>> {
    std::thread::scope(|scope| {
        let work = &work;
        let ranks = thread_group(world_size).into_iter();
        let ranks: Vec<_> = ranks.map(|rank| scope.spawn(move || work(rank))).collect();
        ranks
            .into_iter()
            .map(|rank| rank.join().expect("no panic"))
            .collect()
    })
}

fn numbers(rank: usize) -> Result<Tensor> {
    Ok(Tensor::from_vec(vec![rank as f32, 1.5], &[2])?)
}

#[test]
fn sums_are_those_of_all_ranks_again_and_again() -> Result<()> {
    let results = run(3, |rank| {
        let mut x = numbers(rank.rank())?;
        for _ in 0..100 {
            x = rank.all_reduce(&x)?.div(3.0)?;
        }
        Ok(x.to_vec::<f32>()?)
    });
    for result in results {
        assert_eq!(result?, [1.0, 1.5]);
    }
    Ok(())
}

#[test]
fn a_copy_comes_from_its_root() -> Result<()> {
    for result in run(3, |rank| {
        let copy = rank.broadcast(&numbers(rank.rank())?, 2)?;
        assert!(rank.broadcast(&copy, 3).is_err());
        Ok(copy.to_vec::<f32>()?)
    }) {
        assert_eq!(result?, [2.0, 1.5]);
    }
    Ok(())
}

#[test]
fn tensors_of_all_ranks_come_in_their_order() -> Result<()> {
    for result in run(3, |rank| {
        rank.barrier()?;
        rank.all_gather(&numbers(rank.rank())?)
    }) {
        for (rank, x) in result?.iter().enumerate() {
            assert_eq!(x.to_vec::<f32>()?, [rank as f32, 1.5]);
        }
    }
    Ok(())
}

#[test]
fn ranks_that_differ_are_told_so() {
    let results = run(3, |rank| match rank.rank() {
        1 => rank.all_reduce(&Tensor::zeros(&[3])?),
        _ => rank.all_reduce(&Tensor::zeros(&[2])?),
    });
    for result in results {
        let error = result.expect_err("another shape");
        assert!(matches!(error, Error::Mismatch { rank: 1, .. }), "{error}");
    }
}

#[test]
fn nobody_waits_for_a_rank_that_has_left() {
    let results = run(4, |rank| match rank.rank() {
        2 => Ok(None),
        _ => rank.all_reduce(&numbers(0)?).map(Some),
    });
    for (rank, result) in results.into_iter().enumerate() {
        match rank {
            2 => assert!(matches!(result, Ok(None))),
            _ => assert!(matches!(result, Err(Error::Gone { rank: 2, .. }))),
        }
    }
}

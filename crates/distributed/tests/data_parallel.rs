use crate::threads::run;
use rushlight_autograd::{DType, Tensor, manual_seed};
use rushlight_distributed::{Communicator, DataParallelOptions, DistributedDataParallel, Result};
use rushlight_nn::{
    BatchNorm1d, Forward, Linear, Module, ReLU, Sequential, functional as F, sequential,
};
use rushlight_optim::{Optimizer, SGD};

const RANKS: usize = 3;

pub fn model() -> Result<Sequential> {
    Ok(sequential![
        Linear::new(4, 7)?,
        ReLU::new(),
        Linear::new(7, 5)?,
        ReLU::new(),
        Linear::new(5, 2)?,
    ])
}

/// Examples of all ranks, in double precision.
fn examples() -> Result<(Tensor, Tensor)> {
    let x: Vec<f64> = (0..4 * 4 * RANKS).map(|i| (i as f64 * 0.7).sin()).collect();
    let y: Vec<i64> = (0..4 * RANKS as i64).map(|i| i % 2).collect();
    let (rows, columns) = (4 * RANKS, 4);
    Ok((
        Tensor::from_vec(x, &[rows, columns])?,
        Tensor::from_vec(y, &[rows])?,
    ))
}

fn values(module: &impl Module) -> Result<Vec<f64>> {
    let mut values = Vec::new();
    for parameter in module.parameters() {
        values.extend(parameter.to_vec::<f64>()?);
    }
    Ok(values)
}

fn optimizer(module: &impl Module) -> SGD {
    SGD::new(module.parameters(), 0.1).momentum(0.9)
}

/// The model of rank 0 before the first step.
pub fn start() -> Result<Sequential> {
    manual_seed(0);
    let model = model()?;
    model.to_dtype(DType::F64)?;
    Ok(model)
}

/// Steps of one process with the examples of so many ranks.
pub fn train_alone(ranks: usize) -> Result<Vec<f64>> {
    let model = start()?;
    let (x, y) = examples()?;
    let count = 4 * ranks;
    let (x, y) = (x.narrow(0, 0, count)?, y.narrow(0, 0, count)?);
    let mut optimizer = optimizer(&model);
    for _ in 0..3 {
        optimizer.zero_grad();
        F::cross_entropy(&model.forward(&x)?, &y)?.backward()?;
        optimizer.step().expect("a step");
    }
    values(&model)
}

/// Steps of a rank with its part of the examples.
pub fn train(
    rank: impl Communicator + 'static,
    state: &Sequential,
    options: DataParallelOptions,
) -> Result<Vec<f64>> {
    let own = rank.rank() as i64;
    let (x, y) = examples()?;
    let (x, y) = (x.narrow(0, 4 * own, 4)?, y.narrow(0, 4 * own, 4)?);
    let model = model()?;
    model.to_dtype(DType::F64)?;
    if own == 0 {
        // The others begin with other values, which those of rank 0 replace.
        model.load_state_dict(&state.state_dict(), true)?;
    }
    let model = DistributedDataParallel::with_options(model, rank, options)?;
    let mut optimizer = optimizer(model.module());
    for _ in 0..3 {
        optimizer.zero_grad();
        let loss = F::cross_entropy(&model.forward(&x)?, &y)?;
        model.backward(&loss)?;
        optimizer.step().expect("a step");
    }
    values(model.module())
}

#[test]
fn steps_are_those_of_one_process_with_all_examples() -> Result<()> {
    let start = start()?;
    let expected = train_alone(RANKS)?;
    for cap in [1, 200, 25 << 20] {
        let options = DataParallelOptions {
            bucket_cap: cap,
            first_bucket_cap: cap.min(64),
            ..DataParallelOptions::default()
        };
        let ranks = run(RANKS, |rank| train(rank, &start, options));
        let ranks: Vec<Vec<f64>> = ranks.into_iter().collect::<Result<_>>()?;
        assert!(
            ranks.iter().all(|rank| *rank == ranks[0]),
            "the ranks differ"
        );
        for (got, expected) in ranks[0].iter().zip(&expected) {
            assert!(
                (got - expected).abs() < 1e-14,
                "{got} instead of {expected}"
            );
        }
    }
    Ok(())
}

#[test]
fn buckets_hold_last_parameters_first() -> Result<()> {
    let sizes = |first_bucket_cap, bucket_cap| -> Result<Vec<usize>> {
        let options = DataParallelOptions {
            bucket_cap,
            first_bucket_cap,
            ..DataParallelOptions::default()
        };
        let sizes = run(1, |rank| {
            let model = model()?;
            model.get(2).expect("a layer").requires_grad_(false);
            let model = DistributedDataParallel::with_options(model, rank, options)?;
            Ok(model.bucket_sizes())
        });
        let sizes = sizes.into_iter().next().expect("one rank")?;
        Ok(sizes.into_iter().map(|(_, elements)| elements).collect())
    };
    // Biases of 2 and 7, weights of 10 and 28; the middle layer is frozen.
    assert_eq!(sizes(1, 1)?, [2, 10, 7, 28]);
    assert_eq!(sizes(8, 68)?, [2, 17, 28]);
    assert_eq!(sizes(1 << 20, 25 << 20)?, [47]);
    Ok(())
}

/// Of its two layers each rank uses another.
#[test]
fn a_gradient_that_only_some_ranks_have_is_averaged_with_zeros() -> Result<()> {
    let gradients = run(2, |rank| {
        let own = rank.rank() as isize;
        let layers = sequential![Linear::new(1, 1)?, Linear::new(1, 1)?, Linear::new(1, 1)?];
        let model = DistributedDataParallel::new(layers, rank)?;
        let layer = model.get(own).expect("a layer");
        let loss = layer.parameters()[0].sum()?.mul(4.0)?;
        model.backward(&loss)?;
        let gradient = |p: &rushlight_nn::Parameter| p.grad().map(|g| g.item()).transpose();
        let all = model.parameters();
        Ok(all
            .iter()
            .map(gradient)
            .collect::<std::result::Result<Vec<_>, _>>()?)
    });
    for rank in gradients {
        assert_eq!(rank?, [Some(2.0), None, Some(2.0), None, None, None]);
    }
    Ok(())
}

#[test]
fn buffers_are_those_of_rank_0() -> Result<()> {
    let means = run(2, |rank| {
        let x = Tensor::full(
            &[4, 3],
            rank.rank() as f64 + 1.0,
            DType::F32,
            Default::default(),
        )?;
        let model = DistributedDataParallel::new(BatchNorm1d::new(3)?, rank)?;
        let loss = model.forward(&x)?.sum()?;
        model.backward(&loss)?;
        let (_, mean) = model.named_buffers().remove(0);
        Ok(mean.to_vec::<f32>()?)
    });
    for mean in means {
        assert_eq!(mean?, [0.1_f32; 3]);
    }
    Ok(())
}

use rushlight_autograd::{DType, Result, Tensor, gradcheck, gradgradcheck, manual_seed, tensor};
use rushlight_nn::{
    AdaptiveAvgPool2d, AdaptiveLogSoftmaxWithLoss, BatchNorm1d, BatchNorm2d, Conv2d,
    ConvTranspose2d, CrossEntropyLoss, CrossMapLRN2d, Dropout, Embedding, Forward, GroupNorm,
    LayerNorm, LazyBatchNorm2d, Linear, Loss, MaxPool2d, Module, Padding, PaddingMode, ReLU,
    ReflectionPad2d, Sequential, convert_sync_batchnorm, functional as f, sequential,
};

fn item(tensor: &Option<rushlight_nn::Buffer>) -> Result<f64> {
    tensor.as_ref().expect("statistics are kept").item()
}

// The numbers are PyTorch's for the same batches.
#[test]
fn running_statistics_move_as_pytorchs() -> Result<()> {
    let average = BatchNorm1d::builder(1).momentum(None).build()?;
    let moving = BatchNorm1d::new(1)?;
    for batch in [[[1.0], [3.0]], [[2.0], [8.0]], [[0.0], [1.0]]] {
        let batch = tensor(batch)?;
        average.forward(&batch)?;
        moving.forward(&batch)?;
    }
    assert_eq!(item(&average.running_mean)?, 2.5);
    assert!((item(&average.running_var)? - 6.833332538604736).abs() < 1e-6);
    assert!((item(&moving.running_mean)? - 0.662).abs() < 1e-6);
    assert!((item(&moving.running_var)? - 2.560999870300293).abs() < 1e-6);
    assert_eq!(item(&moving.num_batches_tracked)?, 3.0);
    Ok(())
}

#[test]
fn a_batch_of_one_cannot_be_normalised_and_changes_nothing() -> Result<()> {
    let layer = BatchNorm2d::new(2)?;
    let error = layer
        .forward(&Tensor::ones(&[1, 2, 1, 1])?)
        .map(drop)
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("more than one value per channel"),
        "{error}"
    );
    assert_eq!(item(&layer.num_batches_tracked)?, 0.0);
    assert_eq!(
        layer
            .state_dict()
            .get("running_mean")
            .unwrap()
            .to_vec::<f32>()?,
        [0.0, 0.0]
    );
    layer.eval();
    layer.forward(&Tensor::ones(&[1, 2, 1, 1])?)?;
    Ok(())
}

#[test]
fn frozen_statistics_outlast_the_next_train() -> Result<()> {
    let model = sequential![Linear::new(3, 2)?, BatchNorm1d::new(2)?];
    model.freeze("1")?;
    model.train();
    model.forward(&tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])?)?;
    let norm = model.get(1)?.downcast_ref::<BatchNorm1d>().unwrap();
    assert_eq!(item(&norm.num_batches_tracked)?, 0.0);
    assert_eq!(
        norm.running_mean.as_ref().unwrap().to_vec::<f32>()?,
        [0.0, 0.0]
    );
    Ok(())
}

#[test]
fn statistics_are_no_part_of_the_graph() -> Result<()> {
    let layer = BatchNorm1d::new(1)?;
    for _ in 0..2 {
        layer
            .forward(&tensor([[1.0], [3.0]])?)?
            .square()?
            .sum()?
            .backward()?;
    }
    assert!(!layer.running_mean.as_ref().unwrap().requires_grad());
    assert!(layer.parameters_without_grad().is_empty());
    Ok(())
}

/// Inputs of `[2, 4, 3]`, `[4]` and `[4]`, with gradients, and the ways to normalise them.
type Normalisation = (&'static str, fn(&[Tensor], [bool; 2]) -> Result<Tensor>);
const NORMALISATIONS: [Normalisation; 3] = [
    ("batch", |inputs, [weight, bias]| {
        let options = f::BatchNormOptions {
            weight: weight.then_some(&inputs[1]),
            bias: bias.then_some(&inputs[2]),
            training: true,
            ..Default::default()
        };
        f::batch_norm(&inputs[0], None, None, options)
    }),
    ("layer", |inputs, [weight, bias]| {
        let x = inputs[0].transpose(1, 2)?;
        let (weight, bias) = (weight.then_some(&inputs[1]), bias.then_some(&inputs[2]));
        f::layer_norm(&x, &[4], weight, bias, 1e-5)?.transpose(1, 2)
    }),
    ("group", |inputs, [weight, bias]| {
        let (weight, bias) = (weight.then_some(&inputs[1]), bias.then_some(&inputs[2]));
        f::group_norm(&inputs[0], 2, weight, bias, 1e-5)
    }),
];

fn normalisation_inputs() -> Result<[Tensor; 3]> {
    let leaf =
        |values: Vec<f64>, shape: &[usize]| Tensor::from_vec(values, shape)?.requires_grad_(true);
    let x = (0..24)
        .map(|i| (f64::from(i) * 1.7).sin() + 0.1 * f64::from(i % 5))
        .collect();
    Ok([
        leaf(x, &[2, 4, 3])?,
        leaf(vec![0.5, 1.0, 1.5, 2.0], &[4])?,
        leaf(vec![0.1, 0.2, 0.3, 0.4], &[4])?,
    ])
}

#[test]
fn normalisations_equal_what_they_are_made_of() -> Result<()> {
    let inputs = normalisation_inputs()?;
    let (x, sizes) = (inputs[0].detach(), [1, -1, 1]);
    for (name, normalise) in NORMALISATIONS {
        for given in [[false, false], [true, false], [false, true], [true, true]] {
            let (x, dims): (_, &[isize]) = match name {
                "batch" => (x.clone(), &[0, 2]),
                "layer" => (x.clone(), &[1]),
                _ => (x.reshape(&[2, 2, 6])?, &[2]),
            };
            let (var, mean) = x.var_mean_dim(dims, 0.0, true)?;
            let mut expected = ((x - mean)? / (var + 1e-5)?.sqrt()?)?.reshape(&[2, 4, 3])?;
            if given[0] {
                expected = (expected * inputs[1].reshape(&sizes)?)?;
            }
            if given[1] {
                expected = (expected + inputs[2].reshape(&sizes)?)?;
            }
            let error = normalise(&inputs, given)?
                .sub(expected)?
                .abs()?
                .max()?
                .item()?;
            assert!(error < 1e-12, "{name} {given:?}: {error}");
        }
    }
    Ok(())
}

#[test]
fn normalisations_differentiate_twice() -> Result<()> {
    let inputs = normalisation_inputs()?;
    for (_, normalise) in NORMALISATIONS {
        for given in [[false, false], [true, false], [false, true], [true, true]] {
            let squared = |x: &[Tensor]| {
                // What takes no part gets a gradient of zero.
                let unused = ((&x[1] * 0.0)? + (&x[2] * 0.0)?)?.sum()?;
                normalise(x, given)?.square()?.add(unused)
            };
            gradcheck(squared, &inputs, Default::default())?;
            gradgradcheck(squared, &inputs, Default::default())?;
        }
    }
    Ok(())
}

#[test]
fn gradients_of_frozen_parts_are_left_out() -> Result<()> {
    for (name, normalise) in NORMALISATIONS {
        for wanted in 0..3 {
            let inputs = normalisation_inputs()?;
            for (index, input) in inputs.iter().enumerate() {
                input.requires_grad_(index == wanted)?;
            }
            normalise(&inputs, [true, true])?
                .square()?
                .sum()?
                .backward()?;
            let alone = inputs[wanted]
                .grad()
                .expect("it requires one")
                .to_vec::<f64>()?;
            let all = normalisation_inputs()?;
            normalise(&all, [true, true])?.square()?.sum()?.backward()?;
            let together = all[wanted]
                .grad()
                .expect("it requires one")
                .to_vec::<f64>()?;
            assert_eq!(alone, together, "{name} {wanted}");
        }
    }
    Ok(())
}

#[test]
fn half_types_are_normalised_in_single_precision() -> Result<()> {
    let layer = LayerNorm::new(3)?;
    layer.to(rushlight_autograd::DType::F16)?;
    let x = tensor([[1000.0, 2000.0, 3000.0]])?.to_dtype(rushlight_autograd::DType::F16)?;
    let y = layer.forward(&x)?;
    assert_eq!(y.dtype(), rushlight_autograd::DType::F16);
    let y = y
        .to_dtype(rushlight_autograd::DType::F32)?
        .to_vec::<f32>()?;
    assert!((y[2] - 1.2247).abs() < 1e-3, "{y:?}");
    Ok(())
}

#[test]
fn dropout_follows_the_mode() -> Result<()> {
    let (layer, x) = (Dropout::new(0.5)?, Tensor::ones(&[1000])?);
    let zeros = |y: &Tensor| -> Result<usize> {
        Ok(y.to_vec::<f32>()?.iter().filter(|&&y| y == 0.0).count())
    };
    manual_seed(0);
    assert!((400..600).contains(&zeros(&layer.forward(&x)?)?));
    layer.eval();
    assert_eq!(zeros(&layer.forward(&x)?)?, 0);
    assert!(Dropout::new(1.5).is_err());
    Ok(())
}

#[test]
fn the_row_of_the_padding_index_gets_no_gradient() -> Result<()> {
    let table = Embedding::builder(3, 2).padding_idx(0).build()?;
    table.forward(&tensor([0, 1, 1])?)?.sum()?.backward()?;
    assert_eq!(
        table.weight.grad().unwrap().to_vec::<f32>()?,
        [0.0, 0.0, 2.0, 2.0, 0.0, 0.0]
    );
    assert!(Embedding::builder(3, 2).padding_idx(3).build().is_err());
    Ok(())
}

#[test]
fn rows_that_are_looked_up_are_shrunk_to_the_norm() -> Result<()> {
    let table = Embedding::builder(2, 2).max_norm(1.0).build()?;
    table.weight.set_data(&tensor([[3.0, 4.0], [3.0, 4.0]])?)?;
    let y = table.forward(&tensor([0, 0])?)?.to_vec::<f32>()?;
    assert!((y[0] - 0.6).abs() < 1e-6 && (y[3] - 0.8).abs() < 1e-6);
    assert_eq!(table.weight.to_vec::<f32>()?[2..], [3.0, 4.0]);
    Ok(())
}

#[test]
fn same_padding_keeps_the_size_for_even_kernels_too() -> Result<()> {
    for kernel in [2, 3] {
        let layer = Conv2d::builder(1, 1, kernel)
            .padding(Padding::Same)
            .dilation([1, 2])
            .build()?;
        assert_eq!(
            layer.forward(&Tensor::ones(&[1, 5, 6])?)?.shape(),
            [1, 5, 6]
        );
    }
    let strided = Conv2d::builder(1, 1, 3)
        .padding(Padding::Same)
        .stride(2)
        .build();
    assert!(strided.is_err());
    Ok(())
}

#[test]
fn padding_modes_pad_before_the_convolution() -> Result<()> {
    let layer = Conv2d::builder(1, 1, 3)
        .padding(1)
        .padding_mode(PaddingMode::Reflect);
    let layer = layer.bias(false).build()?;
    let x = Tensor::rand(&[2, 1, 4, 5])?;
    let padded = ReflectionPad2d::new(1).forward(&x)?;
    let expected = padded.conv2d(&layer.weight, None, &Default::default())?;
    assert_eq!(
        layer.forward(&x)?.to_vec::<f32>()?,
        expected.to_vec::<f32>()?
    );
    Ok(())
}

#[test]
fn groups_must_divide_the_channels() {
    assert!(Conv2d::builder(4, 6, 3).groups(4).build().is_err());
    assert!(Conv2d::builder(4, 6, 3).groups(0).build().is_err());
    assert!(GroupNorm::new(3, 10).is_err());
}

#[test]
fn a_transposed_convolution_reaches_each_size_that_the_stride_leaves_open() -> Result<()> {
    let layer = ConvTranspose2d::builder(1, 1, 3)
        .stride(2)
        .padding(1)
        .build()?;
    let x = Tensor::ones(&[1, 1, 4, 4])?;
    assert_eq!(layer.forward(&x)?.shape(), [1, 1, 7, 7]);
    assert_eq!(layer.forward_to_size(&x, [7, 8])?.shape(), [1, 1, 7, 8]);
    assert!(layer.forward_to_size(&x, [7, 9]).is_err());
    Ok(())
}

#[test]
fn a_small_network_learns() -> Result<()> {
    manual_seed(0);
    let model: Sequential = sequential![
        Conv2d::builder(1, 4, 3).padding(1).build()?,
        BatchNorm2d::new(4)?,
        ReLU::new(),
        MaxPool2d::new(2),
        AdaptiveAvgPool2d::new(1),
        rushlight_nn::Flatten::new(),
        Linear::new(4, 2)?,
    ];
    let x = Tensor::randn(&[8, 1, 6, 6])?;
    let target = tensor([0, 1, 0, 1, 0, 1, 0, 1])?;
    let criterion = CrossEntropyLoss::new();
    let mut losses = Vec::new();
    for _ in 0..40 {
        model.zero_grad();
        let loss = criterion.forward(&model.forward(&x)?, &target)?;
        loss.backward()?;
        assert!(model.parameters_without_grad().is_empty());
        for parameter in model.parameters() {
            let step = (parameter.grad().unwrap() * 0.5)?;
            parameter.set_data(&(parameter.detach() - step)?)?;
        }
        losses.push(loss.item()?);
    }
    assert!(losses[39] < 0.6 * losses[0], "{losses:?}");
    Ok(())
}

#[test]
fn losses_of_classes_check_their_targets() -> Result<()> {
    let scores = Tensor::zeros(&[2, 3])?;
    assert!(f::cross_entropy(&scores, &tensor([0, 3])?).is_err());
    assert!(f::cross_entropy(&scores, &tensor([0, -1])?).is_err());
    assert!(f::cross_entropy(&scores, &tensor([0])?).is_err());
    assert!(
        f::cross_entropy(&scores, &tensor([0, -100])?)?
            .item()?
            .is_finite()
    );
    assert!(f::binary_cross_entropy(&tensor([1.5])?, &tensor([1.0])?).is_err());
    Ok(())
}

// The numbers are PyTorch's for the same seed.
#[test]
fn adaptive_softmax_draws_and_computes_as_pytorch() -> Result<()> {
    manual_seed(0);
    let softmax = AdaptiveLogSoftmaxWithLoss::builder(8, 20, [5, 10])
        .div_value(2.0)
        .build()?;
    let x = Tensor::randn(&[3, 8])?;
    let (output, loss) = softmax.forward(&x, &tensor([1, 7, 19])?)?;
    let expected = [-2.032629, -3.818128, -3.6284447];
    for (got, expected) in output.to_vec::<f32>()?.into_iter().zip(expected) {
        assert!((got - expected).abs() < 1e-5);
    }
    assert!((loss.item()? - 3.159734).abs() < 1e-5);
    assert_eq!(softmax.predict(&x)?.to_vec::<i64>()?, [2, 1, 2]);
    assert!(softmax.forward(&x, &tensor([1, 7, 20])?).is_err());
    Ok(())
}

/// Sums that PyTorch's layer of the same name has in its divisors, for the channels 1, 2, ... 8.
#[test]
fn cross_map_normalisation_divides_by_what_pytorch_divides_by() -> Result<()> {
    let sums: [(usize, [f64; 8]); 3] = [
        (2, [1.0, 5.0, 10.0, 17.0, 26.0, 37.0, 50.0, 65.0]),
        (3, [5.0, 14.0, 30.0, 51.0, 78.0, 111.0, 150.0, 114.0]),
        (7, [30.0, 55.0, 91.0, 140.0, 204.0, 200.0, 191.0, 175.0]),
    ];
    let x = Tensor::arange(1.0, 9.0, 1.0)?
        .to_dtype(DType::F64)?
        .reshape(&[1, 8, 1, 1])?;
    for (size, sums) in sums {
        let layer = CrossMapLRN2d::new(size).alpha(1.0).beta(1.0);
        let y = layer.forward(&x)?.to_vec::<f64>()?;
        for (channel, sum) in sums.into_iter().enumerate() {
            let expected = (channel + 1) as f64 / (1.0 + sum / size as f64);
            assert!(
                (y[channel] - expected).abs() < 1e-12,
                "{size} {channel}: {}",
                y[channel]
            );
        }
    }
    let printed = format!("{}", CrossMapLRN2d::new(5));
    assert_eq!(printed, "CrossMapLRN2d(5, alpha=0.0001, beta=0.75, k=1)");
    assert!(
        CrossMapLRN2d::new(3)
            .forward(&Tensor::zeros(&[2, 3])?)
            .is_err()
    );
    assert!(
        CrossMapLRN2d::new(0)
            .forward(&Tensor::zeros(&[1, 2, 1, 1])?)
            .is_err()
    );
    Ok(())
}

#[test]
fn the_statistics_of_groups_differentiate_twice() -> Result<()> {
    let inputs = normalisation_inputs()?;
    // Each result by itself, and all of them together.
    for shares in [
        [1.0, 0.0, 0.0],
        [0.0, 1.0, 0.0],
        [0.0, 0.0, 1.0],
        [0.5, -2.0, 3.0],
    ] {
        let sum = |x: &[Tensor]| {
            let (y, mean, rstd) =
                f::group_norm_with_statistics(&x[0], 2, Some(&x[1]), Some(&x[2]), 1e-5)?;
            let mut sum = Tensor::zeros(&[])?.to_dtype(DType::F64)?;
            for (result, share) in [y, mean, rstd].into_iter().zip(shares) {
                if share != 0.0 {
                    sum = (sum + (result.square()?.sum()? * share)?)?;
                }
            }
            Ok(sum)
        };
        gradcheck(sum, &inputs, Default::default())?;
        gradgradcheck(sum, &inputs, Default::default())?;
    }
    Ok(())
}

#[test]
fn the_mean_of_groups_gives_a_weight_a_gradient_of_zero() -> Result<()> {
    let [x, weight, _] = normalisation_inputs()?;
    let (_, mean, rstd) = f::group_norm_with_statistics(&x.detach(), 2, Some(&weight), None, 1e-5)?;
    (mean.sum()? + rstd.sum()?)?.backward()?;
    let gradient = weight.grad().map(|gradient| gradient.to_vec::<f64>());
    assert_eq!(gradient.transpose()?, Some(vec![0.0; 4]));
    Ok(())
}

#[test]
fn batch_norms_become_synchronized_ones_with_the_same_state() -> Result<()> {
    let model = sequential![
        BatchNorm1d::new(3)?,
        ReLU::new(),
        LazyBatchNorm2d::new(BatchNorm2d::builder(0))
    ];
    let x = Tensor::randn(&[4, 3])?;
    let (norm, lazy) = (model.get(0)?, model.get(2)?);
    lazy.forward(&Tensor::randn(&[4, 3, 2, 2])?)?;
    model.eval();
    let (before, state) = (norm.forward(&x)?, model.state_dict());
    assert!(norm.forward(&Tensor::randn(&[4, 3, 2, 2])?).is_err());
    convert_sync_batchnorm(&model);
    let text = "SyncBatchNorm(3, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True)";
    assert_eq!(
        (norm.repr(), lazy.repr()),
        (text.to_string(), text.to_string())
    );
    assert_eq!(norm.forward(&x)?.to_vec::<f32>()?, before.to_vec::<f32>()?);
    assert!(state.keys().eq(model.state_dict().keys()));
    norm.forward(&Tensor::randn(&[4, 3, 2, 2])?)?;
    assert!(norm.forward(&Tensor::randn(&[3])?).is_err());
    Ok(())
}

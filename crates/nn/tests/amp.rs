use rushlight_autograd::{DType, Result, Tensor, autocast, tensor};
use rushlight_nn::functional::{self as F, MaxUnpoolOptions};
use rushlight_nn::{
    AvgPool2d, AvgPool3d, BatchNorm2d, Conv2d, Flatten, Forward, FractionalMaxPool2d, LPPool2d,
    LPPool3d, LSTM, LayerNorm, Linear, Module, MultiheadAttention, ReLU, ReflectionPad3d,
    ReplicationPad2d, TripletMarginWithDistanceLoss, Upsample, sequential,
};

/// An operation on tensors of a type.
type Op = (&'static str, fn(DType) -> Result<Tensor>);

/// Asserts the types that operations return for operands of a half type and of `f32`.
fn assert_types(ops: &[Op], expected: impl Fn(DType) -> [DType; 2]) -> Result<()> {
    for half in [DType::BF16, DType::F16] {
        for (name, op) in ops {
            let got = autocast(half, || -> Result<_> {
                Ok([op(half)?.dtype(), op(DType::F32)?.dtype()])
            });
            assert_eq!(got?, expected(half), "{name} in {half}");
        }
    }
    Ok(())
}

fn rand(shape: &[usize], dtype: DType) -> Result<Tensor> {
    Tensor::rand(shape)?.to_dtype(dtype)
}

fn pair(dtype: DType) -> Result<(Tensor, Tensor)> {
    Ok((rand(&[2, 3], dtype)?, rand(&[2, 3], dtype)?))
}

fn signs(dtype: DType) -> Result<Tensor> {
    tensor([1.0, -1.0])?.to_dtype(dtype)
}

/// A function of two tensors, on tensors of a type.
macro_rules! of_pair {
    ($($name:ident)*) => { [$((stringify!($name), |d| {
        let (x, y) = pair(d)?;
        F::$name(&x, &y)
    }),)*] };
}

/// What the functions of `torch.nn.functional` return under `torch.autocast("cpu")`, as recorded from
/// PyTorch 2.15.
#[test]
fn on_the_cpu_losses_are_computed_in_single_precision() -> Result<()> {
    let of_pairs: [Op; 11] = of_pair![
        mse_loss l1_loss smooth_l1_loss huber_loss poisson_nll_loss kl_div cross_entropy
        binary_cross_entropy binary_cross_entropy_with_logits hinge_embedding_loss soft_margin_loss
    ];
    let others: [Op; 8] = [
        ("cross_entropy", |d| {
            F::cross_entropy(&rand(&[2, 3], d)?, &tensor([0, 2])?)
        }),
        ("nll_loss", |d| {
            F::nll_loss(&rand(&[2, 3], d)?, &tensor([0, 2])?)
        }),
        ("multi_margin_loss", |d| {
            F::multi_margin_loss(&rand(&[2, 3], d)?, &tensor([0, 2])?)
        }),
        ("multilabel_margin_loss", |d| {
            F::multilabel_margin_loss(&rand(&[2, 3], d)?, &tensor([[0, 1, -1], [0, -1, 1]])?)
        }),
        ("ctc_loss", |d| {
            let log_probs = rand(&[2, 1, 3], d)?.log_softmax(-1)?;
            F::ctc_loss(&log_probs, &tensor([[1]])?, &[2], &[1])
        }),
        ("margin_ranking_loss", |d| {
            F::margin_ranking_loss(&signs(d)?, &signs(d)?, &signs(d)?)
        }),
        ("cosine_embedding_loss", |d| {
            let (x, y) = pair(d)?;
            F::cosine_embedding_loss(&x, &y, &signs(d)?)
        }),
        ("triplet_margin_loss", |d| {
            let (x, y) = pair(d)?;
            F::triplet_margin_loss(&x, &y, &x)
        }),
    ];
    assert_types(&of_pairs, |_| [DType::F32; 2])?;
    assert_types(&others, |_| [DType::F32; 2])?;
    let (x, y) = pair(DType::BF16)?;
    assert_eq!(F::mse_loss(&x, &y)?.dtype(), DType::BF16);
    Ok(())
}

#[test]
fn on_the_cpu_pools_and_samples_are_computed_in_single_precision() -> Result<()> {
    let ops: [Op; 6] = [
        ("grid_sample", |d| {
            F::grid_sample(
                &rand(&[1, 1, 4, 4], d)?,
                &rand(&[1, 2, 2, 2], d)?,
                Default::default(),
            )
        }),
        ("max_unpool1d", |d| {
            F::max_unpool(
                &rand(&[1, 2], d)?,
                &tensor([[0, 2]])?,
                &MaxUnpoolOptions::new([2]),
            )
        }),
        ("fractional_max_pool2d", |d| {
            let layer = FractionalMaxPool2d::new(2, F::FractionalOutput::Size([2, 2]));
            layer.forward(&rand(&[1, 4, 4], d)?)
        }),
        ("lp_pool3d", |d| {
            LPPool3d::new(2.0, 2).forward(&rand(&[1, 4, 4, 4], d)?)
        }),
        ("AvgPool3d", |d| {
            AvgPool3d::new(2).forward(&rand(&[1, 4, 4, 4], d)?)
        }),
        ("ReplicationPad2d", |d| {
            ReplicationPad2d::new(1).forward(&rand(&[1, 4, 4], d)?)
        }),
    ];
    assert_types(&ops, |_| [DType::F32; 2])
}

#[test]
fn on_the_cpu_attention_runs_in_the_half_type() -> Result<()> {
    let ops: [Op; 1] = [("scaled_dot_product_attention", |d| {
        let x = rand(&[1, 2, 3, 4], d)?;
        F::scaled_dot_product_attention(&x, &x, &x)
    })];
    assert_types(&ops, |half| [half, half])
}

#[test]
fn on_the_cpu_all_else_runs_in_the_type_it_comes_in() -> Result<()> {
    let ops: [Op; 15] = [
        ("bilinear", |d| {
            let (x, y) = pair(d)?;
            F::bilinear(&x, &y, &rand(&[4, 3, 3], d)?, None)
        }),
        ("cosine_similarity", |d| {
            let (x, y) = pair(d)?;
            F::cosine_similarity(&x, &y, 1, 1e-8)
        }),
        ("pairwise_distance", |d| {
            let (x, y) = pair(d)?;
            F::pairwise_distance(&x, &y)
        }),
        ("layer_norm", |d| {
            let weight = Tensor::rand(&[3])?;
            F::layer_norm(&rand(&[2, 3], d)?, &[3], Some(&weight), Some(&weight), 1e-5)
        }),
        ("group_norm", |d| {
            let weight = Tensor::rand(&[4])?;
            F::group_norm(&rand(&[2, 4], d)?, 2, Some(&weight), Some(&weight), 1e-5)
        }),
        ("rms_norm", |d| {
            F::rms_norm(&rand(&[2, 3], d)?, &[3], Some(&Tensor::rand(&[3])?), None)
        }),
        ("BatchNorm2d", |d| {
            BatchNorm2d::new(2)?.forward(&rand(&[3, 2, 2, 2], d)?)
        }),
        ("local_response_norm", |d| {
            F::local_response_norm(&rand(&[1, 3, 4], d)?, 2, 1e-4, 0.75, 1.0)
        }),
        ("multilabel_soft_margin_loss", |d| {
            let (x, y) = pair(d)?;
            F::multilabel_soft_margin_loss(&x, &y)
        }),
        ("gaussian_nll_loss", |d| {
            let (x, y) = pair(d)?;
            F::gaussian_nll_loss(&x, &y, &rand(&[2, 3], d)?.add(1.0)?)
        }),
        ("triplet_margin_with_distance_loss", |d| {
            let (x, y) = pair(d)?;
            TripletMarginWithDistanceLoss::new().forward(&x, &y, &x)
        }),
        ("lp_pool2d", |d| {
            LPPool2d::new(2.0, 2).forward(&rand(&[1, 4, 4], d)?)
        }),
        ("AvgPool2d", |d| {
            AvgPool2d::new(2).forward(&rand(&[1, 4, 4], d)?)
        }),
        ("ReflectionPad3d", |d| {
            ReflectionPad3d::new(1).forward(&rand(&[1, 4, 4, 4], d)?)
        }),
        ("Upsample", |d| {
            let layer =
                Upsample::new(F::Resize::By(vec![2.0])).mode(F::InterpolationMode::Bilinear);
            layer.forward(&rand(&[1, 1, 4, 4], d)?)
        }),
    ];
    assert_types(&ops, |half| [half, DType::F32])
}

#[test]
fn models_train_with_gradients_near_those_of_single_precision() -> Result<()> {
    let model = sequential![
        Conv2d::builder(1, 4, 3).padding(1).build()?,
        BatchNorm2d::new(4)?,
        ReLU::new(),
        Flatten::new(),
        LayerNorm::new(64)?,
        Linear::new(64, 3)?,
    ];
    // Not drawn: other tests draw from the same generator, and rounding matters more to some numbers.
    let wave = |count: i64, step: f64| Tensor::arange(0, count, 1)?.mul(step)?.sin();
    for (weight, step) in [("0.weight", 1.3), ("5.weight", 2.1)] {
        let parameter = model.get_parameter(weight)?;
        let numbers = wave(parameter.numel() as i64, step)?.mul(0.4)?;
        parameter.set_data(&numbers.reshape_as(&parameter)?)?;
    }
    let x = wave(128, 0.7)?.reshape(&[8, 1, 4, 4])?;
    let y = tensor([0_i64, 1, 2, 0, 1, 2, 0, 1])?;
    let loss = || F::cross_entropy(&model.forward(&x)?, &y);
    loss()?.backward()?;
    let single: Vec<Tensor> = model
        .parameters()
        .iter()
        .map(|p| p.grad().unwrap())
        .collect();
    for half in [DType::BF16, DType::F16] {
        model.zero_grad();
        let loss = autocast(half, loss)?;
        assert_eq!(loss.dtype(), DType::F32);
        loss.backward()?;
        // The bias of the convolution has no gradient but for rounding.
        for (index, (parameter, single)) in model.parameters().iter().zip(&single).enumerate() {
            let gradient = parameter.grad().unwrap();
            assert_eq!(gradient.dtype(), DType::F32);
            let (error, size) = (gradient.dist(single, 2.0)?.item()?, single.norm()?.item()?);
            assert!(
                index == 1 || error < 0.1 * size,
                "{index}: {error} of {size}"
            );
        }
    }
    Ok(())
}

#[test]
fn recurrent_and_attention_layers_run() -> Result<()> {
    let (lstm, attention) = (LSTM::new(4, 4)?, MultiheadAttention::new(4, 2)?);
    let x = Tensor::rand(&[3, 2, 4])?;
    for half in [DType::BF16, DType::F16] {
        let (y, z) = autocast(half, || -> Result<_> {
            let (y, _) = lstm.forward(&x)?;
            Ok((y.clone(), attention.forward(&y, &y, &y)?.0))
        })?;
        assert_eq!(z.dtype(), half);
        let (exact, _) = lstm.forward(&x)?;
        assert!((y.float()? - exact)?.abs()?.max()?.item()? < 0.02);
        z.float()?.square()?.sum()?.backward()?;
        assert!(lstm.parameters_without_grad().is_empty());
        lstm.zero_grad();
        attention.zero_grad();
    }
    Ok(())
}

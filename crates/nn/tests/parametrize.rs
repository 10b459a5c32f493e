use crate::{Block, Scale};
use rushlight_autograd::{
    DType, Generator, GradcheckOptions, Result, Tensor, gradcheck, no_grad, tensor,
};
use rushlight_nn::parametrize::{
    Parametrization, is_parametrized, register_parametrization, remove_parametrizations,
    spectral_norm, weight_norm,
};
use rushlight_nn::{
    Conv2d, ConvTranspose2d, Forward, LSTM, Linear, LinearCrossEntropyLoss, Loss, Module,
    MultiheadAttention, ReLU, functional_call, sequential,
};

/// A positive parameter.
#[derive(Module, Debug)]
struct Exp {}

impl Parametrization for Exp {
    fn forward(&self, originals: &[Tensor]) -> Result<Tensor> {
        originals[0].exp()
    }

    fn right_inverse(&self, value: &Tensor) -> Result<Vec<Tensor>> {
        Ok(vec![value.log()?])
    }
}

/// Twice the original.
#[derive(Module, Debug)]
struct Doubled {}

impl Parametrization for Doubled {
    fn forward(&self, originals: &[Tensor]) -> Result<Tensor> {
        originals[0].mul(2.0)
    }
}

fn keys(module: &dyn Module) -> Vec<String> {
    module.state_dict().keys().map(str::to_string).collect()
}

fn close(got: &Tensor, expected: &[f32]) -> Result<()> {
    let got = got.detach().contiguous()?.to_vec::<f32>()?;
    assert_eq!(got.len(), expected.len());
    for (got, expected) in got.iter().zip(expected) {
        let bound = 1e-5 * expected.abs().max(1.0);
        assert!((got - expected).abs() <= bound, "{got} {expected}");
    }
    Ok(())
}

/// With the numbers that PyTorch has after `manual_seed(7)`.
#[test]
fn spectral_norm_is_pytorchs() -> Result<()> {
    Generator::from_seed(7).scope(spectral_norm_of_a_linear_layer)?;
    Generator::from_seed(5).scope(spectral_norm_of_a_transposed_convolution)
}

fn spectral_norm_of_a_linear_layer() -> Result<()> {
    let layer = Linear::new(3, 2)?;
    spectral_norm(&layer, "weight")?;
    assert_eq!(
        keys(&layer),
        [
            "bias",
            "parametrizations.weight.original",
            "parametrizations.weight.0._u",
            "parametrizations.weight.0._v"
        ]
    );
    let buffers = layer.buffers();
    close(&buffers[0], &[-0.74331695, -0.6689394])?;
    close(&buffers[1], &[-0.3052501, 0.9388937, -0.15906325])?;
    let x = tensor([[1.0, 2.0, 3.0]])?;
    let y = layer.forward(&x)?;
    close(&y, &[-0.5477058, -1.2548633])?;
    y.sum()?.backward()?;
    let gradient = layer
        .get_parameter("parametrizations.weight.original")?
        .grad()
        .unwrap();
    #[rustfmt::skip]
    close(&gradient, &[
        2.7589712, 1.763916, 6.443537,
        2.6849666, 1.9915409, 6.404974,
    ])?;
    layer.eval();
    close(&layer.forward(&x)?, &[-0.5477058, -1.2548633])
}

fn spectral_norm_of_a_transposed_convolution() -> Result<()> {
    let layer = ConvTranspose2d::new(2, 3, 2)?;
    spectral_norm(&layer, "weight")?;
    layer.eval();
    assert_eq!(layer.buffers()[0].shape(), [3]);
    #[rustfmt::skip]
    let expected = [
        0.18825507, 0.0845962, 0.82482326, 0.627417,
        0.5603152, -0.44274282, -0.92540437, 0.34541774,
        -0.24685083, 0.2418684, -0.2962736, 0.32495275,
    ];
    close(&layer.forward(&Tensor::ones(&[1, 2, 1, 1])?)?, &expected)
}

#[test]
fn weight_norm_keeps_the_value_and_trains_length_and_direction() -> Result<()> {
    for dim in [Some(0), Some(1), Some(-1), Some(-2), None] {
        let layer = Linear::builder(3, 2).dtype(DType::F64).build()?;
        let x = Tensor::rand(&[4, 3])?.double()?;
        let before = layer.forward(&x)?.detach();
        weight_norm(&layer, "weight", dim)?;
        let after = layer.forward(&x)?;
        assert!((&before - &after)?.abs()?.max()?.item()? < 1e-12);
        let lengths = layer
            .get_parameter("parametrizations.weight.original0")?
            .shape();
        let expected: &[usize] = match dim {
            Some(0 | -2) => &[2, 1],
            Some(1) => &[1, 3],
            _ => &[],
        };
        assert_eq!(lengths, *expected);
        let originals = [0, 1].map(|number| {
            let name = format!("parametrizations.weight.original{number}");
            layer
                .get_parameter(&name)
                .unwrap()
                .detach()
                .requires_grad_(true)
                .unwrap()
        });
        let of_originals = |o: &[Tensor]| {
            let names = [
                ("parametrizations.weight.original0", &o[0]),
                ("parametrizations.weight.original1", &o[1]),
            ];
            functional_call(&layer, names, &x)
        };
        gradcheck(of_originals, &originals, GradcheckOptions::default())?;
    }
    Ok(())
}

#[test]
fn parametrized_layers_print_as_in_pytorch() -> Result<()> {
    let layer = Linear::new(2, 2)?;
    weight_norm(&layer, "weight", Some(0))?;
    spectral_norm(&layer, "weight")?;
    assert_eq!(
        layer.to_string(),
        "ParametrizedLinear(
  in_features=2, out_features=2, bias=True
  (parametrizations): ModuleDict(
    (weight): ParametrizationList(
      (0): _WeightNorm()
      (1): _SpectralNorm()
    )
  )
)"
    );
    assert_eq!(keys(&layer)[3], "parametrizations.weight.1._u");
    let conv = Conv2d::new(1, 2, 3)?;
    weight_norm(&conv, "weight", Some(0))?;
    assert_eq!(
        sequential![conv, ReLU::new()].to_string(),
        "Sequential(
  (0): ParametrizedConv2d(
    1, 2, kernel_size=(3, 3), stride=(1, 1)
    (parametrizations): ModuleDict(
      (weight): ParametrizationList(
        (0): _WeightNorm()
      )
    )
  )
  (1): ReLU()
)"
    );
    let lstm = LSTM::new(2, 3)?;
    weight_norm(&lstm, "weight_hh_l0", Some(0))?;
    assert_eq!(
        keys(&lstm),
        [
            "weight_ih_l0",
            "bias_ih_l0",
            "bias_hh_l0",
            "parametrizations.weight_hh_l0.original0",
            "parametrizations.weight_hh_l0.original1"
        ]
    );
    Ok(())
}

#[test]
fn layers_with_other_calls_use_the_computed_value() -> Result<()> {
    let lstm = LSTM::new(2, 3)?;
    weight_norm(&lstm, "weight_hh_l0", Some(0))?;
    lstm.forward(&Tensor::rand(&[4, 1, 2])?)?
        .0
        .sum()?
        .backward()?;
    assert!(lstm.parameters_without_grad().is_empty());
    let loss = LinearCrossEntropyLoss::new(2, 3)?;
    weight_norm(loss.get_submodule("linear")?, "weight", Some(0))?;
    Loss::forward(&loss, &Tensor::rand(&[4, 2])?, &tensor([0, 1, 2, 0])?)?.backward()?;
    assert!(loss.parameters_without_grad().is_empty());
    let attention = MultiheadAttention::new(4, 2)?;
    weight_norm(&attention, "in_proj_weight", Some(0))?;
    weight_norm(attention.get_submodule("out_proj")?, "weight", Some(0))?;
    let x = Tensor::rand(&[3, 1, 4])?;
    attention
        .forward(&x, &x, &x)?
        .0
        .square()?
        .sum()?
        .backward()?;
    assert!(attention.parameters_without_grad().is_empty());
    Ok(())
}

#[test]
fn steps_are_applied_in_order_and_originals_found_anew() -> Result<()> {
    let layer = Scale::new(2, false)?;
    no_grad(|| layer.weight.set_data(&tensor([20.0, 30.0])?))?;
    register_parametrization(&layer, "weight", Exp {})?;
    register_parametrization(&layer, "weight", Exp {})?;
    let original = layer.get_parameter("parametrizations.weight.original")?;
    close(&original, &[20f32.ln().ln(), 30f32.ln().ln()])?;
    close(&layer.forward(&Tensor::ones(&[2])?)?, &[20.0, 30.0])?;
    assert!(is_parametrized(&layer, None) && is_parametrized(&layer, Some("weight")));
    assert!(!is_parametrized(&layer, Some("bias")));
    Ok(())
}

#[test]
fn removal_leaves_the_value_or_the_original() -> Result<()> {
    for leave_parametrized in [true, false] {
        let layer = Scale::new(2, true)?;
        register_parametrization(&layer, "weight", Exp {})?;
        let original = layer.get_parameter("parametrizations.weight.original")?;
        no_grad(|| original.set_data(&tensor([1.0, 2.0])?))?;
        remove_parametrizations(&layer, "weight", leave_parametrized)?;
        match leave_parametrized {
            true => close(&layer.weight, &[1f32.exp(), 2f32.exp()])?,
            false => close(&layer.weight, &[1.0, 2.0])?,
        }
        assert_eq!(keys(&layer), ["weight", "bias"]);
        assert!(layer.weight.requires_grad() && !is_parametrized(&layer, None));
        layer.forward(&Tensor::ones(&[2])?)?.sum()?.backward()?;
        assert!(layer.weight.grad().is_some());
        register_parametrization(&layer, "weight", Exp {})?;
        assert_eq!(keys(&layer), ["bias", "parametrizations.weight.original"]);
    }
    Ok(())
}

#[test]
fn states_move_between_parametrized_layers() -> Result<()> {
    let layers = [Linear::new(3, 2)?, Linear::new(3, 2)?];
    for layer in &layers {
        spectral_norm(layer, "weight")?;
        layer.eval();
    }
    layers[1].load_state_dict(&layers[0].state_dict(), true)?;
    let x = Tensor::rand(&[4, 3])?;
    let [a, b] = layers.each_ref().map(|layer| layer.forward(&x));
    assert_eq!(a?.to_vec::<f32>()?, b?.to_vec::<f32>()?);
    layers[0].to(DType::F64)?;
    assert_eq!(layers[0].forward(&x.double()?)?.dtype(), DType::F64);
    register_parametrization(&layers[0], "weight", Doubled {})?;
    assert_eq!(layers[0].forward(&x.double()?)?.dtype(), DType::F64);
    Ok(())
}

#[test]
fn mistakes_are_errors() -> Result<()> {
    #[derive(Module, Debug)]
    struct Transposed {}
    impl Parametrization for Transposed {
        fn forward(&self, originals: &[Tensor]) -> Result<Tensor> {
            originals[0].t()
        }
    }
    let layer = Linear::new(3, 2)?;
    let error = weight_norm(&layer, "weigth", Some(0))
        .unwrap_err()
        .to_string();
    assert!(error.contains("did you mean `weight`?"), "{error}");
    assert!(weight_norm(&layer, "weight", Some(2)).is_err());
    assert!(weight_norm(&layer, "site", None).is_err());
    assert!(register_parametrization(&layer, "weight", Transposed {}).is_err());
    assert!(remove_parametrizations(&layer, "weight", true).is_err());
    assert_eq!(keys(&layer), ["weight", "bias"]);
    assert!(layer.weight.requires_grad());
    weight_norm(&layer, "weight", Some(0))?;
    assert!(remove_parametrizations(&layer, "weight", false).is_err());
    assert!(weight_norm(&layer, "weight", Some(0)).is_err());
    assert!(weight_norm(&Block::new(false)?, "weight", Some(0)).is_err());
    Ok(())
}

use rushlight_autograd::{Result, Tensor};
use rushlight_nn::{Forward, Module};
use rushlight_vision_models::ops::{Conv2dNormActivation, Norm, StochasticDepth};

#[test]
fn stochastic_depth_leaves_everything_in_evaluation_mode() -> Result<()> {
    let layer = StochasticDepth::row(1.0)?;
    let x = Tensor::ones(&[2, 2])?;
    assert_eq!(layer.forward(&x)?.to_vec::<f32>()?, [0.0; 4]);
    layer.eval();
    assert_eq!(layer.forward(&x)?.to_vec::<f32>()?, [1.0; 4]);
    Ok(())
}

#[test]
fn stochastic_depth_refuses_what_is_no_probability() {
    for p in [-0.1, 1.1, f64::NAN] {
        let error = StochasticDepth::row(p).map(|layer| layer.repr());
        let error = error.expect_err("no probability").to_string();
        assert!(error.contains("a probability from 0 to 1"), "{error}");
    }
    let scalar = Tensor::ones(&[]).and_then(|x| StochasticDepth::row(0.5)?.forward(&x));
    assert!(scalar.is_err());
}

#[test]
fn a_convolution_has_a_bias_where_no_normalisation_follows() -> Result<()> {
    let names = |norm: Option<Norm>| -> Result<Vec<String>> {
        let block = Conv2dNormActivation::builder(1, 2)
            .norm(norm)
            .activation(None)
            .build()?;
        Ok(block
            .named_parameters()
            .into_iter()
            .map(|(name, _)| name)
            .collect())
    };
    assert_eq!(names(None)?, ["0.weight", "0.bias"]);
    assert_eq!(
        names(Some(Norm::BATCH))?,
        ["0.weight", "1.weight", "1.bias"]
    );
    Ok(())
}

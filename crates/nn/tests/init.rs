use rushlight_autograd::{Result, Tensor, manual_seed};
use rushlight_nn::init::{self, FanMode, Nonlinearity};
use rushlight_nn::{Conv2d, Embedding, Linear};

fn assert_close(got: &Tensor, expected: &[f32]) -> Result<()> {
    let got = got.to_vec::<f32>()?;
    assert_eq!(got.len(), expected.len());
    for (got, expected) in got.iter().zip(expected) {
        assert!((got - expected).abs() < 1e-6, "{got} {expected}");
    }
    Ok(())
}

// The numbers are PyTorch's, after `torch.manual_seed(0)`.

#[test]
fn default_initialisation_equals_pytorch_under_the_same_seed() -> Result<()> {
    manual_seed(0);
    let linear = Linear::new(2, 2)?;
    assert_close(
        &linear.weight,
        &[-0.005293981, 0.3793229, -0.58198076, -0.520_387_5],
    )?;
    assert_close(linear.bias.as_ref().unwrap(), &[-0.27234524, 0.18961589])?;
    assert_close(&Tensor::rand(&[1])?, &[0.490_093_4])?;

    manual_seed(0);
    let conv = Conv2d::new(1, 1, 2)?;
    assert_close(
        &conv.weight,
        &[-0.00374341, 0.2682218, -0.41152257, -0.367_969_5],
    )?;
    assert_close(conv.bias.as_ref().unwrap(), &[-0.19257718])?;

    manual_seed(0);
    let embedding = Embedding::builder(2, 2).padding_idx(-1).build()?;
    assert_close(&embedding.weight, &[1.5409961, -0.2934289, 0.0, 0.0])
}

#[test]
fn scaled_initialisations_equal_pytorchs_under_the_same_seed() -> Result<()> {
    let weight = Tensor::zeros(&[2, 3])?;
    manual_seed(0);
    init::kaiming_normal_(&weight, 0.0, FanMode::FanOut, Nonlinearity::Relu)?;
    let expected = [
        1.5409961, -0.2934289, -2.1787894, 0.56843126, -1.0845224, -1.3985953,
    ];
    assert_close(&weight, &expected)?;
    manual_seed(0);
    init::xavier_uniform_(&weight, 2.0)?;
    let expected = [
        -0.0164028,
        1.175289,
        -1.8032016,
        -1.6123617,
        -0.84383094,
        0.587_503_4,
    ];
    assert_close(&weight, &expected)
}

#[test]
fn a_cut_off_normal_distribution_equals_pytorchs_under_the_same_seed() -> Result<()> {
    // Once where most numbers lie inside the bounds, once where few do.
    let most = Tensor::zeros(&[4])?;
    manual_seed(0);
    init::trunc_normal_(&most, 0.0, 1.0, -0.5, 0.5)?;
    assert_close(&most, &[0.37039354, -0.2934289, 0.40334684, 0.18203649])?;
    let few = Tensor::zeros(&[3])?;
    manual_seed(0);
    init::trunc_normal_(&few, 0.0, 1.0, 2.0, 3.0)?;
    assert_close(&few, &[2.4962566, 2.168859, 2.0884774])?;
    assert_close(&Tensor::rand(&[1])?, &[0.16102946])
}

#[test]
fn a_layer_without_bias_draws_none() -> Result<()> {
    manual_seed(0);
    Linear::builder(2, 2).bias(false).build()?;
    let next = Tensor::rand(&[1])?.item()?;
    manual_seed(0);
    Tensor::rand(&[4])?;
    assert_eq!(Tensor::rand(&[1])?.item()?, next);
    Ok(())
}

#[test]
fn eye_and_dirac_place_their_ones() -> Result<()> {
    let matrix = Tensor::zeros(&[2, 3])?;
    init::eye_(&matrix)?;
    assert_eq!(matrix.to_vec::<f32>()?, [1.0, 0.0, 0.0, 0.0, 1.0, 0.0]);
    let kernel = Tensor::zeros(&[4, 2, 3])?;
    init::dirac_(&kernel, 2)?;
    let values = kernel.to_vec::<f32>()?;
    let ones: Vec<usize> = (0..24).filter(|&i| values[i] == 1.0).collect();
    assert_eq!(ones, [1, 10, 13, 22]);
    Ok(())
}

#[test]
fn shapes_that_make_no_sense_are_refused() -> Result<()> {
    let vector = Tensor::zeros(&[3])?;
    assert!(init::eye_(&vector).is_err());
    assert!(init::dirac_(&vector, 1).is_err());
    assert!(init::xavier_uniform_(&vector, 1.0).is_err());
    assert!(init::dirac_(&Tensor::zeros(&[3, 2, 1])?, 2).is_err());
    assert!(init::trunc_normal_(&vector, 0.0, 0.0, -1.0, 1.0).is_err());
    Ok(())
}

#[test]
fn rows_of_an_orthogonal_weight_are_orthogonal_and_of_the_given_length() -> Result<()> {
    for shape in [[3, 8], [8, 3]] {
        let weight = Tensor::zeros(&shape)?;
        init::orthogonal_(&weight, 2.0)?;
        let short = match shape {
            [3, _] => weight,
            _ => weight.transpose(0, 1)?,
        };
        let products = short.matmul(&short.transpose(0, 1)?)?;
        let distance = products.sub((Tensor::eye(3)? * 4.0)?)?.abs()?.max()?;
        assert!(distance.item()? < 1e-5);
    }
    Ok(())
}

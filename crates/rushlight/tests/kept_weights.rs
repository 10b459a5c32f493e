//! What follows from a weight is kept while it stays the same, and no longer.

use rushlight::nn::Result;
use rushlight::prelude::*;

/// A convolution large enough for its transformed taps to be kept, and an input.
fn convolution() -> Result<(Conv2d, Tensor)> {
    manual_seed(0);
    let conv = Conv2d::builder(64, 64, 3).padding(1).build()?;
    Ok((conv, Tensor::randn(&[1, 64, 16, 16])?))
}

/// Calls the layer until what follows from its weight is kept, changes the weight, and compares with
/// a layer that has not been called before.
fn check(change: impl FnOnce(&Conv2d, &Tensor) -> Result<()>) -> Result<()> {
    let (conv, x) = convolution()?;
    let call = |conv: &Conv2d| no_grad(|| conv.forward(&x))?.to_vec::<f32>();
    let before = call(&conv)?;
    for _ in 0..3 {
        assert_eq!(call(&conv)?, before);
    }
    change(&conv, &x)?;
    let fresh = convolution()?.0;
    fresh.load_state_dict(&conv.state_dict(), true)?;
    let after = call(&fresh)?;
    assert_ne!(after, before);
    for _ in 0..3 {
        assert_eq!(call(&conv)?, after);
    }
    Ok(())
}

#[test]
fn a_step_of_an_optimizer_is_seen() -> Result<()> {
    check(|conv, x| {
        let mut sgd = optim::SGD::new(conv.parameters(), 0.1);
        conv.forward(x)?.square()?.mean()?.backward()?;
        sgd.step().expect("finite gradients");
        Ok(())
    })
}

#[test]
fn an_initialisation_is_seen() -> Result<()> {
    check(|conv, _| nn::init::constant_(&conv.weight, 0.25))
}

#[test]
fn loading_a_state_is_seen() -> Result<()> {
    check(|conv, _| {
        let other = Conv2d::builder(64, 64, 3).padding(1).build()?;
        conv.load_state_dict(&other.state_dict(), true)?;
        Ok(())
    })
}

#[test]
fn new_data_are_seen() -> Result<()> {
    check(|conv, _| conv.weight.set_data(&Tensor::randn(&[64, 64, 3, 3])?))
}

use rushlight_autograd::{DType, Tensor, autocast, tensor};
use rushlight_optim::{Error, GradScaler, Optimizer, Result, SGD, clip_grad_norm_};

fn leaf(values: [f32; 2]) -> Result<Tensor> {
    Ok(tensor(values)?.requires_grad_(true)?)
}

/// A step with the given gradients, which are what backward would leave of a scaled loss.
fn step(scaler: &mut GradScaler, w: &Tensor, sgd: &mut SGD, gradient: [f32; 2]) -> Result<bool> {
    w.set_grad(Some(tensor(gradient)?.mul(scaler.get_scale())?))?;
    let taken = scaler.step(sgd)?;
    scaler.update()?;
    Ok(taken)
}

#[test]
fn scaled_steps_are_those_without() -> Result<()> {
    let (x, y) = (tensor([[1.0, 2.0], [3.0, -1.0]])?, tensor([1.0, 0.5])?);
    let (plain, scaled) = (leaf([0.5, -0.5])?, leaf([0.5, -0.5])?);
    let mut optimizers = [SGD::new([&plain], 0.05), SGD::new([&scaled], 0.05)];
    let mut scaler = GradScaler::new();
    let loss = |w: &Tensor| x.mv(w)?.sub(&y)?.square()?.mean();
    for _ in 0..5 {
        optimizers.iter().for_each(Optimizer::zero_grad);
        loss(&plain)?.backward()?;
        clip_grad_norm_([&plain], 1.0)?;
        optimizers[0].step()?;
        scaler.scale(&loss(&scaled)?)?.backward()?;
        scaler.unscale_(&optimizers[1])?;
        clip_grad_norm_([&scaled], 1.0)?;
        assert!(scaler.step(&mut optimizers[1])?);
        scaler.update()?;
    }
    assert_eq!(plain.to_vec::<f32>()?, scaled.to_vec::<f32>()?);
    Ok(())
}

/// The factor after each of these steps in PyTorch, with `growth_interval=2`.
#[test]
fn the_factor_follows_pytorchs_rules() -> Result<()> {
    let w = leaf([1.0, 1.0])?;
    let mut sgd = SGD::new([&w], 0.0);
    let mut scaler = GradScaler::new()
        .init_scale(8.0)
        .growth_factor(4.0)
        .growth_interval(2);
    let steps = [1.0, 1.0, f32::NAN, 1.0, f32::INFINITY, 1.0, 1.0, 1.0];
    let expected = [8.0, 32.0, 16.0, 16.0, 8.0, 8.0, 32.0, 32.0];
    for (gradient, expected) in steps.into_iter().zip(expected) {
        let taken = step(&mut scaler, &w, &mut sgd, [1.0, gradient])?;
        assert_eq!(
            (taken, scaler.get_scale()),
            (gradient.is_finite(), expected)
        );
    }
    assert_eq!(scaler.state_dict().growth_tracker, 1);
    Ok(())
}

#[test]
fn a_step_with_infinite_gradients_is_left_out() -> Result<()> {
    let (a, b) = (leaf([1.0, 2.0])?, leaf([1.0, 2.0])?);
    let (mut first, mut second) = (SGD::new([&a], 1.0), SGD::new([&b], 1.0));
    let mut scaler = GradScaler::new().init_scale(4.0);
    a.set_grad(Some(tensor([f32::INFINITY, 0.0])?))?;
    b.set_grad(Some(tensor([4.0, 8.0])?))?;
    assert!(!scaler.step(&mut first)?);
    assert!(scaler.step(&mut second)?);
    assert_eq!(a.to_vec::<f32>()?, [1.0, 2.0]);
    assert_eq!(b.to_vec::<f32>()?, [0.0, 0.0]);
    scaler.update()?;
    assert_eq!(scaler.get_scale(), 2.0);
    Ok(())
}

#[test]
fn a_half_precision_loss_does_not_overflow() -> Result<()> {
    let loss = tensor(3.0)?.to_dtype(DType::F16)?;
    assert_eq!(GradScaler::new().scale(&loss)?.item()?, 3.0 * 65536.0);
    let w = tensor([[1e-3], [1e-3]])?.requires_grad_(true)?;
    let x = tensor([[1e-4, 2e-4]])?;
    // Without scaling, the gradient in f16 is zero.
    let loss = || autocast(DType::F16, || x.matmul(&w)?.mul(1e-4)?.sum());
    loss()?.backward()?;
    assert_eq!(w.grad().unwrap().to_vec::<f32>()?, [0.0, 0.0]);
    w.zero_grad();
    let mut scaler = GradScaler::new().init_scale(1024.0);
    scaler.scale(&loss()?)?.backward()?;
    let sgd = SGD::new([&w], 0.1);
    scaler.unscale_(&sgd)?;
    for (got, expected) in w.grad().unwrap().to_vec::<f32>()?.iter().zip([1e-8, 2e-8]) {
        assert!((got / expected - 1.0).abs() < 1e-2, "{got}");
    }
    Ok(())
}

#[test]
fn calls_out_of_order_are_errors() -> Result<()> {
    let w = leaf([1.0, 2.0])?;
    let mut sgd = SGD::new([&w], 0.1);
    let mut scaler = GradScaler::new();
    let is_misuse = |result: Result<()>| matches!(result, Err(Error::Scaler { .. }));
    assert!(is_misuse(scaler.update()));
    assert!(is_misuse(scaler.step(&mut sgd).map(drop)), "no gradients");
    w.set_grad(Some(tensor([1.0, 1.0])?))?;
    scaler.unscale_(&sgd)?;
    assert!(is_misuse(scaler.unscale_(&sgd)));
    scaler.step(&mut sgd)?;
    assert!(is_misuse(scaler.unscale_(&sgd)));
    assert!(is_misuse(scaler.step(&mut sgd).map(drop)));
    scaler.update()?;
    let half = tensor([1.0, 2.0])?
        .to_dtype(DType::F16)?
        .requires_grad_(true)?;
    half.set_grad(Some(half.detach()))?;
    assert!(is_misuse(scaler.unscale_(&SGD::new([&half], 0.1))));
    Ok(())
}

#[test]
fn settings_out_of_their_domain_are_errors() -> Result<()> {
    let loss = tensor(1.0)?;
    for scaler in [
        GradScaler::new().init_scale(0.0),
        GradScaler::new().init_scale(f32::NAN),
        GradScaler::new().growth_factor(1.0),
        GradScaler::new().backoff_factor(1.0),
        GradScaler::new().backoff_factor(f64::NAN),
    ] {
        assert!(scaler.scale(&loss).is_err());
        assert!(
            GradScaler::new()
                .load_state_dict(&scaler.state_dict())
                .is_err()
        );
    }
    assert!(GradScaler::new().update_to(-1.0).is_err());
    Ok(())
}

#[test]
fn a_saved_state_goes_on_and_a_disabled_scaler_does_nothing() -> Result<()> {
    let w = leaf([1.0, 2.0])?;
    let mut sgd = SGD::new([&w], 0.1);
    let mut scaler = GradScaler::new().init_scale(8.0).growth_interval(2);
    step(&mut scaler, &w, &mut sgd, [1.0, 1.0])?;
    let mut other = GradScaler::new();
    other.load_state_dict(&scaler.state_dict())?;
    step(&mut other, &w, &mut sgd, [1.0, 1.0])?;
    assert_eq!(other.get_scale(), 16.0);
    other.update_to(2.0)?;
    assert_eq!(other.get_scale(), 2.0);

    let mut off = GradScaler::new().enabled(false);
    assert_eq!(
        (off.scale(&tensor(3.0)?)?.item()?, off.get_scale()),
        (3.0, 1.0)
    );
    w.set_grad(Some(tensor([10.0, 10.0])?))?;
    let before = w.to_vec::<f32>()?;
    assert!(off.step(&mut sgd)?);
    off.update()?;
    assert_eq!(w.to_vec::<f32>()?, [before[0] - 1.0, before[1] - 1.0]);
    Ok(())
}

//! Mixed precision: half types where they are safe, and steps that survive an overflow.
//!
//! `cargo run --release --example mixed_precision`

use rushlight::prelude::*;
use rushlight::{autocast, nn::checkpoint_sequential};
use std::sync::Arc;

/// Trains from the same start in some precision; returns the last loss.
fn train(half: DType) -> rushlight::Result<f64> {
    manual_seed(0);
    let model = Arc::new(sequential![
        Linear::new(2, 32)?,
        Tanh::new(),
        Linear::new(32, 32)?,
        Tanh::new(),
        Linear::new(32, 2)?,
    ]);
    let mut optimizer = optim::AdamW::new(model.parameters(), 0.01);
    // A step whose gradients overflow is left out, and the scale made smaller.
    let mut scaler = optim::GradScaler::new().enabled(half == DType::F16);
    let x = Tensor::randn(&[256, 2])?;
    let inside = x.square()?.sum_dim(&[1], false)?.lt(1.0)?.to(DType::I64)?;
    let (mut last, mut skipped) = (f64::NAN, 0);
    for _ in 0..100 {
        optimizer.zero_grad();
        let loss = autocast(half, || -> rushlight::Result<_> {
            // Products run in the half type; the loss is computed in f32.
            let scores = checkpoint_sequential(&model, 2, &x)?;
            Ok(F::cross_entropy(&scores, &inside)?)
        })?;
        scaler.scale(&loss)?.backward()?;
        skipped += u32::from(!scaler.step(&mut optimizer)?);
        scaler.update()?;
        last = loss.item()?;
    }
    let scale = scaler.get_scale();
    println!("{half:>8}: loss {last:.4}, {skipped} steps left out, scale {scale}");
    // The parameters, which the optimizer changes, stay in full precision.
    assert!(model.parameters().iter().all(|p| p.dtype() == DType::F32));
    Ok(last)
}

fn main() -> rushlight::Result<()> {
    let full = train(DType::F32)?;
    for half in [DType::BF16, DType::F16] {
        assert!((train(half)? - full).abs() < 0.05);
    }
    Ok(())
}

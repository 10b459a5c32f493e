//! Memory that checkpointing saves. One test alone, since it counts for the whole process.

use rushlight::nn::checkpoint_sequential;
use rushlight::prelude::*;
use rushlight::{Result, memory_stats, reset_peak_memory_stats};
use std::sync::Arc;

const LAYERS: usize = 16;
const WIDTH: usize = 64;
const BATCH: usize = 512;

/// What a training step needs beyond what there was before, at its end of the forward pass and at
/// most; and the gradients.
fn step(model: &Arc<Sequential>, x: &Tensor, segments: usize) -> Result<(usize, usize, Vec<f32>)> {
    manual_seed(1);
    model.zero_grad();
    let before = memory_stats().allocated;
    reset_peak_memory_stats();
    let y = match segments {
        0 => model.forward(x)?,
        _ => checkpoint_sequential(model, segments, x)?,
    };
    let loss = y.square()?.mean()?;
    let kept = memory_stats().allocated - before;
    loss.backward()?;
    let peak = memory_stats().peak - before;
    let gradients = model.parameters().into_iter();
    let gradients = gradients.map(|p| Ok(p.grad().unwrap().to_vec::<f32>()?));
    Ok((kept, peak, gradients.collect::<Result<Vec<_>>>()?.concat()))
}

#[test]
fn checkpointing_gives_the_same_gradients_with_less_memory() -> Result<()> {
    manual_seed(0);
    let mut model = Sequential::new();
    for _ in 0..LAYERS {
        model.push(sequential![
            Linear::new(WIDTH, WIDTH)?,
            Tanh::new(),
            Dropout::new(0.1)?
        ]);
    }
    let (model, x) = (Arc::new(model), Tensor::rand(&[BATCH, WIDTH])?);
    step(&model, &x, 0)?;
    let (kept, peak, gradients) = step(&model, &x, 0)?;
    let (kept_less, peak_less, same) = step(&model, &x, 4)?;
    assert_eq!(gradients, same);
    assert!(kept_less * 2 < kept, "{kept_less} of {kept} bytes are kept");
    assert!(
        peak_less * 4 < peak * 3,
        "{peak_less} of {peak} bytes are needed"
    );
    Ok(())
}

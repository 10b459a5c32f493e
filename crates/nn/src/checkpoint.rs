//! Gradient checkpointing of a row of modules.

use crate::{Error, Result, Sequential};
use rushlight_autograd::{Tensor, checkpoint};
use std::sync::Arc;

/// Calls a sequence in `segments` parts, each of which keeps only its input and is computed again for
/// backward: PyTorch's `torch.utils.checkpoint.checkpoint_sequential`. See [`checkpoint`]; the last part
/// is called as it is.
///
/// The graph keeps the sequence, so it is shared in an `Arc`. Hooks of the sequence itself are not
/// called.
///
/// ```
/// # use rushlight_autograd::{Result, Tensor};
/// # use rushlight_nn::{Linear, Module, ReLU, checkpoint_sequential, sequential};
/// # use std::sync::Arc;
/// # fn main() -> Result<()> {
/// let model = sequential![Linear::new(4, 8)?, ReLU::new(), Linear::new(8, 8)?, ReLU::new()];
/// let model = Arc::new(model);
/// checkpoint_sequential(&model, 2, &Tensor::ones(&[3, 4])?)?.sum()?.backward()?;
/// assert!(model.parameters_without_grad().is_empty());
/// # Ok(()) }
/// ```
pub fn checkpoint_sequential(
    modules: &Arc<Sequential>,
    segments: usize,
    x: &Tensor,
) -> Result<Tensor> {
    if segments == 0 || segments > modules.len() {
        let got = format!("{segments} for {} modules", modules.len());
        let expected = "one or more, but no more than there are modules";
        return Err(Error::argument("checkpoint_sequential", "segments", got, expected).into());
    }
    let size = modules.len() / segments;
    let mut x = x.clone();
    for segment in 0..segments - 1 {
        let modules = Arc::clone(modules);
        let positions = segment * size..(segment + 1) * size;
        x = checkpoint(move |x| call(&modules, positions.clone(), x), &x)?;
    }
    call(modules, (segments - 1) * size..modules.len(), &x)
}

fn call(modules: &Sequential, positions: std::ops::Range<usize>, x: &Tensor) -> Result<Tensor> {
    let mut x = x.clone();
    for module in modules.iter().skip(positions.start).take(positions.len()) {
        x = module.forward(&x)?;
    }
    Ok(x)
}

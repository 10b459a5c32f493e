//! Clipping of gradients.

use crate::{Error, Result};
use rushlight_autograd::{Tensor, no_grad};

/// Scales all gradients together so that their total 2-norm is at most `max_norm`, and returns the
/// norm they had. PyTorch's `clip_grad_norm_` with `norm_type=2`.
///
/// Parameters without a gradient do not count. Errors, with all gradients as they were, if the norm is
/// not finite.
pub fn clip_grad_norm_<P: Into<Tensor>>(
    params: impl IntoIterator<Item = P>,
    max_norm: f64,
) -> Result<f64> {
    no_grad(|| {
        let params: Vec<Tensor> = params.into_iter().map(Into::into).collect();
        let mut squares = 0.0;
        for gradient in params.iter().filter_map(Tensor::grad) {
            squares += gradient.square()?.sum()?.item()?;
        }
        let norm = squares.sqrt();
        if !norm.is_finite() {
            return Err(Error::NonFiniteNorm { norm });
        }
        let factor = max_norm / (norm + 1e-6);
        if factor < 1.0 {
            replace_gradients(&params, |gradient| gradient.mul(factor))?;
        }
        Ok(norm)
    })
}

/// Moves every element of the gradients into `-clip_value..=clip_value`. PyTorch's `clip_grad_value_`.
pub fn clip_grad_value_<P: Into<Tensor>>(
    params: impl IntoIterator<Item = P>,
    clip_value: f64,
) -> Result<()> {
    let params: Vec<Tensor> = params.into_iter().map(Into::into).collect();
    no_grad(|| {
        replace_gradients(&params, |gradient| {
            gradient.maximum(-clip_value)?.minimum(clip_value)
        })
    })
}

/// Gives every parameter that has a gradient a new one.
fn replace_gradients(
    params: &[Tensor],
    change: impl Fn(&Tensor) -> rushlight_autograd::Result<Tensor>,
) -> Result<()> {
    let mut changed = Vec::new();
    for parameter in params {
        if let Some(gradient) = parameter.grad() {
            changed.push((parameter, change(&gradient)?));
        }
    }
    for (parameter, gradient) in changed {
        parameter.set_grad(Some(gradient))?;
    }
    Ok(())
}

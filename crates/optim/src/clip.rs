//! Clipping of gradients.

use crate::{Error, Result};
use rushlight_autograd::{Tensor, no_grad};

/// How [`clip_grad_norm_with_`] measures gradients.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NormOptions {
    /// The order of the norm; infinity for the largest magnitude.
    pub norm_type: f64,
    /// Whether a norm that is not finite is an error. Otherwise it makes all gradients zero or NaN.
    pub error_if_nonfinite: bool,
}

impl Default for NormOptions {
    fn default() -> NormOptions {
        NormOptions {
            norm_type: 2.0,
            error_if_nonfinite: false,
        }
    }
}

/// Scales all gradients together so that their total 2-norm is at most `max_norm`, and returns the
/// norm they had. PyTorch's `clip_grad_norm_`.
///
/// Parameters without a gradient do not count.
pub fn clip_grad_norm_<P: Into<Tensor>>(
    params: impl IntoIterator<Item = P>,
    max_norm: f64,
) -> Result<f64> {
    clip_grad_norm_with_(params, max_norm, NormOptions::default())
}

/// As [`clip_grad_norm_`], for other norms.
///
/// Errors, with all gradients as they were, if the norm is not finite and the options say so.
pub fn clip_grad_norm_with_<P: Into<Tensor>>(
    params: impl IntoIterator<Item = P>,
    max_norm: f64,
    options: NormOptions,
) -> Result<f64> {
    let params: Vec<Tensor> = params.into_iter().map(Into::into).collect();
    let norm = get_total_norm(params.iter().filter_map(Tensor::grad), options)?;
    clip_grads_with_norm_(params, max_norm, norm)?;
    Ok(norm)
}

/// The norm of all elements of some tensors together; 0 of none. PyTorch's `get_total_norm`.
///
/// Errors if the norm is not finite and the options say so.
pub fn get_total_norm<T: Into<Tensor>>(
    tensors: impl IntoIterator<Item = T>,
    options: NormOptions,
) -> Result<f64> {
    let NormOptions {
        norm_type,
        error_if_nonfinite,
    } = options;
    let norm_of = |tensor: T| Ok(tensor.into().vector_norm(norm_type, &[], false)?.item()?);
    let norm = no_grad(|| -> Result<f64> {
        let norms = tensors
            .into_iter()
            .map(norm_of)
            .collect::<Result<Vec<f64>>>()?;
        if norms.is_empty() {
            return Ok(0.0);
        }
        let count = norms.len();
        let norms = Tensor::from_vec(norms, &[count])?;
        Ok(norms.vector_norm(norm_type, &[], false)?.item()?)
    })?;
    if error_if_nonfinite && !norm.is_finite() {
        return Err(Error::NonFiniteNorm { norm_type, norm });
    }
    Ok(norm)
}

/// Scales the gradients by `max_norm / total_norm` where that is less than 1. PyTorch's
/// `clip_grads_with_norm_`.
pub fn clip_grads_with_norm_<P: Into<Tensor>>(
    params: impl IntoIterator<Item = P>,
    max_norm: f64,
    total_norm: f64,
) -> Result<()> {
    let factor = max_norm / (total_norm + 1e-6);
    if factor >= 1.0 {
        return Ok(());
    }
    replace_gradients(params, |gradient| gradient.mul(factor))
}

/// Moves every element of the gradients into `-clip_value..=clip_value`. PyTorch's `clip_grad_value_`.
pub fn clip_grad_value_<P: Into<Tensor>>(
    params: impl IntoIterator<Item = P>,
    clip_value: f64,
) -> Result<()> {
    replace_gradients(params, |gradient| gradient.clamp(-clip_value, clip_value))
}

/// Gives every parameter that has a gradient a new one.
fn replace_gradients<P: Into<Tensor>>(
    params: impl IntoIterator<Item = P>,
    change: impl Fn(&Tensor) -> rushlight_autograd::Result<Tensor>,
) -> Result<()> {
    let mut changed = Vec::new();
    for parameter in params.into_iter().map(Into::into) {
        if let Some(gradient) = parameter.grad() {
            changed.push((parameter, no_grad(|| change(&gradient))?));
        }
    }
    for (parameter, gradient) in changed {
        parameter.set_grad(Some(gradient))?;
    }
    Ok(())
}

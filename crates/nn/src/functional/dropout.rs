//! Setting random elements to zero.

use crate::{Error, Result};
use rushlight_autograd::Tensor;

/// Sets each element to zero with probability `p` and divides the others by `1 - p`, if `training`.
pub fn dropout(x: &Tensor, p: f64, training: bool) -> Result<Tensor> {
    x.dropout(p, training)
}

/// As [`dropout`] for whole channels of sequences.
///
/// Shapes: `[n, channels, length]` or `[channels, length]`.
pub fn dropout1d(x: &Tensor, p: f64, training: bool) -> Result<Tensor> {
    drop_channels("dropout1d", x, p, training, 1)
}

/// As [`dropout`] for whole channels of images. Like PyTorch, takes three dimensions for
/// `[n, channels, length]`.
///
/// Shapes: `[n, channels, height, width]`.
pub fn dropout2d(x: &Tensor, p: f64, training: bool) -> Result<Tensor> {
    match x.dim() {
        3 => x.feature_dropout(p, training),
        _ => drop_channels("dropout2d", x, p, training, 2),
    }
}

/// As [`dropout`] for whole channels of volumes.
///
/// Shapes: `[n, channels, depth, height, width]` or `[channels, depth, height, width]`.
pub fn dropout3d(x: &Tensor, p: f64, training: bool) -> Result<Tensor> {
    drop_channels("dropout3d", x, p, training, 3)
}

/// Sets each element to the value that large negative inputs of [`selu`](super::selu) have, with
/// probability `p`, and scales the result so that mean 0 and variance 1 are kept, if `training`.
pub fn alpha_dropout(x: &Tensor, p: f64, training: bool) -> Result<Tensor> {
    x.alpha_dropout(p, training)
}

/// As [`alpha_dropout`] for whole channels.
///
/// Shapes: `[n, channels, ...]`.
pub fn feature_alpha_dropout(x: &Tensor, p: f64, training: bool) -> Result<Tensor> {
    x.feature_alpha_dropout(p, training)
}

fn drop_channels(
    op: &'static str,
    x: &Tensor,
    p: f64,
    training: bool,
    spatial: usize,
) -> Result<Tensor> {
    match x.dim() {
        rank if rank == spatial + 2 => x.feature_dropout(p, training),
        rank if rank == spatial + 1 => {
            let batch = x.unsqueeze(0)?;
            batch.feature_dropout(p, training)?.squeeze_dims(&[0])
        }
        _ => {
            let expected = format!("{} or {} dimensions", spatial + 1, spatial + 2);
            Err(Error::shape(op, x.shape(), expected).into())
        }
    }
}

pub(crate) fn check_probability(op: &'static str, p: f64) -> Result<()> {
    if (0.0..=1.0).contains(&p) {
        return Ok(());
    }
    Err(Error::argument(op, "p", p, "a probability from 0 to 1").into())
}

//! Normalisation that also returns its statistics: means, and reciprocals of standard deviations.

use super::{BatchNormOptions, batch_norm, group_norm, layer_norm};
use crate::{Error, Result};
use rushlight_autograd::{DType, Tensor};

/// As [`layer_norm`], with the mean and the reciprocal standard deviation of each example: PyTorch's
/// `native_layer_norm`.
///
/// The statistics have the shape of the input, with sizes of 1 where it was normalised over.
pub fn layer_norm_with_statistics(
    x: &Tensor,
    normalized_shape: &[usize],
    weight: Option<&Tensor>,
    bias: Option<&Tensor>,
    eps: f64,
) -> Result<(Tensor, Tensor, Tensor)> {
    let y = layer_norm(x, normalized_shape, weight, bias, eps)?;
    let dims: Vec<isize> = (1..=normalized_shape.len() as isize)
        .map(|dim| -dim)
        .collect();
    let (mean, rstd) = statistics(x, &dims, eps)?;
    Ok((y, mean, rstd))
}

/// As [`group_norm`], with the mean and the reciprocal standard deviation of each group: PyTorch's
/// `native_group_norm`.
///
/// Shapes of the statistics: `[n, num_groups]`.
pub fn group_norm_with_statistics(
    x: &Tensor,
    num_groups: usize,
    weight: Option<&Tensor>,
    bias: Option<&Tensor>,
    eps: f64,
) -> Result<(Tensor, Tensor, Tensor)> {
    let y = group_norm(x, num_groups, weight, bias, eps)?;
    let batch = x.size(0)?;
    let members = x.numel() / (batch * num_groups).max(1);
    let groups = x.reshape(&[batch, num_groups, members].map(|size| size as isize))?;
    let (mean, rstd) = statistics(&groups, &[2], eps)?;
    let shape = [batch as isize, num_groups as isize];
    Ok((y, mean.reshape(&shape)?, rstd.reshape(&shape)?))
}

/// As [`batch_norm`], with the mean and the reciprocal standard deviation of each channel of the batch,
/// or none where running ones were used: PyTorch's `native_batch_norm`.
///
/// Shapes of the statistics: `[channels]`, or `[0]`.
pub fn batch_norm_with_statistics(
    x: &Tensor,
    running_mean: Option<&Tensor>,
    running_var: Option<&Tensor>,
    options: BatchNormOptions<'_>,
) -> Result<(Tensor, Tensor, Tensor)> {
    if x.dim() < 2 {
        return Err(Error::shape("batch_norm", x.shape(), "[n, channels, ...]").into());
    }
    let y = batch_norm(x, running_mean, running_var, options)?;
    if !options.training {
        return Ok((y, x.new_zeros(&[0])?, x.new_zeros(&[0])?));
    }
    let dims: Vec<isize> = (0..x.dim() as isize).filter(|&dim| dim != 1).collect();
    let (mean, rstd) = statistics(x, &dims, options.eps)?;
    Ok((y, mean.flatten(0, -1)?, rstd.flatten(0, -1)?))
}

/// Means and reciprocal standard deviations over some dimensions, which are kept.
fn statistics(x: &Tensor, dims: &[isize], eps: f64) -> Result<(Tensor, Tensor)> {
    let wide = match x.dtype().size_in_bytes() {
        2 => x.to_dtype(DType::F32)?,
        _ => x.clone(),
    };
    let mean = wide.mean_dim(dims, true)?;
    let variance = (wide - &mean)?.square()?.mean_dim(dims, true)?;
    let rstd = (variance + eps)?.rsqrt()?;
    Ok((mean.to_dtype(x.dtype())?, rstd.to_dtype(x.dtype())?))
}

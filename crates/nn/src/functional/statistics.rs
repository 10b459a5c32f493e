//! Normalisation that also returns its statistics: means, and reciprocals of standard deviations.

use super::normalization::widened;
use super::{BatchNormOptions, batch_norm, group_norm, layer_norm};
use crate::{Error, Result};
use rushlight_autograd::{
    Backward, Gradients, Saved, Tensor, Wants, amp, is_grad_enabled, no_grad,
};

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
    let (mean, rstd) = statistics(&widened(x)?, &dims, eps)?;
    Ok((y, mean.to_dtype(x.dtype())?, rstd.to_dtype(x.dtype())?))
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
    let [x] = &amp::operands("group_norm", [x])?;
    let (y, mean, rstd) = no_grad(|| -> Result<_> {
        let y = group_norm(x, num_groups, weight, bias, eps)?;
        let groups = in_groups(&widened(x)?, x, num_groups)?;
        let (mean, rstd) = statistics(&groups, &IN_GROUP, eps)?;
        Ok((y, mean, rstd))
    })?;
    let shape = [x.size(0)? as isize, num_groups as isize];
    let of_groups = |statistic: &Tensor| statistic.reshape(&shape)?.to_dtype(x.dtype());
    let outputs = [y, of_groups(&mean)?, of_groups(&rstd)?].map(|output| output.array());
    let inputs: Vec<&Tensor> = [Some(x), weight, bias].into_iter().flatten().collect();
    // One operation with three results, all of which carry a gradient if one input needs it.
    let mut outputs = Tensor::record_many(outputs.into(), "group_norm", &inputs, || GroupNorm {
        x: x.save(),
        weight: weight.map(Tensor::save),
        has_bias: bias.is_some(),
        num_groups,
        mean,
        rstd,
        eps,
    })
    .into_iter();
    match (outputs.next(), outputs.next(), outputs.next()) {
        (Some(y), Some(mean), Some(rstd)) => Ok((y, mean, rstd)),
        _ => unreachable!("three arrays are recorded as three tensors"),
    }
}

/// The dimensions of [`in_groups`] that are normalised over.
const IN_GROUP: [isize; 2] = [2, 3];

/// A tensor of the shape of `x` as `[n, groups, channels of a group, places]`.
fn in_groups(tensor: &Tensor, x: &Tensor, num_groups: usize) -> Result<Tensor> {
    let (batch, channels) = (x.size(0)?, x.size(1)?);
    let places = x.shape()[2..].iter().product();
    let shape = [batch, num_groups, channels / num_groups, places];
    tensor.reshape(&shape.map(|size| size as isize))
}

struct GroupNorm {
    x: Saved,
    weight: Option<Saved>,
    has_bias: bool,
    num_groups: usize,
    /// `[n, groups, 1, 1]`, as `rstd`.
    mean: Tensor,
    rstd: Tensor,
    eps: f64,
}

/// With `y = d r weight + bias`, where `d = x - mean` and `r = rstd`, and with `h = g weight`, the
/// gradient of `x` is `r (h - mean(h) - d r^2 mean(h d))` from `y`, that of the mean spread over the
/// group from the mean, and `-r^3 d` times that from `rstd`.
impl Backward for GroupNorm {
    fn backward_many(&self, g: &[Option<Tensor>], wants: Wants<'_>) -> Result<Gradients> {
        let x = self.x.get();
        let groups = in_groups(&widened(&x)?, &x, self.num_groups)?;
        let (mean, rstd) = match is_grad_enabled() {
            // To be differentiated again, the statistics must be in the graph.
            true => statistics(&groups, &IN_GROUP, self.eps)?,
            false => (self.mean.clone(), self.rstd.clone()),
        };
        let normal = ((&groups - &mean)? * &rstd)?;
        let average = |tensor: &Tensor| tensor.mean_dim(&IN_GROUP, true);
        let members = (groups.size(2)? * groups.size(3)?) as f64;
        let of_statistic = |g: &Tensor| widened(g)?.reshape_as(&mean)? / members;
        // As if each part were there: what got no gradient got one of zero.
        let [of_y, of_mean, of_rstd] =
            [0, 1, 2].map(|output| g.get(output).and_then(Option::as_ref));
        let g = match of_y {
            Some(g) => in_groups(&widened(g)?, &x, self.num_groups)?,
            None => groups.zeros_like()?,
        };
        let mut gradients = Gradients::new();
        gradients.push(match wants.input(0) {
            true => {
                let h = match &self.weight {
                    Some(weight) => (&g * channels_of_groups(&weight.get(), &groups)?)?,
                    None => g.clone(),
                };
                let along = (&normal * average(&(&h * &normal)?)?)?;
                let mut dx = (((&h - average(&h)?)? - along)? * &rstd)?;
                if let Some(g) = of_mean {
                    dx = (dx + of_statistic(g)?)?;
                }
                if let Some(g) = of_rstd {
                    dx = (dx - ((of_statistic(g)? * rstd.square()?)? * &normal)?)?;
                }
                Some(dx.reshape_as(&x)?)
            }
            false => None,
        });
        let of_channels = |tensor: &Tensor| tensor.sum_dim(&[0, 3], false)?.reshape(&[-1]);
        if self.weight.is_some() {
            let sum = || of_channels(&(&g * &normal)?);
            gradients.push(wants.input(1).then(sum).transpose()?);
        }
        if self.has_bias {
            let sum = || of_channels(&g);
            gradients.push(wants.input(gradients.len()).then(sum).transpose()?);
        }
        Ok(gradients)
    }

    fn backward(&self, g: &Tensor, wants: Wants<'_>) -> Result<Gradients> {
        self.backward_many(&[Some(g.clone())], wants)
    }
}

/// One number for each channel, as it broadcasts over [`in_groups`].
fn channels_of_groups(weight: &Tensor, groups: &Tensor) -> Result<Tensor> {
    let [groups, channels] = [groups.size(1)?, groups.size(2)?].map(|size| size as isize);
    weight.reshape(&[1, groups, channels, 1])
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
    let (mean, rstd) = statistics(&widened(x)?, &dims, options.eps)?;
    let of_channels = |statistic: Tensor| statistic.flatten(0, -1)?.to_dtype(x.dtype());
    Ok((y, of_channels(mean)?, of_channels(rstd)?))
}

/// Means and reciprocal standard deviations over some dimensions, which are kept.
fn statistics(x: &Tensor, dims: &[isize], eps: f64) -> Result<(Tensor, Tensor)> {
    let mean = x.mean_dim(dims, true)?;
    let variance = (x - &mean)?.square()?.mean_dim(dims, true)?;
    let rstd = (variance + eps)?.rsqrt()?;
    Ok((mean, rstd))
}

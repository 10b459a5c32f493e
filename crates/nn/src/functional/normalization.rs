//! Giving parts of a tensor mean 0 and variance 1.
//!
//! Half types are computed in `f32`.

use super::normalise::normalise;
use crate::{Error, Result};
use rushlight_autograd::{DType, Tensor, amp, no_grad};

/// Settings of [`batch_norm`].
#[derive(Debug, Clone, Copy)]
pub struct BatchNormOptions<'a> {
    /// Scale for each channel. Default: none.
    pub weight: Option<&'a Tensor>,
    /// Shift for each channel. Default: none.
    pub bias: Option<&'a Tensor>,
    /// Whether to use the statistics of the batch, and to move the running ones towards them.
    /// Default: false.
    pub training: bool,
    /// How far the running statistics move. Default: 0.1.
    pub momentum: f64,
    /// Added to the variance. Default: 1e-5.
    pub eps: f64,
}

impl Default for BatchNormOptions<'_> {
    fn default() -> Self {
        BatchNormOptions {
            weight: None,
            bias: None,
            training: false,
            momentum: 0.1,
            eps: 1e-5,
        }
    }
}

/// Normalises each channel over the batch and all places: `(x - mean) / sqrt(var + eps)`, scaled and
/// shifted. In training the running statistics, leaves, are updated; the variance that is kept is the
/// unbiased one.
///
/// Shapes: `[n, channels, ...]`; the result has the same.
pub fn batch_norm(
    x: &Tensor,
    running_mean: Option<&Tensor>,
    running_var: Option<&Tensor>,
    options: BatchNormOptions<'_>,
) -> Result<Tensor> {
    const OP: &str = "batch_norm";
    let shape = x.shape();
    let Some(&channels) = shape.get(1) else {
        return match x.numel() {
            0 => Ok(x.clone()),
            _ => Err(Error::shape(OP, shape, "at least two dimensions").into()),
        };
    };
    let places: usize = shape[0] * shape[2..].iter().product::<usize>();
    for given in [running_mean, running_var, options.weight, options.bias] {
        check_size(OP, given, channels)?;
    }
    let wide = widened(x)?;
    let (dtype, sizes) = (wide.dtype(), channel_sizes(&shape));
    let spread = |tensor: &Tensor| tensor.to_dtype(dtype)?.reshape(&sizes);
    let weight = options.weight.map(spread).transpose()?;
    let bias = options.bias.map(spread).transpose()?;
    let y = if options.training {
        if options.eps <= 0.0 {
            let expected = "positive during training";
            return Err(Error::argument(OP, "eps", options.eps, expected).into());
        }
        if places == 1 {
            let expected = "more than one value per channel when training";
            return Err(Error::shape(OP, shape, expected).into());
        }
        let others: Vec<isize> = (0..shape.len() as isize).filter(|&dim| dim != 1).collect();
        let whole = normalise(
            OP,
            &wide,
            others,
            weight.as_ref(),
            bias.as_ref(),
            options.eps,
        )?;
        let unbiased = places as f64 / (places as f64 - 1.0);
        if places > 0 {
            track(running_mean, &whole.mean, options.momentum, 1.0)?;
            track(running_var, &whole.var, options.momentum, unbiased)?;
        }
        whole.y
    } else {
        let (Some(mean), Some(var)) = (running_mean, running_var) else {
            let expected = "given, unless training";
            return Err(Error::argument(OP, "running statistics", "none", expected).into());
        };
        let mut scale = (spread(var)? + options.eps)?.rsqrt()?;
        if let Some(weight) = &weight {
            scale = (scale * weight)?;
        }
        let mut shift = (spread(mean)? * &scale)?.neg()?;
        if let Some(bias) = &bias {
            shift = (shift + bias)?;
        }
        shift.addcmul(&wide, &scale, 1)?
    };
    y.to_dtype(x.dtype())
}

/// Moves a running statistic towards that of a batch.
fn track(running: Option<&Tensor>, batch: &Tensor, momentum: f64, factor: f64) -> Result<()> {
    let Some(running) = running else {
        return Ok(());
    };
    // In double precision and rounded once, as PyTorch moves them.
    no_grad(|| {
        let batch = batch.reshape(&[-1])?.to_dtype(DType::F64)?;
        let kept = (running.to_dtype(DType::F64)? * (1.0 - momentum))?;
        let moved = (kept + (batch * (momentum * factor))?)?;
        running.set_data(&moved.to_dtype(running.dtype())?)
    })
}

/// Normalises each channel of each example by itself, as [`batch_norm`] does for one example.
///
/// Shapes: `[n, channels, ...]`; the result has the same.
pub fn instance_norm(
    x: &Tensor,
    running_mean: Option<&Tensor>,
    running_var: Option<&Tensor>,
    options: BatchNormOptions<'_>,
) -> Result<Tensor> {
    const OP: &str = "instance_norm";
    let shape = x.shape();
    let (&[n, channels], places) = match shape.split_first_chunk() {
        Some((leading, places)) if !places.is_empty() => (leading, places),
        _ => return Err(Error::shape(OP, shape, "at least three dimensions").into()),
    };
    if options.training && places.iter().product::<usize>() == 1 {
        let expected = "more than one spatial element when training";
        return Err(Error::shape(OP, shape, expected).into());
    }
    for given in [running_mean, running_var, options.weight, options.bias] {
        check_size(OP, given, channels)?;
    }
    // Every channel of every example becomes a channel of one example.
    let repeated = |tensor: Option<&Tensor>| -> Result<Option<Tensor>> {
        let Some(tensor) = tensor else {
            return Ok(None);
        };
        let all = tensor.unsqueeze(0)?.expand(&[n as isize, -1])?;
        Ok(Some(all.reshape(&[(n * channels) as isize])?))
    };
    let (mean, var) = (
        repeated(running_mean)?.map(|mean| mean.detach()),
        repeated(running_var)?.map(|var| var.detach()),
    );
    let (weight, bias) = (repeated(options.weight)?, repeated(options.bias)?);
    let mut sizes: Vec<isize> = vec![1, (n * channels) as isize];
    sizes.extend(places.iter().map(|&size| size as isize));
    let options = BatchNormOptions {
        weight: weight.as_ref(),
        bias: bias.as_ref(),
        ..options
    };
    let y = batch_norm(&x.reshape(&sizes)?, mean.as_ref(), var.as_ref(), options)?;
    if options.training {
        // The running statistics are the means over the examples.
        for (running, all) in [(running_mean, &mean), (running_var, &var)] {
            if let (Some(running), Some(all)) = (running, all) {
                let averaged = all.reshape(&[n as isize, channels as isize])?;
                running.set_data(&averaged.mean_dim(&[0], false)?)?;
            }
        }
    }
    y.reshape(&shape.iter().map(|&size| size as isize).collect::<Vec<_>>())
}

/// Normalises over the last dimensions, which are `normalized_shape`.
///
/// Shapes: `[..., normalized_shape]`; weight and bias have `normalized_shape`.
pub fn layer_norm(
    x: &Tensor,
    normalized_shape: &[usize],
    weight: Option<&Tensor>,
    bias: Option<&Tensor>,
    eps: f64,
) -> Result<Tensor> {
    const OP: &str = "layer_norm";
    let [x] = &amp::operands(OP, [x])?;
    last_dims(OP, x, normalized_shape, &[weight, bias])?;
    x.layer_norm(normalized_shape, weight, bias, eps)
}

/// Divides by the root of the mean square over the last dimensions, which are `normalized_shape`.
/// Without `eps`, the distance from 1 to the next number of the type is added.
///
/// Shapes: `[..., normalized_shape]`; the weight has `normalized_shape`.
pub fn rms_norm(
    x: &Tensor,
    normalized_shape: &[usize],
    weight: Option<&Tensor>,
    eps: Option<f64>,
) -> Result<Tensor> {
    let dims = last_dims("rms_norm", x, normalized_shape, &[weight])?;
    let wide = widened(x)?;
    let eps = eps.unwrap_or(match wide.dtype() {
        DType::F64 => f64::EPSILON,
        _ => f64::from(f32::EPSILON),
    });
    let mean_square = wide.square()?.mean_dim(&dims, true)?;
    let y = (&wide * (mean_square + eps)?.rsqrt()?)?;
    affine(y, weight, None)?.to_dtype(x.dtype())
}

/// Normalises groups of channels of each example.
///
/// Shapes: `[n, channels, ...]`; weight and bias have `[channels]`.
pub fn group_norm(
    x: &Tensor,
    num_groups: usize,
    weight: Option<&Tensor>,
    bias: Option<&Tensor>,
    eps: f64,
) -> Result<Tensor> {
    const OP: &str = "group_norm";
    let [x] = &amp::operands(OP, [x])?;
    let shape = x.shape();
    let Some((&[n, channels], places)) = shape.split_first_chunk() else {
        return Err(Error::shape(OP, shape, "at least two dimensions").into());
    };
    if channels == 0 {
        return Err(Error::shape(OP, shape, "at least one channel").into());
    }
    if num_groups == 0 || channels % num_groups != 0 {
        let got = format!("{num_groups} for {channels} channels");
        let expected = "a divisor of the number of channels";
        return Err(Error::argument(OP, "num_groups", got, expected).into());
    }
    for given in [weight, bias] {
        check_size(OP, given, channels)?;
    }
    if places.contains(&0) {
        return Err(Error::shape(OP, shape, "at least one place").into());
    }
    let in_group = channels / num_groups * places.iter().product::<usize>();
    if n * in_group == 1 {
        let expected = "more than one value per channel when training";
        return Err(Error::shape(OP, shape, expected).into());
    }
    let wide = widened(x)?;
    let groups = wide.reshape(&[n as isize, num_groups as isize, in_group as isize])?;
    let y = groups.layer_norm(&[in_group], None, None, eps)?;
    let y = y.reshape(&shape.iter().map(|&size| size as isize).collect::<Vec<_>>())?;
    let sizes = channel_sizes(&shape);
    let spread = |tensor: Option<&Tensor>| tensor.map(|t| t.reshape(&sizes)).transpose();
    affine(y, spread(weight)?.as_ref(), spread(bias)?.as_ref())?.to_dtype(x.dtype())
}

/// Divides each element by `(k + alpha * mean)^beta`, where the mean is over the squares of the same
/// place in `size` neighbouring channels, those beyond the edges being zero.
///
/// Shapes: `[n, channels, ...]` with one further dimension or more; the result has the same.
pub fn local_response_norm(
    x: &Tensor,
    size: usize,
    alpha: f64,
    beta: f64,
    k: f64,
) -> Result<Tensor> {
    const OP: &str = "local_response_norm";
    let shape = x.shape();
    if shape.len() < 3 {
        return Err(Error::shape(OP, shape, "three dimensions or more").into());
    }
    if size == 0 {
        return Err(Error::argument(OP, "size", size, "1 or more").into());
    }
    if x.numel() == 0 {
        return Ok(x.clone());
    }
    let mut edges = vec![0; 2 * (shape.len() - 2)];
    edges.extend([(size / 2) as isize, ((size - 1) / 2) as isize]);
    let squares = x.square()?.constant_pad_nd(&edges, 0.0)?;
    let windows = squares.unfold(1, size, 1)?;
    // Of integers, the mean is an integer too.
    let mean = match x.is_floating_point() {
        true => windows.mean_dim(&[-1], false)?,
        false => windows.sum_dim(&[-1], false)?.floor_divide(size as i64)?,
    };
    x / ((mean * alpha)? + k)?.pow(beta)?
}

/// As [`local_response_norm`], over the `(size - 1) / 2` channels on each side of a channel.
///
/// From channel `(size + 1) / 2` on the sum also has the square of the first channel, which PyTorch's
/// `CrossMapLRN2d` never takes out.
///
/// Shapes: `[n, channels, height, width]`; the result has the same.
pub fn cross_map_lrn2d(x: &Tensor, size: usize, alpha: f64, beta: f64, k: f64) -> Result<Tensor> {
    const OP: &str = "cross_map_lrn2d";
    let shape = x.shape();
    let [_, channels, _, _] = shape[..] else {
        return Err(Error::shape(OP, shape, "four dimensions").into());
    };
    if size == 0 {
        return Err(Error::argument(OP, "size", size, "1 or more").into());
    }
    if x.numel() == 0 {
        return Ok(x.clone());
    }
    // Beyond all channels there is nothing to add.
    let reach = ((size - 1) / 2).min(channels);
    let squares = x.square()?;
    let edges = [0, 0, 0, 0, reach as isize, reach as isize];
    let windows = squares
        .constant_pad_nd(&edges, 0.0)?
        .unfold(1, 2 * reach + 1, 1)?;
    let mut sum = windows.sum_dim(&[-1], false)?;
    if reach + 1 < channels {
        let first = squares.narrow(1, 0, 1)?;
        let stays = first.expand(&[-1, (channels - reach - 1) as isize, -1, -1])?;
        let stays = stays.constant_pad_nd(&[0, 0, 0, 0, (reach + 1) as isize, 0], 0.0)?;
        sum = (sum + stays)?;
    }
    x / ((sum * (alpha / size as f64))? + k)?.pow(beta)?
}

/// `y * weight + bias`, as far as they are there.
fn affine(y: Tensor, weight: Option<&Tensor>, bias: Option<&Tensor>) -> Result<Tensor> {
    match (weight, bias) {
        (Some(weight), Some(bias)) => bias.addcmul(&y, weight, 1),
        (Some(weight), None) => y * weight,
        (None, Some(bias)) => y + bias,
        (None, None) => Ok(y),
    }
}

/// `x` in the type that it is computed in.
pub(super) fn widened(x: &Tensor) -> Result<Tensor> {
    match x.dtype() {
        DType::F16 | DType::BF16 => x.to_dtype(DType::F32),
        _ => Ok(x.clone()),
    }
}

/// Sizes that make a tensor of one number for each channel broadcast over `shape`.
fn channel_sizes(shape: &[usize]) -> Vec<isize> {
    (0..shape.len())
        .map(|dim| if dim == 1 { -1 } else { 1 })
        .collect()
}

fn check_size(op: &'static str, tensor: Option<&Tensor>, channels: usize) -> Result<()> {
    match tensor {
        Some(tensor) if tensor.shape() != [channels] => {
            let expected = format!("[{channels}], a number for each channel");
            Err(Error::shape(op, tensor.shape(), expected).into())
        }
        _ => Ok(()),
    }
}

/// The dimensions that `normalized_shape` means, after checking that they are there.
fn last_dims(
    op: &'static str,
    x: &Tensor,
    normalized_shape: &[usize],
    parameters: &[Option<&Tensor>],
) -> Result<Vec<isize>> {
    if normalized_shape.is_empty() {
        let expected = "one size or more";
        return Err(Error::argument(op, "normalized_shape", "()", expected).into());
    }
    if !x.shape().ends_with(normalized_shape) {
        let expected = format!("[*, {}]", join(normalized_shape));
        return Err(Error::shape(op, x.shape(), expected).into());
    }
    for parameter in parameters.iter().flatten() {
        if parameter.shape() != *normalized_shape {
            let expected = format!("[{}]", join(normalized_shape));
            return Err(Error::shape(op, parameter.shape(), expected).into());
        }
    }
    Ok((1..=normalized_shape.len() as isize)
        .map(|dim| -dim)
        .collect())
}

fn join(sizes: &[usize]) -> String {
    sizes
        .iter()
        .map(usize::to_string)
        .collect::<Vec<_>>()
        .join(", ")
}

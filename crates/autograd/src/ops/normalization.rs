//! Normalisations that return what they were made with: PyTorch's `native_` functions. Mean and
//! reciprocal deviation are differentiable, too; half types are computed in `f32`.

use crate::{DType, Error, Result, Tensor, no_grad};
use rushlight_tensor::ops::rules;

/// Settings of [`Tensor::native_batch_norm`].
#[derive(Clone, Copy, Debug)]
pub struct NativeBatchNormOptions<'a> {
    /// Scale for each channel.
    pub weight: Option<&'a Tensor>,
    /// Shift for each channel.
    pub bias: Option<&'a Tensor>,
    /// Whether to use the statistics of the batch, and to move the running ones towards them.
    pub training: bool,
    /// How far the running statistics move.
    pub momentum: f64,
    /// Added to the variance.
    pub eps: f64,
}

impl Tensor {
    /// Layer norm over the last dimensions, which are `normalized_shape`, with the mean and the
    /// reciprocal of the standard deviation; those have size 1 there.
    pub fn native_layer_norm(
        &self,
        normalized_shape: &[usize],
        weight: Option<&Tensor>,
        bias: Option<&Tensor>,
        eps: f64,
    ) -> Result<(Tensor, Tensor, Tensor)> {
        const OP: &str = "native_layer_norm";
        let (shape, count) = (self.shape(), normalized_shape.len());
        if count == 0 || !shape.ends_with(normalized_shape) {
            let expected = format!("a shape that ends in {normalized_shape:?}");
            return Err(rushlight_tensor::Error::shape(OP, shape, expected).into());
        }
        for given in [weight, bias] {
            check_shape(OP, given, normalized_shape)?;
        }
        let dims: Vec<isize> = (1..=count as isize).map(|dim| -dim).collect();
        let [y, mean, rstd] = wide(OP, self)?.normalized(&dims, eps)?;
        let y = affine(y, weight, bias, normalized_shape)?;
        self.as_own_dtype([y, mean, rstd])
    }

    /// Group norm of `groups` groups of channels, with the mean and the reciprocal of the standard
    /// deviation of each.
    ///
    /// Shapes: `[n, channels, ...] -> [n, channels, ...], [n, groups], [n, groups]`.
    pub fn native_group_norm(
        &self,
        weight: Option<&Tensor>,
        bias: Option<&Tensor>,
        groups: usize,
        eps: f64,
    ) -> Result<(Tensor, Tensor, Tensor)> {
        const OP: &str = "native_group_norm";
        let (shape, channels) = (self.shape(), channels(OP, self, [weight, bias])?);
        if groups == 0 || channels % groups != 0 {
            let expected = "a divisor of the number of channels";
            return Err(Error::argument(OP, "groups", groups, expected));
        }
        let places: usize = shape[2..].iter().product();
        let grouped = [shape[0], groups, channels / groups * places];
        let x = wide(OP, self)?.reshape_to(&grouped)?;
        let [y, mean, rstd] = x.normalized(&[-1], eps)?;
        let y = affine(y.reshape_to(&shape)?, weight, bias, &per_channel(&shape))?;
        self.as_own_dtype([y, mean.squeeze_dims(&[-1])?, rstd.squeeze_dims(&[-1])?])
    }

    /// Batch norm, with the mean and the reciprocal of the standard deviation of each channel over
    /// the batch, which have no elements unless training. Running statistics are leaves, which
    /// training updates; the variance that is kept is the unbiased one.
    ///
    /// Shapes: `[n, channels, ...] -> [n, channels, ...], [channels], [channels]`.
    pub fn native_batch_norm(
        &self,
        running_mean: Option<&Tensor>,
        running_var: Option<&Tensor>,
        options: NativeBatchNormOptions<'_>,
    ) -> Result<(Tensor, Tensor, Tensor)> {
        const OP: &str = "native_batch_norm";
        let NativeBatchNormOptions {
            weight,
            bias,
            training,
            momentum,
            eps,
        } = options;
        let shape = self.shape();
        let given = [running_mean, running_var, weight, bias];
        let channels = channels(OP, self, given)?;
        let (x, sizes) = (wide(OP, self)?, per_channel(&shape));
        if !training {
            let (Some(mean), Some(var)) = (running_mean, running_var) else {
                let expected = "given, unless training";
                return Err(Error::argument(OP, "running statistics", "none", expected));
            };
            let spread = |x: &Tensor| x.to_dtype(x.dtype().to_accumulate())?.reshape_to(&sizes);
            let y = ((x - spread(mean)?)? * (spread(var)? + eps)?.rsqrt()?)?;
            let none = || self.new_empty(&[0]);
            return self.as_own_dtype([affine(y, weight, bias, &sizes)?, none()?, none()?]);
        }
        let others: Vec<isize> = (0..shape.len() as isize).filter(|&dim| dim != 1).collect();
        let [y, mean, rstd] = x.normalized(&others, eps)?;
        let count = self.numel() / channels.max(1);
        if count > 0 {
            let var = x.detach().var_dim(&others, 1.0, false)?;
            for (running, batch) in [(running_mean, &mean), (running_var, &var)] {
                move_towards(running, batch, momentum)?;
            }
        }
        let y = affine(y, weight, bias, &sizes)?;
        self.as_own_dtype([
            y,
            mean.reshape_to(&[channels])?,
            rstd.reshape_to(&[channels])?,
        ])
    }

    /// Mean 0 and variance 1 over the given dimensions, and mean and reciprocal deviation before.
    fn normalized(&self, dims: &[isize], eps: f64) -> Result<[Tensor; 3]> {
        let (var, mean) = self.var_mean_dim(dims, 0.0, true)?;
        let rstd = (var + eps)?.rsqrt()?;
        Ok([((self - &mean)? * &rstd)?, mean, rstd])
    }

    fn as_own_dtype(&self, results: [Tensor; 3]) -> Result<(Tensor, Tensor, Tensor)> {
        let [y, mean, rstd] = results;
        let own = |x: Tensor| x.to_dtype(self.dtype());
        Ok((own(y)?, own(mean)?, own(rstd)?))
    }
}

/// The tensor in the dtype that sums of it are computed in.
fn wide(op: &'static str, x: &Tensor) -> Result<Tensor> {
    rules::dtype(
        op,
        x.dtype(),
        x.is_floating_point(),
        "a floating-point dtype",
    )?;
    x.to_dtype(x.dtype().to_accumulate())
}

/// `y * weight + bias`, where weight and bias are read in the given sizes.
fn affine(
    y: Tensor,
    weight: Option<&Tensor>,
    bias: Option<&Tensor>,
    sizes: &[usize],
) -> Result<Tensor> {
    let spread = |x: &Tensor| x.to_dtype(y.dtype())?.reshape_to(sizes);
    match (weight, bias) {
        (None, None) => Ok(y),
        (Some(weight), None) => &y * spread(weight)?,
        (None, Some(bias)) => &y + spread(bias)?,
        (Some(weight), Some(bias)) => (&y * spread(weight)?)? + spread(bias)?,
    }
}

/// The number of channels, which those of the given tensors that are there have as their shape.
fn channels<const N: usize>(
    op: &'static str,
    x: &Tensor,
    given: [Option<&Tensor>; N],
) -> Result<usize> {
    let shape = x.shape();
    let Some(&channels) = shape.get(1) else {
        let expected = "at least two dimensions";
        return Err(rushlight_tensor::Error::shape(op, shape, expected).into());
    };
    for given in given {
        check_shape(op, given, &[channels])?;
    }
    Ok(channels)
}

fn check_shape(op: &'static str, given: Option<&Tensor>, shape: &[usize]) -> Result<()> {
    match given {
        Some(given) if given.shape() != *shape => {
            let expected = format!("the shape {shape:?}");
            Err(rushlight_tensor::Error::shape(op, given.shape(), expected).into())
        }
        _ => Ok(()),
    }
}

/// `[1, channels, 1, ...]`, of the rank of a shape.
fn per_channel(shape: &[usize]) -> Vec<usize> {
    let mut sizes = vec![1; shape.len()];
    sizes[1] = shape[1];
    sizes
}

/// Moves a running statistic towards that of a batch: in double precision and rounded once, as
/// PyTorch does.
fn move_towards(running: Option<&Tensor>, batch: &Tensor, momentum: f64) -> Result<()> {
    let Some(running) = running else {
        return Ok(());
    };
    no_grad(|| {
        let batch = batch.reshape(&[-1])?.to_dtype(DType::F64)?;
        let kept = (running.to_dtype(DType::F64)? * (1.0 - momentum))?;
        let moved = (kept + (batch * momentum)?)?;
        running.set_data(&moved.to_dtype(running.dtype())?)
    })
}

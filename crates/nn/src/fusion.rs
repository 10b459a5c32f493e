//! A layer and the batch norm behind it as one layer, for inference.

use crate::{BatchNorm, Conv, ConvTranspose, Error, Linear, Module, Parameter, Result, Site};
use rushlight_autograd::{Tensor, no_grad};

/// Weight and bias of a layer that computes what a layer with `weight` and `bias` and the batch norm
/// behind it do in evaluation mode; `spread` gives a number for each channel the form of the weight.
fn fused<const N: usize>(
    op: &'static str,
    weight: &Parameter,
    bias: Option<&Parameter>,
    norm: &BatchNorm<N>,
    spread: impl FnOnce(&Tensor) -> Result<Tensor>,
) -> Result<(Parameter, Parameter)> {
    let (Some(mean), Some(var)) = (&norm.running_mean, &norm.running_var) else {
        let expected = "kept";
        return Err(Error::argument(op, "running statistics of the norm", "none", expected).into());
    };
    no_grad(|| {
        let mut scale = (&**var + norm.eps)?.rsqrt()?;
        let shift = match bias {
            Some(bias) => (&**bias - &**mean)?,
            None => mean.neg()?,
        };
        if let Some(own) = &norm.weight {
            scale = (scale * &**own)?;
        }
        let mut shift = (shift * &scale)?;
        if let Some(own) = &norm.bias {
            shift = (shift + &**own)?;
        }
        let fused_weight = (&**weight * spread(&scale)?)?.to_dtype(weight.dtype())?;
        let bias_dtype = bias.map_or(weight.dtype(), |bias| bias.dtype());
        let parameter = |value: Tensor, requires_grad: bool| -> Result<Parameter> {
            let parameter = Parameter::new(value)?;
            parameter.requires_grad_(requires_grad);
            Ok(parameter)
        };
        let bias = parameter(shift.to_dtype(bias_dtype)?, true)?;
        Ok((parameter(fused_weight, weight.requires_grad())?, bias))
    })
}

/// Errors unless both modules are in evaluation mode and their channels agree.
fn check<const N: usize>(
    op: &'static str,
    layer: &dyn Module,
    outputs: usize,
    norm: &BatchNorm<N>,
) -> Result<()> {
    if layer.is_training() || norm.is_training() {
        let expected = "evaluation for both modules";
        return Err(Error::argument(op, "mode", "training", expected).into());
    }
    if norm.num_features != outputs {
        let got = format!("{} for {outputs} outputs", norm.num_features);
        return Err(Error::argument(op, "num_features", got, "as many as outputs").into());
    }
    Ok(())
}

/// A site in evaluation mode.
fn evaluating() -> Site {
    let site = Site::default();
    site.set_training(false);
    site
}

/// One linear layer that computes what `linear` and the `norm` behind it do in evaluation mode:
/// PyTorch's `nn.utils.fusion.fuse_linear_bn_eval`.
///
/// Errors in training mode, and if the norm keeps no running statistics.
pub fn fuse_linear_bn_eval(linear: &Linear, norm: &BatchNorm<1>) -> Result<Linear> {
    const OP: &str = "fuse_linear_bn_eval";
    check(OP, linear, linear.out_features, norm)?;
    let (weight, bias) = fused(OP, &linear.weight, linear.bias.as_ref(), norm, |scale| {
        scale.unsqueeze(1)
    })?;
    Ok(Linear {
        in_features: linear.in_features,
        out_features: linear.out_features,
        weight,
        bias: Some(bias),
        site: evaluating(),
    })
}

/// One convolution that computes what `conv` and the `norm` behind it do in evaluation mode: PyTorch's
/// `nn.utils.fusion.fuse_conv_bn_eval`.
///
/// Errors in training mode, and if the norm keeps no running statistics.
///
/// ```
/// # use rushlight_autograd::{Result, Tensor};
/// # use rushlight_nn::{BatchNorm2d, Conv2d, Forward, Module, fuse_conv_bn_eval};
/// # fn main() -> Result<()> {
/// let (conv, norm) = (Conv2d::new(3, 8, 3)?, BatchNorm2d::new(8)?);
/// (conv.eval(), norm.eval());
/// let fused = fuse_conv_bn_eval(&conv, &norm)?;
/// let x = Tensor::rand(&[2, 3, 5, 5])?;
/// let difference = (fused.forward(&x)? - norm.forward(&conv.forward(&x)?)?)?;
/// assert!(difference.abs()?.max()?.item()? < 1e-5);
/// # Ok(()) }
/// ```
pub fn fuse_conv_bn_eval<const N: usize>(conv: &Conv<N>, norm: &BatchNorm<N>) -> Result<Conv<N>> {
    const OP: &str = "fuse_conv_bn_eval";
    check(OP, conv, conv.out_channels, norm)?;
    let (weight, bias) = fused(OP, &conv.weight, conv.bias.as_ref(), norm, |scale| {
        scale.reshape(&trailing(&[-1, 1], N))
    })?;
    Ok(Conv {
        in_channels: conv.in_channels,
        out_channels: conv.out_channels,
        kernel_size: conv.kernel_size,
        stride: conv.stride,
        padding: conv.padding,
        dilation: conv.dilation,
        groups: conv.groups,
        padding_mode: conv.padding_mode,
        weight,
        bias: Some(bias),
        site: evaluating(),
    })
}

/// As [`fuse_conv_bn_eval`], for a transposed convolution: PyTorch's with `transpose=True`.
pub fn fuse_conv_transpose_bn_eval<const N: usize>(
    conv: &ConvTranspose<N>,
    norm: &BatchNorm<N>,
) -> Result<ConvTranspose<N>> {
    const OP: &str = "fuse_conv_transpose_bn_eval";
    check(OP, conv, conv.out_channels, norm)?;
    let (weight, bias) = fused(OP, &conv.weight, conv.bias.as_ref(), norm, |scale| {
        // Inputs of a group lead to its outputs: [groups, in / groups, out / groups]
        let groups = conv.groups as isize;
        let (inputs, outputs) = (
            conv.in_channels as isize,
            conv.out_channels as isize / groups,
        );
        let scale = scale.reshape(&[groups, 1, outputs])?;
        let each = scale.expand(&[groups, inputs / groups, outputs])?;
        each.reshape(&trailing(&[inputs, outputs], N))
    })?;
    Ok(ConvTranspose {
        in_channels: conv.in_channels,
        out_channels: conv.out_channels,
        kernel_size: conv.kernel_size,
        stride: conv.stride,
        padding: conv.padding,
        output_padding: conv.output_padding,
        dilation: conv.dilation,
        groups: conv.groups,
        weight,
        bias: Some(bias),
        site: evaluating(),
    })
}

/// Sizes with ones behind them for the places of a kernel.
fn trailing(sizes: &[isize], places: usize) -> Vec<isize> {
    [sizes, &vec![1; places]].concat()
}

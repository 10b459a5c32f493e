//! Convolutions and pooling.

use super::ops;
use crate::call::{Call, Given};
use crate::outcome::Failure;
use crate::output::{IntoOutput, Output};
use crate::tensor::Tensor;
use rushlight_autograd::{
    AvgPoolOptions, ConvOptions, ConvTransposeOptions, MaxPoolOptions, PadMode,
};
use rushlight_nn::Size;
use rushlight_nn::functional::MaxUnpoolOptions;

/// A size per spatial dimension; a single one counts for all.
fn sizes<const N: usize>(c: &Call, name: &str, position: usize) -> Given<Option<[usize; N]>> {
    let Some(sizes) = c.opt_ints::<usize>(name, position)? else {
        return Ok(None);
    };
    match &sizes[..] {
        [] => Ok(None),
        [one] => Ok(Some([*one; N])),
        all => match <[usize; N]>::try_from(all) {
            Ok(all) => Ok(Some(all)),
            Err(_) => c.unsupported("another number of sizes than of spatial dimensions"),
        },
    }
}

/// Padding to keep the size, as what stays symmetric and what has to be added before.
fn same<const N: usize>(
    weight: &Tensor,
    dilation: [usize; N],
    x: Tensor,
) -> Given<(Tensor, [usize; N])> {
    let kernel = weight.shape();
    let mut padding = [0; N];
    if kernel.len() != N + 2 {
        return Ok((x, padding));
    }
    let mut before = vec![0isize; 2 * N];
    for dim in 0..N {
        let total = dilation[dim].saturating_mul(kernel[dim + 2].saturating_sub(1));
        padding[dim] = total / 2;
        before[2 * (N - 1 - dim) + 1] = (total % 2) as isize;
    }
    match before.iter().any(|&size| size > 0) {
        true => Ok((x.pad(&before, PadMode::Constant(0.0.into()))?, padding)),
        false => Ok((x, padding)),
    }
}

fn conv<const N: usize>(
    c: &Call,
    call: fn(
        &Tensor,
        &Tensor,
        Option<&Tensor>,
        &ConvOptions<N>,
    ) -> rushlight_autograd::Result<Tensor>,
) -> Given<Tensor> {
    let (mut x, weight, bias) = (c.input()?, c.tensor("weight", 1)?, c.opt_tensor("bias", 2)?);
    let default = ConvOptions::<N>::default();
    let stride = sizes(c, "stride", 3)?.unwrap_or(default.stride);
    let dilation = sizes(c, "dilation", 5)?.unwrap_or(default.dilation);
    let padding = match c.text("padding", 4) {
        Ok(text) if text == "valid" => [0; N],
        Ok(_) if stride != [1; N] => {
            return Err(Failure::Range(
                "`stride` of a padding to the same size".into(),
            ));
        }
        Ok(_) => {
            let padded;
            (x, padded) = same(&weight, dilation, x)?;
            padded
        }
        Err(_) => sizes(c, "padding", 4)?.unwrap_or(default.padding),
    };
    let options = ConvOptions {
        stride,
        padding,
        dilation,
        groups: c.int_or("groups", 6, 1)?,
    };
    Ok(call(&x, &weight, bias.as_ref(), &options)?)
}

fn conv_transpose<const N: usize>(
    c: &Call,
    call: fn(
        &Tensor,
        &Tensor,
        Option<&Tensor>,
        &ConvTransposeOptions<N>,
    ) -> rushlight_autograd::Result<Tensor>,
) -> Given<Tensor> {
    let default = ConvTransposeOptions::<N>::default();
    let options = ConvTransposeOptions {
        stride: sizes(c, "stride", 3)?.unwrap_or(default.stride),
        padding: sizes(c, "padding", 4)?.unwrap_or(default.padding),
        output_padding: sizes(c, "output_padding", 5)?.unwrap_or(default.output_padding),
        groups: c.int_or("groups", 6, 1)?,
        dilation: sizes(c, "dilation", 7)?.unwrap_or(default.dilation),
    };
    let bias = c.opt_tensor("bias", 2)?;
    Ok(call(
        &c.input()?,
        &c.tensor("weight", 1)?,
        bias.as_ref(),
        &options,
    )?)
}

fn max_pool<const N: usize>(
    c: &Call,
    call: fn(&Tensor, &MaxPoolOptions<N>) -> rushlight_autograd::Result<(Tensor, Tensor)>,
) -> Result<Output, Failure> {
    let return_indices = c.bool_or("return_indices", 6, false)?;
    let (values, indices) = call(&c.input()?, &max_pool_options(c)?)?;
    match return_indices {
        true => (values, indices).into_output(),
        false => values.into_output(),
    }
}

fn max_pool_options<const N: usize>(c: &Call) -> Given<MaxPoolOptions<N>> {
    let Some(kernel_size) = sizes(c, "kernel_size", 1)? else {
        return c.unsupported("no kernel size");
    };
    Ok(MaxPoolOptions {
        kernel_size,
        stride: sizes(c, "stride", 2)?,
        padding: sizes(c, "padding", 3)?.unwrap_or([0; N]),
        dilation: sizes(c, "dilation", 4)?.unwrap_or([1; N]),
        ceil_mode: c.bool_or("ceil_mode", 5, false)?,
    })
}

/// The gradient for one of ones, as the database asks for it.
fn max_pool_backward(c: &Call) -> Given<Tensor> {
    c.bool_or("return_indices", 6, true)?;
    let x = c.input()?;
    let (values, indices) = x.max_pool2d(&max_pool_options(c)?)?;
    let ones = values.detach().ones_like()?;
    Ok(ones.max_pool2d_with_indices_backward(&x, &indices)?)
}

fn avg_pool<const N: usize>(
    c: &Call,
    call: fn(&Tensor, &AvgPoolOptions<N>) -> rushlight_autograd::Result<Tensor>,
) -> Given<Tensor> {
    let Some(kernel_size) = sizes(c, "kernel_size", 1)? else {
        return c.unsupported("no kernel size");
    };
    let options = AvgPoolOptions {
        kernel_size,
        stride: sizes(c, "stride", 2)?,
        padding: sizes(c, "padding", 3)?.unwrap_or([0; N]),
        ceil_mode: c.bool_or("ceil_mode", 4, false)?,
        count_include_pad: c.bool_or("count_include_pad", 5, true)?,
        divisor_override: c.opt_int("divisor_override", 6)?,
    };
    Ok(call(&c.input()?, &options)?)
}

/// The sizes of an adaptive output, where `None` keeps a size.
fn adaptive<const N: usize>(c: &Call) -> Given<[Option<usize>; N]> {
    let sizes = c.get::<Vec<Option<i64>>>("output_size", 1)?;
    let size = |size: Option<i64>| size.map(usize::try_from).transpose();
    let sizes = sizes.into_iter().map(size).collect::<Result<Vec<_>, _>>();
    let sizes = sizes.map_err(|_| Failure::Range("`output_size` is negative".into()))?;
    Ok(Size::<N, Option<usize>>::try_from(&sizes[..])?.each())
}

fn adaptive_max(c: &Call, (values, indices): (Tensor, Tensor)) -> Result<Output, Failure> {
    match c.bool_or("return_indices", 2, false)? {
        true => (values, indices).into_output(),
        false => values.into_output(),
    }
}

ops! {
    "nn.functional.conv1d" => |c| conv(c, Tensor::conv1d);
    "nn.functional.conv2d" => |c| conv(c, Tensor::conv2d);
    "nn.functional.conv3d" => |c| conv(c, Tensor::conv3d);
    "nn.functional.conv_transpose1d" => |c| conv_transpose(c, Tensor::conv_transpose1d);
    "nn.functional.conv_transpose2d" => |c| conv_transpose(c, Tensor::conv_transpose2d);
    "nn.functional.conv_transpose3d" => |c| conv_transpose(c, Tensor::conv_transpose3d);
    "nn.functional.max_unpool1d" => |c| max_unpool::<1>(c);
    "nn.functional.max_unpool2d" => |c| max_unpool::<2>(c);
    "nn.functional.max_unpool3d" => |c| max_unpool::<3>(c);
    "nn.functional.max_pool1d" => |c| max_pool(c, Tensor::max_pool1d);
    "nn.functional.max_pool2d" => |c| max_pool(c, Tensor::max_pool2d);
    "max_pool2d_with_indices_backward" => |c| max_pool_backward(c);
    "nn.functional.max_pool3d" => |c| max_pool(c, Tensor::max_pool3d);
    "nn.functional.avg_pool1d" => |c| avg_pool(c, Tensor::avg_pool1d);
    "nn.functional.avg_pool2d" => |c| avg_pool(c, Tensor::avg_pool2d);
    "nn.functional.avg_pool3d" => |c| avg_pool(c, Tensor::avg_pool3d);
    "nn.functional.adaptive_avg_pool1d" => |c| c.input()?.adaptive_avg_pool1d(adaptive(c)?);
    "nn.functional.adaptive_avg_pool2d" => |c| c.input()?.adaptive_avg_pool2d(adaptive(c)?);
    "nn.functional.adaptive_avg_pool3d" => |c| c.input()?.adaptive_avg_pool3d(adaptive(c)?);
    "nn.functional.adaptive_max_pool1d" => |c| adaptive_max(c, c.input()?.adaptive_max_pool1d(adaptive(c)?)?);
    "nn.functional.adaptive_max_pool2d" => |c| adaptive_max(c, c.input()?.adaptive_max_pool2d(adaptive(c)?)?);
    "nn.functional.adaptive_max_pool3d" => |c| adaptive_max(c, c.input()?.adaptive_max_pool3d(adaptive(c)?)?);
}

fn max_unpool<const N: usize>(c: &Call) -> Given<Tensor> {
    let (x, indices) = (c.input()?, c.tensor("indices", 1)?);
    let Some(kernel_size) = sizes(c, "kernel_size", 2)? else {
        return c.unsupported("no kernel size");
    };
    // The batch and the channels may stand before the spatial sizes.
    let output_size = match c.opt_ints::<usize>("output_size", 5)? {
        Some(sizes) => sizes.last_chunk().copied(),
        None => None,
    };
    let options = MaxUnpoolOptions {
        stride: sizes(c, "stride", 3)?,
        padding: sizes(c, "padding", 4)?.unwrap_or([0; N]),
        output_size,
        ..MaxUnpoolOptions::new(kernel_size)
    };
    Ok(rushlight_nn::functional::max_unpool(
        &x, &indices, &options,
    )?)
}

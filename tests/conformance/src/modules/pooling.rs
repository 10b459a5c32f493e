//! Pooling.

use rushlight_nn::{
    AdaptiveAvgPool, AdaptiveMaxPool, AvgPool, LPPool, MaxPool, MaxUnpool, Size, Spatial,
};

use super::conv::{size, size_or};
use super::{Instance, instance, mapped, modules};
use crate::argument::Argument;
use crate::call::{Call, Given};
use crate::output::IntoOutput;
use crate::tensor::Tensor;

modules! {
    "nn.AdaptiveAvgPool1d" => |c| AdaptiveAvgPool::new(output_size::<1>(c)?);
    "nn.AdaptiveAvgPool2d" => |c| AdaptiveAvgPool::new(output_size::<2>(c)?);
    "nn.AdaptiveAvgPool3d" => |c| AdaptiveAvgPool::new(output_size::<3>(c)?);
    "nn.AvgPool1d" => |c| avg_pool::<1>(c)?;
    "nn.AvgPool2d" => |c| avg_pool::<2>(c)?;
    "nn.AvgPool3d" => |c| avg_pool::<3>(c)?;
    "nn.MaxUnpool1d" => |c| max_unpool::<1>(c)?, |m, c| unpool(m, c);
    "nn.MaxUnpool2d" => |c| max_unpool::<2>(c)?, |m, c| unpool(m, c);
    "nn.MaxUnpool3d" => |c| max_unpool::<3>(c)?, |m, c| unpool(m, c);
    "nn.LPPool1d" => |c| lp_pool::<1>(c)?;
    "nn.LPPool2d" => |c| lp_pool::<2>(c)?;
    "nn.LPPool3d" => |c| lp_pool::<3>(c)?;
}

/// Modules that are asked to return positions as well are called in another way.
pub(super) const WITH_INDICES: super::Rows = &[
    ("nn.AdaptiveMaxPool1d", adaptive_max_pool::<1>),
    ("nn.AdaptiveMaxPool2d", adaptive_max_pool::<2>),
    ("nn.AdaptiveMaxPool3d", adaptive_max_pool::<3>),
    ("nn.MaxPool1d", max_pool::<1>),
    ("nn.MaxPool2d", max_pool::<2>),
    ("nn.MaxPool3d", max_pool::<3>),
];

fn adaptive_max_pool<const N: usize>(c: &Call) -> Given<Box<dyn Instance>>
where
    Tensor: Spatial<N>,
{
    let layer = AdaptiveMaxPool::new(output_size::<N>(c)?);
    Ok(match c.bool_or("return_indices", 1, false)? {
        true => mapped(layer, |m, c| {
            m.forward_with_indices(&c.input()?).into_output()
        }),
        false => instance(layer),
    })
}

fn max_pool<const N: usize>(c: &Call) -> Given<Box<dyn Instance>>
where
    Tensor: Spatial<N>,
{
    let layer = MaxPool::new(size::<N>(c, "kernel_size", 0)?)
        .padding(size_or(c, "padding", 2, 0)?)
        .dilation(size_or(c, "dilation", 3, 1)?)
        .ceil_mode(c.bool_or("ceil_mode", 5, false)?);
    let layer = match c.has("stride", 1) {
        true => layer.stride(size(c, "stride", 1)?),
        false => layer,
    };
    Ok(match c.bool_or("return_indices", 4, false)? {
        true => mapped(layer, |m, c| {
            m.forward_with_indices(&c.input()?).into_output()
        }),
        false => instance(layer),
    })
}

fn max_unpool<const N: usize>(c: &Call) -> Given<MaxUnpool<N>> {
    let layer =
        MaxUnpool::new(size::<N>(c, "kernel_size", 0)?).padding(size_or::<N>(c, "padding", 2, 0)?);
    Ok(match c.has("stride", 1) {
        true => layer.stride(size::<N>(c, "stride", 1)?),
        false => layer,
    })
}

fn unpool<const N: usize>(layer: &MaxUnpool<N>, c: &Call) -> Given<Tensor> {
    let (x, indices) = (c.input()?, c.tensor("indices", 1)?);
    // The batch and the channels may stand before the spatial sizes.
    let sizes = c.opt_ints::<usize>("output_size", 2)?.unwrap_or_default();
    Ok(match sizes.last_chunk() {
        Some(sizes) => layer.forward_to_size(&x, &indices, *sizes)?,
        None => layer.forward(&x, &indices)?,
    })
}

fn avg_pool<const N: usize>(c: &Call) -> Given<AvgPool<N>> {
    let layer = AvgPool::new(size::<N>(c, "kernel_size", 0)?)
        .padding(size_or(c, "padding", 2, 0)?)
        .ceil_mode(c.bool_or("ceil_mode", 3, false)?)
        .count_include_pad(c.bool_or("count_include_pad", 4, true)?)
        .divisor_override(c.opt_int("divisor_override", 5)?);
    Ok(match c.has("stride", 1) {
        true => layer.stride(size(c, "stride", 1)?),
        false => layer,
    })
}

fn lp_pool<const N: usize>(c: &Call) -> Given<LPPool<N>> {
    let layer = LPPool::new(c.scalar("norm_type", 0)?, size::<N>(c, "kernel_size", 1)?)
        .ceil_mode(c.bool_or("ceil_mode", 3, false)?);
    Ok(match c.has("stride", 2) {
        true => layer.stride(size::<N>(c, "stride", 2)?),
        false => layer,
    })
}

fn output_size<const N: usize>(c: &Call) -> Given<Size<N, Option<usize>>> {
    if let Some(Argument::Int(_)) = c.argument("output_size", 0) {
        return Ok(Size::All(Some(c.int("output_size", 0)?)));
    }
    let sizes: Vec<Option<i64>> = c.get("output_size", 0)?;
    let sizes: Vec<Option<usize>> = sizes
        .into_iter()
        .map(|size| size.and_then(|size| usize::try_from(size).ok()))
        .collect();
    match sizes.try_into() {
        Ok(sizes) => Ok(Size::Each(sizes)),
        Err(_) => c.unsupported("output_size of another length"),
    }
}

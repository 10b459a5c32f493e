//! Layers that learn the number of their inputs from the first one.

use rushlight_nn::{BatchNorm, BatchNormBuilder, InstanceNorm, InstanceNormBuilder, Lazy, Linear};

use super::conv::{conv_builder, conv_transpose_builder};
use super::modules;
use crate::call::{Call, Given};

modules! {
    "nn.LazyLinear" => |c| Lazy::new(
        Linear::builder(0, c.int("out_features", 0)?).bias(c.bool_or("bias", 1, true)?),
    );
    "nn.LazyConv1d" => |c| Lazy::new(conv_builder::<1>(c, 0, 0)?);
    "nn.LazyConv2d" => |c| Lazy::new(conv_builder::<2>(c, 0, 0)?);
    "nn.LazyConv3d" => |c| Lazy::new(conv_builder::<3>(c, 0, 0)?);
    "nn.LazyConvTranspose1d" => |c| Lazy::new(conv_transpose_builder::<1>(c, 0, 0)?);
    "nn.LazyConvTranspose2d" => |c| Lazy::new(conv_transpose_builder::<2>(c, 0, 0)?);
    "nn.LazyConvTranspose3d" => |c| Lazy::new(conv_transpose_builder::<3>(c, 0, 0)?);
    "nn.LazyBatchNorm1d" => |c| Lazy::new(batch_norm::<1>(c)?);
    "nn.LazyBatchNorm2d" => |c| Lazy::new(batch_norm::<2>(c)?);
    "nn.LazyBatchNorm3d" => |c| Lazy::new(batch_norm::<3>(c)?);
    "nn.LazyInstanceNorm1d" => |c| Lazy::new(instance_norm::<1>(c)?);
    "nn.LazyInstanceNorm2d" => |c| Lazy::new(instance_norm::<2>(c)?);
    "nn.LazyInstanceNorm3d" => |c| Lazy::new(instance_norm::<3>(c)?);
}

fn batch_norm<const N: usize>(c: &Call) -> Given<BatchNormBuilder<N>> {
    Ok(BatchNorm::builder(0)
        .eps(c.float_or("eps", 0, 1e-5)?)
        .momentum(c.float_or("momentum", 1, 0.1)?)
        .affine(c.bool_or("affine", 2, true)?)
        .track_running_stats(c.bool_or("track_running_stats", 3, true)?))
}

fn instance_norm<const N: usize>(c: &Call) -> Given<InstanceNormBuilder<N>> {
    Ok(InstanceNorm::builder(0)
        .eps(c.float_or("eps", 0, 1e-5)?)
        .momentum(c.float_or("momentum", 1, 0.1)?)
        .affine(c.bool_or("affine", 2, true)?)
        .track_running_stats(c.bool_or("track_running_stats", 3, true)?))
}

//! Normalisation.

use rushlight_nn::{BatchNorm, GroupNorm, InstanceNorm, LayerNorm, LocalResponseNorm, RMSNorm};

use super::modules;
use crate::call::{Call, Given, KEYWORD};
use crate::tensor::Scalar;

modules! {
    "nn.BatchNorm1d" => |c| batch_norm::<1>(c)?;
    "nn.BatchNorm2d" => |c| batch_norm::<2>(c)?;
    "nn.BatchNorm3d" => |c| batch_norm::<3>(c)?;
    "nn.GroupNorm" => |c| GroupNorm::builder(c.int("num_groups", 0)?, c.int("num_channels", 1)?)
        .eps(c.float_or("eps", 2, 1e-5)?)
        .affine(c.bool_or("affine", 3, true)?)
        .bias(c.bool_or("bias", KEYWORD, true)?)
        .build()?;
    "nn.InstanceNorm1d" => |c| instance_norm::<1>(c)?;
    "nn.InstanceNorm2d" => |c| instance_norm::<2>(c)?;
    "nn.InstanceNorm3d" => |c| instance_norm::<3>(c)?;
    "nn.LayerNorm" => |c| LayerNorm::builder(c.ints::<usize>("normalized_shape", 0)?)
        .eps(c.float_or("eps", 1, 1e-5)?)
        .elementwise_affine(c.bool_or("elementwise_affine", 2, true)?)
        .bias(c.bool_or("bias", 3, true)?)
        .build()?;
    "nn.LocalResponseNorm" => |c| LocalResponseNorm::new(c.int("size", 0)?)
        .alpha(c.float_or("alpha", 1, 1e-4)?)
        .beta(c.float_or("beta", 2, 0.75)?)
        .k(c.scalar_or("k", 3, Scalar::Float(1.0))?);
    "nn.RMSNorm" => |c| RMSNorm::builder(c.ints::<usize>("normalized_shape", 0)?)
        .eps(c.opt_float("eps", 1)?)
        .elementwise_affine(c.bool_or("elementwise_affine", 2, true)?)
        .build()?;
}

fn batch_norm<const N: usize>(c: &Call) -> Given<BatchNorm<N>> {
    let builder = BatchNorm::<N>::builder(c.int("num_features", 0)?)
        .eps(c.float_or("eps", 1, 1e-5)?)
        .momentum(momentum(c)?)
        .affine(c.bool_or("affine", 3, true)?)
        .track_running_stats(c.bool_or("track_running_stats", 4, true)?)
        .bias(c.bool_or("bias", KEYWORD, true)?);
    Ok(builder.build()?)
}

fn instance_norm<const N: usize>(c: &Call) -> Given<InstanceNorm<N>> {
    let builder = InstanceNorm::<N>::builder(c.int("num_features", 0)?)
        .eps(c.float_or("eps", 1, 1e-5)?)
        .momentum(momentum(c)?)
        .affine(c.bool_or("affine", 3, false)?)
        .track_running_stats(c.bool_or("track_running_stats", 4, false)?)
        .bias(c.bool_or("bias", KEYWORD, true)?);
    Ok(builder.build()?)
}

/// `None` means something else than nothing.
fn momentum(c: &Call) -> Given<Option<f64>> {
    match c.is_given("momentum", 2) {
        true => c.opt_float("momentum", 2),
        false => Ok(Some(0.1)),
    }
}

//! Normalisation as functions.

use super::ops;
use crate::call::{Call, Given};
use crate::tensor::{DType, NativeBatchNormOptions, Tensor, TensorOptions};
use rushlight_nn::functional as F;

/// Normalises a batch and updates the running statistics if training.
fn native_batch_norm(c: &Call, training: bool) -> Given<(Tensor, Tensor, Tensor)> {
    let (weight, bias) = (c.opt_tensor("weight", 1)?, c.opt_tensor("bias", 2)?);
    let (mean, var) = (
        c.opt_tensor("running_mean", 3)?,
        c.opt_tensor("running_var", 4)?,
    );
    let last = c.positional() - 1;
    let options = NativeBatchNormOptions {
        weight: weight.as_ref(),
        bias: bias.as_ref(),
        training,
        momentum: c.float("momentum", last - 1)?,
        eps: c.float("eps", last)?,
    };
    Ok(c.input()?
        .native_batch_norm(mean.as_ref(), var.as_ref(), options)?)
}

ops! {
    "native_batch_norm" | "_native_batch_norm_legit" => |c| native_batch_norm(c, c.bool("training", 5)?);
    "_batch_norm_with_update" => |c| {
        // The fourth result is memory that only other devices reserve.
        let reserved = TensorOptions::new().dtype(DType::U8).empty(&[0])?;
        native_batch_norm(c, true).map(|(y, mean, rstd)| (y, mean, rstd, reserved))
    };
    "native_group_norm" => |c| {
        let x = c.input()?;
        // The sizes are also given one by one.
        let sizes = [c.int("N", 3)?, c.int("C", 4)?, c.int("HxW", 5)?];
        if sizes[..2] != x.shape()[..2] || sizes.iter().product::<usize>() != x.numel() {
            return c.unsupported("sizes other than those of the input");
        }
        let (weight, bias) = (c.opt_tensor("weight", 1)?, c.opt_tensor("bias", 2)?);
        x.native_group_norm(weight.as_ref(), bias.as_ref(), c.int("group", 6)?, c.float("eps", 7)?)
    };
    "native_layer_norm" => |c| c.input()?.native_layer_norm(
        &c.ints::<usize>("normalized_shape", 1)?,
        c.opt_tensor("weight", 2)?.as_ref(),
        c.opt_tensor("bias", 3)?.as_ref(),
        c.float("eps", 4)?,
    );
    "nn.functional.batch_norm" => |c| {
        let given = Statistics::of(c)?;
        let options = F::BatchNormOptions {
            weight: given.weight.as_ref(),
            bias: given.bias.as_ref(),
            training: c.bool_or("training", 5, false)?,
            momentum: c.float_or("momentum", 6, 0.1)?,
            eps: c.float_or("eps", 7, 1e-5)?,
        };
        F::batch_norm(&c.input()?, given.mean.as_ref(), given.var.as_ref(), options)
    };
    "nn.functional.group_norm" => |c| F::group_norm(
        &c.input()?,
        c.int("num_groups", 1)?,
        c.opt_tensor("weight", 2)?.as_ref(),
        c.opt_tensor("bias", 3)?.as_ref(),
        c.float_or("eps", 4, 1e-5)?,
    );
    "nn.functional.instance_norm" => |c| {
        let given = Statistics::of(c)?;
        let options = F::BatchNormOptions {
            weight: given.weight.as_ref(),
            bias: given.bias.as_ref(),
            training: c.bool_or("use_input_stats", 5, true)?,
            momentum: c.float_or("momentum", 6, 0.1)?,
            eps: c.float_or("eps", 7, 1e-5)?,
        };
        F::instance_norm(&c.input()?, given.mean.as_ref(), given.var.as_ref(), options)
    };
    "nn.functional.layer_norm" => |c| F::layer_norm(
        &c.input()?,
        &c.ints::<usize>("normalized_shape", 1)?,
        c.opt_tensor("weight", 2)?.as_ref(),
        c.opt_tensor("bias", 3)?.as_ref(),
        c.float_or("eps", 4, 1e-5)?,
    );
    "nn.functional.local_response_norm" => |c| F::local_response_norm(
        &c.input()?,
        c.int("size", 1)?,
        c.float_or("alpha", 2, 1e-4)?,
        c.float_or("beta", 3, 0.75)?,
        c.float_or("k", 4, 1.0)?,
    );
    "nn.functional.rms_norm" => |c| F::rms_norm(
        &c.input()?,
        &c.ints::<usize>("normalized_shape", 1)?,
        c.opt_tensor("weight", 2)?.as_ref(),
        c.opt_float("eps", 3)?,
    );
}

/// Running statistics and parameters, each of which may be missing.
struct Statistics {
    mean: Option<Tensor>,
    var: Option<Tensor>,
    weight: Option<Tensor>,
    bias: Option<Tensor>,
}

impl Statistics {
    fn of(c: &Call) -> Given<Statistics> {
        Ok(Statistics {
            mean: c.opt_tensor("running_mean", 1)?,
            var: c.opt_tensor("running_var", 2)?,
            weight: c.opt_tensor("weight", 3)?,
            bias: c.opt_tensor("bias", 4)?,
        })
    }
}

//! Normalisation as functions.

use super::ops;
use crate::argument::Argument;
use crate::call::{Call, Given};
use crate::output::IntoOutput;
use crate::tensor::{DType, Tensor};
use rushlight_nn::functional as F;

ops! {
    "_batch_norm_with_update" => |c| {
        let given = Statistics::of_native(c)?;
        let options = F::BatchNormOptions {
            weight: given.weight.as_ref(),
            bias: given.bias.as_ref(),
            training: true,
            momentum: c.float("momentum", 5)?,
            eps: c.float("eps", 6)?,
        };
        let (mean, var) = (given.mean.as_ref(), given.var.as_ref());
        let (y, mean, rstd) = F::batch_norm_with_statistics(&c.input()?, mean, var, options)?;
        // What other backends keep for the backward pass is empty on the CPU.
        let reserve = y.options().dtype(DType::U8).zeros(&[0])?;
        (y, mean, rstd, reserve)
    };
    "native_batch_norm" | "_native_batch_norm_legit" => |c| {
        if let Some(Argument::Bool(_)) = c.argument("training", 3) {
            return without_statistics(c)?.into_output();
        }
        let given = Statistics::of_native(c)?;
        let options = F::BatchNormOptions {
            weight: given.weight.as_ref(),
            bias: given.bias.as_ref(),
            training: c.bool("training", 5)?,
            momentum: c.float("momentum", 6)?,
            eps: c.float("eps", 7)?,
        };
        let (mean, var) = (given.mean.as_ref(), given.var.as_ref());
        F::batch_norm_with_statistics(&c.input()?, mean, var, options)
    };
    "native_group_norm" => |c| {
        // The sizes of the input are given once more.
        for (name, position) in [("N", 3), ("C", 4), ("HxW", 5)] {
            c.int::<i64>(name, position)?;
        }
        F::group_norm_with_statistics(
            &c.input()?,
            c.int("group", 6)?,
            c.opt_tensor("weight", 1)?.as_ref(),
            c.opt_tensor("bias", 2)?.as_ref(),
            c.float("eps", 7)?,
        )
    };
    "native_layer_norm" => |c| F::layer_norm_with_statistics(
        &c.input()?,
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

/// The overload of `_native_batch_norm_legit` that keeps no running statistics.
fn without_statistics(c: &Call) -> Given<(Tensor, Tensor, Tensor)> {
    let (weight, bias) = (c.opt_tensor("weight", 1)?, c.opt_tensor("bias", 2)?);
    let options = F::BatchNormOptions {
        weight: weight.as_ref(),
        bias: bias.as_ref(),
        training: c.bool("training", 3)?,
        momentum: c.float("momentum", 4)?,
        eps: c.float("eps", 5)?,
    };
    Ok(F::batch_norm_with_statistics(
        &c.input()?,
        None,
        None,
        options,
    )?)
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

    /// In the order of PyTorch's internal functions.
    fn of_native(c: &Call) -> Given<Statistics> {
        Ok(Statistics {
            mean: c.opt_tensor("running_mean", 3)?,
            var: c.opt_tensor("running_var", 4)?,
            weight: c.opt_tensor("weight", 1)?,
            bias: c.opt_tensor("bias", 2)?,
        })
    }
}

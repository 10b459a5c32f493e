//! Initialisation of parameters.

use super::ops;
use crate::call::{Call, Given, KEYWORD};
use crate::tensor::{Error, Tensor};
use rushlight_nn::init::{self, FanMode, Nonlinearity};

ops! {
    "nn.init.constant_" => |c| { let value = c.float("val", 1)?; set(c, |x| init::constant_(x, value)) };
    "nn.init.dirac_" => |c| { let groups = c.int_or("groups", 1, 1)?; set(c, |x| init::dirac_(x, groups)) };
    "nn.init.eye_" => |c| set(c, init::eye_);
    "nn.init.kaiming_normal_" => |c| {
        let (a, mode, nonlinearity) = kaiming(c)?;
        set(c, |x| init::kaiming_normal_(x, a, mode, nonlinearity))
    };
    "nn.init.kaiming_uniform_" => |c| {
        let (a, mode, nonlinearity) = kaiming(c)?;
        set(c, |x| init::kaiming_uniform_(x, a, mode, nonlinearity))
    };
    "nn.init.normal_" => |c| {
        let (mean, std) = (c.float_or("mean", 1, 0.0)?, c.float_or("std", 2, 1.0)?);
        set(c, |x| init::normal_(x, mean, std))
    };
    "nn.init.ones_" => |c| set(c, init::ones_);
    "nn.init.orthogonal_" => |c| { let gain = c.float_or("gain", 1, 1.0)?; set(c, |x| init::orthogonal_(x, gain)) };
    "nn.init.sparse_" => |c| {
        let (sparsity, std) = (c.float("sparsity", 1)?, c.float_or("std", 2, 0.01)?);
        set(c, |x| init::sparse_(x, sparsity, std))
    };
    "nn.init.trunc_normal_" => |c| {
        let (mean, std) = (c.float_or("mean", 1, 0.0)?, c.float_or("std", 2, 1.0)?);
        let (a, b) = (c.float_or("a", 3, -2.0)?, c.float_or("b", 4, 2.0)?);
        set(c, |x| init::trunc_normal_(x, mean, std, a, b))
    };
    "nn.init.uniform_" => |c| {
        let (a, b) = (c.float_or("a", 1, 0.0)?, c.float_or("b", 2, 1.0)?);
        set(c, |x| init::uniform_(x, a, b))
    };
    "nn.init.xavier_normal_" => |c| { let gain = c.float_or("gain", 1, 1.0)?; set(c, |x| init::xavier_normal_(x, gain)) };
    "nn.init.xavier_uniform_" => |c| { let gain = c.float_or("gain", 1, 1.0)?; set(c, |x| init::xavier_uniform_(x, gain)) };
    "nn.init.zeros_" => |c| set(c, init::zeros_);
}

/// The tensor after a call that sets it.
fn set(c: &Call, set: impl FnOnce(&Tensor) -> Result<(), Error>) -> Given<Tensor> {
    let tensor = c.tensor("tensor", 0)?.detach();
    set(&tensor)?;
    Ok(tensor)
}

fn kaiming(c: &Call) -> Given<(f64, FanMode, Nonlinearity)> {
    let mode = match &*c.text_or("mode", KEYWORD, "fan_in")? {
        "fan_in" => FanMode::FanIn,
        "fan_out" => FanMode::FanOut,
        other => return c.unsupported(&format!("mode={other}")),
    };
    let nonlinearity = match &*c.text_or("nonlinearity", KEYWORD, "leaky_relu")? {
        "linear" => Nonlinearity::Linear,
        "sigmoid" => Nonlinearity::Sigmoid,
        "tanh" => Nonlinearity::Tanh,
        "relu" => Nonlinearity::Relu,
        "leaky_relu" => Nonlinearity::LeakyRelu,
        "selu" => Nonlinearity::Selu,
        other => return c.unsupported(&format!("nonlinearity={other}")),
    };
    Ok((c.float_or("a", 1, 0.0)?, mode, nonlinearity))
}

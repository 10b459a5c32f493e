//! Activations.

use rushlight_nn::functional::Approximate;
use rushlight_nn::{
    CELU, ELU, GELU, GLU, Hardshrink, Hardsigmoid, Hardswish, Hardtanh, LeakyReLU, LogSigmoid,
    LogSoftmax, Mish, PReLU, RReLU, ReLU, ReLU6, SELU, SiLU, Sigmoid, Softmax, Softmax2d, Softmin,
    Softplus, Softshrink, Softsign, Tanh, Tanhshrink, Threshold,
};

use super::modules;
use crate::call::{Call, Given, KEYWORD};
use crate::tensor::Scalar;

modules! {
    "nn.CELU" => |c| CELU::new().alpha(float_or(c, "alpha", 0, 1.0)?).inplace(inplace(c, 1)?);
    "nn.ELU" => |c| ELU::new().alpha(float_or(c, "alpha", 0, 1.0)?).inplace(inplace(c, 1)?);
    "nn.GELU" => |c| GELU::new().approximate(approximate(c)?);
    "nn.GLU" => |c| GLU::new().dim(c.int_or("dim", 0, -1)?);
    "nn.Hardshrink" => |c| Hardshrink::new().lambd(float_or(c, "lambd", 0, 0.5)?);
    "nn.Hardsigmoid" => |c| Hardsigmoid::new().inplace(inplace(c, 0)?);
    "nn.Hardswish" => |c| Hardswish::new().inplace(inplace(c, 0)?);
    "nn.Hardtanh" => |c| Hardtanh::new()
        .min_val(float_or(c, "min_val", 0, -1.0)?)
        .max_val(float_or(c, "max_val", 1, 1.0)?)
        .inplace(inplace(c, 2)?);
    "nn.LeakyReLU" => |c| LeakyReLU::new()
        .negative_slope(float_or(c, "negative_slope", 0, 0.01)?)
        .inplace(inplace(c, 1)?);
    "nn.LogSigmoid" => |_c| LogSigmoid::new();
    "nn.LogSoftmax" => |c| LogSoftmax::new(c.int("dim", 0)?);
    "nn.Mish" => |c| Mish::new().inplace(inplace(c, 0)?);
    "nn.PReLU" => |c| PReLU::builder()
        .num_parameters(c.int_or("num_parameters", 0, 1)?)
        .init(c.float_or("init", 1, 0.25)?)
        .build()?;
    "nn.ReLU" => |c| ReLU::new().inplace(inplace(c, 0)?);
    "nn.ReLU6" => |c| ReLU6::new().inplace(inplace(c, 0)?);
    "nn.RReLU" => |c| RReLU::new()
        .lower(c.float_or("lower", 0, 1.0 / 8.0)?)
        .upper(c.float_or("upper", 1, 1.0 / 3.0)?)
        .inplace(inplace(c, 2)?);
    "nn.SELU" => |c| SELU::new().inplace(inplace(c, 0)?);
    "nn.Sigmoid" => |_c| Sigmoid::new();
    "nn.SiLU" => |c| SiLU::new().inplace(inplace(c, 0)?);
    "nn.Softmax" => |c| Softmax::new(c.int("dim", 0)?);
    "nn.Softmax2d" => |_c| Softmax2d::new();
    "nn.Softmin" => |c| Softmin::new(c.int("dim", 0)?);
    "nn.Softplus" => |c| Softplus::new()
        .beta(float_or(c, "beta", 0, 1.0)?)
        .threshold(float_or(c, "threshold", 1, 20.0)?);
    "nn.Softshrink" => |c| Softshrink::new().lambd(float_or(c, "lambd", 0, 0.5)?);
    "nn.Softsign" => |_c| Softsign::new();
    "nn.Tanh" => |_c| Tanh::new();
    "nn.Tanhshrink" => |_c| Tanhshrink::new();
    "nn.Threshold" => |c| Threshold::new(c.scalar("threshold", 0)?, c.scalar("value", 1)?)
        .inplace(inplace(c, 2)?);
}

fn inplace(c: &Call, position: usize) -> Given<bool> {
    c.bool_or("inplace", position, false)
}

fn float_or(c: &Call, name: &str, position: usize, default: f64) -> Given<Scalar> {
    c.scalar_or(name, position, Scalar::Float(default))
}

fn approximate(c: &Call) -> Given<Approximate> {
    let position = if c.positional() > 0 { 0 } else { KEYWORD };
    match &*c.text_or("approximate", position, "none")? {
        "none" => Ok(Approximate::None),
        "tanh" => Ok(Approximate::Tanh),
        other => c.unsupported(&format!("approximate={other}")),
    }
}

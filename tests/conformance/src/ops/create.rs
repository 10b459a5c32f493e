//! Making tensors, and converting them to another dtype.

use super::ops;
use crate::call::{Call, Given, KEYWORD};
use crate::tensor::{DType, Device, Scalar, Tensor};

/// One number everywhere, in the `dtype` that is asked for.
fn full(c: &Call, shape: &[usize], value: Scalar, default: DType) -> Given<Tensor> {
    c.only_dense_cpu()?;
    let tensor = Tensor::full(
        shape,
        value,
        c.opt_dtype("dtype", KEYWORD)?.unwrap_or(default),
        Device::Cpu,
    )?;
    Ok(tensor.requires_grad_(c.bool_or("requires_grad", KEYWORD, false)?)?)
}

/// As [`full`], in the shape and dtype of `input`.
fn full_like(c: &Call, value: Scalar) -> Given<Tensor> {
    c.only_row_major()?;
    full(c, &c.input()?.shape(), value, c.input()?.dtype())
}

/// As [`full`], in the dtype of `input`.
fn new_full(c: &Call, value: Scalar) -> Given<Tensor> {
    full(c, &c.ints::<usize>("size", 1)?, value, c.input()?.dtype())
}

fn convert(c: &Call, dtype: DType) -> Given<Tensor> {
    c.only_row_major()?;
    Ok(c.input()?.to_dtype(dtype)?)
}

const ZERO: Scalar = Scalar::Int(0);
const ONE: Scalar = Scalar::Int(1);

ops! {
    "zeros" => |c| full(c, &c.ints::<usize>("size", 0)?, ZERO, DType::F32);
    "ones" => |c| full(c, &c.ints::<usize>("size", 0)?, ONE, DType::F32);
    "full" => |c| { let value = c.scalar("fill_value", 1)?; full(c, &c.ints::<usize>("size", 0)?, value, value.dtype()) };
    "scalar_tensor" => |c| full(c, &[], c.scalar("s", 0)?, DType::F32);
    "zeros_like" => |c| full_like(c, ZERO);
    "ones_like" => |c| full_like(c, ONE);
    "full_like" => |c| full_like(c, c.scalar("fill_value", 1)?);
    "new_zeros" => |c| new_full(c, ZERO);
    "new_ones" => |c| new_full(c, ONE);
    "new_full" => |c| new_full(c, c.scalar("fill_value", 2)?);
    "item" => |c| c.input()?.item_scalar();

    "bfloat16" => |c| convert(c, DType::BF16);
    "bool" => |c| convert(c, DType::Bool);
    "byte" => |c| convert(c, DType::U8);
    "char" => |c| convert(c, DType::I8);
    "double" => |c| convert(c, DType::F64);
    "float" => |c| convert(c, DType::F32);
    "half" => |c| convert(c, DType::F16);
    "int" => |c| convert(c, DType::I32);
    "long" => |c| convert(c, DType::I64);
    "short" => |c| convert(c, DType::I16);
}

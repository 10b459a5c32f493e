//! Making tensors, and converting them to another dtype.

use super::ops;
use super::shape::formatted;
use crate::argument::Argument;
use crate::call::{Call, Given, KEYWORD};
use crate::tensor::{DType, Error, Operand, Scalar, Target, Tensor, TensorOptions, windows};

/// The keyword arguments of functions that make tensors.
pub(super) fn options(c: &Call) -> Given<TensorOptions> {
    c.only_dense_cpu()?;
    let requires_grad = c.bool_or("requires_grad", KEYWORD, false)?;
    let options = TensorOptions::new().requires_grad(requires_grad);
    Ok(match c.opt_dtype("dtype", KEYWORD)? {
        Some(dtype) => options.dtype(dtype),
        None => options,
    })
}

/// As [`options`], with the dtype of `input` as the default.
pub(super) fn options_like(c: &Call) -> Given<TensorOptions> {
    let (options, own) = (options(c)?, c.input()?.dtype());
    Ok(match c.has("dtype", KEYWORD) {
        true => options,
        false => options.dtype(own),
    })
}

fn size(c: &Call, position: usize) -> Given<Vec<usize>> {
    c.ints("size", position)
}

/// The shape of `input`.
fn own(c: &Call) -> Given<Vec<usize>> {
    Ok(c.input()?.shape().to_vec())
}

/// One number everywhere, in the shape and memory format of `input`.
fn full_like(c: &Call, value: Scalar) -> Given<Tensor> {
    let x = options_like(c)?.full(&own(c)?, value)?;
    formatted(c, &x)
}

fn convert(c: &Call, dtype: DType) -> Given<Tensor> {
    formatted(c, &c.input()?.to_dtype(dtype)?)
}

/// The forms of `to`: a tensor, a dtype, or a device and a dtype; then whether to wait and to copy,
/// which changes no result.
fn to(c: &Call) -> Given<Tensor> {
    let (target, next) = match c.argument("other", 1) {
        Some(Argument::Tensor(_)) => (Target::from(&c.tensor("other", 1)?), 2),
        Some(Argument::DType(dtype)) => (Target::from(*dtype), 2),
        Some(Argument::Text(device)) if device == "cpu" => {
            (Target::from(c.get::<DType>("dtype", 2)?), 3)
        }
        _ => return c.unsupported("another form of `to`"),
    };
    c.bool_or("non_blocking", next, false)?;
    c.bool_or("copy", next + 1, false)?;
    formatted(c, &c.input()?.to(target)?)
}

/// `arange(end)`, `arange(start, end)` or `arange(start, end, step)`.
fn arange(c: &Call) -> Given<Tensor> {
    let (zero, one) = (Scalar::Int(0), Scalar::Int(1));
    let (start, end) = match c.has("end", 1) {
        true => (c.scalar("start", 0)?, c.scalar("end", 1)?),
        false => (zero, c.scalar("end", 0)?),
    };
    Ok(options(c)?.arange(start, end, c.scalar_or("step", 2, one)?)?)
}

/// The ends of a range, which may come as 0-d tensors.
fn ends(c: &Call) -> Given<[Scalar; 2]> {
    let number = |end| match end {
        Operand::Tensor(tensor) => tensor.item_scalar(),
        Operand::Scalar(number) => Ok(number),
    };
    let (start, end) = (c.operand("start", 0)?, c.operand("end", 1)?);
    Ok([number(start)?, number(end)?])
}

fn linspace(c: &Call) -> Given<Tensor> {
    let (options, steps) = (options(c)?, c.int("steps", 2)?);
    let [start, end] = ends(c)?;
    Ok(options.linspace(start, end, steps)?)
}

fn logspace(c: &Call) -> Given<Tensor> {
    let (options, steps) = (options(c)?, c.int("steps", 2)?);
    let base = c.float_or("base", 3, 10.0)?;
    let [start, end] = ends(c)?;
    Ok(options.logspace(start, end, steps, base)?)
}

/// Coordinates of a triangle, of which there are so few that the dtype can follow.
fn triangle(c: &Call, indices: fn(usize, usize, i64) -> Result<Tensor, Error>) -> Given<Tensor> {
    c.only_dense_cpu()?;
    let dtype = c.opt_dtype("dtype", KEYWORD)?.unwrap_or(DType::I64);
    let found = indices(
        c.int("row", 0)?,
        c.int("col", 1)?,
        c.int_or("offset", 2, 0)?,
    )?;
    Ok(found.to_dtype(dtype)?)
}

/// The length, whether the window is symmetric, and the options.
fn window(c: &Call) -> Given<(usize, bool, TensorOptions)> {
    Ok((
        c.int("M", 0)?,
        c.bool_or("sym", KEYWORD, true)?,
        options(c)?,
    ))
}

const ZERO: Scalar = Scalar::Int(0);
const ONE: Scalar = Scalar::Int(1);

ops! {
    "zeros" => |c| options(c)?.zeros(&size(c, 0)?);
    "ones" => |c| options(c)?.ones(&size(c, 0)?);
    "full" => |c| options(c)?.full(&size(c, 0)?, c.scalar("fill_value", 1)?);
    "empty" => |c| options(c)?.empty(&size(c, 0)?);
    "empty_permuted" => |c| options(c)?.empty_permuted(&size(c, 0)?, &c.ints("physical_layout", 1)?);
    "empty_strided" => |c| options(c)?.empty_strided(&size(c, 0)?, &c.ints("stride", 1)?);
    "scalar_tensor" => |c| options(c)?.scalar_tensor(c.scalar("s", 0)?);
    "eye" => |c| { let rows = c.int("n", 0)?; options(c)?.eye(rows, c.int_or("m", 1, rows)?) };
    "arange" => |c| arange(c);
    "linspace" => |c| linspace(c);
    "logspace" => |c| logspace(c);
    "tril_indices" => |c| triangle(c, Tensor::tril_indices);
    "triu_indices" => |c| triangle(c, Tensor::triu_indices);

    "zeros_like" => |c| full_like(c, ZERO);
    "ones_like" => |c| full_like(c, ONE);
    "empty_like" => |c| full_like(c, ZERO);
    "full_like" => |c| full_like(c, c.scalar("fill_value", 1)?);
    "new_zeros" => |c| options_like(c)?.zeros(&size(c, 1)?);
    "new_ones" => |c| options_like(c)?.ones(&size(c, 1)?);
    "new_empty" => |c| options_like(c)?.empty(&size(c, 1)?);
    "new_full" => |c| options_like(c)?.full(&size(c, 1)?, c.scalar("fill_value", 2)?);
    "new_empty_strided" => |c| options_like(c)?.empty_strided(&size(c, 1)?, &c.ints("stride", 2)?);
    "fill" => |c| c.input()?.fill(c.operand("value", 1)?);
    "zero_" => |c| c.input()?.fill(0);
    "item" => |c| c.input()?.item_scalar();

    "to" => |c| to(c);
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

    "signal.windows.bartlett" => |c| { let (m, sym, options) = window(c)?; windows::bartlett(m, sym, options) };
    "signal.windows.blackman" => |c| { let (m, sym, options) = window(c)?; windows::blackman(m, sym, options) };
    "signal.windows.cosine" => |c| { let (m, sym, options) = window(c)?; windows::cosine(m, sym, options) };
    "signal.windows.exponential" => |c| { let (m, sym, options) = window(c)?; windows::exponential(m, c.opt_float("center", KEYWORD)?, c.float_or("tau", KEYWORD, 1.0)?, sym, options) };
    "signal.windows.gaussian" => |c| { let (m, sym, options) = window(c)?; windows::gaussian(m, c.float_or("std", KEYWORD, 1.0)?, sym, options) };
    "signal.windows.general_cosine" => |c| { let (m, sym, options) = window(c)?; windows::general_cosine(m, &c.get::<Vec<f64>>("a", KEYWORD)?, sym, options) };
    "signal.windows.general_hamming" => |c| { let (m, sym, options) = window(c)?; windows::general_hamming(m, c.float_or("alpha", KEYWORD, 0.54)?, sym, options) };
    "signal.windows.hamming" => |c| { let (m, sym, options) = window(c)?; windows::hamming(m, sym, options) };
    "signal.windows.hann" => |c| { let (m, sym, options) = window(c)?; windows::hann(m, sym, options) };
    "signal.windows.kaiser" => |c| { let (m, sym, options) = window(c)?; windows::kaiser(m, c.float_or("beta", KEYWORD, 12.0)?, sym, options) };
    "signal.windows.nuttall" => |c| { let (m, sym, options) = window(c)?; windows::nuttall(m, sym, options) };
}

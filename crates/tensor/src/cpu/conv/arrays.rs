//! Convolution of arrays: operands become contiguous and of a type that kernels compute in.

use super::Weight;
use crate::cpu::copy::copy;
use crate::cpu::finish::{Finisher, Tail};
use crate::ops::conv::ConvShape;
use crate::ops::deferred::Finish;
use crate::{Array, DType, Result};

/// The type to compute in: integers are exact in `f64` as long as their sums are.
fn computed(dtype: DType) -> DType {
    match dtype.to_accumulate() {
        DType::F32 => DType::F32,
        _ => DType::F64,
    }
}

/// Runs an expression with `$T` bound to the type to compute in.
macro_rules! with_computed {
    ($dtype:expr, $T:ident => $body:expr) => {
        match $dtype {
            DType::F32 => {
                type $T = f32;
                $body
            }
            _ => {
                type $T = f64;
                $body
            }
        }
    };
}

fn operand(x: &Array, dtype: DType) -> Result<Array> {
    x.to_dtype(dtype)?.contiguous()
}

/// Lets `compute` fill `out`, or a wider array that is then rounded into it.
fn filled(out: &mut Array, compute: impl FnOnce(DType, &mut Array)) -> Result<()> {
    let dtype = computed(out.dtype());
    if out.dtype() == dtype {
        compute(dtype, out);
        return Ok(());
    }
    let mut wide = out.uninit_like("conv", dtype)?;
    compute(dtype, &mut wide);
    copy(&wide, out);
    Ok(())
}

pub(crate) fn conv(
    shape: &ConvShape,
    x: &Array,
    weight: &Array,
    bias: Option<&Array>,
    out: &mut Array,
) -> Result<()> {
    let dtype = computed(out.dtype());
    let (x, weight) = (operand(x, dtype)?, operand(weight, dtype)?);
    let bias = bias.map(|bias| operand(bias, dtype)).transpose()?;
    filled(out, |dtype, out| {
        with_computed!(dtype, T => {
            let bias = bias.as_ref().map(|bias| bias.dense_slice::<T>());
            super::forward(shape, x.dense_slice(), Weight::of(&weight), bias, out.dense_slice_mut::<T>(), Tail::NONE);
        });
    })
}

/// Convolves contiguous operands in `f32`, and finishes the outputs as they are stored.
pub(crate) fn conv_finished(
    shape: &ConvShape,
    [x, weight]: [&Array; 2],
    bias: Option<&Array>,
    finish: &Finish,
    out: &mut Array,
) {
    let y = out.dense_slice_mut::<f32>();
    let finisher = Finisher::new(finish, y.as_ptr());
    let bias = bias.map(|bias| bias.dense_slice());
    let tail = Tail::new(&finisher);
    super::forward(shape, x.dense_slice(), Weight::of(weight), bias, y, tail);
}

pub(crate) fn conv_backward_input(
    shape: &ConvShape,
    g: &Array,
    weight: &Array,
    out: &mut Array,
) -> Result<()> {
    let dtype = computed(out.dtype());
    let (g, weight) = (operand(g, dtype)?, operand(weight, dtype)?);
    filled(out, |dtype, out| {
        with_computed!(dtype, T => {
            super::backward_input(shape, g.dense_slice(), Weight::of(&weight), None, out.dense_slice_mut::<T>());
        });
    })
}

pub(crate) fn conv_backward_weight(
    shape: &ConvShape,
    g: &Array,
    x: &Array,
    out: &mut Array,
) -> Result<()> {
    let dtype = computed(out.dtype());
    let (g, x) = (operand(g, dtype)?, operand(x, dtype)?);
    filled(out, |dtype, out| {
        with_computed!(dtype, T => {
            super::backward_weight(shape, x.dense_slice(), g.dense_slice(), out.dense_slice_mut::<T>());
        });
    })
}

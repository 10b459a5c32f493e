//! Operations that see only the elements where a mask is true: PyTorch's `torch.masked`.
//!
//! A mask broadcasts to the tensor it hides elements of; what is not zero in it counts as true, and
//! no mask hides nothing. A hidden element is replaced by the number that leaves the result as it is
//! (0 for a sum, 1 for a product, negative infinity for a maximum), so no gradient reaches it. What no
//! visible element contributes to is that number, or NaN where there is none.
//!
//! PyTorch's argument `dtype` converts before it sums and after it finds: call `to_dtype` there.
//!
//! ```
//! use rushlight_autograd::{masked, tensor, Result};
//!
//! # fn main() -> Result<()> {
//! let x = tensor([[1.0, 2.0], [3.0, 4.0]])?;
//! let mask = tensor([[true, false], [true, true]])?;
//! assert_eq!(masked::sum(&x, &[0], false, Some(&mask))?.to_vec::<f32>()?, [4.0, 4.0]);
//! assert_eq!(masked::mean(&x, &[1], false, Some(&mask))?.to_vec::<f32>()?, [1.0, 3.5]);
//! # Ok(()) }
//! ```

mod normalize;
mod reduce;

pub use normalize::{cumprod, cumsum, log_softmax, logaddexp, normalize, softmax, softmin};
pub use reduce::{amax, amin, argmax, argmin, logsumexp, mean, median, norm, prod, std, sum, var};

use crate::{Result, Scalar, Tensor};
use rushlight_tensor::DType;
use rushlight_tensor::ops::rules;

/// The mask of `x`, boolean and in its shape.
fn visible(op: &'static str, x: &Tensor, mask: &Tensor) -> Result<Tensor> {
    let shape = x.shape();
    if rules::broadcast(op, &shape, &mask.shape())? != shape {
        let expected = format!("a mask that broadcasts to {shape}");
        return Err(rushlight_tensor::Error::shape(op, mask.shape(), expected).into());
    }
    mask.to_dtype(DType::Bool)?.broadcast_to(&shape)
}

/// `x` with a number where the mask is false.
fn filled(
    op: &'static str,
    x: &Tensor,
    mask: Option<&Tensor>,
    number: impl Into<Scalar>,
) -> Result<Tensor> {
    match mask {
        Some(mask) => Tensor::select_where(&visible(op, x, mask)?, x, &x.scalar_like(number)?),
        None => Ok(x.clone()),
    }
}

/// No number of the dtype is below this one.
fn lowest(dtype: DType) -> Scalar {
    match dtype {
        DType::F64 | DType::F32 | DType::F16 | DType::BF16 => Scalar::Float(f64::NEG_INFINITY),
        DType::I64 => Scalar::Int(i64::MIN),
        DType::I32 => Scalar::Int(i32::MIN.into()),
        DType::I16 => Scalar::Int(i16::MIN.into()),
        DType::I8 => Scalar::Int(i8::MIN.into()),
        DType::U8 => Scalar::Int(0),
        DType::Bool => Scalar::Bool(false),
    }
}

/// No number of the dtype is above this one.
fn highest(dtype: DType) -> Scalar {
    match dtype {
        DType::F64 | DType::F32 | DType::F16 | DType::BF16 => Scalar::Float(f64::INFINITY),
        DType::I64 => Scalar::Int(i64::MAX),
        DType::I32 => Scalar::Int(i32::MAX.into()),
        DType::I16 => Scalar::Int(i16::MAX.into()),
        DType::I8 => Scalar::Int(i8::MAX.into()),
        DType::U8 => Scalar::Int(u8::MAX.into()),
        DType::Bool => Scalar::Bool(true),
    }
}

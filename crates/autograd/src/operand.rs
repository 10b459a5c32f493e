//! What can stand on the right of an operation: a tensor or a number.

use crate::{Error, Result, Tensor};
use rushlight_tensor::ops::rules;
use rushlight_tensor::ops::table::BinaryOp;
use rushlight_tensor::{DType, Device, Scalar};

/// A tensor, or a number that adapts to the other operand's dtype.
#[derive(Clone, Debug)]
pub enum Operand {
    /// A tensor.
    Tensor(Tensor),
    /// A number, of the lowest rank in type promotion.
    Scalar(Scalar),
}

impl Operand {
    pub(crate) fn binary(self, op: BinaryOp, rhs: Operand) -> Result<Tensor> {
        match (self, rhs) {
            (Operand::Tensor(lhs), rhs) => lhs.binary(op, rhs),
            (Operand::Scalar(lhs), Operand::Tensor(rhs)) => rhs.binary_from_scalar(op, lhs),
            (Operand::Scalar(lhs), Operand::Scalar(rhs)) => {
                let got = format!("{} and {}", lhs.to_f64(), rhs.to_f64());
                Err(Error::argument(
                    op.name(),
                    "operands",
                    got,
                    "a tensor on one side at least",
                ))
            }
        }
    }

    /// The dtype of the tensor, or of the number by itself.
    pub(crate) fn dtype(&self) -> DType {
        match self {
            Operand::Tensor(tensor) => tensor.dtype(),
            Operand::Scalar(number) => number.dtype(),
        }
    }

    /// Both as tensors, a number in the dtype in which it meets the other.
    pub(crate) fn beside_each_other(
        a: Operand,
        b: Operand,
        device: Device,
    ) -> Result<(Tensor, Tensor)> {
        let beside = |x: &Tensor, number: Scalar| {
            let dtype = rules::common_dtype_with_scalar(&x.array(), number);
            Tensor::full(&[], number, dtype, x.device())
        };
        Ok(match (a, b) {
            (Operand::Tensor(a), Operand::Tensor(b)) => (a, b),
            (Operand::Tensor(a), Operand::Scalar(b)) => {
                let b = beside(&a, b)?;
                (a, b)
            }
            (Operand::Scalar(a), Operand::Tensor(b)) => (beside(&b, a)?, b),
            (Operand::Scalar(a), Operand::Scalar(b)) => {
                let dtype = a.dtype().promote(b.dtype());
                let number = |x: Scalar| Tensor::full(&[], x, dtype, device);
                (number(a)?, number(b)?)
            }
        })
    }
}

impl From<&Tensor> for Operand {
    fn from(tensor: &Tensor) -> Operand {
        Operand::Tensor(tensor.clone())
    }
}

impl From<Tensor> for Operand {
    fn from(tensor: Tensor) -> Operand {
        Operand::Tensor(tensor)
    }
}

impl From<Scalar> for Operand {
    fn from(scalar: Scalar) -> Operand {
        Operand::Scalar(scalar)
    }
}

macro_rules! operand_from { ($($T:ty),*) => { $(
    impl From<$T> for Operand {
        fn from(number: $T) -> Operand {
            Operand::Scalar(Scalar::from(number))
        }
    }
)* } }
operand_from!(bool, i64, i32, u8, f64, f32);

//! What can stand on the right of an operation: a tensor or a number.

use crate::Tensor;
use rushlight_tensor::Scalar;

/// A tensor, or a number that adapts to the other operand's dtype.
#[derive(Clone, Debug)]
pub enum Operand {
    /// A tensor.
    Tensor(Tensor),
    /// A number, of the lowest rank in type promotion.
    Scalar(Scalar),
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

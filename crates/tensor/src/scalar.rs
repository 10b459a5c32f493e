//! Rust numbers as operands.

use crate::{DType, Element};
use half::{bf16, f16};

/// A number that takes part in an operation without a dtype of its own: it is of the lowest rank
/// in type promotion, as a Python number is in PyTorch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scalar {
    /// A boolean.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A floating-point number.
    Float(f64),
}

impl Scalar {
    /// The dtype a tensor made of this number has.
    pub fn dtype(self) -> DType {
        match self {
            Scalar::Bool(_) => DType::Bool,
            Scalar::Int(_) => DType::I64,
            Scalar::Float(_) => DType::F32,
        }
    }

    /// The value as `f64`.
    pub fn to_f64(self) -> f64 {
        match self {
            Scalar::Bool(b) => b.to_f64(),
            Scalar::Int(i) => i as f64,
            Scalar::Float(x) => x,
        }
    }

    /// The value as `i64`; a fraction is dropped.
    pub fn to_i64(self) -> i64 {
        match self {
            Scalar::Bool(b) => b.to_i64(),
            Scalar::Int(i) => i,
            Scalar::Float(x) => x as i64,
        }
    }

    /// The value as an element type.
    pub fn to_element<T: Element>(self) -> T {
        match self {
            Scalar::Bool(b) => T::from_i64(b as i64),
            Scalar::Int(i) => T::from_i64(i),
            Scalar::Float(x) => T::from_f64(x),
        }
    }
}

macro_rules! scalar_from { ($($T:ty => $Variant:ident as $U:ty),*) => { $(
    impl From<$T> for Scalar {
        fn from(x: $T) -> Scalar {
            Scalar::$Variant(<$U>::from(x))
        }
    }
)* } }
scalar_from!(bool => Bool as bool, i64 => Int as i64, i32 => Int as i64, i16 => Int as i64,
    i8 => Int as i64, u8 => Int as i64, f64 => Float as f64, f32 => Float as f64,
    f16 => Float as f64, bf16 => Float as f64);

//! `&a + &b`, `a * 2.0`, `1.0 - &a`. Every operator returns a `Result`.
//!
//! On the left only `f64` and `i64` are offered, so that a literal has one type it can be.

use crate::{Operand, Result, Tensor};
use rushlight_tensor::ops::table::BinaryOp;
use std::ops::{Add, BitAnd, BitOr, BitXor, Div, Mul, Neg, Not, Rem, Shl, Shr, Sub};

macro_rules! operators { ($($Trait:ident $method:ident $Op:ident: $($Number:ty)*;)*) => { $(
    impl<T: Into<Operand>> $Trait<T> for &Tensor {
        type Output = Result<Tensor>;
        fn $method(self, rhs: T) -> Result<Tensor> {
            self.binary(BinaryOp::$Op, rhs.into())
        }
    }

    impl<T: Into<Operand>> $Trait<T> for Tensor {
        type Output = Result<Tensor>;
        fn $method(self, rhs: T) -> Result<Tensor> {
            self.binary(BinaryOp::$Op, rhs.into())
        }
    }

    $(
        impl $Trait<&Tensor> for $Number {
            type Output = Result<Tensor>;
            fn $method(self, rhs: &Tensor) -> Result<Tensor> {
                rhs.binary_from_scalar(BinaryOp::$Op, self.into())
            }
        }

        impl $Trait<Tensor> for $Number {
            type Output = Result<Tensor>;
            fn $method(self, rhs: Tensor) -> Result<Tensor> {
                rhs.binary_from_scalar(BinaryOp::$Op, self.into())
            }
        }
    )*
)* } }

operators! {
    Add add Add: f64 i64;
    Sub sub Sub: f64 i64;
    Mul mul Mul: f64 i64;
    Div div Div: f64 i64;
    Rem rem Remainder: f64 i64;
    BitAnd bitand BitwiseAnd: i64;
    BitOr bitor BitwiseOr: i64;
    BitXor bitxor BitwiseXor: i64;
    Shl shl BitwiseLeftShift: i64;
    Shr shr BitwiseRightShift: i64;
}

macro_rules! prefixes { ($($Trait:ident $method:ident $of:ident;)*) => { $(
    impl $Trait for &Tensor {
        type Output = Result<Tensor>;
        fn $method(self) -> Result<Tensor> {
            Tensor::$of(self)
        }
    }

    impl $Trait for Tensor {
        type Output = Result<Tensor>;
        fn $method(self) -> Result<Tensor> {
            Tensor::$of(&self)
        }
    }
)* } }

prefixes! {
    Neg neg neg;
    Not not bitwise_not;
}

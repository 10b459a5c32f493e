//! The arithmetic of the op table, in the three types kernels compute in.
//!
//! Half types compute in `f32`; integers and booleans in wrapping `i64`, whose low bits are right for
//! every narrower type.

use crate::{DType, Element};
use std::num::Wrapping;
use std::ops::{Add, Div, Mul, Neg, Sub};

/// Integers and booleans inside a kernel.
pub(crate) type Int = Wrapping<i64>;

/// A type in which kernels compute.
pub(crate) trait Number:
    Copy
    + Default
    + PartialOrd
    + Send
    + Sync
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Neg<Output = Self>
    + 'static
{
    /// The element type with this very representation.
    const DTYPE: DType;

    fn load<T: Element>(x: T) -> Self;
    fn store<T: Element>(self) -> T;
    fn from_f64(x: f64) -> Self;

    /// A constant of the type of `self`.
    #[inline(always)]
    fn number(self, x: f64) -> Self {
        Self::from_f64(x)
    }

    fn is_true(self) -> bool;
    fn is_infinite(self) -> bool;
    fn is_sign_negative(self) -> bool;
    fn magnitude(self) -> Self;
    fn sign(self) -> Self;
    fn floor(self) -> Self;
    fn ceil(self) -> Self;
    fn trunc(self) -> Self;
    fn round_ties_even(self) -> Self;
    /// Division by zero gives 0 for integers; the checks refuse it before.
    fn floor_divide(self, rhs: Self) -> Self;
    fn trunc_divide(self, rhs: Self) -> Self;
    fn remainder(self, rhs: Self) -> Self;
    fn fmod(self, rhs: Self) -> Self;
    fn power(self, rhs: Self) -> Self;

    /// The quotient by a number of elements; integers round towards zero.
    fn over(self, count: isize) -> Self;

    #[inline(always)]
    fn maximum(self, rhs: Self) -> Self {
        if self > rhs || self.is_nan() {
            self
        } else {
            rhs
        }
    }

    #[inline(always)]
    fn minimum(self, rhs: Self) -> Self {
        if self < rhs || self.is_nan() {
            self
        } else {
            rhs
        }
    }

    #[inline(always)]
    fn larger(self, rhs: Self) -> Self {
        if self > rhs || rhs.is_nan() {
            self
        } else {
            rhs
        }
    }

    #[inline(always)]
    fn smaller(self, rhs: Self) -> Self {
        if self < rhs || rhs.is_nan() {
            self
        } else {
            rhs
        }
    }

    #[inline(always)]
    #[allow(clippy::eq_op, reason = "only NaN differs from itself")]
    fn is_nan(self) -> bool {
        self != self
    }
}

/// A [`Number`] with fractions.
pub(crate) trait Real: Number + Div<Output = Self> {
    fn exp(self) -> Self;
    fn exp2(self) -> Self;
    fn exp_m1(self) -> Self;
    fn ln(self) -> Self;
    fn log2(self) -> Self;
    fn log10(self) -> Self;
    fn ln_1p(self) -> Self;
    fn sqrt(self) -> Self;
    fn recip(self) -> Self;
    fn sin(self) -> Self;
    fn cos(self) -> Self;
    fn tan(self) -> Self;
    fn asin(self) -> Self;
    fn acos(self) -> Self;
    fn atan(self) -> Self;
    fn sinh(self) -> Self;
    fn cosh(self) -> Self;
    fn tanh(self) -> Self;
    fn asinh(self) -> Self;
    fn acosh(self) -> Self;
    fn atanh(self) -> Self;
    fn erf(self) -> Self;
    fn erfc(self) -> Self;
    fn atan2(self, rhs: Self) -> Self;
    fn hypot(self, rhs: Self) -> Self;
    fn copysign(self, rhs: Self) -> Self;

    #[inline(always)]
    fn sigmoid(self) -> Self {
        let one = self.number(1.0);
        one / (one + (-self).exp())
    }

    #[inline(always)]
    fn logaddexp(self, rhs: Self) -> Self {
        if self.is_infinite() && self == rhs {
            return self;
        }
        self.maximum(rhs) + (-(self - rhs).magnitude()).exp().ln_1p()
    }

    #[inline(always)]
    fn xlogy(self, rhs: Self) -> Self {
        match self == self.number(0.0) && !rhs.is_nan() {
            true => self.number(0.0),
            false => self * rhs.ln(),
        }
    }
}

macro_rules! real {
    ($T:ident, $DTYPE:ident, $to:ident, $from:ident, $erf:path, $erfc:path) => {
        impl Number for $T {
            const DTYPE: DType = DType::$DTYPE;
            #[inline(always)]
            fn load<T: Element>(x: T) -> $T {
                x.$to()
            }
            #[inline(always)]
            fn store<T: Element>(self) -> T {
                T::$from(self)
            }
            #[inline(always)]
            fn from_f64(x: f64) -> $T {
                x as $T
            }
            #[inline(always)]
            fn over(self, count: isize) -> $T {
                self / count as $T
            }
            #[inline(always)]
            fn is_true(self) -> bool {
                self != 0.0
            }
            #[inline(always)]
            fn is_infinite(self) -> bool {
                $T::is_infinite(self)
            }
            #[inline(always)]
            fn is_sign_negative(self) -> bool {
                $T::is_sign_negative(self)
            }
            #[inline(always)]
            fn magnitude(self) -> $T {
                $T::abs(self)
            }
            #[inline(always)]
            fn sign(self) -> $T {
                if self > 0.0 {
                    1.0
                } else if self < 0.0 {
                    -1.0
                } else {
                    self
                }
            }
            #[inline(always)]
            fn floor(self) -> $T {
                $T::floor(self)
            }
            #[inline(always)]
            fn ceil(self) -> $T {
                $T::ceil(self)
            }
            #[inline(always)]
            fn trunc(self) -> $T {
                $T::trunc(self)
            }
            #[inline(always)]
            fn round_ties_even(self) -> $T {
                $T::round_ties_even(self)
            }
            // Python's floor division: exact where the quotient of the exact remainder is.
            #[inline(always)]
            fn floor_divide(self, rhs: $T) -> $T {
                if rhs == 0.0 {
                    return self / rhs;
                }
                let remainder = self % rhs;
                let mut quotient = (self - remainder) / rhs;
                if remainder != 0.0 && (rhs < 0.0) != (remainder < 0.0) {
                    quotient -= 1.0;
                }
                if quotient == 0.0 {
                    return (0.0 as $T).copysign(self / rhs);
                }
                let floor = quotient.floor();
                if quotient - floor > 0.5 {
                    floor + 1.0
                } else {
                    floor
                }
            }
            #[inline(always)]
            fn trunc_divide(self, rhs: $T) -> $T {
                (self / rhs).trunc()
            }
            #[inline(always)]
            fn remainder(self, rhs: $T) -> $T {
                let remainder = self % rhs;
                if remainder != 0.0 && (rhs < 0.0) != (remainder < 0.0) {
                    remainder + rhs
                } else {
                    remainder
                }
            }
            #[inline(always)]
            fn fmod(self, rhs: $T) -> $T {
                self % rhs
            }
            #[inline(always)]
            fn power(self, rhs: $T) -> $T {
                $T::powf(self, rhs)
            }
        }

        impl Real for $T {
            #[inline(always)]
            fn exp(self) -> $T {
                $T::exp(self)
            }
            #[inline(always)]
            fn exp2(self) -> $T {
                $T::exp2(self)
            }
            #[inline(always)]
            fn exp_m1(self) -> $T {
                $T::exp_m1(self)
            }
            #[inline(always)]
            fn ln(self) -> $T {
                $T::ln(self)
            }
            #[inline(always)]
            fn log2(self) -> $T {
                $T::log2(self)
            }
            #[inline(always)]
            fn log10(self) -> $T {
                $T::log10(self)
            }
            #[inline(always)]
            fn ln_1p(self) -> $T {
                $T::ln_1p(self)
            }
            #[inline(always)]
            fn sqrt(self) -> $T {
                $T::sqrt(self)
            }
            #[inline(always)]
            fn recip(self) -> $T {
                $T::recip(self)
            }
            #[inline(always)]
            fn sin(self) -> $T {
                $T::sin(self)
            }
            #[inline(always)]
            fn cos(self) -> $T {
                $T::cos(self)
            }
            #[inline(always)]
            fn tan(self) -> $T {
                $T::tan(self)
            }
            #[inline(always)]
            fn asin(self) -> $T {
                $T::asin(self)
            }
            #[inline(always)]
            fn acos(self) -> $T {
                $T::acos(self)
            }
            #[inline(always)]
            fn atan(self) -> $T {
                $T::atan(self)
            }
            #[inline(always)]
            fn sinh(self) -> $T {
                $T::sinh(self)
            }
            #[inline(always)]
            fn cosh(self) -> $T {
                $T::cosh(self)
            }
            #[inline(always)]
            fn tanh(self) -> $T {
                $T::tanh(self)
            }
            #[inline(always)]
            fn asinh(self) -> $T {
                $T::asinh(self)
            }
            #[inline(always)]
            fn acosh(self) -> $T {
                $T::acosh(self)
            }
            #[inline(always)]
            fn atanh(self) -> $T {
                $T::atanh(self)
            }
            #[inline(always)]
            fn erf(self) -> $T {
                $erf(self)
            }
            #[inline(always)]
            fn erfc(self) -> $T {
                $erfc(self)
            }
            #[inline(always)]
            fn atan2(self, rhs: $T) -> $T {
                $T::atan2(self, rhs)
            }
            #[inline(always)]
            fn hypot(self, rhs: $T) -> $T {
                $T::hypot(self, rhs)
            }
            #[inline(always)]
            fn copysign(self, rhs: $T) -> $T {
                $T::copysign(self, rhs)
            }
        }
    };
}
real!(f32, F32, to_f32, from_f32, libm::erff, libm::erfcf);
real!(f64, F64, to_f64, from_f64, libm::erf, libm::erfc);

impl Number for Int {
    const DTYPE: DType = DType::I64;
    #[inline(always)]
    fn over(self, count: isize) -> Int {
        self.trunc_divide(Wrapping(count as i64))
    }
    #[inline(always)]
    fn load<T: Element>(x: T) -> Int {
        Wrapping(x.to_i64())
    }
    #[inline(always)]
    fn store<T: Element>(self) -> T {
        T::from_i64(self.0)
    }
    #[inline(always)]
    fn from_f64(x: f64) -> Int {
        Wrapping(x as i64)
    }
    #[inline(always)]
    fn is_true(self) -> bool {
        self.0 != 0
    }
    #[inline(always)]
    fn is_infinite(self) -> bool {
        false
    }
    #[inline(always)]
    fn is_sign_negative(self) -> bool {
        self.0 < 0
    }
    #[inline(always)]
    fn magnitude(self) -> Int {
        Wrapping(self.0.wrapping_abs())
    }
    #[inline(always)]
    fn sign(self) -> Int {
        Wrapping(self.0.signum())
    }
    #[inline(always)]
    fn floor(self) -> Int {
        self
    }
    #[inline(always)]
    fn ceil(self) -> Int {
        self
    }
    #[inline(always)]
    fn trunc(self) -> Int {
        self
    }
    #[inline(always)]
    fn round_ties_even(self) -> Int {
        self
    }
    #[inline(always)]
    fn floor_divide(self, rhs: Int) -> Int {
        if rhs.0 == 0 {
            return Wrapping(0);
        }
        let quotient = self.0.wrapping_div(rhs.0);
        let inexact = self.0.wrapping_rem(rhs.0) != 0;
        Wrapping(if inexact && (self.0 < 0) != (rhs.0 < 0) {
            quotient - 1
        } else {
            quotient
        })
    }
    #[inline(always)]
    fn trunc_divide(self, rhs: Int) -> Int {
        Wrapping(if rhs.0 == 0 {
            0
        } else {
            self.0.wrapping_div(rhs.0)
        })
    }
    #[inline(always)]
    fn remainder(self, rhs: Int) -> Int {
        let remainder = self.fmod(rhs);
        if remainder.0 != 0 && (remainder.0 < 0) != (rhs.0 < 0) {
            remainder + rhs
        } else {
            remainder
        }
    }
    #[inline(always)]
    fn fmod(self, rhs: Int) -> Int {
        Wrapping(if rhs.0 == 0 {
            0
        } else {
            self.0.wrapping_rem(rhs.0)
        })
    }
    // A negative exponent leaves only the powers of 1 and -1.
    #[inline(always)]
    fn power(self, rhs: Int) -> Int {
        match (self.0, rhs.0) {
            (1, _) => Wrapping(1),
            (-1, n) => Wrapping(if n & 1 == 0 { 1 } else { -1 }),
            (_, n) if n < 0 => Wrapping(0),
            (base, n) => {
                let (mut base, mut n, mut power) = (base, n as u64, 1i64);
                while n > 0 {
                    if n & 1 == 1 {
                        power = power.wrapping_mul(base);
                    }
                    base = base.wrapping_mul(base);
                    n >>= 1;
                }
                Wrapping(power)
            }
        }
    }
}

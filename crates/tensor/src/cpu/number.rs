//! The arithmetic of the op table, in the three types kernels compute in.
//!
//! Half types compute in `f32`; integers and booleans in wrapping `i64`, whose low bits are right for
//! every narrower type.

use super::{elementary, special};
use crate::{DType, Element, Scalar};
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
    fn from_scalar(x: Scalar) -> Self;

    /// A constant of the type of `self`.
    #[inline(always)]
    fn number(self, x: f64) -> Self {
        Self::from_f64(x)
    }

    fn is_true(self) -> bool;
    fn is_infinite(self) -> bool;
    fn is_sign_negative(self) -> bool;
    fn magnitude(self) -> Self;
    fn floor(self) -> Self;
    fn ceil(self) -> Self;
    fn trunc(self) -> Self;
    fn round_ties_even(self) -> Self;
    /// Division by zero gives 0 for integers; the checks refuse it before.
    fn floor_divide(self, rhs: Self) -> Self;
    fn trunc_divide(self, rhs: Self) -> Self;
    fn fmod(self, rhs: Self) -> Self;
    fn power(self, rhs: Self) -> Self;

    /// The quotient by a number of elements; integers round towards zero.
    fn over(self, count: isize) -> Self;

    /// The remainder with the sign of the divisor.
    #[inline(always)]
    fn remainder(self, rhs: Self) -> Self {
        let (remainder, zero) = (self.fmod(rhs), rhs.number(0.0));
        let wrong_side = remainder.is_true() && (rhs < zero) != (remainder < zero);
        if wrong_side {
            remainder + rhs
        } else {
            remainder
        }
    }

    /// -1, 0 or 1; 0 for NaN.
    #[inline(always)]
    fn sign(self) -> Self {
        let zero = self.number(0.0);
        let negative = if self < zero { self.number(-1.0) } else { zero };
        if self > zero {
            self.number(1.0)
        } else {
            negative
        }
    }

    #[inline(always)]
    fn maximum(self, rhs: Self) -> Self {
        let larger = if self > rhs { self } else { rhs };
        if self.is_nan() { self } else { larger }
    }

    #[inline(always)]
    fn minimum(self, rhs: Self) -> Self {
        let smaller = if self < rhs { self } else { rhs };
        if self.is_nan() { self } else { smaller }
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

/// Declares the elementary functions, and says where each type takes them from.
macro_rules! elementary {
    ($($name:ident($($rhs:ident)?): $of_f32:path, $of_f64:path;)*) => {
        /// Functions of real numbers.
        pub(crate) trait Elementary: Sized {
            $(fn $name(self $(, $rhs: Self)?) -> Self;)*
        }
        impl Elementary for f32 { $(
            #[inline(always)]
            fn $name(self $(, $rhs: f32)?) -> f32 { $of_f32(self $(, $rhs)?) }
        )* }
        impl Elementary for f64 { $(
            #[inline(always)]
            fn $name(self $(, $rhs: f64)?) -> f64 { $of_f64(self $(, $rhs)?) }
        )* }
    };
}

elementary! {
    exp():         elementary::exp,    f64::exp;
    exp_of_negative(): elementary::exp_of_negative, f64::exp;
    exp2():        elementary::exp2,   f64::exp2;
    exp_m1():      elementary::exp_m1, f64::exp_m1;
    ln():          elementary::ln,     f64::ln;
    log2():        elementary::log2,   f64::log2;
    log10():       elementary::log10,  f64::log10;
    ln_1p():       elementary::ln_1p,  f64::ln_1p;
    sqrt():        f32::sqrt,          f64::sqrt;
    recip():       f32::recip,         f64::recip;
    sin():         elementary::sin,    f64::sin;
    cos():         elementary::cos,    f64::cos;
    tan():         elementary::tan,    f64::tan;
    asin():        elementary::asin,   f64::asin;
    acos():        elementary::acos,   f64::acos;
    atan():        elementary::atan,   f64::atan;
    sinh():        elementary::sinh,   f64::sinh;
    cosh():        elementary::cosh,   f64::cosh;
    tanh():        elementary::tanh,   f64::tanh;
    asinh():       elementary::asinh,  libm::asinh;
    acosh():       elementary::acosh,  libm::acosh;
    atanh():       elementary::atanh,  libm::atanh;
    erf():         elementary::erf,    libm::erf;
    erfc():        elementary::erfc,   libm::erfc;
    erfcx():       elementary::erfcx,  special::erfcx;
    erfinv():      elementary::erfinv, special::erfinv;
    bell():        elementary::bell,   special::bell;
    gelu():        elementary::gelu,   special::gelu;
    ndtr():        elementary::ndtr,   special::ndtr;
    log_ndtr():    elementary::log_ndtr, special::log_ndtr;
    ndtri():       elementary::ndtri,  special::ndtri;
    lgamma():      special::lgamma_f32, special::lgamma;
    atan2(rhs):    elementary::atan2,  f64::atan2;
    hypot(rhs):    elementary::hypot,  f64::hypot;
    copysign(rhs): f32::copysign,      f64::copysign;
    nextafter(rhs): elementary::nextafter, elementary::nextafter_f64;
}

/// A [`Number`] with fractions.
pub(crate) trait Real: Number + Elementary + Div<Output = Self> {
    /// The largest magnitude of which [`Elementary::sin`], `cos` and `tan` are accurate.
    const ANGLE_LIMIT: f64;
    /// The largest quotient of which [`Number::fmod`] is exact.
    const QUOTIENT_LIMIT: f64;

    fn to_f64(self) -> f64;

    /// Evaluates a special function in `f64`, whatever the type. One that is vector code is called by its
    /// name instead, since a function that is passed stands on its own.
    #[inline(always)]
    fn in_double(self, function: fn(f64) -> f64) -> Self {
        Self::from_f64(function(self.to_f64()))
    }

    /// As [`Real::in_double`], of two arguments.
    #[inline(always)]
    fn in_double_with(self, rhs: Self, function: fn(f64, f64) -> f64) -> Self {
        Self::from_f64(function(self.to_f64(), rhs.to_f64()))
    }

    /// `self` moved towards `end` by `weight`; exact at both ends.
    #[inline(always)]
    fn lerp(self, end: Self, weight: Self) -> Self {
        if weight.magnitude() < weight.number(0.5) {
            self + weight * (end - self)
        } else {
            end - (end - self) * (weight.number(1.0) - weight)
        }
    }

    #[inline(always)]
    fn sigmoid(self) -> Self {
        let one = self.number(1.0);
        one / (one + (-self).exp())
    }

    /// `log(1 + exp(x))`, without overflow.
    #[inline(always)]
    fn softplus(self) -> Self {
        self.maximum(self.number(0.0)) + (-self.magnitude()).exp().ln_1p()
    }

    #[inline(always)]
    fn gelu_tanh(self) -> Self {
        let cube = self * self * self;
        let bent = self + self.number(0.044715) * cube;
        let scaled = bent * self.number(std::f64::consts::FRAC_2_PI.sqrt());
        self * self.number(0.5) * (self.number(1.0) + scaled.tanh())
    }

    /// The derivative of [`Elementary::gelu`].
    #[inline(always)]
    fn gelu_slope(self) -> Self {
        let peak = 0.5 * std::f64::consts::FRAC_2_SQRT_PI * std::f64::consts::FRAC_1_SQRT_2;
        self.ndtr() + self * self.bell() * self.number(peak)
    }

    /// The derivative of [`Real::gelu_tanh`].
    #[inline(always)]
    fn gelu_tanh_slope(self) -> Self {
        let (one, half) = (self.number(1.0), self.number(0.5));
        let scale = self.number(std::f64::consts::FRAC_2_PI.sqrt());
        let square = self * self;
        let tanh = (scale * (self + self.number(0.044715) * square * self)).tanh();
        let inner = scale * (one + self.number(3.0 * 0.044715) * square);
        half * (one + tanh) + half * self * (one - tanh * tanh) * inner
    }

    #[inline(always)]
    fn mish(self) -> Self {
        self * self.softplus().tanh()
    }

    #[inline(always)]
    fn mish_slope(self) -> Self {
        let tanh = self.softplus().tanh();
        tanh + self * self.sigmoid() * (self.number(1.0) - tanh * tanh)
    }

    #[inline(always)]
    fn silu_slope(self) -> Self {
        let (one, sigmoid) = (self.number(1.0), self.sigmoid());
        sigmoid * (one + self * (one - sigmoid))
    }

    #[inline(always)]
    fn silu(self) -> Self {
        self / (self.number(1.0) + (-self).exp())
    }

    #[inline(always)]
    fn hardsigmoid(self) -> Self {
        let shifted = self + self.number(3.0);
        shifted.maximum(self.number(0.0)).minimum(self.number(6.0)) / self.number(6.0)
    }

    #[inline(always)]
    fn logit(self) -> Self {
        (self / (self.number(1.0) - self)).ln()
    }

    /// The n-th derivative of the digamma function. For the first, PyTorch reflects small arguments in
    /// their own type, so that poles come out as large numbers.
    #[inline(always)]
    fn polygamma(self, n: Self) -> Self {
        let one = self.number(1.0);
        if n == one && self < self.number(0.5) {
            let pi = self.number(std::f64::consts::PI);
            let slope = pi / (pi * self).sin();
            return slope * slope - (one - self).in_double_with(one, special::polygamma);
        }
        self.in_double_with(n, special::polygamma)
    }

    /// The part behind the point.
    #[inline(always)]
    fn fraction(self) -> Self {
        self - self.trunc()
    }

    /// `sin(pi x) / (pi x)`.
    #[inline(always)]
    fn sinc(self) -> Self {
        let angle = self * self.number(std::f64::consts::PI);
        if self == self.number(0.0) {
            self.number(1.0)
        } else {
            angle.sin() / angle
        }
    }

    /// `sin(x) / x`.
    #[inline(always)]
    fn spherical_bessel_j0(self) -> Self {
        let zero = self.number(0.0);
        let ratio = self.sin() / self;
        let ratio = if self.is_infinite() { zero } else { ratio };
        if self == zero {
            self.number(1.0)
        } else {
            ratio
        }
    }

    /// The entropy `-x log(x)` of a probability.
    #[inline(always)]
    fn entropy(self) -> Self {
        let zero = self.number(0.0);
        let entropy = -self * self.ln();
        let entropy = if self == zero { zero } else { entropy };
        if self < zero {
            self.number(f64::NEG_INFINITY)
        } else {
            entropy
        }
    }

    /// The angle of a real number in the complex plane.
    #[inline(always)]
    fn angle(self) -> Self {
        let zero = self.number(0.0);
        let angle = if self < zero {
            self.number(std::f64::consts::PI)
        } else {
            zero
        };
        if self.is_nan() { self } else { angle }
    }

    #[inline(always)]
    fn logaddexp(self, rhs: Self) -> Self {
        let sum = self.maximum(rhs) + (-(self - rhs).magnitude()).exp().ln_1p();
        if self.is_infinite() && self == rhs {
            self
        } else {
            sum
        }
    }

    #[inline(always)]
    fn logaddexp2(self, rhs: Self) -> Self {
        let inverse = self.number(std::f64::consts::LOG2_E);
        let sum = self.maximum(rhs) + (-(self - rhs).magnitude()).exp2().ln_1p() * inverse;
        if self.is_infinite() && self == rhs {
            self
        } else {
            sum
        }
    }

    /// `self * log`, and 0 where `self` is 0 unless `rhs` is NaN.
    #[inline(always)]
    fn times_log(self, log: Self, rhs: Self) -> Self {
        let zero = self.number(0.0);
        if self == zero && !rhs.is_nan() {
            zero
        } else {
            self * log
        }
    }
}

macro_rules! real {
    ($T:ident, $DTYPE:ident, $to:ident, $from:ident, $fmod:path, $power:path, $angle_limit:expr, $quotient_limit:expr) => {
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
            fn from_scalar(x: Scalar) -> $T {
                x.to_f64() as $T
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
                let remainder = Number::fmod(self, rhs);
                let quotient = (self - remainder) / rhs;
                let below = remainder != 0.0 && (rhs < 0.0) != (remainder < 0.0);
                let quotient = if below { quotient - 1.0 } else { quotient };
                let floor = quotient.floor();
                let floor = if quotient - floor > 0.5 {
                    floor + 1.0
                } else {
                    floor
                };
                let zero = (0.0 as $T).copysign(self / rhs);
                let floor = if quotient == 0.0 { zero } else { floor };
                if rhs == 0.0 { self / rhs } else { floor }
            }
            #[inline(always)]
            fn trunc_divide(self, rhs: $T) -> $T {
                (self / rhs).trunc()
            }
            #[inline(always)]
            fn fmod(self, rhs: $T) -> $T {
                $fmod(self, rhs)
            }
            #[inline(always)]
            fn power(self, rhs: $T) -> $T {
                $power(self, rhs)
            }
        }

        impl Real for $T {
            const ANGLE_LIMIT: f64 = $angle_limit;
            const QUOTIENT_LIMIT: f64 = $quotient_limit;
            #[inline(always)]
            fn to_f64(self) -> f64 {
                self.into()
            }
        }
    };
}
real! {
    f32, F32, to_f32, from_f32, elementary::fmod, elementary::pow,
    elementary::ANGLE_LIMIT as f64, elementary::QUOTIENT_LIMIT as f64
}
real! { f64, F64, to_f64, from_f64, std::ops::Rem::rem, f64::powf, f64::INFINITY, f64::INFINITY }

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
    fn from_scalar(x: Scalar) -> Int {
        Wrapping(x.to_i64())
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
        let inexact = self.fmod(rhs).0 != 0;
        let below = inexact && (self.0 < 0) != (rhs.0 < 0);
        self.trunc_divide(rhs) - Wrapping(below as i64)
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

/// What only integers can do.
pub(crate) trait Whole: Sized {
    /// Bits moved up; 0 for a distance that is negative or leaves no bit.
    fn shifted_left(self, distance: Self) -> Self;
    /// Bits moved down, copies of the sign following; a bad distance leaves only those.
    fn shifted_right(self, distance: Self) -> Self;
    fn greatest_common_divisor(self, rhs: Self) -> Self;
    fn least_common_multiple(self, rhs: Self) -> Self;
}

impl Whole for Int {
    #[inline(always)]
    fn shifted_left(self, distance: Int) -> Int {
        let fits = (0..64).contains(&distance.0);
        Wrapping(if fits { self.0 << distance.0 } else { 0 })
    }

    #[inline(always)]
    fn shifted_right(self, distance: Int) -> Int {
        let fits = (0..64).contains(&distance.0);
        Wrapping(self.0 >> if fits { distance.0 } else { 63 })
    }

    #[inline(always)]
    fn greatest_common_divisor(self, rhs: Int) -> Int {
        let (mut a, mut b) = (self.magnitude(), rhs.magnitude());
        while b.0 != 0 {
            (a, b) = (b, a.fmod(b));
        }
        a
    }

    #[inline(always)]
    fn least_common_multiple(self, rhs: Int) -> Int {
        let divisor = self.greatest_common_divisor(rhs);
        (self.trunc_divide(divisor) * rhs).magnitude()
    }
}

//! The derivative of every elementwise operation, written in tensor operations so that gradients can
//! themselves be differentiated.
//!
//! In the formulas `g` is the gradient of the output, `x` or `a`, `b` the operands, `y` the output. The
//! kind of a rule says what has to be kept in memory for it.

use crate::{Result, Tensor};
use rushlight_tensor::ops::table::{BinaryOp, ParametricOp, TernaryOp, UnaryOp};
use std::f64::consts::{FRAC_1_SQRT_2, FRAC_2_PI, FRAC_2_SQRT_PI, LN_2, LN_10, PI};

/// How the gradient of a unary operation's operand follows.
pub(crate) enum UnaryRule {
    /// It is zero almost everywhere.
    Zero,
    /// There is none: the operation errors if the operand needs one.
    Missing,
    /// From the gradient alone.
    Linear(fn(&Tensor) -> Result<Tensor>),
    /// From the gradient and the operand.
    FromInput(fn(&Tensor, &Tensor) -> Result<Tensor>),
    /// From the gradient and the output.
    FromOutput(fn(&Tensor, &Tensor) -> Result<Tensor>),
}

pub(crate) fn unary(op: UnaryOp) -> UnaryRule {
    use UnaryRule::*;
    match op {
        UnaryOp::Neg => Linear(|g| -g),
        UnaryOp::Abs => FromInput(|g, x| g * x.sign()?),
        UnaryOp::Sign | UnaryOp::Sgn | UnaryOp::Angle => Zero,
        UnaryOp::Square => FromInput(|g, x| g * (x * 2.0)?),
        UnaryOp::Floor | UnaryOp::Ceil | UnaryOp::Round | UnaryOp::Trunc => Zero,
        UnaryOp::Frac => Linear(|g| Ok(g.clone())),
        UnaryOp::FrexpMantissa => FromInput(|g, x| g / x.frexp_exponent()?.exp2()?),
        UnaryOp::FrexpExponent | UnaryOp::BitwiseNot => Zero,
        UnaryOp::Exp => FromOutput(|g, y| g * y),
        UnaryOp::Exp2 => FromOutput(|g, y| g * (y * LN_2)?),
        UnaryOp::Expm1 => FromOutput(|g, y| g * (y + 1.0)?),
        UnaryOp::Log => FromInput(|g, x| g / x),
        UnaryOp::Log2 => FromInput(|g, x| g / (x * LN_2)?),
        UnaryOp::Log10 => FromInput(|g, x| g / (x * LN_10)?),
        UnaryOp::Log1p => FromInput(|g, x| g / (x + 1.0)?),
        UnaryOp::Sqrt => FromOutput(|g, y| g / (y * 2.0)?),
        UnaryOp::Rsqrt => FromOutput(|g, y| g * ((y * y)? * (y * -0.5)?)?),
        UnaryOp::Reciprocal => FromOutput(|g, y| g * (y * y)?.neg()?),
        UnaryOp::Deg2Rad => Linear(|g| g.deg2rad()),
        UnaryOp::Rad2Deg => Linear(|g| g.rad2deg()),
        UnaryOp::Sin => FromInput(|g, x| g * x.cos()?),
        UnaryOp::Cos => FromInput(|g, x| g * x.sin()?.neg()?),
        UnaryOp::Tan => FromOutput(|g, y| g * ((y * y)? + 1.0)?),
        UnaryOp::Asin => FromInput(|g, x| g * (1.0 - (x * x)?)?.rsqrt()?),
        UnaryOp::Acos => FromInput(|g, x| g * (1.0 - (x * x)?)?.rsqrt()?.neg()?),
        UnaryOp::Atan => FromInput(|g, x| g / ((x * x)? + 1.0)?),
        UnaryOp::Sinh => FromInput(|g, x| g * x.cosh()?),
        UnaryOp::Cosh => FromInput(|g, x| g * x.sinh()?),
        UnaryOp::Tanh => FromOutput(|g, y| g.tanh_backward(y)),
        UnaryOp::Asinh => FromInput(|g, x| g * ((x * x)? + 1.0)?.rsqrt()?),
        UnaryOp::Acosh => FromInput(|g, x| g * ((x * x)? - 1.0)?.rsqrt()?),
        UnaryOp::Atanh => FromInput(|g, x| g / (1.0 - (x * x)?)?),
        UnaryOp::Sinc => FromInput(|g, x| {
            let angle = (x * PI)?;
            let slope = (((&angle * angle.cos()?)? - angle.sin()?)? / (&angle * x)?)?;
            (g * slope)?.masked_where(&x.ne(0.0)?)
        }),
        UnaryOp::Sigmoid => FromOutput(|g, y| g.sigmoid_backward(y)),
        UnaryOp::Erf => FromInput(|g, x| g * ((x * x)?.neg()?.exp()? * FRAC_2_SQRT_PI)?),
        UnaryOp::Erfc => FromInput(|g, x| g * ((x * x)?.neg()?.exp()? * -FRAC_2_SQRT_PI)?),
        UnaryOp::Erfcx => FromInput(|g, x| g * (((x * 2.0)? * x.erfcx()?)? - FRAC_2_SQRT_PI)?),
        UnaryOp::Erfinv => FromOutput(|g, y| g * ((y * y)?.exp()? / FRAC_2_SQRT_PI)?),
        UnaryOp::Ndtr => FromInput(|g, x| g * normal_density(x)?),
        UnaryOp::LogNdtr => FromInput(|g, x| {
            let log_density = ((x * x)? * -0.5)?;
            g * ((log_density - x.log_ndtr()?)?.exp()? * NORMAL_PEAK)?
        }),
        UnaryOp::Ndtri => FromOutput(|g, y| g * (((y * y)? * 0.5)?.exp()? / NORMAL_PEAK)?),
        UnaryOp::Entr => FromInput(|g, x| g * (x.log()? + 1.0)?.neg()?),
        UnaryOp::Lgamma => FromInput(|g, x| g * x.digamma()?),
        UnaryOp::Digamma => FromInput(|g, x| g * x.polygamma(1)?),
        UnaryOp::I0 => FromInput(|g, x| g * x.i1()?),
        UnaryOp::I0e => FromInput(|g, x| g * (x.i1e()? - (x.sgn()? * x.i0e()?)?)?),
        UnaryOp::I1 => FromInput(|g, x| {
            let slope = (x.i0()? - (x.i1()? / x)?)?;
            g * Tensor::select_where(&x.eq(0.0)?, 0.5, &slope)?
        }),
        UnaryOp::I1e => FromInput(|g, x| {
            // The difference cancels, for which half types have no digits to spare.
            let x = x.to_dtype(x.dtype().to_accumulate())?;
            let slope = (x.i0e()? - (x.i1e()? * (x.sgn()? + x.reciprocal()?)?)?)?;
            g * Tensor::select_where(&x.eq(0.0)?, 0.5, &slope)?
        }),
        UnaryOp::BesselJ0 => FromInput(|g, x| g * x.bessel_j1()?.neg()?),
        UnaryOp::BesselJ1 => FromInput(|g, x| {
            let slope = (x.bessel_j0()? - (x.bessel_j1()? / x)?)?;
            g * Tensor::select_where(&x.eq(0.0)?, 0.5, &slope)?
        }),
        UnaryOp::BesselY0 => FromInput(|g, x| g * x.bessel_y1()?.neg()?),
        UnaryOp::BesselY1 => FromInput(|g, x| g * (x.bessel_y0()? - (x.bessel_y1()? / x)?)?),
        UnaryOp::ModifiedBesselK0 => FromInput(|g, x| g * x.modified_bessel_k1()?.neg()?),
        UnaryOp::ModifiedBesselK1 => FromInput(|g, x| {
            let slope = (x.modified_bessel_k0()? + (x.modified_bessel_k1()? / x)?)?;
            g * slope.neg()?
        }),
        UnaryOp::ScaledModifiedBesselK0 => FromInput(|g, x| {
            g * (x.scaled_modified_bessel_k0()? - x.scaled_modified_bessel_k1()?)?
        }),
        UnaryOp::ScaledModifiedBesselK1 => FromInput(|g, x| {
            let rest = (x.scaled_modified_bessel_k1()? * (1.0 - x.reciprocal()?)?)?;
            g * (rest - x.scaled_modified_bessel_k0()?)?
        }),
        UnaryOp::SphericalBesselJ0 => FromInput(|g, x| {
            let slope = ((x.cos()? - x.spherical_bessel_j0()?)? / x)?;
            (g * slope)?.masked_where(&x.ne(0.0)?)
        }),
        UnaryOp::AiryAi => Missing,
        UnaryOp::Relu => FromOutput(|g, y| g.relu_backward(y)),
        UnaryOp::Gelu => FromInput(|g, x| g.gelu_backward(x)),
        UnaryOp::GeluTanh => FromInput(|g, x| g.gelu_tanh_backward(x)),
        UnaryOp::Silu => FromInput(|g, x| g.silu_backward(x)),
        UnaryOp::Mish => FromInput(|g, x| g.mish_backward(x)),
        UnaryOp::LogSigmoid => FromInput(|g, x| g.logsigmoid_backward(x)),
        UnaryOp::Hardsigmoid => FromInput(|g, x| (g / 6.0)?.masked_where(&x.abs()?.lt(3.0)?)),
        UnaryOp::Hardswish => FromInput(|g, x| g.hardswish_backward(x)),
        // In terms of the result, so that infinities, where it is NaN, have the gradient NaN.
        UnaryOp::Softsign => FromOutput(|g, y| g * (1.0 - y.abs()?)?.square()?),
        UnaryOp::Tanhshrink => FromInput(|g, x| g * x.tanh()?.square()?),
    }
}

/// The density of the normal distribution at 0: `1 / sqrt(2 pi)`.
const NORMAL_PEAK: f64 = 0.5 * FRAC_2_SQRT_PI * FRAC_1_SQRT_2;

/// The density of the standard normal distribution.
fn normal_density(x: &Tensor) -> Result<Tensor> {
    ((x * x)? * -0.5)?.exp()? * NORMAL_PEAK
}

/// How the gradient of an operation with parameters follows from the gradient, the operand and the
/// parameters.
pub(crate) type ParametricRule = fn(&Tensor, &Tensor, [f64; 3]) -> Result<Tensor>;

pub(crate) fn parametric(op: ParametricOp) -> ParametricRule {
    match op {
        ParametricOp::ClampMin => |g, x, [low, ..]| g.masked_where(&x.gt(low)?),
        ParametricOp::ClampMax => |g, x, [high, ..]| g.masked_where(&x.lt(high)?),
        ParametricOp::Clamp => {
            |g, x, [low, high, _]| g.masked_where(&x.gt(low)?.logical_and(&x.lt(high)?)?)
        }
        ParametricOp::Hardtanh => |g, x, [low, high, _]| {
            let outside = x.le(low)?.logical_or(&x.ge(high)?)?;
            g.masked_where(&outside.logical_not()?)
        },
        ParametricOp::LeakyRelu => {
            |g, x, [slope, ..]| Tensor::select_where(&x.gt(0.0)?, g, &(g * slope)?)
        }
        ParametricOp::Elu => |g, x, [alpha, scale, input_scale]| {
            let exp = (x * input_scale)?.exp()?;
            let left = ((exp * (alpha * scale * input_scale))? * g)?;
            Tensor::select_where(&x.le(0.0)?, &left, &(g * scale)?)
        },
        ParametricOp::Softplus => |g, x, [beta, threshold, _]| {
            let scaled = (x * beta)?;
            let left = (g * scaled.sigmoid()?)?;
            Tensor::select_where(&scaled.gt(threshold)?, g, &left)
        },
        ParametricOp::Threshold => {
            |g, x, [threshold, ..]| g.masked_where(&x.le(threshold)?.logical_not()?)
        }
        ParametricOp::Hardshrink | ParametricOp::Softshrink => {
            |g, x, [lambda, ..]| g.masked_where(&x.abs()?.le(lambda)?.logical_not()?)
        }
        ParametricOp::Huber => |g, x, [delta, ..]| g * x.clamp(-delta, delta)?,
        ParametricOp::PowScalar => |g, x, [exponent, ..]| match exponent {
            0.0 => g.zeros_like(),
            exponent => g * (x.pow(exponent - 1.0)? * exponent)?,
        },
        ParametricOp::NanToNum => |g, x, _| g.masked_where(&x.isfinite()?),
        ParametricOp::RoundScaled => |g, _, _| g.zeros_like(),
        ParametricOp::Logit => |g, x, [low, high, _]| {
            let slope = (g / (x * (1.0 - x)?)?)?;
            if low.is_infinite() {
                let inside = x.ge(0.0)?.logical_and(&x.le(1.0)?)?;
                return Tensor::select_where(&inside, &slope, f64::NAN);
            }
            slope.masked_where(&x.lt(low)?.logical_or(&x.gt(high)?)?.logical_not()?)
        },
        ParametricOp::Polygamma => |g, x, [n, ..]| g * x.polygamma((n as i64).saturating_add(1))?,
    }
}

/// How the gradients of the operands of a ternary operation follow from the gradient, the operands
/// and the number.
pub(crate) type TernaryRule = fn(&Tensor, [&Tensor; 3], f64) -> Result<Tensor>;

pub(crate) fn ternary(op: TernaryOp) -> [TernaryRule; 3] {
    match op {
        TernaryOp::Where => [
            |g, _, _| g.zeros_like(),
            |g, [condition, ..], _| g.masked_where(condition),
            |g, [condition, ..], _| g.masked_where(&condition.logical_not()?),
        ],
        // An element that equals a limit shares the gradient with it; where the limits are in the wrong
        // order, all of it goes to the upper one.
        TernaryOp::Clamp => [
            |g, [x, low, high], _| {
                let at_limit = x.eq(low)?.logical_or(&x.eq(high)?)?;
                let lost = x.lt(low)?.logical_or(&x.gt(high)?)?;
                share(g, &lost, &at_limit.logical_and(&low.lt(high)?)?)
            },
            |g, [x, low, high], _| {
                let tied = x.eq(low)?.logical_and(&low.lt(high)?)?;
                let won = x.lt(low)?.logical_and(&low.le(high)?)?;
                share(g, &won.logical_or(&tied)?.logical_not()?, &tied)
            },
            |g, [x, low, high], _| {
                let tied = x.eq(high)?.logical_and(&low.lt(high)?)?;
                let won = x
                    .gt(high)?
                    .logical_and(&low.le(high)?)?
                    .logical_or(&low.gt(high)?)?;
                share(g, &won.logical_or(&tied)?.logical_not()?, &tied)
            },
        ],
        TernaryOp::Lerp => [
            |g, [_, _, weight], _| g * (1.0 - weight)?,
            |g, [_, _, weight], _| g * weight,
            |g, [a, b, _], _| g * (b - a)?,
        ],
        TernaryOp::Addcmul => [
            |g, _, _| Ok(g.clone()),
            |g, [_, _, b], value| g * (b * value)?,
            |g, [_, a, _], value| g * (a * value)?,
        ],
        TernaryOp::Addcdiv => [
            |g, _, _| Ok(g.clone()),
            |g, [_, _, b], value| g * (value / b)?,
            |g, [_, a, b], value| g * ((a * -value)? / (b * b)?)?,
        ],
    }
}

/// How the gradient of one operand of a binary operation follows.
pub(crate) enum Partial {
    /// It is zero almost everywhere, or the operation is of integers.
    Zero,
    /// There is none: the operation errors if this operand needs one.
    Missing,
    /// From the gradient alone.
    Linear(fn(&Tensor) -> Result<Tensor>),
    /// From the gradient and the left operand.
    FromLhs(fn(&Tensor, &Tensor) -> Result<Tensor>),
    /// From the gradient and the right operand.
    FromRhs(fn(&Tensor, &Tensor) -> Result<Tensor>),
    /// From the gradient and both operands.
    FromBoth(fn(&Tensor, &Tensor, &Tensor) -> Result<Tensor>),
}

/// The rules of the left and the right operand.
pub(crate) fn binary(op: BinaryOp) -> (Partial, Partial) {
    use Partial::*;
    match op {
        BinaryOp::Add => (Linear(|g| Ok(g.clone())), Linear(|g| Ok(g.clone()))),
        BinaryOp::Sub => (Linear(|g| Ok(g.clone())), Linear(|g| -g)),
        BinaryOp::Mul => (FromRhs(|g, b| g * b), FromLhs(|g, a| g * a)),
        BinaryOp::Div => (
            FromRhs(|g, b| g / b),
            FromBoth(|g, a, b| (g * ((a / b)? / b)?)?.neg()),
        ),
        BinaryOp::FloorDivide | BinaryOp::TruncDivide => (Zero, Zero),
        BinaryOp::Remainder => (
            Linear(|g| Ok(g.clone())),
            FromBoth(|g, a, b| (g * a.floor_divide(b)?)?.neg()),
        ),
        BinaryOp::Fmod => (
            Linear(|g| Ok(g.clone())),
            FromBoth(|g, a, b| (g * a.trunc_divide(b)?)?.neg()),
        ),
        BinaryOp::Pow => (
            FromBoth(|g, a, b| (g * power_slope(a, b)?)?.masked_where(&b.ne(0.0)?)),
            FromBoth(|g, a, b| g * a.pow_exponent_slope(b)?),
        ),
        BinaryOp::PowExponentSlope => (
            FromBoth(|g, a, b| {
                let below = (b - 1.0)?;
                g * (a.pow(&below)? + (a.pow_exponent_slope(&below)? * b)?)?
            }),
            FromBoth(|g, a, b| g * (a.pow_exponent_slope(b)? * a.log()?)?),
        ),
        BinaryOp::Maximum => (
            FromBoth(|g, a, b| share(g, &a.lt(b)?, &a.eq(b)?)),
            FromBoth(|g, a, b| share(g, &b.lt(a)?, &a.eq(b)?)),
        ),
        BinaryOp::Minimum => (
            FromBoth(|g, a, b| share(g, &a.gt(b)?, &a.eq(b)?)),
            FromBoth(|g, a, b| share(g, &b.gt(a)?, &a.eq(b)?)),
        ),
        BinaryOp::Fmax => (
            FromBoth(|g, a, b| {
                let won = a.ge(b)?.logical_or(&b.isnan()?)?;
                share(g, &won.logical_not()?, &a.eq(b)?)
            }),
            FromBoth(|g, a, b| share(g, &a.gt(b)?.logical_or(&b.isnan()?)?, &a.eq(b)?)),
        ),
        BinaryOp::Fmin => (
            FromBoth(|g, a, b| {
                let won = a.le(b)?.logical_or(&b.isnan()?)?;
                share(g, &won.logical_not()?, &a.eq(b)?)
            }),
            FromBoth(|g, a, b| share(g, &a.lt(b)?.logical_or(&b.isnan()?)?, &a.eq(b)?)),
        ),
        BinaryOp::Heaviside => (Missing, Missing),
        BinaryOp::Atan2 => (
            FromBoth(|g, a, b| {
                (g * (b / ((a * a)? + (b * b)?)?)?)?.masked_where(&off_origin(a, b)?)
            }),
            FromBoth(|g, a, b| {
                let slope = (a.neg()? / ((a * a)? + (b * b)?)?)?;
                (g * slope)?.masked_where(&off_origin(a, b)?)
            }),
        ),
        BinaryOp::Hypot => (
            FromBoth(|g, a, b| g * (a / a.hypot(b)?)?),
            FromBoth(|g, a, b| g * (b / a.hypot(b)?)?),
        ),
        BinaryOp::PreluKernel => (
            FromBoth(|g, x, weight| Tensor::select_where(&x.gt(0.0)?, g, &(g * weight)?)),
            FromLhs(|g, x| g * x.clamp_max(0.0)?),
        ),
        BinaryOp::Copysign => (
            FromBoth(|g, a, b| {
                let slope = (a.copysign(b)? / a)?;
                (g * slope)?.masked_where(&a.ne(0.0)?)
            }),
            Zero,
        ),
        BinaryOp::NextAfter => (FromBoth(|g, a, b| g.masked_where(&a.ne(b)?)), Zero),
        BinaryOp::LogAddExp => (
            FromBoth(|g, a, b| g * (a - b)?.sigmoid()?),
            FromBoth(|g, a, b| g * (b - a)?.sigmoid()?),
        ),
        BinaryOp::LogAddExp2 => (
            FromBoth(|g, a, b| g * ((a - b)? * LN_2)?.sigmoid()?),
            FromBoth(|g, a, b| g * ((b - a)? * LN_2)?.sigmoid()?),
        ),
        BinaryOp::Xlogy => (
            FromBoth(|g, a, b| {
                let flat = a.eq(0.0)?.logical_and(&b.le(0.0)?)?;
                g.xlogy(b)?.masked_where(&flat.logical_not()?)
            }),
            FromBoth(|g, a, b| g * (a / b)?),
        ),
        BinaryOp::Xlog1py => (
            FromBoth(|g, a, b| {
                let flat = a.eq(0.0)?.logical_and(&b.le(-1.0)?)?;
                g.xlog1py(b)?.masked_where(&flat.logical_not()?)
            }),
            FromBoth(|g, a, b| g * (a / (b + 1.0)?)?),
        ),
        BinaryOp::Zeta => (
            Missing,
            FromBoth(|g, a, b| g * (a.neg()? * (a + 1.0)?.zeta(b)?)?),
        ),
        BinaryOp::Igamma => (Missing, FromBoth(|g, a, b| g * gamma_density(a, b)?)),
        BinaryOp::Igammac => (Missing, FromBoth(|g, a, b| g * gamma_density(a, b)?.neg()?)),
        BinaryOp::ChebyshevT
        | BinaryOp::ChebyshevU
        | BinaryOp::ChebyshevV
        | BinaryOp::ChebyshevW
        | BinaryOp::ShiftedChebyshevT
        | BinaryOp::ShiftedChebyshevU
        | BinaryOp::ShiftedChebyshevV
        | BinaryOp::ShiftedChebyshevW
        | BinaryOp::HermiteH
        | BinaryOp::HermiteHe
        | BinaryOp::LaguerreL
        | BinaryOp::LegendreP => (Missing, Missing),
        BinaryOp::Gcd
        | BinaryOp::Lcm
        | BinaryOp::BitwiseLeftShift
        | BinaryOp::BitwiseRightShift
        | BinaryOp::BitwiseAnd
        | BinaryOp::BitwiseOr
        | BinaryOp::BitwiseXor => (Zero, Zero),
        BinaryOp::ReluBackward => (FromRhs(|g, y| g.relu_backward(y)), Zero),
        BinaryOp::SigmoidBackward => (
            FromRhs(|g, y| g.sigmoid_backward(y)),
            FromBoth(|g, a, y| g * (a * (1.0 - (y * 2.0)?)?)?),
        ),
        BinaryOp::TanhBackward => (
            FromRhs(|g, y| g.tanh_backward(y)),
            FromBoth(|g, a, y| g * ((a * y)? * -2.0)?),
        ),
        BinaryOp::GeluBackward => (
            FromRhs(|g, x| g.gelu_backward(x)),
            FromBoth(|g, a, x| g * (a * (normal_density(x)? * (2.0 - (x * x)?)?)?)?),
        ),
        BinaryOp::GeluTanhBackward => (
            FromRhs(|g, x| g.gelu_tanh_backward(x)),
            FromBoth(|g, a, x| g * (a * gelu_tanh_curvature(x)?)?),
        ),
        BinaryOp::SiluBackward => (
            FromRhs(|g, x| g.silu_backward(x)),
            FromBoth(|g, a, x| {
                let sigmoid = x.sigmoid()?;
                let slope = (&sigmoid * (1.0 - &sigmoid)?)?;
                let rest = ((x * (1.0 - (sigmoid * 2.0)?)?)? + 2.0)?;
                g * (a * (slope * rest)?)?
            }),
        ),
        BinaryOp::MishBackward => (
            FromRhs(|g, x| g.mish_backward(x)),
            FromBoth(|g, a, x| g * (a * mish_curvature(x)?)?),
        ),
        BinaryOp::LogSigmoidBackward => (
            FromRhs(|g, x| g.logsigmoid_backward(x)),
            FromBoth(|g, a, x| g * a.neg()?.sigmoid_backward(&x.sigmoid()?)?),
        ),
        BinaryOp::HardswishBackward => (
            FromRhs(|g, x| g.hardswish_backward(x)),
            FromBoth(|g, a, x| (g * (a / 3.0)?)?.masked_where(&x.abs()?.lt(3.0)?)),
        ),
    }
}

/// The derivative of `a^b` with respect to a.
fn power_slope(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    a.pow(&(b - 1.0)?)? * b
}

/// Where a point is not the origin.
fn off_origin(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    a.ne(0.0)?.logical_or(&b.ne(0.0)?)
}

/// The second derivative of `gelu_tanh`: of `x (1 + tanh u) / 2` with `u = scale (x + bend x^3)`.
fn gelu_tanh_curvature(x: &Tensor) -> Result<Tensor> {
    let (scale, bend) = (FRAC_2_PI.sqrt(), 0.044715);
    let square = (x * x)?;
    let tanh = ((x * scale)? * ((&square * bend)? + 1.0)?)?.tanh()?;
    let (u1, u2) = (
        ((square * (3.0 * bend * scale))? + scale)?,
        (x * (6.0 * bend * scale))?,
    );
    let bent = ((x * 0.5)? * (u2 - ((&tanh * 2.0)? * u1.square()?)?)?)?;
    (1.0 - (&tanh * &tanh)?)? * (u1 + bent)?
}

/// The second derivative of `mish`: of `x tanh u` with `u = softplus(x)`.
fn mish_curvature(x: &Tensor) -> Result<Tensor> {
    let (tanh, sigmoid) = (x.softplus(1.0, 20.0)?.tanh()?, x.sigmoid()?);
    let t1 = ((1.0 - (&tanh * &tanh)?)? * &sigmoid)?;
    let t2 = (&t1 * ((1.0 - &sigmoid)? - ((tanh * 2.0)? * &sigmoid)?)?)?;
    (t1 * 2.0)? + (x * t2)?
}

/// The density at `x` of the gamma distribution of order `a`.
fn gamma_density(a: &Tensor, x: &Tensor) -> Result<Tensor> {
    ((((a - 1.0)? * x.log()?)? - x)? - a.lgamma()?)?.exp()
}

/// The gradient unless the operand lost, and half of it where both are equal.
fn share(g: &Tensor, lost: &Tensor, tied: &Tensor) -> Result<Tensor> {
    let won = Tensor::select_where(tied, &(g * 0.5)?, g)?;
    won.masked_where(&lost.logical_not()?)
}

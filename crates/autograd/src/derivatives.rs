//! The derivative of every elementwise operation, written in tensor operations so that gradients can
//! themselves be differentiated.
//!
//! In the formulas `g` is the gradient of the output, `x` or `a`, `b` the operands, `y` the output. The
//! kind of a rule says what has to be kept in memory for it.

use crate::{Result, Tensor};
use rushlight_tensor::ops::table::{BinaryOp, ParametricOp, UnaryOp};
use std::f64::consts::{LN_2, LN_10, PI};

/// How the gradient of a unary operation's operand follows.
pub(crate) enum UnaryRule {
    /// It is zero almost everywhere.
    Zero,
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
        UnaryOp::Sign => Zero,
        UnaryOp::Square => FromInput(|g, x| g * (x * 2.0)?),
        UnaryOp::Relu => FromOutput(|g, y| g.masked_where(&y.gt(0.0)?)),
        UnaryOp::Floor | UnaryOp::Ceil | UnaryOp::Round | UnaryOp::Trunc => Zero,
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
        UnaryOp::Sin => FromInput(|g, x| g * x.cos()?),
        UnaryOp::Cos => FromInput(|g, x| g * x.sin()?.neg()?),
        UnaryOp::Tan => FromOutput(|g, y| g * ((y * y)? + 1.0)?),
        UnaryOp::Asin => FromInput(|g, x| g * (1.0 - (x * x)?)?.rsqrt()?),
        UnaryOp::Acos => FromInput(|g, x| g * (1.0 - (x * x)?)?.rsqrt()?.neg()?),
        UnaryOp::Atan => FromInput(|g, x| g / ((x * x)? + 1.0)?),
        UnaryOp::Sinh => FromInput(|g, x| g * x.cosh()?),
        UnaryOp::Cosh => FromInput(|g, x| g * x.sinh()?),
        UnaryOp::Tanh => FromOutput(|g, y| g * (1.0 - (y * y)?)?),
        UnaryOp::Asinh => FromInput(|g, x| g * ((x * x)? + 1.0)?.rsqrt()?),
        UnaryOp::Acosh => FromInput(|g, x| g * ((x * x)? - 1.0)?.rsqrt()?),
        UnaryOp::Atanh => FromInput(|g, x| g / (1.0 - (x * x)?)?),
        UnaryOp::Sigmoid => FromOutput(|g, y| g * ((1.0 - y)? * y)?),
        UnaryOp::Erf => FromInput(|g, x| g * ((x * x)?.neg()?.exp()? * (2.0 / PI.sqrt()))?),
        UnaryOp::Erfc => FromInput(|g, x| g * ((x * x)?.neg()?.exp()? * (-2.0 / PI.sqrt()))?),
    }
}

/// How the gradient of an operation with parameters follows, given the parameters.
pub(crate) enum ParametricRule {
    /// From the gradient and the operand.
    FromInput(fn(&Tensor, &Tensor, [f64; 3]) -> Result<Tensor>),
}

pub(crate) fn parametric(op: ParametricOp) -> ParametricRule {
    use ParametricRule::*;
    match op {
        ParametricOp::Clamp => {
            FromInput(|g, x, [low, high, _]| g.masked_where(&x.ge(low)?.logical_and(&x.le(high)?)?))
        }
        ParametricOp::LeakyRelu => {
            FromInput(|g, x, [slope, ..]| Tensor::select_where(&x.gt(0.0)?, g, &(g * slope)?))
        }
        ParametricOp::Elu => FromInput(|g, x, [alpha, scale, input_scale]| {
            let exp = (x * input_scale)?.exp()?;
            let left = ((exp * (alpha * scale * input_scale))? * g)?;
            Tensor::select_where(&x.gt(0.0)?, &(g * scale)?, &left)
        }),
        ParametricOp::Softplus => FromInput(|g, x, [beta, threshold, _]| {
            let scaled = (x * beta)?;
            let left = (g * scaled.sigmoid()?)?;
            Tensor::select_where(&scaled.gt(threshold)?, g, &left)
        }),
        ParametricOp::Threshold => {
            FromInput(|g, x, [threshold, ..]| g.masked_where(&x.le(threshold)?.logical_not()?))
        }
        ParametricOp::Hardshrink | ParametricOp::Softshrink => {
            FromInput(|g, x, [lambda, ..]| g.masked_where(&x.abs()?.le(lambda)?.logical_not()?))
        }
        ParametricOp::PowScalar => FromInput(|g, x, [exponent, ..]| {
            if exponent == 0.0 {
                return g.mul(0.0)?.masked_where(&g.isnan()?.logical_not()?);
            }
            g * (x.pow(exponent - 1.0)? * exponent)?
        }),
        ParametricOp::NanToNum => FromInput(|g, x, _| g.masked_where(&x.isfinite()?)),
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
            FromBoth(|g, a, b| {
                let slope = (a.pow(&(b - 1.0)?)? * b)?;
                (g * slope)?.masked_where(&b.ne(0.0)?)
            }),
            FromBoth(|g, a, b| {
                let slope = (a.pow(b)? * a.log()?)?;
                let flat = a.eq(0.0)?.logical_and(&b.ge(0.0)?)?;
                (g * slope)?.masked_where(&flat.logical_not()?)
            }),
        ),
        BinaryOp::Maximum => (
            FromBoth(|g, a, b| share(g, &a.gt(b)?, &a.eq(b)?)),
            FromBoth(|g, a, b| share(g, &b.gt(a)?, &a.eq(b)?)),
        ),
        BinaryOp::Minimum => (
            FromBoth(|g, a, b| share(g, &a.lt(b)?, &a.eq(b)?)),
            FromBoth(|g, a, b| share(g, &b.lt(a)?, &a.eq(b)?)),
        ),
        BinaryOp::Fmax => (
            FromBoth(|g, a, b| g.masked_where(&a.ge(b)?.logical_or(&b.isnan()?)?)),
            FromBoth(|g, a, b| g.masked_where(&a.ge(b)?.logical_or(&b.isnan()?)?.logical_not()?)),
        ),
        BinaryOp::Fmin => (
            FromBoth(|g, a, b| g.masked_where(&a.le(b)?.logical_or(&b.isnan()?)?)),
            FromBoth(|g, a, b| g.masked_where(&a.le(b)?.logical_or(&b.isnan()?)?.logical_not()?)),
        ),
        BinaryOp::Atan2 => (
            FromBoth(|g, a, b| g * (b / ((a * a)? + (b * b)?)?)?),
            FromBoth(|g, a, b| g * (a.neg()? / ((a * a)? + (b * b)?)?)?),
        ),
        BinaryOp::Hypot => (
            FromBoth(|g, a, b| g * (a / a.hypot(b)?)?),
            FromBoth(|g, a, b| g * (b / a.hypot(b)?)?),
        ),
        BinaryOp::Copysign => (
            FromBoth(|g, a, b| {
                let slope = (a.copysign(b)? / a)?;
                (g * slope)?.masked_where(&a.ne(0.0)?)
            }),
            Zero,
        ),
        BinaryOp::LogAddExp => (
            FromBoth(|g, a, b| g * (a - b)?.sigmoid()?),
            FromBoth(|g, a, b| g * (b - a)?.sigmoid()?),
        ),
        BinaryOp::Xlogy => (
            FromBoth(|g, a, b| {
                let flat = a.eq(0.0)?.logical_and(&b.le(0.0)?)?;
                (g * b.log()?)?.masked_where(&flat.logical_not()?)
            }),
            FromBoth(|g, a, b| g * (a / b)?),
        ),
        BinaryOp::BitwiseAnd | BinaryOp::BitwiseOr | BinaryOp::BitwiseXor => (Zero, Zero),
    }
}

/// The gradient where the operand won, and half of it where both are equal.
fn share(g: &Tensor, won: &Tensor, tied: &Tensor) -> Result<Tensor> {
    Tensor::select_where(tied, &(g * 0.5)?, &g.masked_where(won)?)
}

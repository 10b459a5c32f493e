//! Operations on each element.

use super::ops;
use crate::call::{Call, Given, KEYWORD};
use crate::tensor::{Operand, Scalar, Tensor};

/// `a + b` and its like, where either side may be a number.
macro_rules! operator {
    ($a:expr, $op:tt, $b:expr) => {
        match ($a, $b) {
            (Operand::Tensor(a), b) => a $op b,
            (Operand::Scalar(a), Operand::Tensor(b)) => match a {
                Scalar::Float(a) => a $op b,
                Scalar::Int(a) => a $op b,
                Scalar::Bool(a) => i64::from(a) $op b,
            },
            (Operand::Scalar(_), Operand::Scalar(_)) => return Err(two_numbers()),
        }
    };
}

fn two_numbers() -> crate::outcome::Failure {
    crate::outcome::Failure::Kind("both operands are numbers".into())
}

/// The second operand of `add` and `sub`, times `alpha`.
fn scaled(c: &Call, name: &str, position: usize) -> Given<Operand> {
    match c.opt_scalar("alpha", KEYWORD)? {
        Some(alpha) => Ok(Operand::Tensor(c.tensor(name, position)?.mul(alpha)?)),
        None => c.operand(name, position),
    }
}

fn div(c: &Call) -> Given<Tensor> {
    let (x, other) = (c.operand("input", 0)?, c.operand("other", 1)?);
    match c.text_or("rounding_mode", KEYWORD, "none")?.as_str() {
        "floor" => Ok(c.input()?.floor_divide(other)?),
        "trunc" => Ok(c.input()?.trunc_divide(other)?),
        _ => Ok(operator!(x, /, other)?),
    }
}

ops! {
    // One operand.
    "abs" | "absolute" => |c| c.input()?.abs();
    "acos" | "arccos" => |c| c.input()?.acos();
    "acosh" | "arccosh" => |c| c.input()?.acosh();
    "asin" | "arcsin" => |c| c.input()?.asin();
    "asinh" | "arcsinh" => |c| c.input()?.asinh();
    "atan" | "arctan" => |c| c.input()?.atan();
    "atanh" | "arctanh" => |c| c.input()?.atanh();
    "ceil" => |c| c.input()?.ceil();
    "cos" => |c| c.input()?.cos();
    "cosh" => |c| c.input()?.cosh();
    "erf" | "special.erf" => |c| c.input()?.erf();
    "erfc" | "special.erfc" => |c| c.input()?.erfc();
    "exp" => |c| c.input()?.exp();
    "exp2" | "special.exp2" => |c| c.input()?.exp2();
    "expm1" | "special.expm1" => |c| c.input()?.expm1();
    "floor" => |c| c.input()?.floor();
    "log" => |c| c.input()?.log();
    "log10" => |c| c.input()?.log10();
    "log1p" | "special.log1p" => |c| c.input()?.log1p();
    "log2" => |c| c.input()?.log2();
    "neg" | "negative" => |c| c.input()?.neg();
    "reciprocal" => |c| c.input()?.reciprocal();
    "round" | "special.round" => |c| c.input()?.round();
    "rsqrt" => |c| c.input()?.rsqrt();
    "sigmoid" | "special.expit" | "nn.functional.sigmoid" => |c| c.input()?.sigmoid();
    "sign" => |c| c.input()?.sign();
    "sin" => |c| c.input()?.sin();
    "sinh" => |c| c.input()?.sinh();
    "sqrt" => |c| c.input()?.sqrt();
    "square" => |c| c.input()?.square();
    "tan" => |c| c.input()?.tan();
    "tanh" | "nn.functional.tanh" => |c| c.input()?.tanh();
    "trunc" | "fix" => |c| c.input()?.trunc();

    // Properties of one operand.
    "isfinite" => |c| c.input()?.isfinite();
    "isinf" => |c| c.input()?.isinf();
    "isnan" => |c| c.input()?.isnan();
    "isneginf" => |c| c.input()?.isneginf();
    "isposinf" => |c| c.input()?.isposinf();
    "logical_not" => |c| c.input()?.logical_not();
    "signbit" => |c| c.input()?.signbit();

    // Arithmetic.
    "add" => |c| operator!(c.operand("input", 0)?, +, scaled(c, "other", 1)?);
    "sub" | "subtract" => |c| operator!(c.operand("input", 0)?, -, scaled(c, "other", 1)?);
    "rsub" => |c| operator!(c.operand("other", 1)?, -, scaled(c, "input", 0)?);
    "mul" | "multiply" => |c| operator!(c.operand("input", 0)?, *, c.operand("other", 1)?);
    "div" | "divide" => |c| div(c);
    "true_divide" => |c| operator!(c.operand("input", 0)?, /, c.operand("other", 1)?);
    "remainder" => |c| operator!(c.operand("input", 0)?, %, c.operand("other", 1)?);
    "__radd__" => |c| operator!(c.operand("other", 1)?, +, c.operand("input", 0)?);
    "__rsub__" => |c| operator!(c.operand("other", 1)?, -, c.operand("input", 0)?);
    "__rmul__" => |c| operator!(c.operand("other", 1)?, *, c.operand("input", 0)?);
    "__rdiv__" => |c| operator!(c.operand("other", 1)?, /, c.operand("input", 0)?);
    "__rmod__" => |c| operator!(c.operand("other", 1)?, %, c.operand("input", 0)?);
    "__rpow__" => |c| c.tensor("other", 1)?.pow(c.input()?);
    "__rand__" => |c| c.input()?.bitwise_and(c.operand("other", 1)?);
    "__ror__" => |c| c.input()?.bitwise_or(c.operand("other", 1)?);
    "__rxor__" => |c| c.input()?.bitwise_xor(c.operand("other", 1)?);

    // Two operands.
    "atan2" | "arctan2" => |c| c.input()?.atan2(c.operand("other", 1)?);
    "bitwise_and" => |c| c.input()?.bitwise_and(c.operand("other", 1)?);
    "bitwise_or" => |c| c.input()?.bitwise_or(c.operand("other", 1)?);
    "bitwise_xor" => |c| c.input()?.bitwise_xor(c.operand("other", 1)?);
    "copysign" => |c| c.input()?.copysign(c.operand("other", 1)?);
    "floor_divide" => |c| c.input()?.floor_divide(c.operand("other", 1)?);
    "fmax" => |c| c.input()?.fmax(c.operand("other", 1)?);
    "fmin" => |c| c.input()?.fmin(c.operand("other", 1)?);
    "fmod" => |c| c.input()?.fmod(c.operand("other", 1)?);
    "hypot" => |c| c.input()?.hypot(c.operand("other", 1)?);
    "logaddexp" => |c| c.input()?.logaddexp(c.operand("other", 1)?);
    "maximum" => |c| c.input()?.maximum(c.operand("other", 1)?);
    "minimum" => |c| c.input()?.minimum(c.operand("other", 1)?);
    "pow" => |c| c.input()?.pow(c.operand("exponent", 1)?);
    "xlogy" | "special.xlogy" => |c| c.input()?.xlogy(c.operand("other", 1)?);

    // Relations.
    "eq" => |c| c.input()?.eq(c.operand("other", 1)?);
    "ne" | "not_equal" => |c| c.input()?.ne(c.operand("other", 1)?);
    "lt" | "less" => |c| c.input()?.lt(c.operand("other", 1)?);
    "le" | "less_equal" => |c| c.input()?.le(c.operand("other", 1)?);
    "gt" | "greater" => |c| c.input()?.gt(c.operand("other", 1)?);
    "ge" | "greater_equal" => |c| c.input()?.ge(c.operand("other", 1)?);
    "logical_and" => |c| c.input()?.logical_and(c.operand("other", 1)?);
    "logical_or" => |c| c.input()?.logical_or(c.operand("other", 1)?);
    "logical_xor" => |c| c.input()?.logical_xor(c.operand("other", 1)?);

    // Three operands.
    "where" => |c| Tensor::select_where(&c.tensor("condition", 1)?, &c.input()?, &c.tensor("other", 2)?);
}

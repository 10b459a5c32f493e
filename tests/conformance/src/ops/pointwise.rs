//! Operations on each element.

use super::ops;
use crate::call::KEYWORD;
use crate::tensor::{Operand, Scalar, Tensor};

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
    "mul" | "multiply" => |c| c.input()?.mul(c.operand("other", 1)?);
    "pow" => |c| c.input()?.pow(c.operand("exponent", 1)?);
    "remainder" => |c| c.input()?.remainder(c.operand("other", 1)?);
    "true_divide" => |c| c.input()?.div(c.operand("other", 1)?);
    "xlogy" | "special.xlogy" => |c| c.input()?.xlogy(c.operand("other", 1)?);

    // The reflected operators.
    "__radd__" => |c| c.input()?.add(c.operand("other", 1)?);
    "__rmul__" => |c| c.input()?.mul(c.operand("other", 1)?);
    "__rand__" => |c| c.input()?.bitwise_and(c.operand("other", 1)?);
    "__ror__" => |c| c.input()?.bitwise_or(c.operand("other", 1)?);
    "__rxor__" => |c| c.input()?.bitwise_xor(c.operand("other", 1)?);

    // Relations.
    "eq" => |c| c.input()?.eq(c.operand("other", 1)?);
    "ne" | "not_equal" => |c| c.input()?.ne(c.operand("other", 1)?);
    "lt" | "less" => |c| c.input()?.lt(c.operand("other", 1)?);
    "le" | "less_equal" => |c| c.input()?.le(c.operand("other", 1)?);
    "gt" | "greater" => |c| c.input()?.gt(c.operand("other", 1)?);
    "ge" | "greater_equal" => |c| c.input()?.ge(c.operand("other", 1)?);
    "logical_and" => |c| c.input()?.logical_and(c.tensor("other", 1)?);
    "logical_or" => |c| c.input()?.logical_or(c.tensor("other", 1)?);
    "logical_xor" => |c| c.input()?.logical_xor(c.tensor("other", 1)?);
}

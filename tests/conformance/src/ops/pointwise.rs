//! Operations on each element.

use super::ops;
use crate::call::{Call, Given, KEYWORD};
use crate::device::device;
use crate::outcome::Failure;
use crate::tensor::{DType, IscloseOptions, Operand, Scalar, Tensor};

fn div(c: &Call) -> Given<Tensor> {
    let (x, other) = (number_as_tensor(c)?, c.operand("other", 1)?);
    match c.text_or("rounding_mode", KEYWORD, "none")?.as_str() {
        "floor" => Ok(x.floor_divide(other)?),
        "trunc" => Ok(x.trunc_divide(other)?),
        _ => Ok(x.div(other)?),
    }
}

/// The first operand, a tensor where both are numbers, which these operations allow.
fn number_as_tensor(c: &Call) -> Given<Operand> {
    Ok(match (c.operand("input", 0)?, c.operand("other", 1)?) {
        (Operand::Scalar(x), Operand::Scalar(_)) => {
            Tensor::full(&[], x, x.dtype(), device())?.into()
        }
        (x, _) => x,
    })
}

/// The base of a power that is computed in double precision.
fn base(c: &Call) -> Given<Tensor> {
    Ok(match c.operand("input", 0)? {
        Operand::Tensor(x) => x,
        Operand::Scalar(x) => Tensor::full(&[], x, DType::F64, device())?,
    })
}

fn isclose(c: &Call) -> Given<IscloseOptions> {
    let default = IscloseOptions::default();
    Ok(IscloseOptions {
        rtol: c.get_or("rtol", 2, default.rtol)?,
        atol: c.get_or("atol", 3, default.atol)?,
        equal_nan: c.bool_or("equal_nan", 4, default.equal_nan)?,
    })
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
    "angle" => |c| c.input()?.angle();
    "bitwise_not" => |c| c.input()?.bitwise_not();
    "ceil" => |c| c.input()?.ceil();
    "conj" | "conj_physical" | "resolve_conj" | "resolve_neg" => |c| c.input()?.conj();
    "cos" => |c| c.input()?.cos();
    "cosh" => |c| c.input()?.cosh();
    "deg2rad" => |c| c.input()?.deg2rad();
    "digamma" | "special.digamma" | "special.psi" => |c| c.input()?.digamma();
    "erf" | "special.erf" => |c| c.input()?.erf();
    "erfc" | "special.erfc" => |c| c.input()?.erfc();
    "erfinv" | "special.erfinv" => |c| c.input()?.erfinv();
    "exp" => |c| c.input()?.exp();
    "exp2" | "special.exp2" => |c| c.input()?.exp2();
    "expm1" | "special.expm1" => |c| c.input()?.expm1();
    "floor" => |c| c.input()?.floor();
    "frac" => |c| c.input()?.frac();
    "frexp" => |c| c.input()?.frexp();
    "i0" | "special.i0" => |c| c.input()?.i0();
    "lgamma" | "special.gammaln" => |c| c.input()?.lgamma();
    "log" => |c| c.input()?.log();
    "log10" => |c| c.input()?.log10();
    "log1p" | "special.log1p" => |c| c.input()?.log1p();
    "log2" => |c| c.input()?.log2();
    "logit" | "special.logit" => |c| c.input()?.logit(c.opt("eps", 1)?);
    "mvlgamma" | "special.multigammaln" => |c| c.input()?.mvlgamma(c.int("p", 1)?);
    "nan_to_num" => |c| c.input()?.nan_to_num(c.opt("nan", 1)?, c.opt("posinf", 2)?, c.opt("neginf", 3)?);
    "neg" | "negative" => |c| c.input()?.neg();
    "polygamma" | "special.polygamma" => |c| c.input()?.polygamma(c.int("n", 1)?);
    "positive" => |c| c.input()?.positive();
    "rad2deg" => |c| c.input()?.rad2deg();
    "real" => |c| c.input()?.real();
    "reciprocal" => |c| c.input()?.reciprocal();
    "round" | "special.round" => |c| c.input()?.round_decimals(c.int_or("decimals", KEYWORD, 0)?);
    "rsqrt" => |c| c.input()?.rsqrt();
    "sigmoid" | "special.expit" | "nn.functional.sigmoid" => |c| c.input()?.sigmoid();
    "sgn" => |c| c.input()?.sgn();
    "sign" => |c| c.input()?.sign();
    "sin" => |c| c.input()?.sin();
    "sinc" | "special.sinc" => |c| c.input()?.sinc();
    "sinh" => |c| c.input()?.sinh();
    "sqrt" => |c| c.input()?.sqrt();
    "square" => |c| c.input()?.square();
    "tan" => |c| c.input()?.tan();
    "tanh" | "nn.functional.tanh" => |c| c.input()?.tanh();
    "trunc" | "fix" => |c| c.input()?.trunc();

    // Special functions of one operand.
    "special.airy_ai" => |c| c.input()?.airy_ai();
    "special.bessel_j0" => |c| c.input()?.bessel_j0();
    "special.bessel_j1" => |c| c.input()?.bessel_j1();
    "special.bessel_y0" => |c| c.input()?.bessel_y0();
    "special.bessel_y1" => |c| c.input()?.bessel_y1();
    "special.entr" => |c| c.input()?.entr();
    "special.erfcx" => |c| c.input()?.erfcx();
    "special.i0e" => |c| c.input()?.i0e();
    "special.i1" => |c| c.input()?.i1();
    "special.i1e" => |c| c.input()?.i1e();
    "special.log_ndtr" => |c| c.input()?.log_ndtr();
    "special.modified_bessel_k0" => |c| c.input()?.modified_bessel_k0();
    "special.modified_bessel_k1" => |c| c.input()?.modified_bessel_k1();
    "special.ndtr" => |c| c.input()?.ndtr();
    "special.ndtri" => |c| c.input()?.ndtri();
    "special.scaled_modified_bessel_k0" => |c| c.input()?.scaled_modified_bessel_k0();
    "special.scaled_modified_bessel_k1" => |c| c.input()?.scaled_modified_bessel_k1();
    "special.spherical_bessel_j0" => |c| c.input()?.spherical_bessel_j0();
    "special.modified_bessel_i0" => |c| c.input()?.i0();
    "special.modified_bessel_i1" => |c| c.input()?.i1();

    // Activation functions.
    "nn.functional.celu" => |c| c.input()?.celu(c.get_or("alpha", 1, 1.0)?);
    "nn.functional.elu" => |c| c.input()?.elu(c.get_or("alpha", 1, 1.0)?);
    "nn.functional.gelu" => |c| match c.text_or("approximate", KEYWORD, "none")?.as_str() {
        "tanh" => Ok(c.input()?.gelu_tanh()?),
        "none" => Ok(c.input()?.gelu()?),
        other => Err(Failure::Range(format!("`approximate` cannot be {other}"))),
    };
    "nn.functional.glu" => |c| c.input()?.glu(c.int_or("dim", 1, -1)?);
    "nn.functional.hardshrink" => |c| c.input()?.hardshrink(c.get_or("lambd", 1, 0.5)?);
    "nn.functional.hardsigmoid" => |c| c.input()?.hardsigmoid();
    "nn.functional.hardswish" => |c| c.input()?.hardswish();
    "nn.functional.hardtanh" => |c| c.input()?.hardtanh(c.get_or("min_val", 1, -1.0)?, c.get_or("max_val", 2, 1.0)?);
    "nn.functional.leaky_relu" => |c| c.input()?.leaky_relu(c.get_or("negative_slope", 1, 0.01)?);
    "nn.functional.logsigmoid" => |c| c.input()?.logsigmoid();
    "nn.functional.mish" => |c| c.input()?.mish();
    "nn.functional.prelu" => |c| c.input()?.prelu(&c.tensor("weight", 1)?);
    "nn.functional.relu" | "relu" => |c| c.input()?.relu();
    "nn.functional.relu6" => |c| c.input()?.relu6();
    "nn.functional.selu" => |c| c.input()?.selu();
    "nn.functional.silu" => |c| c.input()?.silu();
    "nn.functional.softplus" => |c| c.input()?.softplus(c.get_or("beta", 1, 1.0)?, c.get_or("threshold", 2, 20.0)?);
    "nn.functional.softshrink" => |c| c.input()?.softshrink(c.get_or("lambd", 1, 0.5)?);
    "nn.functional.softsign" => |c| c.input()?.softsign();
    "nn.functional.tanhshrink" => |c| c.input()?.tanhshrink();
    "nn.functional.threshold" => |c| c.input()?.threshold(c.get("threshold", 1)?, c.get("value", 2)?);

    // Properties.
    "isclose" => |c| c.input()?.isclose(&c.tensor("other", 1)?, isclose(c)?);
    "isfinite" => |c| c.input()?.isfinite();
    "isinf" => |c| c.input()?.isinf();
    "isnan" => |c| c.input()?.isnan();
    "isneginf" => |c| c.input()?.isneginf();
    "isposinf" => |c| c.input()?.isposinf();
    "isreal" => |c| c.input()?.isreal();
    "logical_not" => |c| c.input()?.logical_not();
    "signbit" => |c| c.input()?.signbit();

    // Arithmetic.
    "add" => |c| match c.opt_scalar("alpha", KEYWORD)? {
        Some(alpha) => c.input()?.add_alpha(c.operand("other", 1)?, alpha),
        None => number_as_tensor(c)?.add(c.operand("other", 1)?),
    };
    "sub" | "subtract" => |c| match c.opt_scalar("alpha", KEYWORD)? {
        Some(alpha) => c.input()?.sub_alpha(c.operand("other", 1)?, alpha),
        None => number_as_tensor(c)?.sub(c.operand("other", 1)?),
    };
    "rsub" => |c| match c.opt_scalar("alpha", KEYWORD)? {
        Some(alpha) => c.input()?.rsub_alpha(c.operand("other", 1)?, alpha),
        None => c.input()?.rsub(c.operand("other", 1)?),
    };
    "mul" | "multiply" => |c| number_as_tensor(c)?.mul(c.operand("other", 1)?);
    "div" | "divide" => |c| div(c);
    "true_divide" => |c| number_as_tensor(c)?.div(c.operand("other", 1)?);
    "floor_divide" => |c| number_as_tensor(c)?.floor_divide(c.operand("other", 1)?);
    "remainder" => |c| c.operand("input", 0)?.remainder(c.operand("other", 1)?);
    "fmod" => |c| c.input()?.fmod(c.operand("other", 1)?);
    "pow" => |c| c.operand("input", 0)?.pow(c.operand("exponent", 1)?);
    "float_power" => |c| base(c)?.float_power(c.operand("exponent", 1)?);
    "__radd__" => |c| c.operand("other", 1)?.add(c.input()?);
    "__rsub__" => |c| c.operand("other", 1)?.sub(c.operand("input", 0)?);
    "__rmul__" => |c| c.operand("other", 1)?.mul(c.input()?);
    "__rdiv__" => |c| c.operand("other", 1)?.div(c.input()?);
    "__rmod__" => |c| c.operand("other", 1)?.remainder(c.operand("input", 0)?);
    "__rpow__" => |c| c.operand("other", 1)?.pow(c.operand("input", 0)?);
    "__rand__" => |c| c.operand("other", 1)?.bitwise_and(c.input()?);
    "__ror__" => |c| c.operand("other", 1)?.bitwise_or(c.input()?);
    "__rxor__" => |c| c.operand("other", 1)?.bitwise_xor(c.input()?);

    // Two operands.
    "atan2" | "arctan2" => |c| c.input()?.atan2(c.tensor("other", 1)?);
    "bitwise_and" => |c| c.operand("input", 0)?.bitwise_and(c.operand("other", 1)?);
    "bitwise_left_shift" => |c| c.operand("input", 0)?.bitwise_left_shift(c.operand("other", 1)?);
    "bitwise_or" => |c| c.operand("input", 0)?.bitwise_or(c.operand("other", 1)?);
    "bitwise_right_shift" => |c| c.operand("input", 0)?.bitwise_right_shift(c.operand("other", 1)?);
    "bitwise_xor" => |c| c.operand("input", 0)?.bitwise_xor(c.operand("other", 1)?);
    "copysign" => |c| c.input()?.copysign(c.operand("other", 1)?);
    "fmax" => |c| c.input()?.fmax(c.tensor("other", 1)?);
    "fmin" => |c| c.input()?.fmin(c.tensor("other", 1)?);
    "gcd" => |c| c.input()?.gcd(c.tensor("other", 1)?);
    "heaviside" => |c| c.input()?.heaviside(c.tensor("values", 1)?);
    "hypot" => |c| c.input()?.hypot(c.tensor("other", 1)?);
    "igamma" | "special.gammainc" => |c| c.input()?.igamma(c.tensor("other", 1)?);
    "igammac" | "special.gammaincc" => |c| c.input()?.igammac(c.tensor("other", 1)?);
    "lcm" => |c| c.input()?.lcm(c.tensor("other", 1)?);
    "ldexp" => |c| c.input()?.ldexp(c.operand("other", 1)?);
    "logaddexp" => |c| c.input()?.logaddexp(c.tensor("other", 1)?);
    "logaddexp2" => |c| c.input()?.logaddexp2(c.tensor("other", 1)?);
    "maximum" => |c| c.input()?.maximum(c.tensor("other", 1)?);
    "minimum" => |c| c.input()?.minimum(c.tensor("other", 1)?);
    "nextafter" => |c| c.input()?.nextafter(c.tensor("other", 1)?);
    "xlogy" | "special.xlogy" => |c| c.operand("input", 0)?.xlogy(c.operand("other", 1)?);
    "special.xlog1py" => |c| c.operand("input", 0)?.xlog1py(c.operand("other", 1)?);
    "special.zeta" => |c| c.operand("input", 0)?.zeta(c.operand("other", 1)?);
    "special.chebyshev_polynomial_t" => |c| c.operand("input", 0)?.chebyshev_polynomial_t(c.operand("n", 1)?);
    "special.chebyshev_polynomial_u" => |c| c.operand("input", 0)?.chebyshev_polynomial_u(c.operand("n", 1)?);
    "special.chebyshev_polynomial_v" => |c| c.operand("input", 0)?.chebyshev_polynomial_v(c.operand("n", 1)?);
    "special.chebyshev_polynomial_w" => |c| c.operand("input", 0)?.chebyshev_polynomial_w(c.operand("n", 1)?);
    "special.hermite_polynomial_h" => |c| c.operand("input", 0)?.hermite_polynomial_h(c.operand("n", 1)?);
    "special.hermite_polynomial_he" => |c| c.operand("input", 0)?.hermite_polynomial_he(c.operand("n", 1)?);
    "special.laguerre_polynomial_l" => |c| c.operand("input", 0)?.laguerre_polynomial_l(c.operand("n", 1)?);
    "special.legendre_polynomial_p" => |c| c.operand("input", 0)?.legendre_polynomial_p(c.operand("n", 1)?);
    "special.shifted_chebyshev_polynomial_t" => |c| c.operand("input", 0)?.shifted_chebyshev_polynomial_t(c.operand("n", 1)?);
    "special.shifted_chebyshev_polynomial_u" => |c| c.operand("input", 0)?.shifted_chebyshev_polynomial_u(c.operand("n", 1)?);
    "special.shifted_chebyshev_polynomial_v" => |c| c.operand("input", 0)?.shifted_chebyshev_polynomial_v(c.operand("n", 1)?);
    "special.shifted_chebyshev_polynomial_w" => |c| c.operand("input", 0)?.shifted_chebyshev_polynomial_w(c.operand("n", 1)?);

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

    // Three operands.
    "addcdiv" => |c| c.input()?.addcdiv(&c.tensor("tensor1", 1)?, &c.tensor("tensor2", 2)?, c.scalar_or("value", KEYWORD, Scalar::Int(1))?);
    "addcmul" => |c| c.input()?.addcmul(&c.tensor("tensor1", 1)?, &c.tensor("tensor2", 2)?, c.scalar_or("value", KEYWORD, Scalar::Int(1))?);
    "clamp" | "clip" => |c| c.input()?.clamp(c.opt::<Operand>("min", 1)?, c.opt::<Operand>("max", 2)?);
    "clamp_max" => |c| c.input()?.clamp_max(c.operand("max", 1)?);
    "clamp_min" => |c| c.input()?.clamp_min(c.operand("min", 1)?);
    "lerp" => |c| c.input()?.lerp(&c.tensor("end", 1)?, c.operand("weight", 2)?);
    "where" => |c| Tensor::select_where(&c.tensor("condition", 1)?, c.operand("input", 0)?, c.operand("other", 2)?);

    // Comparing whole tensors.
    "allclose" => |c| c.input()?.allclose(&c.tensor("other", 1)?, isclose(c)?);
    "equal" => |c| c.input()?.equal(&c.tensor("other", 1)?);
}

//! The mapping of the forms in place: one row per operation that has one in `ops/index.json`.
//!
//! A row is as in [`ops`](crate::ops); `x` is the input, which the call changes.

use crate::argument::Argument;
use crate::call::{Call, Given, KEYWORD};
use crate::ops::index::{indices, reduction};
use crate::outcome::Failure;
use crate::tensor::{Error, Operand, Scalar, Tensor};

/// How a row changes its input.
pub type InPlace = fn(&Call, &mut Tensor) -> Result<(), Failure>;

macro_rules! in_place {
    ($($name:literal => |$call:ident, $x:ident| $change:expr;)*) => {
        const ROWS: &[(&str, InPlace)] = &[
            $(($name, |$call, $x| {
                let change: Result<(), Error> = $change;
                Ok(change?)
            }),)*
        ];
    };
}

/// The form in place of a name, if there is one.
pub fn find(name: &str) -> Option<InPlace> {
    ROWS.iter()
        .find(|(own, _)| *own == name)
        .map(|&(_, change)| change)
}

/// All names that have a form in place.
pub fn names() -> impl Iterator<Item = &'static str> {
    ROWS.iter().map(|(name, _)| *name)
}

fn factor(c: &Call, name: &str) -> Given<Scalar> {
    c.scalar_or(name, KEYWORD, Scalar::Int(1))
}

in_place! {
    "abs" => |_c, x| x.abs_();
    "acos" => |_c, x| x.acos_();
    "acosh" => |_c, x| x.acosh_();
    "addcdiv" => |c, x| x.addcdiv_(&c.tensor("tensor1", 1)?, &c.tensor("tensor2", 2)?, c.scalar_or("value", KEYWORD, Scalar::Int(1))?);
    "addcmul" => |c, x| x.addcmul_(&c.tensor("tensor1", 1)?, &c.tensor("tensor2", 2)?, c.scalar_or("value", KEYWORD, Scalar::Int(1))?);
    "as_strided" => |c, x| x.as_strided_(&c.ints("size", 1)?, &c.ints("stride", 2)?, c.opt_int("storage_offset", 3)?);
    "asin" => |_c, x| x.asin_();
    "asinh" => |_c, x| x.asinh_();
    "atan" => |_c, x| x.atan_();
    "atan2" => |c, x| x.atan2_(c.tensor("other", 1)?);
    "atanh" => |_c, x| x.atanh_();
    "bitwise_and" => |c, x| x.bitwise_and_(c.operand("other", 1)?);
    "bitwise_left_shift" => |c, x| x.bitwise_left_shift_(c.operand("other", 1)?);
    "bitwise_not" => |_c, x| x.bitwise_not_();
    "bitwise_or" => |c, x| x.bitwise_or_(c.operand("other", 1)?);
    "bitwise_right_shift" => |c, x| x.bitwise_right_shift_(c.operand("other", 1)?);
    "bitwise_xor" => |c, x| x.bitwise_xor_(c.operand("other", 1)?);
    "ceil" => |_c, x| x.ceil_();
    "clamp" => |c, x| x.clamp_(c.opt::<Operand>("min", 1)?, c.opt::<Operand>("max", 2)?);
    "clamp_max" => |c, x| x.clamp_max_(c.operand("max", 1)?);
    "clamp_min" => |c, x| x.clamp_min_(c.operand("min", 1)?);
    "conj_physical" => |_c, x| x.conj_();
    "copysign" => |c, x| x.copysign_(c.operand("other", 1)?);
    "cos" => |_c, x| x.cos_();
    "cosh" => |_c, x| x.cosh_();
    "deg2rad" => |_c, x| x.deg2rad_();
    "digamma" => |_c, x| x.digamma_();
    "eq" => |c, x| x.eq_(c.operand("other", 1)?);
    "erf" => |_c, x| x.erf_();
    "erfc" => |_c, x| x.erfc_();
    "erfinv" => |_c, x| x.erfinv_();
    "exp" => |_c, x| x.exp_();
    "exp2" => |_c, x| x.exp2_();
    "expm1" => |_c, x| x.expm1_();
    "fill" => |c, x| x.fill_(c.operand("value", 1)?);
    "floor" => |_c, x| x.floor_();
    "fmod" => |c, x| x.fmod_(c.operand("other", 1)?);
    "frac" => |_c, x| x.frac_();
    "gcd" => |c, x| x.gcd_(c.tensor("other", 1)?);
    "ge" => |c, x| x.ge_(c.operand("other", 1)?);
    "gt" => |c, x| x.gt_(c.operand("other", 1)?);
    "heaviside" => |c, x| x.heaviside_(c.tensor("values", 1)?);
    "hypot" => |c, x| x.hypot_(c.tensor("other", 1)?);
    "i0" => |_c, x| x.i0_();
    "igamma" => |c, x| x.igamma_(c.tensor("other", 1)?);
    "igammac" => |c, x| x.igammac_(c.tensor("other", 1)?);
    "index_add" => |c, x| x.index_add_(c.int("dim", 1)?, &c.tensor("index", 2)?, &c.tensor("source", 3)?, c.scalar_or("alpha", KEYWORD, Scalar::Int(1))?);
    "index_copy" => |c, x| x.index_copy_(c.int("dim", 1)?, &c.tensor("index", 2)?, &c.tensor("source", 3)?);
    "index_fill" => |c, x| x.index_fill_(c.int("dim", 1)?, &c.tensor("index", 2)?, c.operand("value", 3)?);
    "index_put" => |c, x| match c.bool_or("accumulate", 3, false)? {
        true => x.index_put_accumulate_(indices(c, "indices", 1)?, c.operand("values", 2)?),
        false => x.index_put_(indices(c, "indices", 1)?, c.operand("values", 2)?),
    };
    "lcm" => |c, x| x.lcm_(c.tensor("other", 1)?);
    "ldexp" => |c, x| x.ldexp_(c.operand("other", 1)?);
    "le" => |c, x| x.le_(c.operand("other", 1)?);
    "lerp" => |c, x| x.lerp_(&c.tensor("end", 1)?, c.operand("weight", 2)?);
    "lgamma" => |_c, x| x.lgamma_();
    "log" => |_c, x| x.log_();
    "log10" => |_c, x| x.log10_();
    "log1p" => |_c, x| x.log1p_();
    "log2" => |_c, x| x.log2_();
    "logical_and" => |c, x| x.logical_and_(c.tensor("other", 1)?);
    "logical_not" => |_c, x| x.logical_not_();
    "logical_or" => |c, x| x.logical_or_(c.tensor("other", 1)?);
    "logical_xor" => |c, x| x.logical_xor_(c.tensor("other", 1)?);
    "logit" => |c, x| x.logit_(c.opt("eps", 1)?);
    "lt" => |c, x| x.lt_(c.operand("other", 1)?);
    "masked_fill" => |c, x| x.masked_fill_(&c.tensor("mask", 1)?, c.operand("value", 2)?);
    "masked_scatter" => |c, x| x.masked_scatter_(&c.tensor("mask", 1)?, &c.tensor("source", 2)?);
    "mvlgamma" => |c, x| x.mvlgamma_(c.int("p", 1)?);
    "nan_to_num" => |c, x| x.nan_to_num_(c.opt("nan", 1)?, c.opt("posinf", 2)?, c.opt("neginf", 3)?);
    "ne" => |c, x| x.ne_(c.operand("other", 1)?);
    "neg" => |_c, x| x.neg_();
    "nextafter" => |c, x| x.nextafter_(c.tensor("other", 1)?);
    "nn.functional.celu" => |c, x| x.celu_(c.get_or("alpha", 1, 1.0)?);
    "nn.functional.elu" => |c, x| x.elu_(c.get_or("alpha", 1, 1.0)?);
    "nn.functional.hardsigmoid" => |_c, x| x.hardsigmoid_();
    "nn.functional.leaky_relu" => |c, x| x.leaky_relu_(c.get_or("negative_slope", 1, 0.01)?);
    "nn.functional.mish" => |_c, x| x.mish_();
    "nn.functional.selu" => |_c, x| x.selu_();
    "nn.functional.silu" => |_c, x| x.silu_();
    "nn.functional.threshold" => |c, x| x.threshold_(c.get("threshold", 1)?, c.get("value", 2)?);
    "polygamma" => |c, x| x.polygamma_(c.int("n", 1)?);
    "pow" => |c, x| x.pow_(c.operand("exponent", 1)?);
    "put" => |c, x| x.put_(&c.tensor("index", 1)?, &c.tensor("source", 2)?, c.bool_or("accumulate", 3, false)?);
    "rad2deg" => |_c, x| x.rad2deg_();
    "reciprocal" => |_c, x| x.reciprocal_();
    "remainder" => |c, x| x.remainder_(c.operand("other", 1)?);
    "renorm" => |c, x| x.renorm_(c.float("p", 1)?, c.int("dim", 2)?, c.float("maxnorm", 3)?);
    "round" => |c, x| x.round_decimals_(c.int_or("decimals", KEYWORD, 0)?);
    "rsqrt" => |_c, x| x.rsqrt_();
    "scatter_add" => |c, x| x.scatter_add_(c.int("dim", 1)?, &c.tensor("index", 2)?, &c.tensor("src", 3)?);
    "sgn" => |_c, x| x.sgn_();
    "sigmoid" => |_c, x| x.sigmoid_();
    "sign" => |_c, x| x.sign_();
    "sin" => |_c, x| x.sin_();
    "sinc" => |_c, x| x.sinc_();
    "sinh" => |_c, x| x.sinh_();
    "sqrt" => |_c, x| x.sqrt_();
    "square" => |_c, x| x.square_();
    "t" => |_c, x| x.t_();
    "tan" => |_c, x| x.tan_();
    "tanh" => |_c, x| x.tanh_();
    "transpose" => |c, x| x.transpose_(c.int("dim0", 1)?, c.int("dim1", 2)?);
    "tril" => |c, x| x.tril_(c.int_or("diagonal", 1, 0)?);
    "triu" => |c, x| x.triu_(c.int_or("diagonal", 1, 0)?);
    "trunc" => |_c, x| x.trunc_();
    "unsqueeze" => |c, x| x.unsqueeze_(c.int("dim", 1)?);
    "xlogy" => |c, x| x.xlogy_(c.operand("other", 1)?);

    "add" => |c, x| match c.opt_scalar("alpha", KEYWORD)? {
        Some(alpha) => x.add_alpha_(c.operand("other", 1)?, alpha),
        None => x.add_(c.operand("other", 1)?),
    };
    "addbmm" => |c, x| x.addbmm_(&c.tensor("batch1", 1)?, &c.tensor("batch2", 2)?, factor(c, "beta")?, factor(c, "alpha")?);
    "addmm" => |c, x| x.addmm_(&c.tensor("mat1", 1)?, &c.tensor("mat2", 2)?, factor(c, "beta")?, factor(c, "alpha")?);
    "addmv" => |c, x| x.addmv_(&c.tensor("mat", 1)?, &c.tensor("vec", 2)?, factor(c, "beta")?, factor(c, "alpha")?);
    "addr" => |c, x| x.addr_(&c.tensor("vec1", 1)?, &c.tensor("vec2", 2)?, factor(c, "beta")?, factor(c, "alpha")?);
    "baddbmm" => |c, x| x.baddbmm_(&c.tensor("batch1", 1)?, &c.tensor("batch2", 2)?, factor(c, "beta")?, factor(c, "alpha")?);
    "cumprod" => |c, x| {
        c.only("dtype", KEYWORD, &Argument::DType(x.dtype()))?;
        x.cumprod_(c.int("dim", 1)?)
    };
    "cumsum" => |c, x| {
        c.only("dtype", KEYWORD, &Argument::DType(x.dtype()))?;
        x.cumsum_(c.int("dim", 1)?)
    };
    "div" => |c, x| {
        let other = c.operand("other", 1)?;
        match c.text_or("rounding_mode", KEYWORD, "none")?.as_str() {
            "floor" => x.floor_divide_(other),
            "trunc" => x.trunc_divide_(other),
            _ => x.div_(other),
        }
    };
    "float_power" => |c, x| x.float_power_(c.operand("exponent", 1)?);
    "floor_divide" => |c, x| x.floor_divide_(c.operand("other", 1)?);
    "index_reduce" => |c, x| x.index_reduce_(c.int("dim", 1)?, &c.tensor("index", 2)?, &c.tensor("source", 3)?, reduction(c, "reduce", 4)?, c.bool_or("include_self", KEYWORD, true)?);
    "mul" => |c, x| x.mul_(c.operand("other", 1)?);
    "resize_" => |c, x| x.resize_(&c.ints("size", 1)?);
    "resize_as_" => |c, x| x.resize_as_(&c.tensor("other", 1)?);
    "scatter" => |c, x| {
        let (dim, index) = (c.int("dim", 1)?, c.tensor("index", 2)?);
        match (c.has("reduce", KEYWORD), c.operand(if c.has("value", 3) { "value" } else { "src" }, 3)?) {
            (false, source) => x.scatter_(dim, &index, source),
            (true, Operand::Tensor(source)) => x.scatter_reduce_(dim, &index, &source, reduction(c, "reduce", KEYWORD)?, true),
            (true, Operand::Scalar(number)) => {
                let source = x.new_full(&index.shape(), number)?;
                x.scatter_reduce_(dim, &index, &source, reduction(c, "reduce", KEYWORD)?, true)
            }
        }
    };
    "scatter_reduce" => |c, x| x.scatter_reduce_(c.int("dim", 1)?, &c.tensor("index", 2)?, &c.tensor("source", 3)?, reduction(c, "reduce", 4)?, c.bool_or("include_self", KEYWORD, true)?);
    "squeeze" => |c, x| match c.opt_ints("dim", 1)? {
        Some(dims) => x.squeeze_dims_(&dims),
        None => x.squeeze_(),
    };
    "sub" => |c, x| match c.opt_scalar("alpha", KEYWORD)? {
        Some(alpha) => x.sub_alpha_(c.operand("other", 1)?, alpha),
        None => x.sub_(c.operand("other", 1)?),
    };
    "true_divide" => |c, x| x.div_(c.operand("other", 1)?);
    "zero_" => |_c, x| x.zero_();
}

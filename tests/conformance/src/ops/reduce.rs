//! Reductions, softmax and norms.

use super::ops;
use crate::argument::Argument;
use crate::call::{Call, Given, KEYWORD};
use crate::output::{IntoOutput, Output};
use crate::tensor::{Norm, Tensor};

/// The input in the `dtype` that is asked for: PyTorch converts before it reduces.
fn converted(c: &Call, position: usize) -> Given<Tensor> {
    let input = c.input()?;
    Ok(match c.opt_dtype("dtype", position)? {
        Some(dtype) => input.to_dtype(dtype)?,
        None => input,
    })
}

/// A sum or product in the `dtype` that is asked for, which integers leave.
fn asked(c: &Call, y: &Tensor) -> Given<Tensor> {
    Ok(match c.opt_dtype("dtype", KEYWORD)? {
        Some(dtype) => y.to_dtype(dtype)?,
        None => y.clone(),
    })
}

fn dims(c: &Call) -> Given<Vec<isize>> {
    Ok(c.opt_ints("dim", 1)?.unwrap_or_default())
}

fn keepdim(c: &Call) -> Given<bool> {
    c.bool_or("keepdim", 2, false)
}

/// A reduction of one dimension or of all.
fn of_one_or_all<T: IntoOutput>(
    c: &Call,
    of_one: impl Fn(&Tensor, isize, bool) -> rushlight_autograd::Result<T>,
    of_all: impl Fn(&Tensor) -> rushlight_autograd::Result<Tensor>,
) -> Given<Output> {
    let (x, keepdim) = (converted(c, KEYWORD)?, keepdim(c)?);
    match c.opt_int("dim", 1)? {
        Some(dim) => of_one(&x, dim, keepdim)?.into_output(),
        None => of_all(&x)?.into_output(),
    }
}

fn prod(c: &Call) -> Given<Tensor> {
    let x = converted(c, KEYWORD)?;
    let y = match c.opt_int("dim", 1)? {
        Some(dim) => x.prod_dim(dim, keepdim(c)?)?,
        None => x.prod()?,
    };
    asked(c, &y)
}

/// As [`of_one_or_all`], where a second tensor means the elementwise operation.
fn extreme(
    c: &Call,
    of_one: impl Fn(&Tensor, isize, bool) -> rushlight_autograd::Result<(Tensor, Tensor)>,
    of_all: impl Fn(&Tensor) -> rushlight_autograd::Result<Tensor>,
    of_two: impl Fn(&Tensor, &Tensor) -> rushlight_autograd::Result<Tensor>,
) -> Given<Output> {
    match c.argument("other", 1) {
        Some(Argument::Tensor(_)) => of_two(&c.input()?, &c.tensor("other", 1)?)?.into_output(),
        _ => of_one_or_all(c, of_one, of_all),
    }
}

/// A variance or standard deviation: dimensions, correction, whether they stay.
fn spread<T: IntoOutput>(
    c: &Call,
    of: impl Fn(&Tensor, &[isize], f64, bool) -> rushlight_autograd::Result<T>,
) -> Given<Output> {
    let x = c.input()?;
    if let Some(Argument::Bool(unbiased)) = c.argument("dim", 1) {
        return of(&x, &[], f64::from(*unbiased), false)?.into_output();
    }
    let unbiased = c.bool_or("unbiased", 2, true)?;
    let correction = c.float_or("correction", KEYWORD, f64::from(unbiased))?;
    of(&x, &dims(c)?, correction, c.bool_or("keepdim", 3, false)?)?.into_output()
}

fn norm(c: &Call, name: &str, position: usize) -> Given<Option<Norm>> {
    Ok(match c.argument(name, position) {
        None => None,
        Some(Argument::Text(name)) if name == "fro" => Some(Norm::Frobenius),
        Some(Argument::Text(name)) if name == "nuc" => Some(Norm::Nuclear),
        Some(Argument::Text(name)) if name == "inf" => Some(Norm::P(f64::INFINITY)),
        Some(Argument::Text(name)) if name == "-inf" => Some(Norm::P(f64::NEG_INFINITY)),
        Some(_) => Some(Norm::P(c.float(name, position)?)),
    })
}

fn matrix_dims(c: &Call) -> Given<[isize; 2]> {
    let dims = c.opt_ints("dim", 2)?.unwrap_or(vec![-2, -1]);
    dims.try_into()
        .or_else(|_| c.unsupported("not two dimensions"))
}

ops! {
    "sum" => |c| asked(c, &converted(c, KEYWORD)?.sum_dim(&dims(c)?, keepdim(c)?)?);
    "nansum" => |c| asked(c, &converted(c, KEYWORD)?.nansum_dim(&dims(c)?, keepdim(c)?)?);
    "mean" => |c| converted(c, KEYWORD)?.mean_dim(&dims(c)?, keepdim(c)?);
    "nanmean" => |c| converted(c, KEYWORD)?.nanmean_dim(&dims(c)?, keepdim(c)?);
    "prod" => |c| prod(c);
    "any" => |c| c.input()?.any_dim(&dims(c)?, keepdim(c)?);
    "all" => |c| c.input()?.all_dim(&dims(c)?, keepdim(c)?);
    "count_nonzero" => |c| c.input()?.count_nonzero_dim(&dims(c)?);
    "sum_to_size" => |c| c.input()?.sum_to_size(&c.rest_ints::<usize>("size", 1)?);

    "max" => |c| extreme(c, Tensor::max_dim, Tensor::max, |x, other| x.maximum(other));
    "min" => |c| extreme(c, Tensor::min_dim, Tensor::min, |x, other| x.minimum(other));
    "amax" => |c| c.input()?.amax_dim(&dims(c)?, keepdim(c)?);
    "amin" => |c| c.input()?.amin_dim(&dims(c)?, keepdim(c)?);
    "argmax" => |c| of_one_or_all(c, Tensor::argmax_dim, Tensor::argmax);
    "argmin" => |c| of_one_or_all(c, Tensor::argmin_dim, Tensor::argmin);
    "aminmax" => |c| { let keepdim = c.bool_or("keepdim", KEYWORD, false)?; match c.opt_int("dim", KEYWORD)? {
        Some(dim) => Ok(c.input()?.aminmax_dim(dim, keepdim)?),
        None => Ok::<_, crate::outcome::Failure>(c.input()?.aminmax()?),
    } };

    "var" => |c| spread(c, Tensor::var_dim);
    "std" => |c| spread(c, Tensor::std_dim);
    "var_mean" => |c| spread(c, Tensor::var_mean_dim);
    "std_mean" => |c| spread(c, Tensor::std_mean_dim);

    "logsumexp" | "special.logsumexp" => |c| c.input()?.logsumexp(&dims(c)?, keepdim(c)?);
    "softmax" | "special.softmax" | "nn.functional.softmax" => |c| converted(c, KEYWORD)?.softmax(c.int("dim", 1)?);
    "log_softmax" | "special.log_softmax" | "nn.functional.log_softmax" => |c| converted(c, KEYWORD)?.log_softmax(c.int("dim", 1)?);
    "nn.functional.softmin" => |c| match c.opt_dtype("dtype", KEYWORD)? {
        // PyTorch converts the negative.
        Some(dtype) => c.input()?.neg()?.to_dtype(dtype)?.softmax(c.int("dim", 1)?),
        None => c.input()?.softmin(c.int("dim", 1)?),
    };
    "torch.ops.aten._safe_softmax.default" => |c| converted(c, KEYWORD)?.safe_softmax(c.int("dim", 1)?);
    "_softmax_backward_data" => |c| {
        let gradient = c.input()?.softmax_backward_data(&c.tensor("output", 1)?, c.int("dim", 2)?)?;
        gradient.to_dtype(c.get("input_dtype", 3)?)
    };

    "norm" => |c| c.input()?.norm_dim(norm(c, "p", 1)?.unwrap_or(Norm::Frobenius), &c.opt_ints("dim", 2)?.unwrap_or_default(), c.bool_or("keepdim", 3, false)?);
    "linalg.norm" => |c| c.input()?.linalg_norm(norm(c, "ord", 1)?, &c.opt_ints("dim", 2)?.unwrap_or_default(), c.bool_or("keepdim", 3, false)?);
    "linalg.vector_norm" => |c| c.input()?.vector_norm(c.float_or("ord", 1, 2.0)?, &c.opt_ints("dim", 2)?.unwrap_or_default(), c.bool_or("keepdim", 3, false)?);
    "linalg.matrix_norm" => |c| c.input()?.matrix_norm(norm(c, "ord", 1)?.unwrap_or(Norm::Frobenius), matrix_dims(c)?, c.bool_or("keepdim", 3, false)?);
    "nn.functional.normalize" => |c| c.input()?.normalize(c.float_or("p", 1, 2.0)?, c.int_or("dim", 2, 1)?, c.float_or("eps", 3, 1e-12)?);
    "renorm" => |c| c.input()?.renorm(c.float("p", 1)?, c.int("dim", 2)?, c.float("maxnorm", 3)?);
    "dist" => |c| c.input()?.dist(&c.tensor("other", 1)?, c.float_or("p", 2, 2.0)?);
}

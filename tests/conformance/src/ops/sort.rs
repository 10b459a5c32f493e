//! Sorting, searching and counting.

use super::ops;
use crate::argument::Argument;
use crate::call::{Call, FromArgument, Given, KEYWORD};
use crate::output::{IntoOutput, Output};
use crate::tensor::{
    Bins, CovarianceWeights, DType, HistogramOptions, Interpolation, Operand, Tensor, Unique,
};
use crate::tensors::Tensors;

/// A statistic along one dimension, or of all elements.
fn of_one_or_all(
    c: &Call,
    of_one: impl Fn(&Tensor, isize, bool) -> rushlight_autograd::Result<(Tensor, Tensor)>,
    of_all: impl Fn(&Tensor) -> rushlight_autograd::Result<Tensor>,
) -> Given<Output> {
    let keepdim = c.bool_or("keepdim", 2, false)?;
    match c.opt_int("dim", 1)? {
        Some(dim) => of_one(&c.input()?, dim, keepdim)?.into_output(),
        None => of_all(&c.input()?)?.into_output(),
    }
}

/// Dimension and direction of a sort. It is stable whether or not that is asked for.
fn order(c: &Call) -> Given<(isize, bool)> {
    c.bool_or("stable", KEYWORD, true)?;
    Ok((c.int_or("dim", 1, -1)?, c.bool_or("descending", 2, false)?))
}

fn quantile(
    c: &Call,
    of_one: impl Fn(&Tensor, Operand, isize, bool, Interpolation) -> rushlight_autograd::Result<Tensor>,
    of_all: impl Fn(&Tensor, Operand, Interpolation) -> rushlight_autograd::Result<Tensor>,
) -> Given<Tensor> {
    let (x, q) = (c.input()?, c.operand("q", 1)?);
    let mode = match c.text_or("interpolation", KEYWORD, "linear")?.as_str() {
        "linear" => Interpolation::Linear,
        "lower" => Interpolation::Lower,
        "higher" => Interpolation::Higher,
        "nearest" => Interpolation::Nearest,
        "midpoint" => Interpolation::Midpoint,
        other => return c.unsupported(other),
    };
    let keepdim = c.bool_or("keepdim", 3, false)?;
    Ok(match c.opt_int("dim", 2)? {
        Some(dim) => of_one(&x, q, dim, keepdim, mode)?,
        None => of_all(&x, q, mode)?,
    })
}

/// The parts of the result that are asked for.
fn groups(c: &Call, found: Unique) -> Given<Output> {
    let mut parts = vec![found.values];
    if c.bool_or("return_inverse", KEYWORD, false)? {
        parts.push(found.inverse);
    }
    if c.bool_or("return_counts", KEYWORD, false)? {
        parts.push(found.counts);
    }
    match parts.len() {
        1 => parts.remove(0).into_output(),
        _ => parts.into_output(),
    }
}

/// Whether places after equal elements are asked for.
fn is_right(c: &Call) -> Given<bool> {
    let right = c.bool_or("right", KEYWORD, false)?;
    Ok(right || c.text_or("side", KEYWORD, "left")? == "right")
}

/// Places in the integer dtype that is asked for.
fn places(c: &Call, places: Tensor) -> Given<Tensor> {
    let narrow = c.bool_or("out_int32", KEYWORD, false)?;
    Ok(if narrow {
        places.to_dtype(DType::I32)?
    } else {
        places
    })
}

impl FromArgument for Bins {
    fn from_argument(argument: &Argument, tensors: &Tensors) -> Given<Option<Self>> {
        if let Some(edges) = Tensor::from_argument(argument, tensors)? {
            return Ok(Some(Bins::Edges(edges)));
        }
        let count = i64::from_argument(argument, tensors)?;
        Ok(count
            .and_then(|count| usize::try_from(count).ok())
            .map(Bins::Count))
    }
}

fn histogram(c: &Call, joint: bool) -> Given<Output> {
    let weight = c.opt_tensor("weight", KEYWORD)?;
    let options = HistogramOptions {
        weight: weight.as_ref(),
        density: c.bool_or("density", KEYWORD, false)?,
        ..Default::default()
    };
    if joint {
        let bins = c.get::<Vec<Bins>>("bins", 1)?;
        return c.input()?.histogramdd(&bins, options)?.into_output();
    }
    let bins = c.get::<Bins>("bins", 1)?;
    c.input()?.histogram(bins, options)?.into_output()
}

/// A tensor, where PyTorch also takes a number.
fn tensor_or_number(c: &Call, name: &str, position: usize, like: &Tensor) -> Given<Tensor> {
    Ok(match c.operand(name, position)? {
        Operand::Tensor(tensor) => tensor,
        Operand::Scalar(value) => Tensor::full(&[], value, like.dtype(), like.device())?,
    })
}

ops! {
    "sort" => |c| { let (dim, descending) = order(c)?; c.input()?.sort(dim, descending) };
    "argsort" => |c| { let (dim, descending) = order(c)?; c.input()?.argsort(dim, descending) };
    "msort" => |c| c.input()?.msort();
    "topk" => |c| c.input()?.topk(c.int("k", 1)?, c.int_or("dim", 2, -1)?, c.bool_or("largest", 3, true)?, c.bool_or("sorted", 4, true)?);
    "kthvalue" => |c| c.input()?.kthvalue(c.int("k", 1)?, c.int_or("dim", 2, -1)?, c.bool_or("keepdim", 3, false)?);
    "mode" => |c| c.input()?.mode(c.int_or("dim", 1, -1)?, c.bool_or("keepdim", 2, false)?);
    "median" => |c| of_one_or_all(c, Tensor::median_dim, Tensor::median);
    "nanmedian" => |c| of_one_or_all(c, Tensor::nanmedian_dim, Tensor::nanmedian);
    "quantile" => |c| quantile(c, Tensor::quantile_dim, Tensor::quantile);
    "nanquantile" => |c| quantile(c, Tensor::nanquantile_dim, Tensor::nanquantile);

    "unique" => |c| { c.bool_or("sorted", KEYWORD, true)?; groups(c, c.input()?.unique(c.opt_int("dim", KEYWORD)?)?) };
    "unique_consecutive" => |c| groups(c, c.input()?.unique_consecutive(c.opt_int("dim", KEYWORD)?)?);
    "searchsorted" => |c| {
        let sorted = c.input()?;
        let values = tensor_or_number(c, "self", 1, &sorted)?;
        places(c, sorted.searchsorted(&values, is_right(c)?, c.opt_tensor("sorter", KEYWORD)?.as_ref())?)
    };
    "bucketize" => |c| {
        let boundaries = c.tensor("boundaries", 1)?;
        places(c, tensor_or_number(c, "input", 0, &boundaries)?.bucketize(&boundaries, is_right(c)?)?)
    };
    "isin" => |c| c.input()?.isin(&c.tensor("test_elements", 1)?);


    "bincount" => |c| c.input()?.bincount(c.opt_tensor("weights", 1)?.as_ref(), c.int_or("minlength", 2, 0)?);
    "histc" => |c| c.input()?.histc(c.int_or("bins", 1, 100)?, c.float_or("min", 2, 0.0)?, c.float_or("max", 3, 0.0)?);
    "histogram" => |c| histogram(c, false);
    "histogramdd" => |c| histogram(c, true);

    "cov" => |c| {
        let (fweights, aweights) = (c.opt_tensor("fweights", KEYWORD)?, c.opt_tensor("aweights", KEYWORD)?);
        let weights = CovarianceWeights { fweights: fweights.as_ref(), aweights: aweights.as_ref() };
        c.input()?.cov(c.int_or("correction", KEYWORD, 1)?, weights)
    };
    "corrcoef" => |c| c.input()?.corrcoef();
}

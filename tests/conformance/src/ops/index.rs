//! Picking and writing elements by index or mask.

use super::ops;
use crate::argument::Argument;
use crate::call::{Call, Given, KEYWORD};
use crate::outcome::Failure;
use crate::output::{IntoOutput, Output};
use crate::tensor::{
    EmbeddingOptions, Index, Operand, Scalar, ScatterReduce, Segments, Slice, Tensor,
};

/// An index expression of the corpus.
pub(crate) fn indices(c: &Call, name: &str, position: usize) -> Given<Vec<Index>> {
    let malformed = || Failure::Kind(format!("`{name}` is no index expression"));
    match c.argument(name, position).ok_or_else(malformed)? {
        Argument::Tuple(items) => items.iter().map(|item| index(c, item)).collect(),
        // PyTorch's functions, unlike its brackets, take a list of indices.
        Argument::List(items) if name == "indices" => {
            items.iter().map(|item| index(c, item)).collect()
        }
        single => Ok(vec![index(c, single)?]),
    }
}

fn index(c: &Call, entry: &Argument) -> Given<Index> {
    Ok(match entry {
        Argument::None => Index::NewAxis,
        Argument::Bool(keep) => Index::Bool(*keep),
        Argument::Int(at) => Index::At(*at),
        Argument::Ellipsis => Index::Ellipsis,
        Argument::Tensor(_) => Index::Tensor(c.read(entry)?),
        Argument::Slice(bounds) => {
            let [start, end, step] = &**bounds;
            let slice = Slice::new(c.read(start)?, c.read(end)?);
            Index::Slice(slice.step(c.read::<Option<i64>>(step)?.unwrap_or(1)))
        }
        Argument::List(_) => {
            let list: Vec<i64> = c.read(entry)?;
            Index::Tensor(Tensor::from_slice(&list, &[list.len()])?)
        }
        other => return Err(Failure::Kind(format!("{} in an index", other.kind()))),
    })
}

/// What PyTorch calls "not to be used unless you know": every index is moved into range, and what
/// the mask excludes is taken from there and thrown away.
fn clamped(c: &Call) -> Given<Vec<Index>> {
    let shape = c.input()?.shape();
    let indices: Vec<Option<Tensor>> = c.get("indices", 2)?;
    let clamped = indices.into_iter().zip(shape.iter()).map(|(index, &size)| {
        let Some(index) = index else {
            return Ok(Index::Slice(Slice::from(..)));
        };
        let last = Scalar::Int(size as i64 - 1);
        Ok(Index::Tensor(index.maximum(0)?.minimum(last)?))
    });
    clamped.collect()
}

fn masked_index(c: &Call) -> Given<Tensor> {
    let excluded = c.tensor("mask", 1)?.logical_not()?;
    let picked = c.input()?.index(clamped(c)?)?;
    Ok(picked.masked_fill(&excluded, c.scalar("fill", 3)?)?)
}

fn masked_index_put_accumulate(c: &Call) -> Given<Tensor> {
    let excluded = c.tensor("mask", 1)?.logical_not()?;
    let values = c.tensor("values", 3)?.masked_fill(&excluded, 0)?;
    Ok(c.input()?.index_put(clamped(c)?, values, true)?)
}

pub(crate) fn reduction(c: &Call, name: &str, position: usize) -> Given<ScatterReduce> {
    Ok(match c.text(name, position)?.as_str() {
        "sum" | "add" => ScatterReduce::Sum,
        "prod" | "multiply" => ScatterReduce::Prod,
        "mean" => ScatterReduce::Mean,
        "amax" | "max" => ScatterReduce::Amax,
        "amin" | "min" => ScatterReduce::Amin,
        other => return Err(Failure::Kind(format!("`{name}` is {other}"))),
    })
}

fn scatter(c: &Call) -> Given<Tensor> {
    let (dim, index) = (c.int("dim", 1)?, c.tensor("index", 2)?);
    if !c.has("reduce", KEYWORD) {
        let source = if c.has("value", 3) { "value" } else { "src" };
        return Ok(c.input()?.scatter(dim, &index, c.operand(source, 3)?)?);
    }
    let reduce = reduction(c, "reduce", KEYWORD)?;
    let source = match c.operand("src", 3)? {
        Operand::Tensor(source) => source,
        // A number stands for a tensor full of it.
        Operand::Scalar(number) => c.input()?.new_full(&index.shape(), number)?,
    };
    Ok(c.input()?
        .scatter_reduce(dim, &index, &source, reduce, true)?)
}

/// A method that reduces into places along a dimension.
type Along = fn(
    &Tensor,
    isize,
    &Tensor,
    &Tensor,
    ScatterReduce,
    bool,
) -> Result<Tensor, crate::tensor::Error>;

/// The getters that `scatter_reduce` and `index_reduce` share.
fn reduced(c: &Call, along: Along) -> Given<Tensor> {
    let (index, source) = (c.tensor("index", 2)?, c.tensor("source", 3)?);
    let include_self = c.bool_or("include_self", KEYWORD, true)?;
    let reduce = reduction(c, "reduce", 4)?;
    Ok(along(
        &c.input()?,
        c.int("dim", 1)?,
        &index,
        &source,
        reduce,
        include_self,
    )?)
}

/// Unchecked lengths, which need not add up to the size, are the offsets that follow from them.
fn segment_reduce(c: &Call) -> Given<Tensor> {
    let unchecked = c.bool_or("unsafe", KEYWORD, false)?;
    let mut lengths = c.opt_tensor("lengths", KEYWORD)?;
    let mut offsets = c.opt_tensor("offsets", KEYWORD)?;
    if let Some(given) = lengths.take_if(|_| unchecked) {
        let start = given.narrow(-1, 0_i64, 1)?.zeros_like()?;
        offsets = Some(Tensor::cat(&[&start, &given.cumsum(-1)?], -1)?);
    }
    let segments = match (&lengths, &offsets) {
        (Some(lengths), None) => Segments::Lengths(lengths),
        (None, Some(offsets)) => Segments::Offsets(offsets),
        _ => return c.unsupported("other than one of lengths and offsets"),
    };
    let (reduce, axis) = (reduction(c, "reduce", 1)?, c.int_or("axis", KEYWORD, 0)?);
    let initial = c.opt_float("initial", KEYWORD)?;
    Ok(c.input()?.segment_reduce(reduce, segments, axis, initial)?)
}

fn nonzero(c: &Call) -> Given<Output> {
    match c.bool_or("as_tuple", KEYWORD, false)? {
        true => c.input()?.nonzero_as_tuple().into_output(),
        false => c.input()?.nonzero().into_output(),
    }
}

fn embedding(c: &Call) -> Given<Tensor> {
    let options = EmbeddingOptions {
        padding_idx: c.opt_int("padding_idx", KEYWORD)?,
        scale_grad_by_freq: c.bool_or("scale_grad_by_freq", KEYWORD, false)?,
    };
    c.only("max_norm", KEYWORD, &Argument::None)?;
    c.only("sparse", KEYWORD, &Argument::Bool(false))?;
    Ok(c.input()?.embedding(&c.tensor("input", 1)?, options)?)
}

ops! {
    "__getitem__" => |c| c.input()?.index(indices(c, "index", 1)?);
    "_unsafe_masked_index" => |c| masked_index(c);
    "_unsafe_masked_index_put_accumulate" => |c| masked_index_put_accumulate(c);
    "argwhere" => |c| c.input()?.argwhere();
    "gather" => |c| c.input()?.gather(c.int("dim", 1)?, &c.tensor("index", 2)?);
    "index_add" => |c| c.input()?.index_add(c.int("dim", 1)?, &c.tensor("index", 2)?, &c.tensor("source", 3)?, c.scalar_or("alpha", KEYWORD, Scalar::Int(1))?);
    "index_copy" => |c| c.input()?.index_copy(c.int("dim", 1)?, &c.tensor("index", 2)?, &c.tensor("source", 3)?);
    "index_fill" => |c| c.input()?.index_fill(c.int("dim", 1)?, &c.tensor("index", 2)?, c.operand("value", 3)?);
    "index_put" => |c| c.input()?.index_put(indices(c, "indices", 1)?, c.operand("values", 2)?, c.bool_or("accumulate", 3, false)?);
    "index_reduce" => |c| reduced(c, Tensor::index_reduce);
    "index_select" => |c| c.input()?.index_select(c.int("dim", 1)?, &c.tensor("index", 2)?);
    "masked_fill" => |c| c.input()?.masked_fill(&c.tensor("mask", 1)?, c.operand("value", 2)?);
    "masked_scatter" => |c| c.input()?.masked_scatter(&c.tensor("mask", 1)?, &c.tensor("source", 2)?);
    "masked_select" => |c| c.input()?.masked_select(&c.tensor("mask", 1)?);
    "nn.functional.embedding" => |c| embedding(c);
    "nn.functional.one_hot" => |c| c.input()?.one_hot(c.opt_int("num_classes", 1)?.filter(|&n: &i64| n >= 0).map(|n| n as usize));
    "nonzero" => |c| nonzero(c);
    "nonzero_static" => |c| c.input()?.nonzero_static(c.int("size", KEYWORD)?, c.int_or("fill_value", KEYWORD, -1)?);
    "put" => |c| c.input()?.put(&c.tensor("index", 1)?, &c.tensor("source", 2)?, c.bool_or("accumulate", 3, false)?);
    "scatter" => |c| scatter(c);
    "scatter_add" => |c| c.input()?.scatter_add(c.int("dim", 1)?, &c.tensor("index", 2)?, &c.tensor("src", 3)?);
    "scatter_reduce" => |c| reduced(c, Tensor::scatter_reduce);
    "_segment_reduce" => |c| segment_reduce(c);
    "take" => |c| c.input()?.take(&c.tensor("index", 1)?);
    "take_along_dim" => |c| c.input()?.take_along_dim(&c.tensor("indices", 1)?, c.opt_int("dim", 2)?);
    "unravel_index" => |c| c.input()?.unravel_index(&c.ints("shape", 1)?);
}

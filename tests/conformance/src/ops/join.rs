//! Joining, cutting and repeating.

use super::ops;
use crate::argument::Argument;
use crate::call::{Call, Given, KEYWORD};
use crate::outcome::Failure;
use crate::tensor::{Indexing, Operand, Sections, Shape, Tensor, broadcast_shapes};

/// The dimension of a joined tensor, under either of its names.
fn dim(c: &Call) -> Given<isize> {
    c.int_or(
        if c.has("axis", KEYWORD) {
            "axis"
        } else {
            "dim"
        },
        1,
        0,
    )
}

fn split(c: &Call) -> Given<Vec<Tensor>> {
    let (name, dim) = ("split_size_or_sections", c.int_or("dim", 2, 0)?);
    match c.argument(name, 1) {
        Some(Argument::Int(_)) => Ok(c.input()?.split(c.int(name, 1)?, dim)?),
        _ => Ok(c.input()?.split_with_sizes(&c.ints(name, 1)?, dim)?),
    }
}

/// A number of pieces, or where to cut.
fn sections(c: &Call) -> Given<Sections> {
    const NAME: &str = "indices_or_sections";
    match c.argument(NAME, 1) {
        Some(Argument::Int(_)) => Ok(Sections::Count(c.int(NAME, 1)?)),
        Some(Argument::Tensor(_)) => {
            let tensor = c.tensor(NAME, 1)?.long()?;
            let numbers = tensor.to_vec::<i64>()?;
            match (tensor.dim(), &numbers[..]) {
                (0, &[count]) => {
                    let count = usize::try_from(count);
                    Ok(Sections::Count(
                        count.map_err(|e| Failure::Range(e.to_string()))?,
                    ))
                }
                _ => Ok(Sections::Before(numbers)),
            }
        }
        _ => Ok(Sections::Before(c.ints(NAME, 1)?)),
    }
}

fn meshgrid(c: &Call) -> Given<Vec<Tensor>> {
    let indexing = match c.text_or("indexing", KEYWORD, "ij")?.as_str() {
        "xy" => Indexing::Xy,
        _ => Indexing::Ij,
    };
    Ok(Tensor::meshgrid(
        &c.rest::<Tensor>("tensors", 0)?,
        indexing,
    )?)
}

fn joint_shape(c: &Call) -> Given<Vec<usize>> {
    let shapes = (0..c.positional()).map(|position| Ok(Shape::from(c.ints("shape", position)?)));
    Ok(broadcast_shapes(&shapes.collect::<Given<Vec<Shape>>>()?)?.to_vec())
}

fn repeat_interleave(c: &Call) -> Given<Tensor> {
    let repeats: Operand = c.operand("repeats", 1)?;
    // What the caller knows about the result saves PyTorch a look at the repeats.
    c.opt_int::<i64>("output_size", KEYWORD)?;
    Ok(c.input()?
        .repeat_interleave(repeats, c.opt_int("dim", 2)?)?)
}

ops! {
    "cat" | "concat" | "concatenate" => |c| Tensor::cat(&c.tensors("tensors", 0)?, dim(c)?);
    "stack" => |c| Tensor::stack(&c.tensors("tensors", 0)?, dim(c)?);
    "hstack" => |c| Tensor::hstack(&c.tensors("tensors", 0)?);
    "vstack" | "row_stack" => |c| Tensor::vstack(&c.tensors("tensors", 0)?);
    "dstack" => |c| Tensor::dstack(&c.tensors("tensors", 0)?);
    "column_stack" => |c| Tensor::column_stack(&c.tensors("tensors", 0)?);
    "block_diag" => |c| Tensor::block_diag(&c.rest::<Tensor>("tensors", 0)?);
    "_chunk_cat" => |c| Tensor::chunk_cat(&c.tensors("tensors", 0)?, c.int("dim", 1)?, c.int("num_chunks", 2)?);

    "split" | "unsafe_split" => |c| split(c);
    "split_with_sizes" | "split_with_sizes_copy" | "unsafe_split_with_sizes" => |c| c.input()?.split_with_sizes(&c.ints("split_sizes", 1)?, c.int_or("dim", 2, 0)?);
    "chunk" | "unsafe_chunk" => |c| c.input()?.chunk(c.int("chunks", 1)?, c.int_or("dim", 2, 0)?);
    "tensor_split" => |c| c.input()?.tensor_split(sections(c)?, c.int_or("dim", 2, 0)?);
    "hsplit" => |c| c.input()?.hsplit(sections(c)?);
    "vsplit" => |c| c.input()?.vsplit(sections(c)?);
    "dsplit" => |c| c.input()?.dsplit(sections(c)?);
    "unbind" | "unbind_copy" => |c| c.input()?.unbind(c.int_or("dim", 1, 0)?);

    "repeat" => |c| c.input()?.repeat(&c.rest_ints("repeats", 1)?);
    "tile" => |c| c.input()?.tile(&c.rest_ints("dims", 1)?);
    "repeat_interleave" => |c| repeat_interleave(c);

    "broadcast_tensors" => |c| Tensor::broadcast_tensors(&c.rest::<Tensor>("tensors", 0)?);
    "broadcast_shapes" => |c| joint_shape(c);
    "meshgrid" => |c| meshgrid(c);
    "cartesian_prod" => |c| Tensor::cartesian_prod(&c.rest::<Tensor>("tensors", 0)?);
    "combinations" => |c| c.input()?.combinations(c.int_or("r", 1, 2)?, c.bool_or("with_replacement", 2, false)?);
}

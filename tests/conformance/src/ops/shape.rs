//! Views and other changes of shape. What copies in PyTorch (`narrow_copy`) is a view here, because
//! no write to a view can be seen through another tensor.

use super::ops;
use crate::argument::Argument;
use crate::call::{Call, Given, KEYWORD};
use crate::outcome::Failure;
use crate::output::{IntoOutput, Output};
use crate::tensor::{Error, MemoryFormat, PadMode, Scalar, Slice, Tensor};

fn squeeze(c: &Call) -> Given<Tensor> {
    match c.opt_ints("dim", 1)? {
        // No dimensions at all leave the tensor as it is; a missing argument squeezes every one.
        Some(dims) if dims.is_empty() => c.input(),
        Some(dims) => Ok(c.input()?.squeeze_dims(&dims)?),
        None => Ok(c.input()?.squeeze()?),
    }
}

/// The three arguments of the diagonals, from a position on.
fn diagonal(c: &Call, position: usize, defaults: [isize; 2]) -> Given<(isize, isize, isize)> {
    Ok((
        c.int_or("offset", position, 0)?,
        c.int_or("dim1", position + 1, defaults[0])?,
        c.int_or("dim2", position + 2, defaults[1])?,
    ))
}

fn slice(c: &Call, position: usize) -> Given<Slice> {
    let slice = Slice::new(
        c.opt_int("start", position)?,
        c.opt_int("end", position + 1)?,
    );
    Ok(slice.step(c.int_or("step", position + 2, 1)?))
}

/// One shape or a list of them.
fn each(c: &Call, f: fn(&Tensor) -> Result<Tensor, Error>) -> Given<Output> {
    match c.argument("tensors", 0) {
        Some(Argument::Tensor(_)) if c.positional() == 1 => f(&c.input()?).into_output(),
        _ => {
            let tensors = c.rest::<Tensor>("tensors", 0)?;
            tensors
                .iter()
                .map(f)
                .collect::<Result<Vec<_>, _>>()
                .into_output()
        }
    }
}

fn pad(c: &Call) -> Given<Tensor> {
    let mode = match c.text_or("mode", 2, "constant")?.as_str() {
        "reflect" => PadMode::Reflect,
        "replicate" => PadMode::Replicate,
        "circular" => PadMode::Circular,
        _ => PadMode::Constant(c.scalar_or("value", 3, Scalar::Int(0))?),
    };
    Ok(c.input()?.pad(&c.ints("pad", 1)?, mode)?)
}

/// A tensor in the memory format that is asked for.
pub(super) fn formatted(c: &Call, x: &Tensor) -> Given<Tensor> {
    let format = match c.argument("memory_format", KEYWORD) {
        None => MemoryFormat::Preserve,
        Some(Argument::MemoryFormat(name)) => match name.as_str() {
            "contiguous_format" => MemoryFormat::Contiguous,
            "channels_last" => MemoryFormat::ChannelsLast,
            "channels_last_3d" => MemoryFormat::ChannelsLast3d,
            _ => MemoryFormat::Preserve,
        },
        Some(other) => return Err(Failure::Kind(format!("memory_format is {}", other.kind()))),
    };
    Ok(x.to_memory_format(format)?)
}

fn as_strided_scatter(c: &Call) -> Given<Tensor> {
    let (size, stride) = (c.ints::<usize>("size", 2)?, c.ints::<isize>("stride", 3)?);
    let offset = c.opt_int("storage_offset", 4)?;
    Ok(c.input()?
        .as_strided_scatter(&c.tensor("src", 1)?, &size, &stride, offset)?)
}

fn diagonal_scatter(c: &Call) -> Given<Tensor> {
    let (offset, dim1, dim2) = diagonal(c, 2, [0, 1])?;
    Ok(c.input()?
        .diagonal_scatter(&c.tensor("src", 1)?, offset, dim1, dim2)?)
}

ops! {
    "alias_copy" => |c| c.input();
    "clone" => |c| formatted(c, &c.input()?);
    "contiguous" => |c| { let x = c.input()?.contiguous()?; formatted(c, &x) };

    // Sizes.
    "reshape" => |c| c.input()?.reshape(&c.ints("shape", 1)?);
    "view" | "view_copy" => |c| c.input()?.view(&c.ints("size", 1)?);
    "view_as" => |c| c.input()?.view_as(&c.tensor("other", 1)?);
    "reshape_as" => |c| c.input()?.reshape_as(&c.tensor("other", 1)?);
    "flatten" => |c| c.input()?.flatten(c.int_or("start_dim", 1, 0)?, c.int_or("end_dim", 2, -1)?);
    "unflatten" => |c| c.input()?.unflatten(c.int("dim", 1)?, &c.ints("sizes", 2)?);
    "ravel" => |c| c.input()?.ravel();
    "squeeze" | "squeeze_copy" => |c| squeeze(c);
    "unsqueeze" | "unsqueeze_copy" => |c| c.input()?.unsqueeze(c.int("dim", 1)?);
    "expand" | "expand_copy" => |c| c.input()?.expand(&c.ints("size", 1)?);
    "expand_as" => |c| c.input()?.expand_as(&c.tensor("other", 1)?);
    "broadcast_to" => |c| c.input()?.broadcast_to(&c.ints("size", 1)?);
    "atleast_1d" => |c| each(c, Tensor::atleast_1d);
    "atleast_2d" => |c| each(c, Tensor::atleast_2d);
    "atleast_3d" => |c| each(c, Tensor::atleast_3d);
    "resize_" => |c| { let mut x = c.input()?.detach(); x.resize_(&c.ints("size", 1)?)?; Ok::<_, Error>(x) };
    "resize_as_" => |c| { let mut x = c.input()?.detach(); x.resize_as_(&c.tensor("other", 1)?)?; Ok::<_, Error>(x) };

    // The order of dimensions and elements.
    "permute" | "permute_copy" => |c| c.input()?.permute(&c.ints("dims", 1)?);
    "transpose" | "swapdims" | "swapaxes" | "transpose_copy" => |c| c.input()?.transpose(c.int("dim0", 1)?, c.int("dim1", 2)?);
    "movedim" | "moveaxis" => |c| c.input()?.movedim(&c.ints("source", 1)?, &c.ints("destination", 2)?);
    "t" | "t_copy" | "T" | "H" => |c| c.input()?.t();
    "mT" | "mH" => |c| c.input()?.mt();
    "flip" => |c| c.input()?.flip(&c.ints("dims", 1)?);
    "fliplr" => |c| c.input()?.fliplr();
    "flipud" => |c| c.input()?.flipud();
    "roll" => |c| c.input()?.roll(&c.ints("shifts", 1)?, &c.opt_ints("dims", 2)?.unwrap_or_default());
    "rot90" => |c| c.input()?.rot90(c.int_or("k", 1, 1)?, &c.opt_ints("dims", 2)?.unwrap_or(vec![0, 1]));

    // Parts.
    "narrow" | "narrow_copy" => |c| {
        let (dim, length) = (c.int("dim", 1)?, c.int("length", 3)?);
        c.input()?.narrow(dim, c.index::<i64>("start", 2)?, length)
    };
    "select" | "select_copy" => |c| c.input()?.select(c.int("dim", 1)?, c.int("index", 2)?);
    "slice" => |c| c.input()?.slice(c.int_or("dim", 1, 0)?, slice(c, 2)?);
    "diagonal" | "diagonal_copy" => |c| { let (offset, dim1, dim2) = diagonal(c, 1, [0, 1])?; c.input()?.diagonal(offset, dim1, dim2) };
    "linalg.diagonal" => |c| { let (offset, dim1, dim2) = diagonal(c, 1, [-2, -1])?; c.input()?.diagonal(offset, dim1, dim2) };
    "diag_embed" => |c| { let (offset, dim1, dim2) = diagonal(c, 1, [-2, -1])?; c.input()?.diag_embed(offset, dim1, dim2) };
    "slice_scatter" => |c| c.input()?.slice_scatter(&c.tensor("src", 1)?, c.int_or("dim", 2, 0)?, slice(c, 3)?);
    "select_scatter" => |c| c.input()?.select_scatter(&c.tensor("src", 1)?, c.int("dim", 2)?, c.int("index", 3)?);
    "diagonal_scatter" => |c| diagonal_scatter(c);
    "as_strided" | "as_strided_copy" => |c| c.input()?.as_strided(&c.ints("size", 1)?, &c.ints("stride", 2)?, c.opt_int("storage_offset", 3)?);
    "as_strided_scatter" => |c| as_strided_scatter(c);
    "unfold" | "unfold_copy" => |c| c.input()?.unfold(c.int("dimension", 1)?, c.int("size", 2)?, c.int("step", 3)?);

    // Triangles, diagonals, edges.
    "tril" => |c| c.input()?.tril(c.int_or("diagonal", 1, 0)?);
    "triu" => |c| c.input()?.triu(c.int_or("diagonal", 1, 0)?);
    "diag" => |c| c.input()?.diag(c.int_or("diagonal", 1, 0)?);
    "diagflat" => |c| c.input()?.diagflat(c.int_or("offset", 1, 0)?);
    "trace" => |c| c.input()?.trace();
    "constant_pad_nd" => |c| c.input()?.constant_pad_nd(&c.ints("pad", 1)?, c.scalar_or("value", 2, Scalar::Int(0))?);
    "nn.functional.channel_shuffle" | "channel_shuffle" => |c| {
        rushlight_nn::functional::channel_shuffle(&c.input()?, c.int("groups", 1)?)
    };
    "nn.functional.pixel_shuffle" => |c| {
        rushlight_nn::functional::pixel_shuffle(&c.input()?, c.int("upscale_factor", 1)?)
    };
    "nn.functional.pixel_unshuffle" => |c| {
        rushlight_nn::functional::pixel_unshuffle(&c.input()?, c.int("downscale_factor", 1)?)
    };
    "nn.functional.pad" => |c| pad(c);
}

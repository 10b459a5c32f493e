//! Views and other changes of shape. What copies in PyTorch (`narrow_copy`) is a view here, because
//! no write to a view can be seen through another tensor.

use super::ops;
use crate::call::{Call, Given};
use crate::tensor::Tensor;

fn squeeze(c: &Call) -> Given<Tensor> {
    match c.opt_ints("dim", 1)? {
        // No dimensions at all leave the tensor as it is; a missing argument squeezes every one.
        Some(dims) if dims.is_empty() => c.input(),
        Some(dims) => Ok(c.input()?.squeeze_dims(&dims)?),
        None => Ok(c.input()?.squeeze()?),
    }
}

fn diagonal(c: &Call, [offset, first, second]: [(&str, usize); 3]) -> Given<Tensor> {
    let offset = c.int_or(offset.0, offset.1, 0)?;
    let (first, second) = (
        c.int_or(first.0, first.1, 0)?,
        c.int_or(second.0, second.1, 1)?,
    );
    Ok(c.input()?.diagonal(offset, first, second)?)
}

ops! {
    "broadcast_to" => |c| c.input()?.broadcast_to(&c.ints("size", 1)?);
    "diagonal" | "diagonal_copy" => |c| diagonal(c, [("offset", 1), ("dim1", 2), ("dim2", 3)]);
    "expand" | "expand_copy" => |c| c.input()?.expand(&c.ints("size", 1)?);
    "narrow" | "narrow_copy" => |c| c.input()?.narrow(c.int("dim", 1)?, c.index("start", 2)?, c.int("length", 3)?);
    "permute" | "permute_copy" => |c| c.input()?.permute(&c.ints("dims", 1)?);
    "reshape" => |c| c.input()?.reshape(&c.ints("shape", 1)?);
    "select" | "select_copy" => |c| c.input()?.select(c.int("dim", 1)?, c.int("index", 2)?);
    "squeeze" | "squeeze_copy" => |c| squeeze(c);
    "transpose" | "swapdims" | "swapaxes" | "transpose_copy" => |c| c.input()?.transpose(c.int("dim0", 1)?, c.int("dim1", 2)?);
    "unsqueeze" | "unsqueeze_copy" => |c| c.input()?.unsqueeze(c.int("dim", 1)?);
    "view" | "view_copy" => |c| c.input()?.view(&c.ints("size", 1)?);
    "contiguous" => |c| { c.only_row_major()?; c.input()?.contiguous() };
}

//! Convolutions.

use rushlight_nn::{Conv, ConvTranspose, Padding, PaddingMode, Size};

use super::modules;
use crate::argument::Argument;
use crate::call::{Call, Given};

modules! {
    "nn.Conv1d" => |c| conv::<1>(c)?;
    "nn.Conv2d" => |c| conv::<2>(c)?;
    "nn.Conv3d" => |c| conv::<3>(c)?;
    "nn.ConvTranspose1d" => |c| conv_transpose::<1>(c)?;
    "nn.ConvTranspose2d" => |c| conv_transpose::<2>(c)?;
    "nn.ConvTranspose3d" => |c| conv_transpose::<3>(c)?;
}

fn conv<const N: usize>(c: &Call) -> Given<Conv<N>> {
    let (input, output) = (c.int("in_channels", 0)?, c.int("out_channels", 1)?);
    let builder = Conv::builder(input, output, size::<N>(c, "kernel_size", 2)?)
        .stride(size_or(c, "stride", 3, 1)?)
        .padding(padding(c)?)
        .dilation(size_or(c, "dilation", 5, 1)?)
        .groups(c.int_or("groups", 6, 1)?)
        .bias(c.bool_or("bias", 7, true)?)
        .padding_mode(padding_mode(c, 8)?);
    Ok(builder.build()?)
}

fn conv_transpose<const N: usize>(c: &Call) -> Given<ConvTranspose<N>> {
    let (input, output) = (c.int("in_channels", 0)?, c.int("out_channels", 1)?);
    let builder = ConvTranspose::builder(input, output, size::<N>(c, "kernel_size", 2)?)
        .stride(size_or(c, "stride", 3, 1)?)
        .padding(size_or(c, "padding", 4, 0)?)
        .output_padding(size_or(c, "output_padding", 5, 0)?)
        .groups(c.int_or("groups", 6, 1)?)
        .bias(c.bool_or("bias", 7, true)?)
        .dilation(size_or(c, "dilation", 8, 1)?);
    Ok(builder.build()?)
}

fn padding<const N: usize>(c: &Call) -> Given<Padding<N>> {
    match c.argument("padding", 4) {
        Some(Argument::Text(text)) if text == "same" => Ok(Padding::Same),
        Some(Argument::Text(text)) if text == "valid" => Ok(Padding::Valid),
        _ => Ok(Padding::Each(size_or(c, "padding", 4, 0)?)),
    }
}

fn padding_mode(c: &Call, position: usize) -> Given<PaddingMode> {
    match &*c.text_or("padding_mode", position, "zeros")? {
        "zeros" => Ok(PaddingMode::Zeros),
        "reflect" => Ok(PaddingMode::Reflect),
        "replicate" => Ok(PaddingMode::Replicate),
        "circular" => Ok(PaddingMode::Circular),
        other => c.unsupported(&format!("padding_mode={other}")),
    }
}

/// A size that is one number or one for each dimension.
pub(super) fn size<const N: usize>(c: &Call, name: &str, position: usize) -> Given<Size<N>> {
    if let Some(Argument::Int(_)) = c.argument(name, position) {
        return Ok(Size::All(c.int(name, position)?));
    }
    match c.ints::<usize>(name, position)?.try_into() {
        Ok(sizes) => Ok(Size::Each(sizes)),
        Err(_) => c.unsupported(&format!("{name} of another length")),
    }
}

/// A size that has a default.
pub(super) fn size_or<const N: usize>(
    c: &Call,
    name: &str,
    position: usize,
    default: usize,
) -> Given<Size<N>> {
    match c.has(name, position) {
        true => size(c, name, position),
        false => Ok(Size::All(default)),
    }
}

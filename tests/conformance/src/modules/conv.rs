//! Convolutions.

use rushlight_nn::{
    Conv, ConvBuilder, ConvTranspose, ConvTransposeBuilder, Padding, PaddingMode, Size,
};

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
    Ok(conv_builder(c, c.int("in_channels", 0)?, 1)?.build()?)
}

fn conv_transpose<const N: usize>(c: &Call) -> Given<ConvTranspose<N>> {
    Ok(conv_transpose_builder(c, c.int("in_channels", 0)?, 1)?.build()?)
}

/// The settings of a convolution, from the position of `out_channels` on.
pub(super) fn conv_builder<const N: usize>(
    c: &Call,
    in_channels: usize,
    first: usize,
) -> Given<ConvBuilder<N>> {
    let out_channels = c.int("out_channels", first)?;
    Ok(Conv::builder(
        in_channels,
        out_channels,
        size::<N>(c, "kernel_size", first + 1)?,
    )
    .stride(size_or(c, "stride", first + 2, 1)?)
    .padding(padding(c, first + 3)?)
    .dilation(size_or(c, "dilation", first + 4, 1)?)
    .groups(c.int_or("groups", first + 5, 1)?)
    .bias(c.bool_or("bias", first + 6, true)?)
    .padding_mode(padding_mode(c, first + 7)?))
}

/// The settings of a transposed convolution, from the position of `out_channels` on.
pub(super) fn conv_transpose_builder<const N: usize>(
    c: &Call,
    in_channels: usize,
    first: usize,
) -> Given<ConvTransposeBuilder<N>> {
    let out_channels = c.int("out_channels", first)?;
    let kernel_size = size::<N>(c, "kernel_size", first + 1)?;
    Ok(
        ConvTranspose::builder(in_channels, out_channels, kernel_size)
            .stride(size_or(c, "stride", first + 2, 1)?)
            .padding(size_or(c, "padding", first + 3, 0)?)
            .output_padding(size_or(c, "output_padding", first + 4, 0)?)
            .groups(c.int_or("groups", first + 5, 1)?)
            .bias(c.bool_or("bias", first + 6, true)?)
            .dilation(size_or(c, "dilation", first + 7, 1)?),
    )
}

fn padding<const N: usize>(c: &Call, position: usize) -> Given<Padding<N>> {
    match c.argument("padding", position) {
        Some(Argument::Text(text)) if text == "same" => Ok(Padding::Same),
        Some(Argument::Text(text)) if text == "valid" => Ok(Padding::Valid),
        _ => Ok(Padding::Each(size_or(c, "padding", position, 0)?)),
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

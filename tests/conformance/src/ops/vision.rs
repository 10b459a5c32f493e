//! Resizing, sampling and cutting up images.

use super::ops;
use crate::argument::Argument;
use crate::call::{Call, Given, KEYWORD};
use crate::output::{IntoOutput, Output};
use crate::tensor::Tensor;
use rushlight_autograd::{Resampling, Sampling};
use rushlight_nn::functional as F;

ops! {
    "_upsample_bilinear2d_aa" => |c| smooth(c)?;
    "grid_sampler_2d" | "grid_sampler_3d" => |c| {
        let options = F::GridSampleOptions {
            mode: match c.int::<i64>("interpolation_mode", 2)? {
                0 => F::GridSampleMode::Bilinear,
                1 => F::GridSampleMode::Nearest,
                2 => F::GridSampleMode::Bicubic,
                other => c.unsupported(&format!("interpolation_mode={other}"))?,
            },
            padding_mode: match c.int::<i64>("padding_mode", 3)? {
                0 => F::GridSamplePadding::Zeros,
                1 => F::GridSamplePadding::Border,
                2 => F::GridSamplePadding::Reflection,
                other => c.unsupported(&format!("padding_mode={other}"))?,
            },
            align_corners: c.bool("align_corners", 4)?,
        };
        F::grid_sample(&c.input()?, &c.tensor("grid", 1)?, options)
    };
    "nn.functional.affine_grid" => |c| F::affine_grid(
        &c.input()?,
        &c.ints::<usize>("size", 1)?,
        c.bool_or("align_corners", 2, false)?,
    );
    "nn.functional.fold" => |c| F::fold(
        &c.input()?,
        required_pair(c, "output_size", 1)?,
        &windows(c, 2)?,
    );
    "nn.functional.fractional_max_pool2d" => |c| fractional_max_pool::<2>(c)?;
    "nn.functional.fractional_max_pool3d" => |c| fractional_max_pool::<3>(c)?;
    "nn.functional.grid_sample" => |c| {
        let options = F::GridSampleOptions {
            mode: match &*c.text_or("mode", 2, "bilinear")? {
                "bilinear" => F::GridSampleMode::Bilinear,
                "nearest" => F::GridSampleMode::Nearest,
                "bicubic" => F::GridSampleMode::Bicubic,
                other => c.unsupported(&format!("mode={other}"))?,
            },
            padding_mode: match &*c.text_or("padding_mode", 3, "zeros")? {
                "zeros" => F::GridSamplePadding::Zeros,
                "border" => F::GridSamplePadding::Border,
                "reflection" => F::GridSamplePadding::Reflection,
                other => c.unsupported(&format!("padding_mode={other}"))?,
            },
            align_corners: c.bool_or("align_corners", 4, false)?,
        };
        F::grid_sample(&c.input()?, &c.tensor("grid", 1)?, options)
    };
    "nn.functional.interpolate" => |c| {
        let options = F::InterpolateOptions {
            resize: resize(c, "size", 1, "scale_factor", 2)?,
            mode: c.text_or("mode", 3, "nearest")?.parse()?,
            align_corners: c.opt("align_corners", 4)?,
            recompute_scale_factor: c.bool_or("recompute_scale_factor", 5, false)?,
            antialias: c.bool_or("antialias", 6, false)?,
        };
        F::interpolate(&c.input()?, &options)
    };
    "nn.functional.unfold" => |c| F::unfold(&c.input()?, &windows(c, 1)?);
    "nn.functional.upsample_bilinear" => |c| {
        let options = F::InterpolateOptions {
            mode: F::InterpolationMode::Bilinear,
            align_corners: Some(true),
            ..F::InterpolateOptions::new(resize(c, "size", 1, "scale_factor", 2)?)
        };
        F::interpolate(&c.input()?, &options)
    };
    "nn.functional.upsample_nearest" => |c| {
        let resize = resize(c, "size", 1, "scale_factor", 2)?;
        F::interpolate(&c.input()?, &F::InterpolateOptions::new(resize))
    };
}

/// Sizes or factors.
fn resize(
    c: &Call,
    size: &str,
    size_position: usize,
    factor: &str,
    factor_position: usize,
) -> Given<F::Resize> {
    if let Some(sizes) = c.opt_ints::<usize>(size, size_position)? {
        c.argument(factor, factor_position);
        return Ok(F::Resize::To(sizes));
    }
    Ok(F::Resize::By(match c.argument(factor, factor_position) {
        Some(Argument::Float(_) | Argument::Int(_)) => vec![c.float(factor, factor_position)?],
        _ => c.get(factor, factor_position)?,
    }))
}

/// Bilinear interpolation with smoothing, whose scales may differ from the sizes.
fn smooth(c: &Call) -> Given<Tensor> {
    let align_corners = c.bool("align_corners", 2)?;
    if !c.has("output_size", 1) || c.has("scale_factors", KEYWORD) {
        let options = F::InterpolateOptions {
            mode: F::InterpolationMode::Bilinear,
            align_corners: Some(align_corners),
            antialias: true,
            ..F::InterpolateOptions::new(resize(c, "output_size", 1, "scale_factors", KEYWORD)?)
        };
        return Ok(F::interpolate(&c.input()?, &options)?);
    }
    let scales = [c.opt_float("scales_h", 3)?, c.opt_float("scales_w", 4)?];
    let resampling = Resampling {
        sampling: Sampling::Linear,
        align_corners,
        antialias: true,
    };
    Ok(c.input()?
        .resample(resampling, &c.ints::<usize>("output_size", 1)?, &scales)?)
}

fn windows(c: &Call, position: usize) -> Given<F::UnfoldOptions> {
    Ok(F::UnfoldOptions {
        dilation: pair(c, "dilation", position + 1)?.unwrap_or([1; 2]),
        padding: pair(c, "padding", position + 2)?.unwrap_or([0; 2]),
        stride: pair(c, "stride", position + 3)?.unwrap_or([1; 2]),
        ..F::UnfoldOptions::new(required_pair(c, "kernel_size", position)?)
    })
}

fn required_pair<const N: usize>(c: &Call, name: &str, position: usize) -> Given<[usize; N]> {
    match pair(c, name, position)? {
        Some(sizes) => Ok(sizes),
        None => c.unsupported(&format!("no {name}")),
    }
}

/// One number for all dimensions, or one for each; an empty sequence is none.
fn pair<const N: usize>(c: &Call, name: &str, position: usize) -> Given<Option<[usize; N]>> {
    let sizes = c.opt_ints::<usize>(name, position)?.unwrap_or_default();
    match sizes[..] {
        [] => Ok(None),
        [size] => Ok(Some([size; N])),
        _ => match sizes.try_into() {
            Ok(sizes) => Ok(Some(sizes)),
            Err(_) => c.unsupported(&format!("{name} of another length")),
        },
    }
}

fn fractional_max_pool<const N: usize>(c: &Call) -> Given<Output> {
    let samples = c.opt_tensor("_random_samples", 5)?;
    let options = F::FractionalMaxPoolOptions::<N> {
        kernel_size: required_pair(c, "kernel_size", 1)?,
        output: fractional_output(c, 2)?,
        random_samples: samples.as_ref(),
    };
    let (maxima, indices) = F::fractional_max_pool(&c.input()?, &options)?;
    match c.bool_or("return_indices", 4, false)? {
        true => (maxima, indices).into_output(),
        false => maxima.into_output(),
    }
}

/// Sizes or ratios of a fractional pooling.
pub fn fractional_output<const N: usize>(
    c: &Call,
    position: usize,
) -> Given<F::FractionalOutput<N>> {
    if let Some(sizes) = pair(c, "output_size", position)? {
        return Ok(F::FractionalOutput::Size(sizes));
    }
    let ratios = match c.argument("output_ratio", position + 1) {
        Some(Argument::Float(ratio)) => vec![*ratio; N],
        _ => c.get::<Vec<f64>>("output_ratio", position + 1)?,
    };
    match ratios.try_into() {
        Ok(ratios) => Ok(F::FractionalOutput::Ratio(ratios)),
        Err(_) => c.unsupported("output_ratio of another length"),
    }
}

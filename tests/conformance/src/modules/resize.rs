//! Other spatial sizes, and windows of images.

use rushlight_nn::functional::Resize;
use rushlight_nn::{
    Fold, FractionalMaxPool, Unfold, Upsample, UpsamplingBilinear2d, UpsamplingNearest2d,
};

use super::conv::{size, size_or};
use super::{Instance, instance, mapped, modules};
use crate::argument::Argument;
use crate::call::{Call, Given};
use crate::ops::vision::fractional_output;
use crate::output::IntoOutput;

modules! {
    "nn.Upsample" => |c| Upsample::new(resize(c)?)
        .mode(c.text_or("mode", 2, "nearest")?.parse()?)
        .align_corners(c.opt::<bool>("align_corners", 3)?)
        .recompute_scale_factor(c.bool_or("recompute_scale_factor", 4, false)?);
    "nn.UpsamplingBilinear2d" => |c| UpsamplingBilinear2d::new(resize(c)?);
    "nn.UpsamplingNearest2d" => |c| UpsamplingNearest2d::new(resize(c)?);
    "nn.Unfold" => |c| Unfold::new(size::<2>(c, "kernel_size", 0)?)
        .dilation(size_or::<2>(c, "dilation", 1, 1)?)
        .padding(size_or::<2>(c, "padding", 2, 0)?)
        .stride(size_or::<2>(c, "stride", 3, 1)?);
    "nn.Fold" => |c| Fold::new(size::<2>(c, "output_size", 0)?, size::<2>(c, "kernel_size", 1)?)
        .dilation(size_or::<2>(c, "dilation", 2, 1)?)
        .padding(size_or::<2>(c, "padding", 3, 0)?)
        .stride(size_or::<2>(c, "stride", 4, 1)?);
}

/// Modules that are asked to return positions as well are called in another way.
pub(super) const FRACTIONAL: super::Rows = &[
    ("nn.FractionalMaxPool2d", fractional_max_pool::<2>),
    ("nn.FractionalMaxPool3d", fractional_max_pool::<3>),
];

fn fractional_max_pool<const N: usize>(c: &Call) -> Given<Box<dyn Instance>> {
    let layer = FractionalMaxPool::new(size::<N>(c, "kernel_size", 0)?, fractional_output(c, 1)?);
    let layer = match c.opt_tensor("_random_samples", 4)? {
        Some(samples) => layer.random_samples(samples),
        None => layer,
    };
    Ok(match c.bool_or("return_indices", 3, false)? {
        true => mapped(layer, |m, c| {
            m.forward_with_indices(&c.input()?).into_output()
        }),
        false => instance(layer),
    })
}

fn resize(c: &Call) -> Given<Resize> {
    if let Some(sizes) = c.opt_ints::<usize>("size", 0)? {
        return Ok(Resize::To(sizes));
    }
    Ok(Resize::By(match c.argument("scale_factor", 1) {
        Some(Argument::Float(_) | Argument::Int(_)) => vec![c.float("scale_factor", 1)?],
        _ => c.get("scale_factor", 1)?,
    }))
}

//! Affine maps, tables, dropout and changes of shape.

use rushlight_nn::{
    AlphaDropout, Bilinear, ChannelShuffle, Dropout, Dropout1d, Dropout2d, Dropout3d, Embedding,
    EmbeddingBag, FeatureAlphaDropout, Flatten, Identity, Linear, PixelShuffle, PixelUnshuffle,
    Unflatten,
};

use super::modules;
use crate::call::{Call, Given};
use rushlight_nn::functional::EmbeddingBagMode;

modules! {
    "nn.AlphaDropout" => |c| AlphaDropout::new(p(c)?)?.inplace(inplace(c)?);
    "nn.Bilinear" => |c| Bilinear::builder(
            c.int("in1_features", 0)?,
            c.int("in2_features", 1)?,
            c.int("out_features", 2)?,
        )
        .bias(c.bool_or("bias", 3, true)?)
        .build()?,
        |m, c| m.forward(&c.tensor("input1", 0)?, &c.tensor("input2", 1)?);
    "nn.ChannelShuffle" => |c| ChannelShuffle::new(c.int::<usize>("groups", 0)?);
    "nn.Dropout" => |c| Dropout::new(p(c)?)?.inplace(inplace(c)?);
    "nn.Dropout1d" => |c| Dropout1d::new(p(c)?)?.inplace(inplace(c)?);
    "nn.Dropout2d" => |c| Dropout2d::new(p(c)?)?.inplace(inplace(c)?);
    "nn.Dropout3d" => |c| Dropout3d::new(p(c)?)?.inplace(inplace(c)?);
    "nn.Embedding" => |c| Embedding::builder(c.int("num_embeddings", 0)?, c.int("embedding_dim", 1)?)
        .padding_idx(c.opt_int("padding_idx", 2)?)
        .max_norm(c.opt_float("max_norm", 3)?)
        .norm_type(c.float_or("norm_type", 4, 2.0)?)
        .scale_grad_by_freq(c.bool_or("scale_grad_by_freq", 5, false)?)
        .build()?;
    "nn.EmbeddingBag" => |c| EmbeddingBag::builder(c.int("num_embeddings", 0)?, c.int("embedding_dim", 1)?)
        .max_norm(c.opt_float("max_norm", 2)?)
        .norm_type(c.float_or("norm_type", 3, 2.0)?)
        .scale_grad_by_freq(c.bool_or("scale_grad_by_freq", 4, false)?)
        .mode(bag_mode(c, 5)?)
        .include_last_offset(c.bool_or("include_last_offset", 8, false)?)
        .padding_idx(c.opt_int("padding_idx", 9)?)
        .build()?,
        |m, c| m.forward_with(
            &c.input()?,
            c.opt_tensor("offsets", 1)?.as_ref(),
            c.opt_tensor("per_sample_weights", 2)?.as_ref(),
        );
    "nn.FeatureAlphaDropout" => |c| FeatureAlphaDropout::new(p(c)?)?.inplace(inplace(c)?);
    "nn.Flatten" => |c| Flatten::new()
        .start_dim(c.int_or("start_dim", 0, 1)?)
        .end_dim(c.int_or("end_dim", 1, -1)?);
    "nn.Identity" => |_c| Identity::new();
    "nn.Linear" => |c| Linear::builder(c.int("in_features", 0)?, c.int("out_features", 1)?)
        .bias(c.bool_or("bias", 2, true)?)
        .build()?;
    "nn.PixelShuffle" => |c| PixelShuffle::new(c.int::<usize>("upscale_factor", 0)?);
    "nn.PixelUnshuffle" => |c| PixelUnshuffle::new(c.int::<usize>("downscale_factor", 0)?);
    "nn.Unflatten" => |c| Unflatten::new(c.int("dim", 0)?, c.ints::<isize>("unflattened_size", 1)?);
}

fn p(c: &Call) -> Given<f64> {
    c.float_or("p", 0, 0.5)
}

fn inplace(c: &Call) -> Given<bool> {
    c.bool_or("inplace", 1, false)
}

/// What the rows of a bag become.
pub fn bag_mode(c: &Call, position: usize) -> Given<EmbeddingBagMode> {
    match &*c.text_or("mode", position, "mean")? {
        "mean" => Ok(EmbeddingBagMode::Mean),
        "sum" => Ok(EmbeddingBagMode::Sum),
        "max" => Ok(EmbeddingBagMode::Max),
        other => c.unsupported(&format!("mode={other}")),
    }
}

//! Attention, and the transformers made of it.

use rushlight_nn::functional::MultiHeadAttentionOptions;
use rushlight_nn::{
    Activation, AttentionMasks, LayerNorm, MultiheadAttention, Transformer,
    TransformerDecoderLayer, TransformerEncoder, TransformerEncoderLayer, TransformerMasks,
};

use super::modules;
use crate::argument::Argument;
use crate::call::{Call, Given, KEYWORD};
use crate::tensor::Tensor;

modules! {
    "nn.MultiheadAttention" => |c| MultiheadAttention::builder(
            c.int("embed_dim", 0)?,
            c.int("num_heads", 1)?,
        )
        .dropout(c.float_or("dropout", 2, 0.0)?)
        .bias(c.bool_or("bias", 3, true)?)
        .add_bias_kv(c.bool_or("add_bias_kv", 4, false)?)
        .add_zero_attn(c.bool_or("add_zero_attn", 5, false)?)
        .kdim(c.opt_int::<usize>("kdim", 6)?)
        .vdim(c.opt_int::<usize>("vdim", 7)?)
        .batch_first(c.bool_or("batch_first", 8, false)?)
        .build()?,
        |m, c| attend(m, c);
    "nn.TransformerEncoderLayer" => |c| encoder_layer(c)?,
        |m, c| m.forward_with(&c.tensor("src", 0)?, Masks::of(c, "src", 1, 2)?.lent());
    "nn.TransformerEncoder" => |c| encoder(c)?,
        |m, c| {
            let masks = Masks {
                mask: c.opt_tensor("mask", 1)?,
                key_padding_mask: c.opt_tensor("src_key_padding_mask", 2)?,
            };
            m.forward_with(&c.tensor("src", 0)?, masks.lent())
        };
    "nn.TransformerDecoderLayer" => |c| TransformerDecoderLayer::builder(
            c.int("d_model", 0)?,
            c.int("nhead", 1)?,
        )
        .dim_feedforward(c.int_or("dim_feedforward", 2, 2048)?)
        .dropout(c.float_or("dropout", 3, 0.1)?)
        .activation(activation(c, 4)?)
        .layer_norm_eps(c.float_or("layer_norm_eps", 5, 1e-5)?)
        .batch_first(c.bool_or("batch_first", 6, false)?)
        .norm_first(c.bool_or("norm_first", 7, false)?)
        .bias(c.bool_or("bias", 8, true)?)
        .build()?,
        |m, c| m.forward_with(
            &c.tensor("tgt", 0)?,
            &c.tensor("memory", 1)?,
            Masks::of(c, "tgt", 2, 4)?.lent(),
            Masks::of(c, "memory", 3, 5)?.lent(),
        );
    "nn.Transformer" => |c| Transformer::builder()
        .d_model(c.int_or("d_model", 0, 512)?)
        .nhead(c.int_or("nhead", 1, 8)?)
        .num_encoder_layers(c.int_or("num_encoder_layers", 2, 6)?)
        .num_decoder_layers(c.int_or("num_decoder_layers", 3, 6)?)
        .dim_feedforward(c.int_or("dim_feedforward", 4, 2048)?)
        .dropout(c.float_or("dropout", 5, 0.1)?)
        .activation(activation(c, 6)?)
        .layer_norm_eps(c.float_or("layer_norm_eps", 9, 1e-5)?)
        .batch_first(c.bool_or("batch_first", 10, false)?)
        .norm_first(c.bool_or("norm_first", 11, false)?)
        .bias(c.bool_or("bias", 12, true)?)
        .build()?,
        |m, c| {
            let src = Masks::of(c, "src", 2, 5)?;
            let tgt = Masks::of(c, "tgt", 3, 6)?;
            let memory = Masks::of(c, "memory", 4, 7)?;
            let masks = TransformerMasks {
                src: src.lent(),
                tgt: tgt.lent(),
                memory: memory.lent(),
            };
            m.forward_with(&c.tensor("src", 0)?, &c.tensor("tgt", 1)?, masks)
        };
}

/// The result of attention, and the weights unless they are not wanted.
fn attend(attention: &MultiheadAttention, c: &Call) -> Given<Vec<Tensor>> {
    let attn_mask = c.opt_tensor("attn_mask", 5)?;
    let key_padding_mask = c.opt_tensor("key_padding_mask", 3)?;
    let options = MultiHeadAttentionOptions {
        key_padding_mask: key_padding_mask.as_ref(),
        attn_mask: attn_mask.as_ref(),
        need_weights: c.bool_or("need_weights", 4, true)?,
        average_attn_weights: c.bool_or("average_attn_weights", 6, true)?,
    };
    let [query, key, value] =
        [("query", 0), ("key", 1), ("value", 2)].map(|(name, position)| c.tensor(name, position));
    let (y, weights) = attention.forward_with(&query?, &key?, &value?, &options)?;
    Ok([Some(y), weights].into_iter().flatten().collect())
}

fn encoder_layer(c: &Call) -> Given<TransformerEncoderLayer> {
    c.only_dense_cpu()?;
    let layer = TransformerEncoderLayer::builder(c.int("d_model", 0)?, c.int("nhead", 1)?)
        .dim_feedforward(c.int_or("dim_feedforward", 2, 2048)?)
        .dropout(c.float_or("dropout", 3, 0.1)?)
        .activation(activation(c, 4)?)
        .layer_norm_eps(c.float_or("layer_norm_eps", 5, 1e-5)?)
        .batch_first(c.bool_or("batch_first", 6, false)?)
        .norm_first(c.bool_or("norm_first", 7, false)?)
        .bias(c.bool_or("bias", 8, true)?);
    Ok(match c.opt_dtype("dtype", KEYWORD)? {
        Some(dtype) => layer.dtype(dtype).build()?,
        None => layer.build()?,
    })
}

fn encoder(c: &Call) -> Given<TransformerEncoder> {
    let layer = c.module("encoder_layer", 0)?;
    let layer = layer.complete(encoder_layer(&layer))?;
    // Nested tensors are a way to compute the same faster.
    c.bool_or("enable_nested_tensor", 3, true)?;
    c.bool_or("mask_check", 4, true)?;
    let encoder = TransformerEncoder::new(layer, c.int("num_layers", 1)?)?;
    if !c.has("norm", 2) {
        return Ok(encoder);
    }
    let norm = c.module("norm", 2)?;
    let norm = norm.complete(layer_norm(&norm))?;
    Ok(encoder.norm(norm))
}

fn layer_norm(c: &Call) -> Given<LayerNorm> {
    let sizes = c.ints::<usize>("normalized_shape", 0)?;
    let eps = c.float_or("eps", 1, 1e-5)?;
    Ok(LayerNorm::builder(sizes).eps(eps).build()?)
}

fn activation(c: &Call, position: usize) -> Given<Activation> {
    match c.argument("activation", position) {
        None => Ok(Tensor::relu),
        Some(Argument::Text(name) | Argument::Function(name)) if name.ends_with("relu") => {
            Ok(Tensor::relu)
        }
        Some(Argument::Text(name) | Argument::Function(name)) if name.ends_with("gelu") => {
            Ok(Tensor::gelu)
        }
        Some(other) => c.unsupported(&format!("activation={other:?}")),
    }
}

/// The masks of one attention.
struct Masks {
    mask: Option<Tensor>,
    key_padding_mask: Option<Tensor>,
}

impl Masks {
    fn of(c: &Call, of_what: &str, mask: usize, padding: usize) -> Given<Masks> {
        Ok(Masks {
            mask: c.opt_tensor(&format!("{of_what}_mask"), mask)?,
            key_padding_mask: c.opt_tensor(&format!("{of_what}_key_padding_mask"), padding)?,
        })
    }

    fn lent(&self) -> AttentionMasks<'_> {
        AttentionMasks {
            mask: self.mask.as_ref(),
            key_padding_mask: self.key_padding_mask.as_ref(),
        }
    }
}

//! Attention as functions.

use super::ops;
use crate::call::{Call, Given, KEYWORD};
use crate::tensor::Tensor;
use rushlight_nn::functional as F;

ops! {
    "nn.functional.multi_head_attention_forward" => |c| {
        let ([query, key, value], training) = (operands(c)?, c.bool_or("training", 13, true)?);
        let tensor = |name, position| c.opt_tensor(name, position);
        let (weight, in_bias) = (tensor("in_proj_weight", 5)?, tensor("in_proj_bias", 6)?);
        let [q, k, v] = [("q_proj_weight", 18), ("k_proj_weight", 19), ("v_proj_weight", 20)]
            .map(|(name, position)| tensor(name, position));
        let (q, k, v) = (q?, k?, v?);
        let in_proj = match (c.bool_or("use_separate_proj_weight", 17, false)?, &weight, (&q, &k, &v)) {
            (false, Some(weight), _) => F::InProjection::Packed(weight),
            (true, _, (Some(query), Some(key), Some(value))) => {
                F::InProjection::Separate { query, key, value }
            }
            _ => return c.unsupported("no weights of the first map"),
        };
        c.int::<usize>("embed_dim_to_check", 3)?;
        let (bias_k, bias_v) = (tensor("bias_k", 7)?, tensor("bias_v", 8)?);
        let (out_weight, out_bias) = (c.tensor("out_proj_weight", 11)?, tensor("out_proj_bias", 12)?);
        let dropout_p = c.float("dropout_p", 10)?;
        let parameters = F::MultiHeadAttentionParameters {
            num_heads: c.int("num_heads", 4)?,
            in_proj,
            in_proj_bias: in_bias.as_ref(),
            bias_kv: bias_k.as_ref().zip(bias_v.as_ref()),
            add_zero_attn: c.bool("add_zero_attn", 9)?,
            dropout_p: if training { dropout_p } else { 0.0 },
            out_proj_weight: &out_weight,
            out_proj_bias: out_bias.as_ref(),
        };
        let (padding, mask) = (tensor("key_padding_mask", 14)?, tensor("attn_mask", 16)?);
        let options = F::MultiHeadAttentionOptions {
            key_padding_mask: padding.as_ref(),
            attn_mask: mask.as_ref(),
            need_weights: c.bool_or("need_weights", 15, true)?,
            average_attn_weights: c.bool_or("average_attn_weights", 23, true)?,
        };
        let (y, weights) =
            F::multi_head_attention_forward(&query, &key, &value, &parameters, &options)?;
        [Some(y), weights].into_iter().flatten().collect::<Vec<_>>()
    };
    "nn.functional.scaled_dot_product_attention" => |c| {
        let ([query, key, value], mask) = (operands(c)?, c.opt_tensor("attn_mask", 3)?);
        let options = F::AttentionOptions {
            attn_mask: mask.as_ref(),
            dropout_p: c.float_or("dropout_p", 4, 0.0)?,
            is_causal: c.bool_or("is_causal", 5, false)?,
            scale: c.opt_float("scale", KEYWORD)?,
            enable_gqa: c.bool_or("enable_gqa", KEYWORD, false)?,
        };
        F::scaled_dot_product_attention_with(&query, &key, &value, options)
    };
    "torch.ops.aten._scaled_dot_product_flash_attention_for_cpu" => |c| {
        let ([query, key, value], mask) = (operands(c)?, c.opt_tensor("attn_mask", KEYWORD)?);
        let options = F::AttentionOptions {
            attn_mask: mask.as_ref(),
            dropout_p: c.float_or("dropout_p", 3, 0.0)?,
            is_causal: c.bool_or("is_causal", 4, false)?,
            scale: c.opt_float("scale", KEYWORD)?,
            enable_gqa: false,
        };
        F::scaled_dot_product_attention_with_logsumexp(&query, &key, &value, options)
    };
}

fn operands(c: &Call) -> Given<[Tensor; 3]> {
    Ok([c.input()?, c.tensor("key", 1)?, c.tensor("value", 2)?])
}

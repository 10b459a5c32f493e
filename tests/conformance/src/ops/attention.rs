//! Attention as functions.

use super::ops;
use crate::call::{Call, Given, KEYWORD};
use crate::tensor::Tensor;
use rushlight_nn::functional as F;

ops! {
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

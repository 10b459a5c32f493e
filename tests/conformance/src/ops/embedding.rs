//! Bags of rows of a table.

use super::ops;
use crate::call::KEYWORD;
use crate::modules::bag_mode;
use rushlight_nn::functional as F;

ops! {
    "nn.functional.embedding_bag" => |c| {
        let (weight, indices) = (c.input()?, c.tensor("input", 1)?);
        let offsets = c.opt_tensor("offsets", KEYWORD)?;
        let per_sample_weights = c.opt_tensor("per_sample_weights", KEYWORD)?;
        let norm_type = c.float_or("norm_type", KEYWORD, 2.0)?;
        if let Some(max_norm) = c.opt_float("max_norm", KEYWORD)? {
            F::embedding_renorm_(&weight, &indices, max_norm, norm_type)?;
        }
        // Sparse gradients are another layout of the same numbers.
        c.bool_or("sparse", KEYWORD, false)?;
        let options = F::EmbeddingBagOptions {
            mode: bag_mode(c, KEYWORD)?,
            offsets: offsets.as_ref(),
            include_last_offset: c.bool_or("include_last_offset", KEYWORD, false)?,
            per_sample_weights: per_sample_weights.as_ref(),
            padding_idx: c.opt_int("padding_idx", KEYWORD)?,
            scale_grad_by_freq: c.bool_or("scale_grad_by_freq", KEYWORD, false)?,
        };
        F::embedding_bag(&indices, &weight, options)
    };
}

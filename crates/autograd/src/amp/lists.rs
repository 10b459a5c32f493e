//! Which operation runs in which precision. The names are PyTorch's; an operation of several names
//! that shares an implementation here is listed by that of the implementation.

/// The precision of an operation in a region of `autocast`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Precision {
    /// The region's half type.
    Half,
    /// `f32`.
    Single,
    /// The widest of the operands' types.
    Widest,
}

/// The precision that an operation is listed with.
#[rustfmt::skip]
pub(super) fn precision(op: &str) -> Option<Precision> {
    Some(match op {
        "matmul" | "addmm" | "addmv" | "addr" | "addbmm" | "baddbmm" | "linear"
        | "conv1d" | "conv2d" | "conv3d"
        | "conv_transpose1d" | "conv_transpose2d" | "conv_transpose3d"
        | "prelu" | "scaled_dot_product_attention"
            => Precision::Half,

        // Pointwise, where small differences grow.
        "acos" | "asin" | "cosh" | "erfinv" | "exp" | "expm1" | "log" | "log10" | "log1p" | "log2"
        | "pow" | "rdiv" | "reciprocal" | "rsqrt" | "sinh" | "softplus" | "tan"
        // Sums of many.
        | "cumprod" | "cumsum" | "dist" | "norm" | "prod" | "renorm" | "sum"
        | "softmax" | "log_softmax" | "cdist" | "pdist" | "cosine_similarity"
        | "layer_norm" | "group_norm" | "stft"
        // Losses.
        | "binary_cross_entropy" | "binary_cross_entropy_with_logits" | "cosine_embedding_loss"
        | "cross_entropy" | "ctc_loss" | "hinge_embedding_loss" | "huber_loss" | "kl_div" | "l1_loss"
        | "margin_ranking_loss" | "mse_loss" | "multi_margin_loss" | "multilabel_margin_loss"
        | "nll_loss" | "poisson_nll_loss" | "smooth_l1_loss" | "soft_margin_loss"
        | "triplet_margin_loss"
            => Precision::Single,

        // Others of PyTorch's list take the widest type anyway.
        "bilinear" | "dot" | "grid_sample" | "scatter_add" | "tensordot" => Precision::Widest,

        _ => return None,
    })
}

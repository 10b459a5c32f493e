//! Which operation runs in which precision on which device. The names are PyTorch's; an operation of
//! several names that shares an implementation here is listed by that of the implementation.

use rushlight_tensor::Device;

/// The precision of an operation in a region of `autocast`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Precision {
    /// The region's half type.
    Half,
    /// `f32`.
    Single,
    /// The widest of the operands' types.
    Widest,
    /// The types of the operands, in all parts of the operation.
    Own,
    /// Each part of the operation has its own precision.
    Parts,
}

/// The precision of an operation on operands that a device holds.
#[rustfmt::skip]
pub(super) fn precision(op: &str, device: Device) -> Precision {
    use Precision::{Half, Own, Parts, Single, Widest};
    let (cuda, cpu) = match op {
        "matmul" | "addmm" | "addbmm" | "baddbmm" | "linear" | "linalg.vecdot"
        | "conv1d" | "conv2d" | "conv3d"
        | "conv_transpose1d" | "conv_transpose2d" | "conv_transpose3d"
        | "prelu" | "scaled_dot_product_attention"
            => (Half, Half),
        "mv" | "addmv" | "addr" => (Half, Own),

        // Pointwise, where small differences grow.
        "acos" | "asin" | "cosh" | "erfinv" | "exp" | "expm1" | "log" | "log10" | "log1p" | "log2"
        | "pow" | "rdiv" | "reciprocal" | "rsqrt" | "sinh" | "softplus" | "tan"
        // Sums of many.
        | "cumprod" | "cumsum" | "dist" | "norm" | "renorm" | "sum"
        | "softmax" | "log_softmax" | "pdist" | "cosine_similarity"
        | "layer_norm" | "group_norm"
            => (Single, Own),
        "prod" | "cdist" | "stft"
        // Losses.
        | "binary_cross_entropy" | "binary_cross_entropy_with_logits" | "cosine_embedding_loss"
        | "cross_entropy" | "ctc_loss" | "hinge_embedding_loss" | "huber_loss" | "kl_div" | "l1_loss"
        | "margin_ranking_loss" | "mse_loss" | "multi_margin_loss" | "multilabel_margin_loss"
        | "nll_loss" | "poisson_nll_loss" | "smooth_l1_loss" | "soft_margin_loss"
        | "triplet_margin_loss"
            => (Single, Single),

        // What the CPU had no kernels of half types for when its list was made.
        "trace" | "quantile" | "nanquantile"
        | "avg_pool3d" | "max_pool3d" | "adaptive_avg_pool3d" | "adaptive_max_pool3d"
        | "fractional_max_pool" | "max_unpool" | "reflection_pad" | "replication_pad"
        | "cholesky_inverse" | "cholesky_solve" | "geqrf" | "lu" | "lu_solve" | "ormqr" | "pinverse"
        | "triangular_solve"
        | "linalg.cholesky" | "linalg.cholesky_ex" | "linalg.cond" | "linalg.eigh"
        | "linalg.eigvalsh" | "linalg.householder_product" | "linalg.inv" | "linalg.inv_ex"
        | "linalg.lstsq" | "linalg.matrix_rank" | "linalg.qr" | "linalg.solve" | "linalg.svd"
        | "linalg.svdvals" | "linalg.tensorinv" | "linalg.tensorsolve"
            => (Own, Single),
        _ if op.starts_with("fft.") => (Own, Single),

        // Others of PyTorch's lists take the widest type anyway.
        "bilinear" | "dot" | "scatter_add" => (Widest, Own),
        "tensordot" => (Widest, Parts),
        "grid_sample" => (Widest, Single),
        "index_copy" => (Own, Widest),

        _ => (Parts, Parts),
    };
    match device {
        Device::Cpu => cpu,
        _ => cuda,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_differ_where_their_lists_do() {
        use Precision::{Half, Own, Parts, Single, Widest};
        let rows = [
            ("matmul", Half, Half),
            ("mv", Half, Own),
            ("softmax", Single, Own),
            ("mse_loss", Single, Single),
            ("trace", Own, Single),
            ("fft.rfft", Own, Single),
            ("scatter_add", Widest, Own),
            ("grid_sample", Widest, Single),
            ("relu", Parts, Parts),
        ];
        for (op, cuda, cpu) in rows {
            assert_eq!(precision(op, Device::Cuda(0)), cuda, "{op}");
            assert_eq!(precision(op, Device::Cpu), cpu, "{op}");
        }
    }
}

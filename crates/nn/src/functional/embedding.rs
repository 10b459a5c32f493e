//! Looking up rows of a table.

use crate::Result;
use rushlight_autograd::{EmbeddingOptions, Tensor, no_grad};

/// The rows of `weight` that `indices` name.
///
/// Shapes: indices `[...]`, weight `[num_embeddings, embedding_dim]` -> `[..., embedding_dim]`.
pub fn embedding(indices: &Tensor, weight: &Tensor) -> Result<Tensor> {
    weight.embedding(indices, EmbeddingOptions::default())
}

/// As [`embedding`], with a row without gradient or gradients scaled by frequency.
pub fn embedding_with(
    indices: &Tensor,
    weight: &Tensor,
    options: EmbeddingOptions,
) -> Result<Tensor> {
    weight.embedding(indices, options)
}

/// Shrinks those of the named rows whose norm exceeds `max_norm`, in the leaf `weight` itself.
pub fn embedding_renorm_(
    weight: &Tensor,
    indices: &Tensor,
    max_norm: f64,
    norm_type: f64,
) -> Result<()> {
    no_grad(|| {
        let index = indices.flatten(0, -1)?;
        let rows = weight.index_select(0, &index)?;
        let norm = rows
            .abs()?
            .pow(norm_type)?
            .sum_dim(&[1], true)?
            .pow(1.0 / norm_type)?;
        let shrunk = (&rows * (max_norm / (&norm + 1e-7)?)?)?;
        let rows = Tensor::select_where(&norm.gt(max_norm)?, &shrunk, &rows)?;
        weight.set_data(&weight.detach().index_copy(0, &index, &rows)?)
    })
}

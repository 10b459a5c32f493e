//! Tables of vectors, looked up by bags of indices.

use crate::builder::builder;
use crate::functional::{EmbeddingBagMode, EmbeddingBagOptions, embedding_bag, embedding_renorm_};
use crate::{Embedding, Forward, Module, Parameter, Result, Setting, Site};
use rushlight_autograd::Tensor;

/// Sums, means or maxima of the rows of a learnable table that bags of indices name; see
/// [`embedding_bag`]. The table starts with standard normal numbers.
///
/// # Shape
///
/// Indices `[bags, length]`, or `[indices]` with offsets, `-> [bags, embedding_dim]`
///
/// ```
/// # use rushlight_autograd::{Result, tensor};
/// # use rushlight_nn::EmbeddingBag;
/// # fn main() -> Result<()> {
/// let words = EmbeddingBag::new(10, 3)?;
/// let y = words.forward_with(&tensor([1, 2, 4, 5, 4])?, Some(&tensor([0, 3])?), None)?;
/// assert_eq!(y.shape(), [2, 3]);
/// # Ok(()) }
/// ```
#[derive(Module, Debug)]
#[module(repr = Self::text)]
pub struct EmbeddingBag {
    /// What the rows of a bag become.
    #[module(skip)]
    pub mode: EmbeddingBagMode,
    /// Whether the last offset is the number of indices.
    pub include_last_offset: bool,
    /// The table.
    #[module(flatten)]
    pub table: Embedding,
}

builder! {
    /// Settings of an [`EmbeddingBag`].
    EmbeddingBagBuilder for EmbeddingBag {
        /// The number of rows.
        num_embeddings: usize;
        /// The width of a row.
        embedding_dim: usize;
    }
    /// The norm that rows which are looked up are shrunk to. Default: none.
    max_norm: Option<f64> = None, from impl Into<Option<f64>>;
    /// Which norm that is. Default: 2.
    norm_type: f64 = 2.0;
    /// Whether the gradient of a row is divided by how often it was looked up. Default: false.
    scale_grad_by_freq: bool = false;
    /// What the rows of a bag become. Default: their mean.
    mode: EmbeddingBagMode = EmbeddingBagMode::Mean;
    /// Whether the last offset is the number of indices rather than the begin of a bag. Default: false.
    include_last_offset: bool = false;
    /// A row, counted from the end if negative, that does not count and starts with zeros. Default:
    /// none.
    padding_idx: Option<i64> = None, from impl Into<Option<i64>>;
}

impl EmbeddingBagBuilder {
    /// Makes the layer.
    pub fn build(self) -> Result<EmbeddingBag> {
        let table = Embedding::builder(self.num_embeddings, self.embedding_dim)
            .padding_idx(self.padding_idx)
            .max_norm(self.max_norm)
            .norm_type(self.norm_type)
            .scale_grad_by_freq(self.scale_grad_by_freq)
            .dtype(self.dtype)
            .device(self.device)
            .build()?;
        Ok(EmbeddingBag {
            mode: self.mode,
            include_last_offset: self.include_last_offset,
            table,
        })
    }
}

impl EmbeddingBag {
    /// Calls the layer with offsets, for indices of one dimension, and weights of the rows, for sums.
    pub fn forward_with(
        &self,
        indices: &Tensor,
        offsets: Option<&Tensor>,
        per_sample_weights: Option<&Tensor>,
    ) -> Result<Tensor> {
        self.site().call(indices, |indices| {
            let weight: &Parameter = &self.table.weight;
            if let Some(max_norm) = self.table.max_norm {
                embedding_renorm_(weight, indices, max_norm, self.table.norm_type)?;
            }
            let options = EmbeddingBagOptions {
                mode: self.mode,
                offsets,
                include_last_offset: self.include_last_offset,
                per_sample_weights,
                padding_idx: self.table.padding_idx,
                scale_grad_by_freq: self.table.scale_grad_by_freq,
            };
            embedding_bag(indices, weight, options)
        })
    }

    fn site(&self) -> &Site {
        &self.table.site
    }

    fn text(&self) -> String {
        let Embedding {
            num_embeddings,
            embedding_dim,
            max_norm,
            norm_type,
            ..
        } = &self.table;
        let mut text = format!("{num_embeddings}, {embedding_dim}");
        if let Some(max_norm) = max_norm {
            text += &format!(", max_norm={}", max_norm.text());
        }
        if *norm_type != 2.0 {
            text += &format!(", norm_type={}", norm_type.text());
        }
        if self.table.scale_grad_by_freq {
            text += ", scale_grad_by_freq=True";
        }
        text += match self.mode {
            EmbeddingBagMode::Mean => ", mode='mean'",
            EmbeddingBagMode::Sum => ", mode='sum'",
            EmbeddingBagMode::Max => ", mode='max'",
        };
        if let Some(padding_idx) = self.table.padding_idx {
            text += &format!(", padding_idx={padding_idx}");
        }
        text
    }
}

impl Forward for EmbeddingBag {
    fn forward(&self, indices: &Tensor) -> Result<Tensor> {
        self.forward_with(indices, None, None)
    }
}

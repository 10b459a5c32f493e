//! Tables of vectors.

use crate::builder::builder;
use crate::functional::embedding_renorm_;
use crate::{Error, Forward, Module, Parameter, Result, Setting, Site, init};
use rushlight_autograd::{EmbeddingOptions, Tensor};

/// Looks up rows of a learnable table: `y = weight[x]`. The table starts with standard normal
/// numbers.
///
/// # Shape
///
/// Indices `[...] -> [..., embedding_dim]`
///
/// ```
/// # use rushlight_autograd::{Result, tensor};
/// # use rushlight_nn::{Embedding, Forward};
/// # fn main() -> Result<()> {
/// let words = Embedding::builder(10, 3).padding_idx(0).build()?;
/// let vectors = words.forward(&tensor([[1, 2, 4, 0]])?)?;
/// assert_eq!(vectors.shape(), [1, 4, 3]);
/// # Ok(()) }
/// ```
#[derive(Module, Debug)]
#[module(repr = Self::text)]
pub struct Embedding {
    /// The number of rows.
    pub num_embeddings: usize,
    /// The width of a row.
    pub embedding_dim: usize,
    /// A row that gets no gradient and starts with zeros.
    pub padding_idx: Option<i64>,
    /// The norm that rows which are looked up are shrunk to.
    pub max_norm: Option<f64>,
    /// Which norm that is.
    pub norm_type: f64,
    /// Whether the gradient of a row is divided by how often it was looked up.
    pub scale_grad_by_freq: bool,
    /// `[num_embeddings, embedding_dim]`.
    pub weight: Parameter,
    /// The layer's place in a model.
    pub site: Site,
}

builder! {
    /// Settings of an [`Embedding`].
    EmbeddingBuilder for Embedding {
        /// The number of rows.
        num_embeddings: usize;
        /// The width of a row.
        embedding_dim: usize;
    }
    /// A row, counted from the end if negative, that gets no gradient and starts with zeros. Default:
    /// none.
    padding_idx: Option<i64> = None, from impl Into<Option<i64>>;
    /// The norm that rows which are looked up are shrunk to. Default: none.
    max_norm: Option<f64> = None, from impl Into<Option<f64>>;
    /// Which norm that is. Default: 2.
    norm_type: f64 = 2.0;
    /// Whether the gradient of a row is divided by how often it was looked up. Default: false.
    scale_grad_by_freq: bool = false;
}

impl EmbeddingBuilder {
    /// Makes the layer.
    pub fn build(self) -> Result<Embedding> {
        let rows = self.num_embeddings as i64;
        let padding_idx = match self.padding_idx {
            Some(row @ 0..) if row < rows => Some(row),
            Some(row) if row < 0 && row >= -rows => Some(row + rows),
            Some(row) => {
                let expected = "a row of the table";
                return Err(Error::argument("Embedding", "padding_idx", row, expected).into());
            }
            None => None,
        };
        let shape = [self.num_embeddings, self.embedding_dim];
        let weight = Parameter::new(Tensor::full(&shape, 0.0, self.dtype, self.device)?)?;
        init::normal_(&weight, 0.0, 1.0)?;
        if let Some(row) = padding_idx {
            let row = rushlight_autograd::tensor([row])?.to_device(self.device)?;
            weight.set_data(&weight.detach().index_fill(0, &row, 0.0)?)?;
        }
        Ok(Embedding {
            num_embeddings: self.num_embeddings,
            embedding_dim: self.embedding_dim,
            padding_idx,
            max_norm: self.max_norm,
            norm_type: self.norm_type,
            scale_grad_by_freq: self.scale_grad_by_freq,
            weight,
            site: Site::default(),
        })
    }
}

impl Embedding {
    /// A table with given rows, which are trained on unless `freeze`.
    pub fn from_pretrained(table: &Tensor, freeze: bool) -> Result<Embedding> {
        let shape = table.shape();
        let [num_embeddings, embedding_dim] = shape[..] else {
            return Err(Error::shape("from_pretrained", shape, "two dimensions").into());
        };
        let weight = Parameter::new(table.clone())?;
        weight.requires_grad_(!freeze);
        Ok(Embedding {
            num_embeddings,
            embedding_dim,
            padding_idx: None,
            max_norm: None,
            norm_type: 2.0,
            scale_grad_by_freq: false,
            weight,
            site: Site::default(),
        })
    }

    fn text(&self) -> String {
        let mut text = format!("{}, {}", self.num_embeddings, self.embedding_dim);
        if let Some(padding_idx) = self.padding_idx {
            text += &format!(", padding_idx={padding_idx}");
        }
        if let Some(max_norm) = self.max_norm {
            text += &format!(", max_norm={}", max_norm.text());
        }
        if self.norm_type != 2.0 {
            text += &format!(", norm_type={}", self.norm_type.text());
        }
        if self.scale_grad_by_freq {
            text += ", scale_grad_by_freq=True";
        }
        text
    }
}

impl Forward for Embedding {
    fn forward(&self, indices: &Tensor) -> Result<Tensor> {
        self.site.call(indices, |indices| {
            if let Some(max_norm) = self.max_norm {
                embedding_renorm_(&self.weight, indices, max_norm, self.norm_type)?;
            }
            let options = EmbeddingOptions {
                padding_idx: self.padding_idx,
                scale_grad_by_freq: self.scale_grad_by_freq,
            };
            self.weight.embedding(indices, options)
        })
    }
}

//! Looking up rows of a table.

use crate::{Backward, Gradients, Result, Tensor, Wants, gradients};
use rushlight_tensor::{Array, Error, Shape};

/// The backward of a lookup: each row of the table gets the gradients of all places it was put.
struct Embedding {
    index: Array,
    shape: Shape,
    padding_idx: Option<i64>,
    scale_grad_by_freq: bool,
}

impl Embedding {
    /// Gradient of the looked up rows, `[n, width]`, as it counts for the table.
    fn counted(&self, g: &Tensor, index: &Tensor) -> Result<Tensor> {
        let mut rows = g.reshape(&[-1, self.shape[1] as isize])?;
        if let Some(padding) = self.padding_idx {
            rows = rows.masked_where(&index.ne(padding)?.unsqueeze(-1)?)?;
        }
        if self.scale_grad_by_freq {
            let ones = rows.new_ones(&[index.numel()])?;
            let zeros = rows.new_zeros(&self.shape[..1])?;
            let frequency = zeros
                .index_add(0, index, &ones, 1)?
                .index_select(0, index)?;
            rows = (rows / frequency.unsqueeze(-1)?)?;
        }
        Ok(rows)
    }
}

impl Backward for Embedding {
    fn backward(&self, g: &Tensor, wants: Wants<'_>) -> Result<Gradients> {
        let index = Tensor::new(self.index.clone());
        gradients![wants;
            g.new_zeros(&self.shape)?.index_add(0, &index, &self.counted(g, &index)?, 1)?]
    }
}

/// Settings of [`Tensor::embedding`].
#[derive(Clone, Copy, Debug, Default)]
pub struct EmbeddingOptions {
    /// A row, counted from the end if negative, that gets no gradient.
    pub padding_idx: Option<i64>,
    /// Divide the gradient of a row by how often it was looked up.
    pub scale_grad_by_freq: bool,
}

impl Tensor {
    /// Looks up rows of a table, which is `self`.
    ///
    /// Shapes: `[rows, width]`, indices `[...]` -> `[..., width]`.
    pub fn embedding(&self, indices: &Tensor, options: EmbeddingOptions) -> Result<Tensor> {
        const OP: &str = "embedding";
        let shape = self.shape();
        let [rows, width] = shape[..] else {
            return Err(Error::shape(OP, shape, "a table of two dimensions").into());
        };
        let padding_idx = match options.padding_idx {
            Some(row) => Some(rushlight_tensor::ops::rules::index(OP, row, rows)? as i64),
            None => None,
        };
        let index = indices.flatten(0, -1)?.array();
        let mut output = indices.shape();
        output.push(width);
        let y = self.array().index_select(0, &index)?.reshape(&output)?;
        Ok(Tensor::record(y, OP, &[self], || Embedding {
            index,
            shape,
            padding_idx,
            scale_grad_by_freq: options.scale_grad_by_freq,
        }))
    }
}

//! Attention among the patches of a partition.

use super::PARTITION_SIZE;
use crate::initialise;
use crate::swin::{of_pairs, relative_positions};
use rushlight_autograd::{Result, Tensor};
use rushlight_nn::{Buffer, Error, Forward, Linear, Module, Parameter, Site};

/// Attention of several heads, with biases for relative positions.
///
/// Shapes: `[n, partitions, patches, channels]`; the result has the same.
#[derive(Module, Debug)]
pub struct RelativePositionalMultiHeadAttention {
    /// Makes queries, keys and values.
    pub to_qkv: Linear,
    /// The last linear layer.
    pub merge: Linear,
    /// `[(2 size - 1)^2, heads]`.
    pub relative_position_bias_table: Parameter,
    /// `[patches, patches]`, the table's row for each pair of patches.
    pub relative_position_index: Buffer,
    /// The number of heads.
    pub n_heads: usize,
    /// The layer's place in a model.
    pub site: Site,
}

/// Channels of an attention head.
const HEAD_DIM: usize = 32;

impl RelativePositionalMultiHeadAttention {
    pub(super) fn new(channels: usize) -> Result<RelativePositionalMultiHeadAttention> {
        let n_heads = channels / HEAD_DIM;
        let rows = (2 * PARTITION_SIZE - 1) * (2 * PARTITION_SIZE - 1);
        let layer = RelativePositionalMultiHeadAttention {
            to_qkv: Linear::new(channels, 3 * channels)?,
            merge: Linear::new(channels, channels)?,
            relative_position_bias_table: Parameter::new(Tensor::zeros(&[rows, n_heads])?)?,
            relative_position_index: Buffer::new(relative_positions(PARTITION_SIZE)?),
            n_heads,
            site: Site::default(),
        };
        initialise::truncated(&layer.relative_position_bias_table, 0.02)?;
        Ok(layer)
    }

    fn attend(&self, x: &Tensor) -> Result<Tensor> {
        let [n, partitions, patches, channels] = x.shape()[..] else {
            let expected = "[n, partitions, patches, channels]";
            return Err(Error::shape("attention", x.shape(), expected).into());
        };
        let sizes = [n, partitions, patches, self.n_heads].map(|size| size as isize);
        let [n, partitions, patches, heads] = sizes;
        let qkv = self
            .to_qkv
            .forward(x)?
            .reshape(&[n, partitions, patches, 3, heads, -1])?;
        let qkv = qkv.permute(&[3, 0, 1, 4, 2, 5])?; // [3, n, partitions, heads, patches, head]
        let k = qkv.select(0, 1)?.mul((channels as f64).powf(-0.5))?;
        let products = qkv.select(0, 0)?.matmul(&k.transpose(-2, -1)?)?;
        let index = self.relative_position_index.flatten(0, -1)?;
        let biases = of_pairs(&self.relative_position_bias_table, &index, PARTITION_SIZE)?;
        let attention = (products + biases)?.softmax(-1)?;
        let y = attention
            .matmul(&qkv.select(0, 2)?)?
            .permute(&[0, 1, 3, 2, 4])?;
        self.merge.forward(&y.reshape_as(x)?)
    }
}

impl Forward for RelativePositionalMultiHeadAttention {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.site.call(x, |x| self.attend(x))
    }
}

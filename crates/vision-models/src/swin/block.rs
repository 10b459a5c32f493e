//! The blocks of Swin Transformers, and what halves height and width between them.

use super::{ShiftedWindowAttention, Version};
use crate::ops::{MLP, StochasticDepth};
use rushlight_autograd::{Result, Slice, Tensor};
use rushlight_nn::{Forward, LayerNorm, Linear, Module, Site};

/// Attention in windows and two linear layers, each with a way around.
///
/// Shapes: `[n, height, width, channels]`; the result has the same.
#[derive(Module, Debug)]
#[module(name = self.name())]
pub struct SwinTransformerBlock {
    /// The normalisation of the attention.
    pub norm1: LayerNorm,
    /// The attention.
    pub attn: ShiftedWindowAttention,
    /// Leaves the attention or the linear layers out while training.
    pub stochastic_depth: StochasticDepth,
    /// The normalisation of the linear layers.
    pub norm2: LayerNorm,
    /// The linear layers.
    pub mlp: MLP,
    /// Which of the papers the block follows.
    #[module(skip)]
    pub version: Version,
    /// The block's place in a model.
    pub site: Site,
}

/// Settings of a [`SwinTransformerBlock`].
#[derive(Debug, Clone, Copy)]
pub(super) struct Settings {
    pub version: Version,
    pub channels: usize,
    pub heads: usize,
    pub is_shifted: bool,
    pub dropout: f64,
    pub attention_dropout: f64,
    pub stochastic_depth_prob: f64,
}

impl SwinTransformerBlock {
    pub(super) fn new(settings: Settings) -> Result<SwinTransformerBlock> {
        let Settings {
            version,
            channels,
            dropout,
            stochastic_depth_prob,
            ..
        } = settings;
        Ok(SwinTransformerBlock {
            norm1: LayerNorm::new(channels)?,
            attn: ShiftedWindowAttention::new(settings)?,
            stochastic_depth: StochasticDepth::row(stochastic_depth_prob)?,
            norm2: LayerNorm::new(channels)?,
            mlp: MLP::new(channels, 4 * channels, dropout)?,
            version,
            site: Site::default(),
        })
    }

    fn name(&self) -> &'static str {
        match self.version {
            Version::V1 => "SwinTransformerBlock",
            Version::V2 => "SwinTransformerBlockV2",
        }
    }

    /// A layer and its normalisation, in the version's order.
    fn branch(&self, x: &Tensor, layer: &impl Forward, norm: &LayerNorm) -> Result<Tensor> {
        let y = match self.version {
            Version::V1 => layer.forward(&norm.forward(x)?)?,
            Version::V2 => norm.forward(&layer.forward(x)?)?,
        };
        self.stochastic_depth.forward(&y)
    }
}

impl Forward for SwinTransformerBlock {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.site.call(x, |x| {
            let x = (x + self.branch(x, &self.attn, &self.norm1)?)?;
            &x + self.branch(&x, &self.mlp, &self.norm2)?
        })
    }
}

/// Joins four neighbouring patches, and halves the channels of what they are together.
///
/// Shapes: `[n, height, width, channels] -> [n, height / 2, width / 2, 2 channels]`, rounded up.
#[derive(Module, Debug)]
#[module(name = self.name())]
pub struct PatchMerging {
    /// To half the channels.
    pub reduction: Linear,
    /// Before or behind that.
    pub norm: LayerNorm,
    /// Which of the papers the layer follows.
    #[module(skip)]
    pub version: Version,
    /// The layer's place in a model.
    pub site: Site,
}

impl PatchMerging {
    pub(super) fn new(version: Version, channels: usize) -> Result<PatchMerging> {
        let normalised = match version {
            Version::V1 => 4 * channels,
            Version::V2 => 2 * channels,
        };
        Ok(PatchMerging {
            reduction: Linear::builder(4 * channels, 2 * channels)
                .bias(false)
                .build()?,
            norm: LayerNorm::new(normalised)?,
            version,
            site: Site::default(),
        })
    }

    fn name(&self) -> &'static str {
        match self.version {
            Version::V1 => "PatchMerging",
            Version::V2 => "PatchMergingV2",
        }
    }
}

impl Forward for PatchMerging {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.site.call(x, |x| {
            let x = quarters(x)?;
            match self.version {
                Version::V1 => self.reduction.forward(&self.norm.forward(&x)?),
                Version::V2 => self.norm.forward(&self.reduction.forward(&x)?),
            }
        })
    }
}

/// Squares of four patches as one; odd sizes are padded with zeros.
///
/// Shapes: `[..., height, width, channels] -> [..., height / 2, width / 2, 4 channels]`.
fn quarters(x: &Tensor) -> Result<Tensor> {
    let odd = |dim| Ok::<_, rushlight_autograd::Error>((x.size(dim)? % 2) as isize);
    let x = x.constant_pad_nd(&[0, 0, 0, odd(-2)?, 0, odd(-3)?], 0)?;
    let from = |row: i64, column: i64| {
        x.slice(-3, Slice::from(row..).step(2))?
            .slice(-2, Slice::from(column..).step(2))
    };
    Tensor::cat(&[from(0, 0)?, from(1, 0)?, from(0, 1)?, from(1, 1)?], -1)
}

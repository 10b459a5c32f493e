//! Swin Transformer, both versions: attention in windows, which are shifted in every second block.
//!
//! [Swin Transformer](https://arxiv.org/abs/2103.14030),
//! [Swin Transformer V2](https://arxiv.org/abs/2111.09883).

mod attention;
mod block;
mod position;

pub use attention::ShiftedWindowAttention;
pub use block::{PatchMerging, SwinTransformerBlock};
pub use position::{PositionBias, PositionNetwork, PositionTable};
pub(crate) use position::{of_pairs, relative_positions};

use crate::initialise;
use crate::ops::Permute;
use crate::options::{constructors, family_options};
use block::Settings;
use rushlight_autograd::{Result, Tensor};
use rushlight_nn::{
    AdaptiveAvgPool2d, Conv2d, Flatten, Forward, LayerNorm, Linear, Module, Sequential, Site,
    sequential,
};

/// A network of four stages of [`SwinTransformerBlock`]s.
///
/// Shapes: `[n, 3, height, width] -> [n, num_classes]`.
#[derive(Module, Debug)]
pub struct SwinTransformer {
    /// Patches as vectors, and the stages with mergings of patches between them.
    pub features: Sequential,
    /// The last normalisation.
    pub norm: LayerNorm,
    /// To `[n, channels, height, width]`.
    pub permute: Permute,
    /// The mean over height and width.
    pub avgpool: AdaptiveAvgPool2d,
    /// To `[n, channels]`.
    pub flatten: Flatten,
    /// The head.
    pub head: Linear,
    /// The model's place in another.
    pub site: Site,
}

family_options! {
    /// Settings of a [`SwinTransformer`].
    SwinTransformerOptions
    /// The probability with which elements of each layer's output are dropped while training.
    /// Default: 0.
    dropout: f64 = 0.0;
    /// The probability with which attention is dropped while training. Default: 0.
    attention_dropout: f64 = 0.0;
    /// The probability with which the last block's branches are left out while training; that of the
    /// others rises from 0 to it. Default: the model's own.
    stochastic_depth_prob: Option<f64> = None, from impl Into<Option<f64>>;
}

/// Which of the two papers a model follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// Normalisation before each branch, a table of position biases.
    V1,
    /// Normalisation behind each branch, a network for position biases, and cosine attention.
    V2,
}

/// What the members of the family differ in.
#[derive(Debug, Clone, Copy)]
struct Architecture {
    version: Version,
    /// Channels in the first stage; each later one has twice as many.
    embed_dim: usize,
    /// The number of blocks in each stage.
    depths: [usize; 4],
    /// The probability with which the last block's branches are left out.
    stochastic_depth_prob: f64,
}

const TINY: [usize; 4] = [2, 2, 6, 2];
const SMALL: [usize; 4] = [2, 2, 18, 2];

/// Version, channels of the first stage, blocks of each stage, and stochastic depth.
const fn swin(version: Version, embed_dim: usize, depths: [usize; 4], p: f64) -> Architecture {
    Architecture {
        version,
        embed_dim,
        depths,
        stochastic_depth_prob: p,
    }
}

constructors! {
    SwinTransformer(SwinTransformerOptions)
    /// Swin-T.
    swin_t: swin(Version::V1, 96, TINY, 0.2);
    /// Swin-S.
    swin_s: swin(Version::V1, 96, SMALL, 0.3);
    /// Swin-B.
    swin_b: swin(Version::V1, 128, SMALL, 0.5);
    /// Swin-T of the second version.
    swin_v2_t: swin(Version::V2, 96, TINY, 0.2);
    /// Swin-S of the second version.
    swin_v2_s: swin(Version::V2, 96, SMALL, 0.3);
    /// Swin-B of the second version.
    swin_v2_b: swin(Version::V2, 128, SMALL, 0.5);
}

/// Channels of an attention head, in all members of the family.
const HEAD_DIM: usize = 32;

/// Height and width of a patch.
const PATCH_SIZE: usize = 4;

impl SwinTransformer {
    fn new(
        architecture: Architecture,
        options: impl Into<SwinTransformerOptions>,
    ) -> Result<SwinTransformer> {
        let options = options.into();
        let Architecture {
            version,
            embed_dim,
            depths,
            ..
        } = architecture;
        let patches = Conv2d::builder(3, embed_dim, PATCH_SIZE).stride(PATCH_SIZE);
        let mut features = sequential![sequential![
            patches.build()?,
            Permute::new([0, 2, 3, 1]),
            LayerNorm::new(embed_dim)?,
        ]];
        let highest = options.stochastic_depth_prob;
        let highest = highest.unwrap_or(architecture.stochastic_depth_prob);
        let last = depths.iter().sum::<usize>() as f64 - 1.0;
        let mut index = 0;
        let mut channels = embed_dim;
        for (stage, depth) in depths.into_iter().enumerate() {
            if stage > 0 {
                features.push(PatchMerging::new(version, channels)?);
                channels *= 2;
            }
            let mut blocks = Sequential::new();
            for block in 0..depth {
                blocks.push(SwinTransformerBlock::new(Settings {
                    version,
                    channels,
                    heads: channels / HEAD_DIM,
                    is_shifted: block % 2 == 1,
                    dropout: options.dropout,
                    attention_dropout: options.attention_dropout,
                    stochastic_depth_prob: highest * f64::from(index) / last,
                })?);
                index += 1;
            }
            features.push(blocks);
        }
        let model = SwinTransformer {
            features,
            norm: LayerNorm::new(channels)?,
            permute: Permute::new([0, 3, 1, 2]),
            avgpool: AdaptiveAvgPool2d::new(1),
            flatten: Flatten::new(),
            head: Linear::new(channels, options.num_classes)?,
            site: Site::default(),
        };
        initialise::linear(&model, initialise::truncated_linear)?;
        options.weights.load_into(&model)?;
        Ok(model)
    }
}

impl Forward for SwinTransformer {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.site.call(x, |x| {
            let x = self.features.forward(x)?; // [n, height, width, channels]
            let x = self.permute.forward(&self.norm.forward(&x)?)?;
            let x = self.flatten.forward(&self.avgpool.forward(&x)?)?;
            self.head.forward(&x)
        })
    }
}

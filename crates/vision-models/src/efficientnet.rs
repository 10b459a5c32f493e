//! EfficientNet: depth, width and resolution that grow together; and its second version, which has
//! cheaper blocks at first.
//!
//! [EfficientNet: Rethinking Model Scaling](https://arxiv.org/abs/1905.11946),
//! [EfficientNetV2: Smaller Models and Faster Training](https://arxiv.org/abs/2104.00298).

use crate::channels::make_divisible;
use crate::initialise;
use crate::ops::{
    Activation, Conv2dNormActivation, Conv2dNormActivationBuilder, Norm, SqueezeExcitation,
    StochasticDepth,
};
use crate::options::{constructors, family_options};
use rushlight_autograd::{Result, Tensor};
use rushlight_nn::init::uniform_;
use rushlight_nn::{
    AdaptiveAvgPool2d, Dropout, Forward, Linear, Module, Sequential, SiLU, Site, sequential,
};

/// A network of [`MBConv`] and [`FusedMBConv`] blocks.
///
/// Shapes: `[n, 3, height, width] -> [n, num_classes]`.
#[derive(Module, Debug)]
pub struct EfficientNet {
    /// The first convolution, the stages, and the last convolution.
    pub features: Sequential,
    /// The mean over height and width.
    pub avgpool: AdaptiveAvgPool2d,
    /// A dropout and the head, number 1.
    pub classifier: Sequential,
    /// The model's place in another.
    pub site: Site,
}

family_options! {
    /// Settings of an [`EfficientNet`].
    EfficientNetOptions
    /// The probability with which the classifier drops elements while training. Default: the model's
    /// own.
    dropout: Option<f64> = None, from impl Into<Option<f64>>;
    /// What the probability with which a block is left out while training rises to, from 0 at the
    /// first. Default: 0.2.
    stochastic_depth_prob: f64 = 0.2;
}

/// Blocks of one kind, of which the first has the stride.
#[derive(Debug, Clone, Copy)]
struct Stage {
    kind: Kind,
    expand_ratio: usize,
    kernel: usize,
    stride: usize,
    in_channels: usize,
    out_channels: usize,
    blocks: usize,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    /// [`MBConv`].
    MB,
    /// [`FusedMBConv`].
    Fused,
}

/// A stage of [`MBConv`]: expansion, kernel, stride, channels before and behind, number of blocks.
const fn mb(e: usize, k: usize, s: usize, from: usize, to: usize, n: usize) -> Stage {
    let (kind, expand_ratio, kernel, stride) = (Kind::MB, e, k, s);
    Stage {
        kind,
        expand_ratio,
        kernel,
        stride,
        in_channels: from,
        out_channels: to,
        blocks: n,
    }
}

/// A stage of [`FusedMBConv`], in the same way.
const fn fused(e: usize, k: usize, s: usize, from: usize, to: usize, n: usize) -> Stage {
    Stage {
        kind: Kind::Fused,
        ..mb(e, k, s, from, to, n)
    }
}

const B: &[Stage] = &[
    mb(1, 3, 1, 32, 16, 1),
    mb(6, 3, 2, 16, 24, 2),
    mb(6, 5, 2, 24, 40, 2),
    mb(6, 3, 2, 40, 80, 3),
    mb(6, 5, 1, 80, 112, 3),
    mb(6, 5, 2, 112, 192, 4),
    mb(6, 3, 1, 192, 320, 1),
];

const V2_S: &[Stage] = &[
    fused(1, 3, 1, 24, 24, 2),
    fused(4, 3, 2, 24, 48, 4),
    fused(4, 3, 2, 48, 64, 4),
    mb(4, 3, 2, 64, 128, 6),
    mb(6, 3, 1, 128, 160, 9),
    mb(6, 3, 2, 160, 256, 15),
];

const V2_M: &[Stage] = &[
    fused(1, 3, 1, 24, 24, 3),
    fused(4, 3, 2, 24, 48, 5),
    fused(4, 3, 2, 48, 80, 5),
    mb(4, 3, 2, 80, 160, 7),
    mb(6, 3, 1, 160, 176, 14),
    mb(6, 3, 2, 176, 304, 18),
    mb(6, 3, 1, 304, 512, 5),
];

const V2_L: &[Stage] = &[
    fused(1, 3, 1, 32, 32, 4),
    fused(4, 3, 2, 32, 64, 7),
    fused(4, 3, 2, 64, 96, 7),
    mb(4, 3, 2, 96, 192, 10),
    mb(6, 3, 1, 192, 224, 19),
    mb(6, 3, 2, 224, 384, 25),
    mb(6, 3, 1, 384, 640, 7),
];

/// What the members of the family differ in.
#[derive(Debug, Clone, Copy)]
struct Architecture {
    stages: &'static [Stage],
    /// A factor of the number of channels.
    width: f64,
    /// A factor of the number of blocks.
    depth: f64,
    /// Channels of the last convolution; by default four times those before it.
    last_channel: Option<usize>,
    norm: Norm,
    dropout: f64,
}

/// A member of the first version: factors of width and depth, probability of dropout, normalisation.
const fn b(width: f64, depth: f64, dropout: f64, norm: Norm) -> Architecture {
    Architecture {
        stages: B,
        width,
        depth,
        last_channel: None,
        norm,
        dropout,
    }
}

/// A member of the second version.
const fn v2(stages: &'static [Stage], dropout: f64) -> Architecture {
    let norm = Norm::Batch {
        eps: 0.001,
        momentum: 0.1,
    };
    Architecture {
        stages,
        width: 1.0,
        depth: 1.0,
        last_channel: Some(1280),
        norm,
        dropout,
    }
}

/// The normalisation of the larger members of the first version.
const SLOW: Norm = Norm::Batch {
    eps: 0.001,
    momentum: 0.01,
};

constructors! {
    EfficientNet(EfficientNetOptions)
    /// EfficientNet-B0.
    efficientnet_b0: b(1.0, 1.0, 0.2, Norm::BATCH);
    /// EfficientNet-B1.
    efficientnet_b1: b(1.0, 1.1, 0.2, Norm::BATCH);
    /// EfficientNet-B2.
    efficientnet_b2: b(1.1, 1.2, 0.3, Norm::BATCH);
    /// EfficientNet-B3.
    efficientnet_b3: b(1.2, 1.4, 0.3, Norm::BATCH);
    /// EfficientNet-B4.
    efficientnet_b4: b(1.4, 1.8, 0.4, Norm::BATCH);
    /// EfficientNet-B5.
    efficientnet_b5: b(1.6, 2.2, 0.4, SLOW);
    /// EfficientNet-B6.
    efficientnet_b6: b(1.8, 2.6, 0.5, SLOW);
    /// EfficientNet-B7.
    efficientnet_b7: b(2.0, 3.1, 0.5, SLOW);
    /// EfficientNetV2-S.
    efficientnet_v2_s: v2(V2_S, 0.2);
    /// EfficientNetV2-M.
    efficientnet_v2_m: v2(V2_M, 0.3);
    /// EfficientNetV2-L.
    efficientnet_v2_l: v2(V2_L, 0.4);
}

impl Architecture {
    /// The stages with the factors applied.
    fn scaled_stages(&self) -> Vec<Stage> {
        let channels = |channels: usize| make_divisible(channels as f64 * self.width, 8);
        let scaled = |stage: &Stage| Stage {
            in_channels: channels(stage.in_channels),
            out_channels: channels(stage.out_channels),
            blocks: (stage.blocks as f64 * self.depth).ceil() as usize,
            ..*stage
        };
        match self.last_channel {
            None => self.stages.iter().map(scaled).collect(),
            Some(_) => self.stages.to_vec(),
        }
    }
}

impl EfficientNet {
    fn new(
        architecture: Architecture,
        options: impl Into<EfficientNetOptions>,
    ) -> Result<EfficientNet> {
        let options = options.into();
        let norm = architecture.norm;
        let stages = architecture.scaled_stages();
        let total: usize = stages.iter().map(|stage| stage.blocks).sum();
        let mut index = 0;
        let mut channels = stages.first().map_or(3, |stage| stage.in_channels);
        let mut features = sequential![conv(3, channels, norm).stride(2).build()?];
        for stage in stages {
            let mut blocks = Sequential::new();
            for block in 0..stage.blocks {
                let probability = options.stochastic_depth_prob * f64::from(index) / total as f64;
                let one = match block {
                    0 => stage,
                    _ => Stage {
                        in_channels: stage.out_channels,
                        stride: 1,
                        ..stage
                    },
                };
                blocks.push_boxed(one.block(probability, norm)?);
                index += 1;
            }
            features.push(blocks);
            channels = stage.out_channels;
        }
        let last_channel = architecture.last_channel.unwrap_or(4 * channels);
        features.push(conv(channels, last_channel, norm).kernel_size(1).build()?);
        let dropout = options.dropout.unwrap_or(architecture.dropout);
        let model = EfficientNet {
            features,
            avgpool: AdaptiveAvgPool2d::new(1),
            classifier: sequential![
                Dropout::new(dropout)?.inplace(true),
                Linear::new(last_channel, options.num_classes)?,
            ],
            site: Site::default(),
        };
        initialise::layers(&model, initialise::he_conv, |linear| {
            let range = 1.0 / (linear.out_features as f64).sqrt();
            uniform_(&linear.weight, -range, range)?;
            initialise::zero(linear.bias.as_ref())
        })?;
        options.weights.load_into(&model)?;
        Ok(model)
    }
}

impl Forward for EfficientNet {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.site.call(x, |x| {
            let x = self.avgpool.forward(&self.features.forward(x)?)?;
            self.classifier.forward(&x.flatten(1, -1)?)
        })
    }
}

macro_rules! blocks { ($($(#[$doc:meta])* $Block:ident;)*) => { $(
    $(#[$doc])*
    #[derive(Module, Debug)]
    pub struct $Block {
        /// The convolutions.
        pub block: Sequential,
        /// Leaves the convolutions out while training, where there is a way around them.
        pub stochastic_depth: StochasticDepth,
        /// Whether the input is added to the result.
        pub use_res_connect: bool,
        /// The block's place in a model.
        pub site: Site,
    }

    impl Forward for $Block {
        fn forward(&self, x: &Tensor) -> Result<Tensor> {
            self.site.call(x, |x| {
                let y = self.block.forward(x)?;
                if !self.use_res_connect {
                    return Ok(y);
                }
                self.stochastic_depth.forward(&y)? + x
            })
        }
    }
)* } }
blocks! {
    /// A convolution of each channel by itself, between 1x1 ones, with a squeeze-and-excitation.
    MBConv;
    /// A convolution to more channels, and a 1x1 one back.
    FusedMBConv;
}

impl Stage {
    /// A block with the stride and channels of the stage.
    fn block(&self, probability: f64, norm: Norm) -> Result<Box<dyn Forward>> {
        let stochastic_depth = StochasticDepth::row(probability)?;
        let use_res_connect = self.stride == 1 && self.in_channels == self.out_channels;
        let site = Site::default();
        Ok(match self.kind {
            Kind::MB => {
                let block = self.mb_conv(norm)?;
                Box::new(MBConv {
                    block,
                    stochastic_depth,
                    use_res_connect,
                    site,
                })
            }
            Kind::Fused => {
                let block = self.fused_mb_conv(norm)?;
                Box::new(FusedMBConv {
                    block,
                    stochastic_depth,
                    use_res_connect,
                    site,
                })
            }
        })
    }

    /// Channels between the first and the last convolution.
    fn expanded(&self) -> usize {
        make_divisible((self.in_channels * self.expand_ratio) as f64, 8)
    }

    fn mb_conv(&self, norm: Norm) -> Result<Sequential> {
        let expanded = self.expanded();
        let mut layers = Sequential::new();
        if expanded != self.in_channels {
            layers.push(
                conv(self.in_channels, expanded, norm)
                    .kernel_size(1)
                    .build()?,
            );
        }
        let depthwise = conv(expanded, expanded, norm)
            .kernel_size(self.kernel)
            .stride(self.stride)
            .groups(expanded);
        layers.push(depthwise.build()?);
        let squeezed = (self.in_channels / 4).max(1);
        let silu = Box::new(SiLU::new().inplace(true));
        layers.push(SqueezeExcitation::new(
            expanded,
            squeezed,
            silu,
            Activation::Sigmoid,
        )?);
        layers.push(self.projection(expanded, norm).build()?);
        Ok(layers)
    }

    fn fused_mb_conv(&self, norm: Norm) -> Result<Sequential> {
        let expanded = self.expanded();
        let wide = |to| {
            conv(self.in_channels, to, norm)
                .kernel_size(self.kernel)
                .stride(self.stride)
        };
        if expanded == self.in_channels {
            return Ok(sequential![wide(self.out_channels).build()?]);
        }
        Ok(sequential![
            wide(expanded).build()?,
            self.projection(expanded, norm).build()?
        ])
    }

    /// The last convolution, which has no activation.
    fn projection(&self, expanded: usize, norm: Norm) -> Conv2dNormActivationBuilder {
        conv(expanded, self.out_channels, norm)
            .kernel_size(1)
            .activation(None)
    }
}

fn conv(in_channels: usize, out_channels: usize, norm: Norm) -> Conv2dNormActivationBuilder {
    Conv2dNormActivation::builder(in_channels, out_channels)
        .norm(norm)
        .activation(Activation::SiLU)
}

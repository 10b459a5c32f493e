//! ConvNeXt: a residual network with the manners of a transformer.
//!
//! [A ConvNet for the 2020s](https://arxiv.org/abs/2201.03545).

use crate::initialise;
use crate::ops::{Conv2dNormActivation, LayerNorm2d, Norm, Permute, StochasticDepth};
use crate::options::{constructors, family_options};
use rushlight_autograd::{Result, Tensor};
use rushlight_nn::{
    AdaptiveAvgPool2d, Conv2d, Flatten, Forward, GELU, LayerNorm, Linear, Module, Parameter,
    Sequential, Site, sequential,
};

/// A network of four stages of [`CNBlock`]s.
///
/// Shapes: `[n, 3, height, width] -> [n, num_classes]`, height and width at least 32.
#[derive(Module, Debug)]
pub struct ConvNeXt {
    /// The first convolution, and the stages with what halves height and width between them.
    pub features: Sequential,
    /// The mean over height and width.
    pub avgpool: AdaptiveAvgPool2d,
    /// A normalisation and the head, number 2.
    pub classifier: Sequential,
    /// The model's place in another.
    pub site: Site,
}

family_options! {
    /// Settings of a [`ConvNeXt`].
    ConvNeXtOptions
    /// The probability with which the last block is left out while training; that of the others rises
    /// from 0 to it. Default: the model's own.
    stochastic_depth_prob: Option<f64> = None, from impl Into<Option<f64>>;
    /// The factor that each channel of a block starts with. Default: 1e-6.
    layer_scale: f64 = 1e-6;
}

/// What the members of the family differ in.
#[derive(Debug, Clone, Copy)]
struct Architecture {
    /// The number of channels in each stage.
    channels: [usize; 4],
    /// The number of blocks in each stage.
    blocks: [usize; 4],
    /// The probability with which the last block is left out.
    stochastic_depth_prob: f64,
}

#[rustfmt::skip]
constructors! {
    ConvNeXt(ConvNeXtOptions)
    /// ConvNeXt Tiny.
    convnext_tiny: Architecture { channels: [96, 192, 384, 768], blocks: [3, 3, 9, 3], stochastic_depth_prob: 0.1 };
    /// ConvNeXt Small.
    convnext_small: Architecture { channels: [96, 192, 384, 768], blocks: [3, 3, 27, 3], stochastic_depth_prob: 0.4 };
    /// ConvNeXt Base.
    convnext_base: Architecture { channels: [128, 256, 512, 1024], blocks: [3, 3, 27, 3], stochastic_depth_prob: 0.5 };
    /// ConvNeXt Large.
    convnext_large: Architecture { channels: [192, 384, 768, 1536], blocks: [3, 3, 27, 3], stochastic_depth_prob: 0.5 };
}

/// Added to variances.
const EPS: f64 = 1e-6;

impl ConvNeXt {
    fn new(architecture: Architecture, options: impl Into<ConvNeXtOptions>) -> Result<ConvNeXt> {
        let options = options.into();
        let [first, .., last] = architecture.channels;
        let stem = Conv2dNormActivation::builder(3, first)
            .kernel_size(4)
            .stride(4)
            .padding(0)
            .norm(Norm::Layer { eps: EPS })
            .activation(None)
            .bias(true);
        let mut features = sequential![stem.build()?];
        let highest = options.stochastic_depth_prob;
        let highest = highest.unwrap_or(architecture.stochastic_depth_prob);
        let total: usize = architecture.blocks.iter().sum();
        let mut index = 0;
        for (stage, &channels) in architecture.channels.iter().enumerate() {
            let mut blocks = Sequential::new();
            for _ in 0..architecture.blocks[stage] {
                let probability = highest * f64::from(index) / (total as f64 - 1.0);
                blocks.push(CNBlock::new(channels, options.layer_scale, probability)?);
                index += 1;
            }
            features.push(blocks);
            if let Some(&next) = architecture.channels.get(stage + 1) {
                features.push(sequential![
                    LayerNorm2d::new(channels, EPS)?,
                    Conv2d::builder(channels, next, 2).stride(2).build()?,
                ]);
            }
        }
        let model = ConvNeXt {
            features,
            avgpool: AdaptiveAvgPool2d::new(1),
            classifier: sequential![
                LayerNorm2d::new(last, EPS)?,
                Flatten::new(),
                Linear::new(last, options.num_classes)?,
            ],
            site: Site::default(),
        };
        initialise::layers(
            &model,
            |conv| {
                initialise::truncated(&conv.weight, 0.02)?;
                initialise::zero(conv.bias.as_ref())
            },
            initialise::truncated_linear,
        )?;
        options.weights.load_into(&model)?;
        Ok(model)
    }
}

impl Forward for ConvNeXt {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.site.call(x, |x| {
            let x = self.features.forward(x)?;
            self.classifier.forward(&self.avgpool.forward(&x)?)
        })
    }
}

/// A 7x7 convolution of each channel by itself, two linear layers, and a way around them.
#[derive(Module, Debug)]
pub struct CNBlock {
    /// The branch.
    pub block: Sequential,
    /// `[channels, 1, 1]`, what the branch is multiplied by.
    pub layer_scale: Parameter,
    /// Leaves the branch out while training.
    pub stochastic_depth: StochasticDepth,
    /// The block's place in a model.
    pub site: Site,
}

impl CNBlock {
    fn new(channels: usize, layer_scale: f64, probability: f64) -> Result<CNBlock> {
        let conv = Conv2d::builder(channels, channels, 7)
            .padding(3)
            .groups(channels);
        Ok(CNBlock {
            block: sequential![
                conv.build()?,
                Permute::new([0, 2, 3, 1]),
                LayerNorm::builder(channels).eps(EPS).build()?,
                Linear::new(channels, 4 * channels)?,
                GELU::new(),
                Linear::new(4 * channels, channels)?,
                Permute::new([0, 3, 1, 2]),
            ],
            layer_scale: Parameter::new(Tensor::ones(&[channels, 1, 1])?.mul(layer_scale)?)?,
            stochastic_depth: StochasticDepth::row(probability)?,
            site: Site::default(),
        })
    }
}

impl Forward for CNBlock {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.site.call(x, |x| {
            let y = (&*self.layer_scale * self.block.forward(x)?)?;
            self.stochastic_depth.forward(&y)? + x
        })
    }
}

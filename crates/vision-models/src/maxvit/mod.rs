//! MaxViT: a convolution, attention in windows, and attention in a grid across the image, in each layer.
//!
//! [MaxViT: Multi-Axis Vision Transformer](https://arxiv.org/abs/2204.01697).

mod attention;
mod mb_conv;
mod partition;

pub use attention::RelativePositionalMultiHeadAttention;
pub use mb_conv::MBConv;
pub use partition::{PartitionAttentionLayer, WindowDepartition, WindowPartition};

use crate::initialise;
use crate::ops::{Activation, Conv2dNormActivation, Norm};
use crate::options::{constructors, family_options};
use partition::Partition;
use rushlight_autograd::{Result, Tensor};
use rushlight_nn::init::normal_;
use rushlight_nn::{
    AdaptiveAvgPool2d, Error, Flatten, Forward, LayerNorm, Linear, Module, Sequential, Site, Tanh,
    sequential,
};

/// A network of four blocks of [`MaxVitLayer`]s.
///
/// Shapes: `[n, 3, height, width] -> [n, num_classes]`, height and width as the model is made for.
#[derive(Module, Debug)]
pub struct MaxVit {
    /// Two convolutions, the first with a stride of 2.
    pub stem: Sequential,
    /// The blocks, each of which halves height and width.
    pub blocks: Vec<MaxVitBlock>,
    /// The mean, and linear layers, of which the last is number 5.
    pub classifier: Sequential,
    /// The model's place in another.
    pub site: Site,
}

family_options! {
    /// Settings of a [`MaxVit`].
    MaxVitOptions
    /// Height and width of the input, such that each block's are multiples of 7. Default: 224.
    input_size: [usize; 2] = [224, 224];
    /// The probability with which the last layer's branches are left out while training; that of the
    /// others rises from 0 to it. Default: the model's own.
    stochastic_depth_prob: Option<f64> = None, from impl Into<Option<f64>>;
    /// The probability with which what comes out of linear layers is dropped while training.
    /// Default: 0.
    mlp_dropout: f64 = 0.0;
    /// The probability with which what comes out of attention is dropped while training. Default: 0.
    attention_dropout: f64 = 0.0;
}

/// What the members of the family differ in.
#[derive(Debug, Clone, Copy)]
struct Architecture {
    /// Channels of the first convolutions.
    stem: usize,
    /// The number of channels in each block.
    channels: [usize; 4],
    /// The number of layers in each block.
    layers: [usize; 4],
    /// The probability with which the last layer's branches are left out.
    stochastic_depth_prob: f64,
}

constructors! {
    MaxVit(MaxVitOptions)
    /// MaxViT-T.
    maxvit_t: Architecture {
        stem: 64,
        channels: [64, 128, 256, 512],
        layers: [2, 2, 5, 2],
        stochastic_depth_prob: 0.2,
    };
}

/// Height and width of windows and grids.
const PARTITION_SIZE: usize = 7;

/// The normalisation of convolutions.
const NORM: Norm = Norm::Batch {
    eps: 0.001,
    momentum: 0.01,
};

impl MaxVit {
    fn new(architecture: Architecture, options: impl Into<MaxVitOptions>) -> Result<MaxVit> {
        let options = options.into();
        let Architecture {
            stem: stem_channels,
            channels,
            layers,
            ..
        } = architecture;
        let stem = sequential![
            Conv2dNormActivation::builder(3, stem_channels)
                .stride(2)
                .norm(NORM)
                .activation(Activation::GELU)
                .build()?,
            Conv2dNormActivation::builder(stem_channels, stem_channels)
                .norm(None)
                .activation(None)
                .build()?,
        ];
        let highest = options.stochastic_depth_prob;
        let highest = highest.unwrap_or(architecture.stochastic_depth_prob);
        let mut probabilities = evenly_to(highest, layers.iter().sum());
        let mut size = halved(options.input_size);
        let mut in_channels = stem_channels;
        let mut blocks = Vec::new();
        for (out_channels, layers) in channels.into_iter().zip(layers) {
            size = halved(size);
            check_partition(options.input_size, size)?;
            let last = probabilities.split_off(layers);
            let block = Settings {
                in_channels,
                out_channels,
                grid_size: size,
                mlp_dropout: options.mlp_dropout,
                attention_dropout: options.attention_dropout,
            };
            blocks.push(MaxVitBlock::new(block, &probabilities)?);
            probabilities = last;
            in_channels = out_channels;
        }
        let model = MaxVit {
            stem,
            blocks,
            classifier: sequential![
                AdaptiveAvgPool2d::new(1),
                Flatten::new(),
                LayerNorm::new(in_channels)?,
                Linear::new(in_channels, in_channels)?,
                Tanh::new(),
                Linear::builder(in_channels, options.num_classes)
                    .bias(false)
                    .build()?,
            ],
            site: Site::default(),
        };
        initialise::layers(
            &model,
            |conv| {
                normal_(&conv.weight, 0.0, 0.02)?;
                initialise::zero(conv.bias.as_ref())
            },
            |linear| {
                normal_(&linear.weight, 0.0, 0.02)?;
                initialise::zero(linear.bias.as_ref())
            },
        )?;
        options.weights.load_into(&model)?;
        Ok(model)
    }
}

impl Forward for MaxVit {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.site.call(x, |x| {
            let mut x = self.stem.forward(x)?;
            for block in &self.blocks {
                x = block.forward(&x)?;
            }
            self.classifier.forward(&x)
        })
    }
}

/// `count` numbers from 0 to `highest`.
fn evenly_to(highest: f64, count: usize) -> Vec<f64> {
    let last = count.saturating_sub(1);
    let step = highest / last as f64;
    let number = |index| {
        if index == last {
            highest
        } else {
            index as f64 * step
        }
    };
    (0..count).map(number).collect()
}

/// Height and width behind a 3x3 convolution with a stride of 2.
fn halved(size: [usize; 2]) -> [usize; 2] {
    size.map(|side| side.div_ceil(2))
}

/// Errors unless a block's height and width are multiples of the windows'.
fn check_partition(input_size: [usize; 2], size: [usize; 2]) -> Result<()> {
    if size
        .iter()
        .all(|&side| side > 0 && side % PARTITION_SIZE == 0)
    {
        return Ok(());
    }
    let got = format!("{input_size:?}, which makes one of {size:?}");
    let expected = "such that the sizes of all blocks are multiples of 7";
    Err(Error::argument("MaxVit", "input_size", got, expected).into())
}

/// Settings of a [`MaxVitBlock`], and of each of its layers.
#[derive(Debug, Clone, Copy)]
struct Settings {
    in_channels: usize,
    out_channels: usize,
    /// Height and width behind the first layer.
    grid_size: [usize; 2],
    mlp_dropout: f64,
    attention_dropout: f64,
}

/// Layers of which the first halves height and width.
#[derive(Module, Debug)]
pub struct MaxVitBlock {
    /// The layers.
    pub layers: Vec<MaxVitLayer>,
    /// The block's place in a model.
    pub site: Site,
}

impl MaxVitBlock {
    /// The block with a layer for each probability of being left out.
    fn new(settings: Settings, probabilities: &[f64]) -> Result<MaxVitBlock> {
        let mut layers = Vec::new();
        for (index, &probability) in probabilities.iter().enumerate() {
            let (in_channels, stride) = match index {
                0 => (settings.in_channels, 2),
                _ => (settings.out_channels, 1),
            };
            let settings = Settings {
                in_channels,
                ..settings
            };
            layers.push(MaxVitLayer::new(settings, stride, probability)?);
        }
        let site = Site::default();
        Ok(MaxVitBlock { layers, site })
    }
}

impl Forward for MaxVitBlock {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.site.call(x, |x| {
            let mut x = x.clone();
            for layer in &self.layers {
                x = layer.forward(&x)?;
            }
            Ok(x)
        })
    }
}

/// A convolution, attention in windows, and attention in a grid.
#[derive(Module, Debug)]
pub struct MaxVitLayer {
    /// The three of them.
    pub layers: Sequential,
    /// The layer's place in a model.
    pub site: Site,
}

impl MaxVitLayer {
    fn new(settings: Settings, stride: usize, probability: f64) -> Result<MaxVitLayer> {
        let Settings {
            in_channels,
            out_channels,
            ..
        } = settings;
        let mut layers = Sequential::new();
        let conv = MBConv::new(in_channels, out_channels, stride, probability)?;
        layers.add_module("MBconv", conv)?;
        for (name, partition) in [
            ("window_attention", Partition::Window),
            ("grid_attention", Partition::Grid),
        ] {
            let attention = PartitionAttentionLayer::new(settings, partition, probability)?;
            layers.add_module(name, attention)?;
        }
        let site = Site::default();
        Ok(MaxVitLayer { layers, site })
    }
}

impl Forward for MaxVitLayer {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.site.call(x, |x| self.layers.forward(x))
    }
}

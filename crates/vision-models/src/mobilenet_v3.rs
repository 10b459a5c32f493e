//! MobileNet V3: a search's choice of kernels, widths, activations and squeeze-and-excitation.
//!
//! [Searching for MobileNetV3](https://arxiv.org/abs/1905.02244).

use crate::channels::{check_width, make_divisible};
use crate::initialise;
use crate::ops::{
    Activation, Conv2dNormActivation, Conv2dNormActivationBuilder, Norm, SqueezeExcitation,
};
use crate::options::{constructors, family_options};
use rushlight_autograd::{Result, Tensor};
use rushlight_nn::{
    AdaptiveAvgPool2d, Dropout, Forward, Hardswish, Linear, Module, ReLU, Sequential, Site,
    sequential,
};

/// A network of [`InvertedResidual`] blocks.
///
/// Shapes: `[n, 3, height, width] -> [n, num_classes]`.
#[derive(Module, Debug)]
pub struct MobileNetV3 {
    /// The first convolution, the blocks, and the last convolution.
    pub features: Sequential,
    /// The mean over height and width.
    pub avgpool: AdaptiveAvgPool2d,
    /// The linear layers, of which the last is number 3.
    pub classifier: Sequential,
    /// The model's place in another.
    pub site: Site,
}

family_options! {
    /// Settings of a [`MobileNetV3`].
    MobileNetV3Options
    /// A factor of the number of channels everywhere. Default: 1.
    width_mult: f64 = 1.0;
    /// Whether the last blocks have half the channels. Default: false.
    reduced_tail: bool = false;
    /// Whether the last blocks widen their kernels instead of halving height and width.
    /// Default: false.
    dilated: bool = false;
    /// The probability with which the classifier drops elements while training. Default: 0.2.
    dropout: f64 = 0.2;
}

/// A block: its kernel, its channels inside and behind, whether it has a squeeze-and-excitation, its
/// activation and its stride.
type Row = (usize, usize, usize, bool, Activation, usize);

const RE: Activation = Activation::ReLU;
const HS: Activation = Activation::Hardswish;

#[rustfmt::skip]
const LARGE: &[Row] = &[
    (3,  16,  16, false, RE, 1),
    (3,  64,  24, false, RE, 2),
    (3,  72,  24, false, RE, 1),
    (5,  72,  40, true,  RE, 2),
    (5, 120,  40, true,  RE, 1),
    (5, 120,  40, true,  RE, 1),
    (3, 240,  80, false, HS, 2),
    (3, 200,  80, false, HS, 1),
    (3, 184,  80, false, HS, 1),
    (3, 184,  80, false, HS, 1),
    (3, 480, 112, true,  HS, 1),
    (3, 672, 112, true,  HS, 1),
    (5, 672, 160, true,  HS, 2),
    (5, 960, 160, true,  HS, 1),
    (5, 960, 160, true,  HS, 1),
];

#[rustfmt::skip]
const SMALL: &[Row] = &[
    (3,  16,  16, true,  RE, 2),
    (3,  72,  24, false, RE, 2),
    (3,  88,  24, false, RE, 1),
    (5,  96,  40, true,  HS, 2),
    (5, 240,  40, true,  HS, 1),
    (5, 240,  40, true,  HS, 1),
    (5, 120,  48, true,  HS, 1),
    (5, 144,  48, true,  HS, 1),
    (5, 288,  96, true,  HS, 2),
    (5, 576,  96, true,  HS, 1),
    (5, 576,  96, true,  HS, 1),
];

/// The number of blocks that `reduced_tail` and `dilated` are about.
const TAIL: usize = 3;

/// What the members of the family differ in.
#[derive(Debug, Clone, Copy)]
struct Architecture {
    blocks: &'static [Row],
    /// Channels between the last two linear layers.
    last_channel: usize,
}

constructors! {
    MobileNetV3(MobileNetV3Options)
    /// MobileNet V3 Large.
    mobilenet_v3_large: Architecture { blocks: LARGE, last_channel: 1280 };
    /// MobileNet V3 Small.
    mobilenet_v3_small: Architecture { blocks: SMALL, last_channel: 1024 };
}

impl MobileNetV3 {
    fn new(
        architecture: Architecture,
        options: impl Into<MobileNetV3Options>,
    ) -> Result<MobileNetV3> {
        let options = options.into();
        check_width("MobileNetV3", options.width_mult)?;
        let scaled = |channels: usize| make_divisible(channels as f64 * options.width_mult, 8);
        let mut channels = scaled(16);
        let mut features = sequential![conv(3, channels, HS).stride(2).build()?];
        let tail = architecture.blocks.len().saturating_sub(TAIL);
        for (index, row) in architecture.blocks.iter().enumerate() {
            let &(kernel, expanded, out_channels, squeezes, activation, stride) = row;
            // Only what comes out of the tail's first block is reduced, not what it has inside.
            let reduced = |from| {
                if options.reduced_tail && index >= from {
                    2
                } else {
                    1
                }
            };
            let block = Block {
                in_channels: channels,
                kernel,
                expanded: scaled(expanded / reduced(tail + 1)),
                out_channels: scaled(out_channels / reduced(tail)),
                squeezes,
                activation,
                stride,
                dilation: if options.dilated && index >= tail {
                    2
                } else {
                    1
                },
            };
            features.push(InvertedResidual::new(block)?);
            channels = block.out_channels;
        }
        let last_conv = 6 * channels;
        features.push(conv(channels, last_conv, HS).kernel_size(1).build()?);
        let divider = if options.reduced_tail { 2 } else { 1 };
        let last_channel = scaled(architecture.last_channel / divider);
        let model = MobileNetV3 {
            features,
            avgpool: AdaptiveAvgPool2d::new(1),
            classifier: sequential![
                Linear::new(last_conv, last_channel)?,
                Hardswish::new().inplace(true),
                Dropout::new(options.dropout)?.inplace(true),
                Linear::new(last_channel, options.num_classes)?,
            ],
            site: Site::default(),
        };
        initialise::layers(&model, initialise::he_conv, initialise::small_linear)?;
        options.weights.load_into(&model)?;
        Ok(model)
    }
}

impl Forward for MobileNetV3 {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.site.call(x, |x| {
            let x = self.avgpool.forward(&self.features.forward(x)?)?;
            self.classifier.forward(&x.flatten(1, -1)?)
        })
    }
}

/// What a block is made from, with all factors applied.
#[derive(Debug, Clone, Copy)]
struct Block {
    in_channels: usize,
    kernel: usize,
    expanded: usize,
    out_channels: usize,
    squeezes: bool,
    activation: Activation,
    stride: usize,
    dilation: usize,
}

/// A convolution of each channel by itself, between 1x1 ones, and a way around where it fits.
#[derive(Module, Debug)]
pub struct InvertedResidual {
    /// The convolutions.
    pub block: Sequential,
    /// Whether the input is added to the result.
    pub use_res_connect: bool,
    /// The block's place in a model.
    pub site: Site,
}

impl InvertedResidual {
    fn new(block: Block) -> Result<InvertedResidual> {
        let Block {
            in_channels,
            expanded,
            out_channels,
            activation,
            ..
        } = block;
        let mut layers = Sequential::new();
        if expanded != in_channels {
            layers.push(
                conv(in_channels, expanded, activation)
                    .kernel_size(1)
                    .build()?,
            );
        }
        let depthwise = conv(expanded, expanded, activation)
            .kernel_size(block.kernel)
            .stride(if block.dilation > 1 { 1 } else { block.stride })
            .dilation(block.dilation)
            .groups(expanded);
        layers.push(depthwise.build()?);
        if block.squeezes {
            let squeezed = make_divisible((expanded / 4) as f64, 8);
            let relu = Box::new(ReLU::new());
            let scale = Activation::Hardsigmoid;
            layers.push(SqueezeExcitation::new(expanded, squeezed, relu, scale)?);
        }
        layers.push(conv(expanded, out_channels, None).kernel_size(1).build()?);
        Ok(InvertedResidual {
            block: layers,
            use_res_connect: block.stride == 1 && in_channels == out_channels,
            site: Site::default(),
        })
    }
}

impl Forward for InvertedResidual {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.site.call(x, |x| {
            let y = self.block.forward(x)?;
            if self.use_res_connect { y + x } else { Ok(y) }
        })
    }
}

fn conv(
    in_channels: usize,
    out_channels: usize,
    activation: impl Into<Option<Activation>>,
) -> Conv2dNormActivationBuilder {
    Conv2dNormActivation::builder(in_channels, out_channels)
        .norm(Norm::Batch {
            eps: 0.001,
            momentum: 0.01,
        })
        .activation(activation)
}

//! MNASNet: a search's choice of blocks that are fast on phones.
//!
//! [MnasNet: Platform-Aware Neural Architecture Search](https://arxiv.org/abs/1807.11626).

use crate::channels::make_divisible;
use crate::initialise;
use crate::options::{constructors, family_options};
use rushlight_autograd::{Result, Tensor};
use rushlight_nn::init::{FanMode, Nonlinearity, kaiming_uniform_};
use rushlight_nn::{
    BatchNorm2d, Conv2d, Dropout, Forward, Linear, Module, ReLU, Sequential, Site, sequential,
};

/// A network of [`InvertedResidual`] blocks.
///
/// Shapes: `[n, 3, height, width] -> [n, num_classes]`.
#[derive(Module, Debug)]
#[module(version = 2)]
pub struct MNASNet {
    /// The convolutions.
    pub layers: Sequential,
    /// A dropout and the head, number 1.
    pub classifier: Sequential,
    /// The model's place in another.
    pub site: Site,
}

family_options! {
    /// Settings of an [`MNASNet`].
    MNASNetOptions
    /// The probability with which the classifier drops elements while training. Default: 0.2.
    dropout: f64 = 0.2;
}

/// How far running statistics move: the complement of what TensorFlow calls the momentum.
const MOMENTUM: f64 = 1.0 - 0.9997;

/// Channels of the first two convolutions.
const STEM: [usize; 2] = [32, 16];

/// Channels, kernel, stride of the first block, expansion, and number of blocks of each stack.
const STACKS: [(usize, usize, usize, usize, usize); 6] = [
    (24, 3, 2, 3, 3),
    (40, 5, 2, 3, 3),
    (80, 5, 2, 6, 3),
    (96, 3, 1, 6, 2),
    (192, 5, 2, 6, 4),
    (320, 3, 1, 6, 1),
];

constructors! {
    MNASNet(MNASNetOptions)
    /// MNASNet of half the channels.
    mnasnet0_5: 0.5;
    /// MNASNet of three quarters of the channels.
    mnasnet0_75: 0.75;
    /// MNASNet.
    mnasnet1_0: 1.0;
    /// MNASNet of 1.3 times the channels.
    mnasnet1_3: 1.3;
}

impl MNASNet {
    fn new(alpha: f64, options: impl Into<MNASNetOptions>) -> Result<MNASNet> {
        let options = options.into();
        let scaled = |channels: usize| make_divisible(channels as f64 * alpha, 8);
        let [first, second] = STEM.map(scaled);
        let mut layers = Sequential::new();
        push_conv(
            &mut layers,
            Conv {
                stride: 2,
                ..Conv::new(3, first, 3)
            },
            true,
        )?;
        push_conv(
            &mut layers,
            Conv {
                groups: first,
                ..Conv::new(first, first, 3)
            },
            true,
        )?;
        push_conv(&mut layers, Conv::new(first, second, 1), false)?;
        let mut channels = second;
        for (out_channels, kernel_size, stride, expansion, blocks) in STACKS {
            let out_channels = scaled(out_channels);
            let mut stack = Sequential::new();
            for block in 0..blocks {
                let conv = Conv {
                    stride: if block == 0 { stride } else { 1 },
                    ..Conv::new(channels, out_channels, kernel_size)
                };
                stack.push(InvertedResidual::new(conv, expansion)?);
                channels = out_channels;
            }
            layers.push(stack);
        }
        push_conv(&mut layers, Conv::new(channels, 1280, 1), true)?;
        let model = MNASNet {
            layers,
            classifier: sequential![
                Dropout::new(options.dropout)?.inplace(true),
                Linear::new(1280, options.num_classes)?,
            ],
            site: Site::default(),
        };
        initialise::layers(&model, initialise::he_conv, |linear| {
            kaiming_uniform_(&linear.weight, 0.0, FanMode::FanOut, Nonlinearity::Sigmoid)?;
            initialise::zero(linear.bias.as_ref())
        })?;
        options.weights.load_into(&model)?;
        Ok(model)
    }
}

impl Forward for MNASNet {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.site.call(x, |x| {
            let x = self.layers.forward(x)?;
            self.classifier.forward(&x.mean_dim(&[2, 3], false)?)
        })
    }
}

/// A convolution of each channel by itself, between 1x1 ones, and a way around where it fits.
#[derive(Module, Debug)]
#[module(name = "_InvertedResidual")]
pub struct InvertedResidual {
    /// The convolutions.
    pub layers: Sequential,
    /// Whether the input is added to the result.
    pub apply_residual: bool,
    /// The block's place in a model.
    pub site: Site,
}

impl InvertedResidual {
    /// The block around a convolution, which is that of each channel by itself.
    fn new(conv: Conv, expansion: usize) -> Result<InvertedResidual> {
        let Conv {
            in_channels,
            out_channels,
            stride,
            ..
        } = conv;
        let hidden = in_channels * expansion;
        let mut layers = Sequential::new();
        push_conv(&mut layers, Conv::new(in_channels, hidden, 1), true)?;
        let depthwise = Conv {
            in_channels: hidden,
            out_channels: hidden,
            groups: hidden,
            ..conv
        };
        push_conv(&mut layers, depthwise, true)?;
        push_conv(&mut layers, Conv::new(hidden, out_channels, 1), false)?;
        Ok(InvertedResidual {
            layers,
            apply_residual: stride == 1 && in_channels == out_channels,
            site: Site::default(),
        })
    }
}

impl Forward for InvertedResidual {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.site.call(x, |x| {
            let y = self.layers.forward(x)?;
            if self.apply_residual { y + x } else { Ok(y) }
        })
    }
}

/// Settings of a convolution.
#[derive(Debug, Clone, Copy)]
struct Conv {
    in_channels: usize,
    out_channels: usize,
    kernel_size: usize,
    stride: usize,
    groups: usize,
}

impl Conv {
    fn new(in_channels: usize, out_channels: usize, kernel_size: usize) -> Conv {
        Conv {
            in_channels,
            out_channels,
            kernel_size,
            stride: 1,
            groups: 1,
        }
    }
}

/// Appends a convolution, its normalisation and perhaps an activation.
fn push_conv(layers: &mut Sequential, conv: Conv, activates: bool) -> Result<()> {
    let Conv {
        in_channels,
        out_channels,
        kernel_size,
        stride,
        groups,
    } = conv;
    let builder = Conv2d::builder(in_channels, out_channels, kernel_size)
        .stride(stride)
        .padding(kernel_size / 2)
        .groups(groups)
        .bias(false);
    layers.push(builder.build()?);
    layers.push(
        BatchNorm2d::builder(out_channels)
            .momentum(MOMENTUM)
            .build()?,
    );
    if activates {
        layers.push(ReLU::new().inplace(true));
    }
    Ok(())
}

//! The convolution in each layer of a MaxViT.

use super::NORM;
use crate::ops::{Activation, Conv2dNormActivation, SqueezeExcitation, StochasticDepth};
use rushlight_autograd::{Result, Tensor};
use rushlight_nn::{
    AvgPool2d, Conv2d, Forward, Identity, Module, Sequential, SiLU, Site, sequential,
};

/// A convolution of each channel by itself, between 1x1 ones, with a squeeze-and-excitation, and a way
/// around them.
///
/// Shapes: `[n, in_channels, height, width] -> [n, out_channels, height / stride, width / stride]`.
#[derive(Module, Debug)]
pub struct MBConv {
    /// The way around.
    pub proj: Box<dyn Forward>,
    /// Leaves the convolutions out while training, unless it is the identity.
    pub stochastic_depth: Box<dyn Forward>,
    /// The convolutions.
    pub layers: Sequential,
    /// The block's place in a model.
    pub site: Site,
}

impl MBConv {
    pub(super) fn new(
        in_channels: usize,
        out_channels: usize,
        stride: usize,
        probability: f64,
    ) -> Result<MBConv> {
        let stochastic_depth: Box<dyn Forward> = match probability {
            0.0 => Box::new(Identity::new()),
            _ => Box::new(StochasticDepth::row(probability)?),
        };
        Ok(MBConv {
            proj: around(in_channels, out_channels, stride)?,
            stochastic_depth,
            layers: convolutions(in_channels, out_channels, stride)?,
            site: Site::default(),
        })
    }
}

fn around(in_channels: usize, out_channels: usize, stride: usize) -> Result<Box<dyn Forward>> {
    let conv = || Conv2d::new(in_channels, out_channels, 1);
    Ok(match stride {
        1 if in_channels == out_channels => Box::new(Identity::new()),
        1 => Box::new(sequential![conv()?]),
        _ => {
            let means = AvgPool2d::new(3).stride(stride).padding(1);
            Box::new(sequential![means, conv()?])
        }
    })
}

fn convolutions(in_channels: usize, out_channels: usize, stride: usize) -> Result<Sequential> {
    let (hidden, squeezed) = (4 * out_channels, out_channels / 4);
    let conv = |from, to| {
        Conv2dNormActivation::builder(from, to)
            .norm(NORM)
            .activation(Activation::GELU)
    };
    let mut layers = Sequential::new();
    layers.add_module("pre_norm", NORM.layer(in_channels)?)?;
    layers.add_module("conv_a", conv(in_channels, hidden).kernel_size(1).build()?)?;
    let depthwise = conv(hidden, hidden).stride(stride).groups(hidden);
    layers.add_module("conv_b", depthwise.build()?)?;
    let silu = Box::new(SiLU::new());
    let se = SqueezeExcitation::new(hidden, squeezed, silu, Activation::Sigmoid)?;
    layers.add_module("squeeze_excitation", se)?;
    layers.add_module("conv_c", Conv2d::new(hidden, out_channels, 1)?)?;
    Ok(layers)
}

impl Forward for MBConv {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.site.call(x, |x| {
            let y = self.stochastic_depth.forward(&self.layers.forward(x)?)?;
            self.proj.forward(x)? + y
        })
    }
}

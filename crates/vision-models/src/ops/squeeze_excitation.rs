//! Channels scaled by what all places say together.

use super::Activation;
use rushlight_autograd::{Result, Tensor};
use rushlight_nn::{AdaptiveAvgPool2d, Conv2d, Forward, Module, Site};

/// Scales each channel by a function of the means of all channels.
///
/// Shapes: `[n, input_channels, height, width]`; the result has the same.
///
/// [Squeeze-and-Excitation Networks](https://arxiv.org/abs/1709.01507).
#[derive(Module, Debug)]
pub struct SqueezeExcitation {
    /// The means.
    pub avgpool: AdaptiveAvgPool2d,
    /// To fewer channels.
    pub fc1: Conv2d,
    /// Back to all channels.
    pub fc2: Conv2d,
    /// Between the two.
    pub activation: Box<dyn Forward>,
    /// Makes the scales.
    pub scale_activation: Box<dyn Forward>,
    /// The block's place in a model.
    pub site: Site,
}

impl SqueezeExcitation {
    /// The block with `squeeze_channels` between its convolutions.
    pub fn new(
        input_channels: usize,
        squeeze_channels: usize,
        activation: Box<dyn Forward>,
        scale_activation: Activation,
    ) -> Result<SqueezeExcitation> {
        Ok(SqueezeExcitation {
            avgpool: AdaptiveAvgPool2d::new(1),
            fc1: Conv2d::new(input_channels, squeeze_channels, 1)?,
            fc2: Conv2d::new(squeeze_channels, input_channels, 1)?,
            activation,
            scale_activation: scale_activation.layer(false),
            site: Site::default(),
        })
    }
}

impl Forward for SqueezeExcitation {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.site.call(x, |x| {
            let scale = self.fc1.forward(&self.avgpool.forward(x)?)?;
            let scale = self.fc2.forward(&self.activation.forward(&scale)?)?;
            self.scale_activation.forward(&scale)? * x
        })
    }
}

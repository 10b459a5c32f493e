//! The convolution that Inception networks are made of.

use rushlight_autograd::{Result, Tensor};
use rushlight_nn::{BatchNorm2d, Conv2d, ConvBuilder, Forward, Module, Site};

/// A convolution without bias, its normalisation, and the rectifier.
///
/// Shapes: as those of [`Conv2d`].
#[derive(Module, Debug)]
pub struct BasicConv2d {
    /// The convolution.
    pub conv: Conv2d,
    /// Its normalisation.
    pub bn: BatchNorm2d,
    /// The block's place in a model.
    pub site: Site,
}

impl BasicConv2d {
    /// The block of a convolution, which loses its bias.
    pub fn new(conv: ConvBuilder<2>) -> Result<BasicConv2d> {
        let conv = conv.bias(false).build()?;
        let bn = BatchNorm2d::builder(conv.out_channels).eps(0.001).build()?;
        let site = Site::default();
        Ok(BasicConv2d { conv, bn, site })
    }
}

impl Forward for BasicConv2d {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.site
            .call(x, |x| self.bn.forward(&self.conv.forward(x)?)?.relu())
    }
}

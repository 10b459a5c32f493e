//! Which normalisation follows a convolution.

use rushlight_autograd::{Result, Tensor};
use rushlight_nn::{BatchNorm2d, Forward, LayerNorm, Module};

/// A normalisation of channels that a block is made with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Norm {
    /// [`BatchNorm2d`].
    Batch {
        /// Added to the variance.
        eps: f64,
        /// How far the running statistics move towards those of a batch.
        momentum: f64,
    },
    /// [`LayerNorm2d`].
    Layer {
        /// Added to the variance.
        eps: f64,
    },
}

impl Norm {
    /// Batch normalisation with its default settings.
    pub const BATCH: Norm = Norm::Batch {
        eps: 1e-5,
        momentum: 0.1,
    };

    /// The layer for a number of channels.
    pub fn layer(self, channels: usize) -> Result<Box<dyn Forward>> {
        Ok(match self {
            Norm::Batch { eps, momentum } => Box::new(
                BatchNorm2d::builder(channels)
                    .eps(eps)
                    .momentum(momentum)
                    .build()?,
            ),
            Norm::Layer { eps } => Box::new(LayerNorm2d::new(channels, eps)?),
        })
    }
}

/// Normalises over the channels at each place of an image.
///
/// Shapes: `[n, channels, height, width]`; the result has the same.
#[derive(Module, Debug)]
#[module(repr = Self::text)]
pub struct LayerNorm2d {
    /// The normalisation over the last dimension.
    #[module(flatten)]
    pub norm: LayerNorm,
}

impl LayerNorm2d {
    /// The layer for a number of channels; `eps` is added to the variance.
    pub fn new(channels: usize, eps: f64) -> Result<LayerNorm2d> {
        let norm = LayerNorm::builder(channels).eps(eps).build()?;
        Ok(LayerNorm2d { norm })
    }

    fn text(&self) -> String {
        self.norm.extra_repr().unwrap_or_default()
    }
}

impl Forward for LayerNorm2d {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let x = x.permute(&[0, 2, 3, 1])?; // [n, height, width, channels]
        self.norm.forward(&x)?.permute(&[0, 3, 1, 2])
    }
}

//! A convolution, its normalisation and its activation.

use super::{Activation, Norm, sequence};
use rushlight_autograd::Result;
use rushlight_nn::{Conv2d, Sequential};

sequence! {
    /// A convolution, followed by a normalisation and an activation, each of which may be left out.
    ///
    /// Shapes: as those of [`Conv2d`]. By default the kernel has a size of 3, and the input is padded
    /// such that only the stride makes height and width smaller.
    ///
    /// ```
    /// # use rushlight_autograd::{Result, Tensor};
    /// # use rushlight_nn::Forward;
    /// # use rushlight_vision_models::ops::{Activation, Conv2dNormActivation};
    /// # fn main() -> Result<()> {
    /// let block = Conv2dNormActivation::builder(3, 8)
    ///     .stride(2)
    ///     .activation(Activation::SiLU)
    ///     .build()?;
    /// let y = block.forward(&Tensor::zeros(&[1, 3, 32, 32])?)?;
    /// assert_eq!(y.shape(), [1, 8, 16, 16]);
    /// # Ok(()) }
    /// ```
    Conv2dNormActivation
}

/// Settings of a [`Conv2dNormActivation`].
#[derive(Debug, Clone, Copy)]
#[must_use = "the block is made by `build`"]
pub struct Conv2dNormActivationBuilder {
    in_channels: usize,
    out_channels: usize,
    kernel_size: usize,
    stride: usize,
    padding: Option<usize>,
    dilation: usize,
    groups: usize,
    bias: Option<bool>,
    norm: Option<Norm>,
    activation: Option<Activation>,
    inplace: bool,
}

impl Conv2dNormActivation {
    /// Starts from the default settings; `build` makes the block.
    pub fn builder(in_channels: usize, out_channels: usize) -> Conv2dNormActivationBuilder {
        Conv2dNormActivationBuilder {
            in_channels,
            out_channels,
            kernel_size: 3,
            stride: 1,
            padding: None,
            dilation: 1,
            groups: 1,
            bias: None,
            norm: Some(Norm::BATCH),
            activation: Some(Activation::ReLU),
            inplace: true,
        }
    }
}

macro_rules! setters { ($($(#[$doc:meta])* $name:ident: $T:ty;)*) => { $(
    $(#[$doc])*
    pub fn $name(mut self, $name: $T) -> Self {
        self.$name = $name.into();
        self
    }
)* } }

impl Conv2dNormActivationBuilder {
    setters! {
        /// Height and width of the kernel. Default: 3.
        kernel_size: usize;
        /// Steps of the kernel. Default: 1.
        stride: usize;
        /// How far the kernel reaches over the edges. Default: half its size.
        padding: usize;
        /// Distance between the kernel's elements. Default: 1.
        dilation: usize;
        /// Into how many independent parts the channels are divided. Default: 1.
        groups: usize;
        /// Whether the convolution adds a bias. Default: where no normalisation follows.
        bias: bool;
        /// What normalises, or `None`. Default: [`Norm::BATCH`].
        norm: impl Into<Option<Norm>>;
        /// The activation, or `None`. Default: [`Activation::ReLU`].
        activation: impl Into<Option<Activation>>;
        /// Only printed; see [`Inplace`](rushlight_nn::Inplace). Default: true.
        inplace: bool;
    }

    /// Makes the block.
    pub fn build(self) -> Result<Conv2dNormActivation> {
        let half = self.kernel_size.saturating_sub(1) / 2;
        let padding = self.padding.unwrap_or(half.saturating_mul(self.dilation));
        let conv = Conv2d::builder(self.in_channels, self.out_channels, self.kernel_size)
            .stride(self.stride)
            .padding(padding)
            .dilation(self.dilation)
            .groups(self.groups)
            .bias(self.bias.unwrap_or(self.norm.is_none()));
        let mut layers = Sequential::new();
        layers.push(conv.build()?);
        if let Some(norm) = self.norm {
            layers.push_boxed(norm.layer(self.out_channels)?);
        }
        if let Some(activation) = self.activation {
            layers.push_boxed(activation.layer(self.inplace));
        }
        Ok(Conv2dNormActivation { layers })
    }
}

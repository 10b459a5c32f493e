//! MobileNet V2: thin layers around the blocks, thick ones inside of them.
//!
//! [MobileNetV2: Inverted Residuals and Linear Bottlenecks](https://arxiv.org/abs/1801.04381).

use crate::channels::{check_width, make_divisible};
use crate::initialise;
use crate::ops::{Activation, Conv2dNormActivation, Conv2dNormActivationBuilder};
use crate::options::family_options;
use rushlight_autograd::{Result, Tensor};
use rushlight_nn::{
    BatchNorm2d, Conv2d, Dropout, Forward, Linear, Module, Sequential, Site, sequential,
};

/// A network of [`InvertedResidual`] blocks.
///
/// Shapes: `[n, 3, height, width] -> [n, num_classes]`.
///
/// ```
/// # use rushlight_autograd::{Result, Tensor};
/// # use rushlight_nn::Forward;
/// # use rushlight_vision_models::{MobileNetV2Options, mobilenet_v2};
/// # fn main() -> Result<()> {
/// let model = mobilenet_v2(MobileNetV2Options::new().width_mult(0.25).num_classes(10))?;
/// assert_eq!(model.forward(&Tensor::zeros(&[2, 3, 32, 32])?)?.shape(), [2, 10]);
/// # Ok(()) }
/// ```
#[derive(Module, Debug)]
pub struct MobileNetV2 {
    /// The first convolution, the blocks, and the last convolution.
    pub features: Sequential,
    /// A dropout and the head, number 1.
    pub classifier: Sequential,
    /// The model's place in another.
    pub site: Site,
}

family_options! {
    /// Settings of a [`MobileNetV2`].
    MobileNetV2Options
    /// A factor of the number of channels everywhere. Default: 1.
    width_mult: f64 = 1.0;
    /// The probability with which the classifier drops elements while training. Default: 0.2.
    dropout: f64 = 0.2;
}

/// Expansion, channels, number of blocks, and stride of the first one.
const STAGES: [(usize, usize, usize, usize); 7] = [
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
];

/// MobileNet V2.
pub fn mobilenet_v2(options: impl Into<MobileNetV2Options>) -> Result<MobileNetV2> {
    let mut options = options.into();
    options.weights = options.weights.of_model("mobilenet_v2")?;
    check_width("mobilenet_v2", options.width_mult)?;
    let scaled = |channels, factor: f64| make_divisible(f64::from(channels) * factor, 8);
    let mut channels = scaled(32, options.width_mult);
    let mut features = sequential![conv(3, channels).stride(2).build()?];
    for (expand_ratio, out_channels, blocks, stride) in STAGES {
        let out_channels = scaled(out_channels as u32, options.width_mult);
        for block in 0..blocks {
            let stride = if block == 0 { stride } else { 1 };
            features.push(InvertedResidual::new(
                channels,
                out_channels,
                stride,
                expand_ratio,
            )?);
            channels = out_channels;
        }
    }
    let last_channel = scaled(1280, options.width_mult.max(1.0));
    features.push(conv(channels, last_channel).kernel_size(1).build()?);
    let model = MobileNetV2 {
        features,
        classifier: sequential![
            Dropout::new(options.dropout)?,
            Linear::new(last_channel, options.num_classes)?,
        ],
        site: Site::default(),
    };
    initialise::layers(&model, initialise::he_conv, initialise::small_linear)?;
    options.weights.load_into(&model)?;
    Ok(model)
}

impl Forward for MobileNetV2 {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.site.call(x, |x| {
            let mut x = self.features.forward(x)?;
            x = x.adaptive_avg_pool2d([Some(1), Some(1)])?;
            self.classifier.forward(&x.flatten(1, -1)?)
        })
    }
}

/// A 3x3 convolution of each channel by itself, between 1x1 ones, and a way around where it fits.
#[derive(Module, Debug)]
pub struct InvertedResidual {
    /// The convolutions.
    pub conv: Sequential,
    /// Whether the input is added to the result.
    pub use_res_connect: bool,
    /// The block's place in a model.
    pub site: Site,
}

impl InvertedResidual {
    fn new(
        in_channels: usize,
        out_channels: usize,
        stride: usize,
        expand_ratio: usize,
    ) -> Result<InvertedResidual> {
        let hidden = in_channels * expand_ratio;
        let mut layers = Sequential::new();
        if expand_ratio != 1 {
            layers.push(conv(in_channels, hidden).kernel_size(1).build()?);
        }
        layers.push(conv(hidden, hidden).stride(stride).groups(hidden).build()?);
        layers.push(
            Conv2d::builder(hidden, out_channels, 1)
                .bias(false)
                .build()?,
        );
        layers.push(BatchNorm2d::new(out_channels)?);
        Ok(InvertedResidual {
            conv: layers,
            use_res_connect: stride == 1 && in_channels == out_channels,
            site: Site::default(),
        })
    }
}

impl Forward for InvertedResidual {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.site.call(x, |x| {
            let y = self.conv.forward(x)?;
            if self.use_res_connect { x + y } else { Ok(y) }
        })
    }
}

fn conv(in_channels: usize, out_channels: usize) -> Conv2dNormActivationBuilder {
    Conv2dNormActivation::builder(in_channels, out_channels).activation(Activation::ReLU6)
}

//! SqueezeNet: few parameters, since most convolutions see few channels.
//!
//! [SqueezeNet](https://arxiv.org/abs/1602.07360).

use crate::initialise;
use crate::options::{constructors, family_options};
use rushlight_autograd::{Result, Tensor};
use rushlight_nn::init::{FanMode, Nonlinearity, kaiming_uniform_, normal_};
use rushlight_nn::{
    AdaptiveAvgPool2d, Conv2d, Dropout, Forward, MaxPool2d, Module, ReLU, Sequential, Site,
    sequential,
};

/// A network of [`Fire`] modules.
///
/// Shapes: `[n, 3, height, width] -> [n, num_classes]`.
///
/// ```
/// # use rushlight_autograd::{Result, Tensor};
/// # use rushlight_nn::{Conv2d, Forward};
/// # use rushlight_vision_models::{Weights, squeezenet1_1};
/// # fn main() -> Result<()> {
/// let mut model = squeezenet1_1(Weights::None)?;
/// model.classifier.set(1, Conv2d::new(512, 10, 1)?)?;
/// assert_eq!(model.forward(&Tensor::zeros(&[1, 3, 32, 32])?)?.shape(), [1, 10]);
/// # Ok(()) }
/// ```
#[derive(Module, Debug)]
pub struct SqueezeNet {
    /// The convolutions.
    pub features: Sequential,
    /// A convolution to the classes, number 1, and their means.
    pub classifier: Sequential,
    /// The model's place in another.
    pub site: Site,
}

family_options! {
    /// Settings of a [`SqueezeNet`].
    SqueezeNetOptions
    /// The probability with which the classifier drops elements while training. Default: 0.5.
    dropout: f64 = 0.5;
}

/// A part of the features.
#[derive(Debug, Clone, Copy)]
enum Part {
    /// A pooling that halves height and width.
    Pool,
    /// A fire module that squeezes to a number of channels, and expands to another, twice.
    Fire(usize, usize),
}
use Part::{Fire as F, Pool as P};

/// What the members of the family differ in.
#[derive(Debug, Clone, Copy)]
struct Architecture {
    /// Channels and size of the first kernel.
    first: (usize, usize),
    /// What follows it.
    parts: [Part; 11],
}

constructors! {
    SqueezeNet(SqueezeNetOptions)
    /// SqueezeNet 1.0, that of the paper.
    squeezenet1_0: Architecture {
        first: (96, 7),
        parts: [P, F(16, 64), F(16, 64), F(32, 128), P, F(32, 128), F(48, 192), F(48, 192), F(64, 256), P, F(64, 256)],
    };
    /// SqueezeNet 1.1, which needs less than half the time for the same accuracy.
    squeezenet1_1: Architecture {
        first: (64, 3),
        parts: [P, F(16, 64), F(16, 64), P, F(32, 128), F(32, 128), P, F(48, 192), F(48, 192), F(64, 256), F(64, 256)],
    };
}

impl SqueezeNet {
    fn new(
        architecture: Architecture,
        options: impl Into<SqueezeNetOptions>,
    ) -> Result<SqueezeNet> {
        let options = options.into();
        let (mut channels, kernel_size) = architecture.first;
        let mut features = sequential![
            Conv2d::builder(3, channels, kernel_size)
                .stride(2)
                .build()?,
            ReLU::new().inplace(true),
        ];
        for part in architecture.parts {
            match part {
                Part::Pool => features.push(MaxPool2d::new(3).stride(2).ceil_mode(true)),
                Part::Fire(squeeze, expand) => {
                    features.push(Fire::new(channels, squeeze, expand)?);
                    channels = 2 * expand;
                }
            }
        }
        let head = Conv2d::new(channels, options.num_classes, 1)?;
        initialise::conv(&features, |conv| {
            kaiming_uniform_(&conv.weight, 0.0, FanMode::FanIn, Nonlinearity::Relu)?;
            initialise::zero(conv.bias.as_ref())
        })?;
        normal_(&head.weight, 0.0, 0.01)?;
        initialise::zero(head.bias.as_ref())?;
        let model = SqueezeNet {
            features,
            classifier: sequential![
                Dropout::new(options.dropout)?,
                head,
                ReLU::new().inplace(true),
                AdaptiveAvgPool2d::new([1, 1]),
            ],
            site: Site::default(),
        };
        options.weights.load_into(&model)?;
        Ok(model)
    }
}

impl Forward for SqueezeNet {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.site.call(x, |x| {
            let x = self.features.forward(x)?;
            self.classifier.forward(&x)?.flatten(1, -1)
        })
    }
}

/// A convolution to few channels, and two side by side that see only those.
#[derive(Module, Debug)]
pub struct Fire {
    /// To few channels.
    pub squeeze: Conv2d,
    /// Its activation.
    pub squeeze_activation: ReLU,
    /// The first half of the result.
    pub expand1x1: Conv2d,
    /// Its activation.
    pub expand1x1_activation: ReLU,
    /// The second half of the result.
    pub expand3x3: Conv2d,
    /// Its activation.
    pub expand3x3_activation: ReLU,
    /// The block's place in a model.
    pub site: Site,
}

impl Fire {
    fn new(channels: usize, squeeze: usize, expand: usize) -> Result<Fire> {
        let relu = || ReLU::new().inplace(true);
        Ok(Fire {
            squeeze: Conv2d::new(channels, squeeze, 1)?,
            squeeze_activation: relu(),
            expand1x1: Conv2d::new(squeeze, expand, 1)?,
            expand1x1_activation: relu(),
            expand3x3: Conv2d::builder(squeeze, expand, 3).padding(1).build()?,
            expand3x3_activation: relu(),
            site: Site::default(),
        })
    }
}

impl Forward for Fire {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.site.call(x, |x| {
            let x = self.squeeze_activation.forward(&self.squeeze.forward(x)?)?;
            let narrow = self.expand1x1.forward(&x)?;
            let wide = self.expand3x3.forward(&x)?;
            let halves = [
                self.expand1x1_activation.forward(&narrow)?,
                self.expand3x3_activation.forward(&wide)?,
            ];
            Tensor::cat(&halves, 1)
        })
    }
}

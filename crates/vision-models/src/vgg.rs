//! VGG: stages of 3x3 convolutions, with and without batch normalisation.
//!
//! [Very Deep Convolutional Networks](https://arxiv.org/abs/1409.1556).

use crate::initialise;
use crate::options::{constructors, family_options};
use rushlight_autograd::{Result, Tensor};
use rushlight_nn::{
    AdaptiveAvgPool2d, BatchNorm2d, Conv2d, Dropout, Forward, Linear, MaxPool2d, Module, ReLU,
    Sequential, Site, sequential,
};

/// Stages of 3x3 convolutions, each of which ends in a pooling, and three linear layers.
///
/// Shapes: `[n, 3, height, width] -> [n, num_classes]`, height and width at least 32.
///
/// ```no_run
/// # use rushlight_autograd::Result;
/// # use rushlight_nn::{Linear, Module};
/// # use rushlight_vision_models::{Weights, vgg16};
/// # fn main() -> Result<()> {
/// let mut model = vgg16(Weights::path("vgg16-397923af.pth"))?;
/// model.freeze("features")?;
/// model.classifier.set(6, Linear::new(4096, 10)?)?;
/// # Ok(()) }
/// ```
#[derive(Module, Debug)]
pub struct VGG {
    /// The stages.
    pub features: Sequential,
    /// Brings height and width to 7.
    pub avgpool: AdaptiveAvgPool2d,
    /// The linear layers, of which the last is number 6.
    pub classifier: Sequential,
    /// The model's place in another.
    pub site: Site,
}

family_options! {
    /// Settings of a [`VGG`].
    VGGOptions
    /// Whether to draw values that suit deep networks; else those of the layers alone remain.
    /// Default: true.
    init_weights: bool = true;
    /// The probability with which the classifier drops elements while training. Default: 0.5.
    dropout: f64 = 0.5;
}

/// The number of convolutions in each stage.
type Stages = [usize; 5];

/// The number of channels in each stage.
const CHANNELS: [usize; 5] = [64, 128, 256, 512, 512];

const A: Stages = [1, 1, 2, 2, 2];
const B: Stages = [2, 2, 2, 2, 2];
const D: Stages = [2, 2, 3, 3, 3];
const E: Stages = [2, 2, 4, 4, 4];

constructors! {
    VGG(VGGOptions)
    /// VGG-11, configuration A.
    vgg11: stages(A, false)?;
    /// VGG-11 with batch normalisation.
    vgg11_bn: stages(A, true)?;
    /// VGG-13, configuration B.
    vgg13: stages(B, false)?;
    /// VGG-13 with batch normalisation.
    vgg13_bn: stages(B, true)?;
    /// VGG-16, configuration D.
    vgg16: stages(D, false)?;
    /// VGG-16 with batch normalisation.
    vgg16_bn: stages(D, true)?;
    /// VGG-19, configuration E.
    vgg19: stages(E, false)?;
    /// VGG-19 with batch normalisation.
    vgg19_bn: stages(E, true)?;
}

impl VGG {
    /// The network with the given stages, which must end in 512 channels.
    pub fn new(features: Sequential, options: impl Into<VGGOptions>) -> Result<VGG> {
        let options = options.into();
        let model = VGG {
            features,
            avgpool: AdaptiveAvgPool2d::new([7, 7]),
            classifier: sequential![
                Linear::new(512 * 7 * 7, 4096)?,
                ReLU::new().inplace(true),
                Dropout::new(options.dropout)?,
                Linear::new(4096, 4096)?,
                ReLU::new().inplace(true),
                Dropout::new(options.dropout)?,
                Linear::new(4096, options.num_classes)?,
            ],
            site: Site::default(),
        };
        if options.init_weights && options.weights.is_none() {
            initialise::layers(&model, initialise::he_conv, initialise::small_linear)?;
        }
        options.weights.load_into(&model)?;
        Ok(model)
    }
}

impl Forward for VGG {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.site.call(x, |x| {
            let mut x = self.features.forward(x)?;
            x = self.avgpool.forward(&x)?;
            self.classifier.forward(&x.flatten(1, -1)?)
        })
    }
}

fn stages(stages: Stages, batch_norm: bool) -> Result<Sequential> {
    let mut features = Sequential::new();
    let mut in_channels = 3;
    for (channels, convolutions) in CHANNELS.into_iter().zip(stages) {
        for _ in 0..convolutions {
            features.push(
                Conv2d::builder(in_channels, channels, 3)
                    .padding(1)
                    .build()?,
            );
            if batch_norm {
                features.push(BatchNorm2d::new(channels)?);
            }
            features.push(ReLU::new().inplace(true));
            in_channels = channels;
        }
        features.push(MaxPool2d::new(2).stride(2));
    }
    Ok(features)
}

//! AlexNet, in the form of [One weird trick](https://arxiv.org/abs/1404.5997).

use crate::options::family_options;
use rushlight_autograd::{Result, Tensor};
use rushlight_nn::{
    AdaptiveAvgPool2d, Conv2d, Dropout, Forward, Linear, MaxPool2d, Module, ReLU, Sequential, Site,
    sequential,
};

/// Five convolutions and three linear layers.
///
/// Shapes: `[n, 3, height, width] -> [n, num_classes]`, height and width at least 63.
///
/// ```no_run
/// # use rushlight_autograd::Result;
/// # use rushlight_nn::Linear;
/// # use rushlight_vision_models::{Weights, alexnet};
/// # fn main() -> Result<()> {
/// let mut model = alexnet(Weights::path("alexnet-owt-7be5be79.pth"))?;
/// model.classifier.set(6, Linear::new(4096, 10)?)?;
/// # Ok(()) }
/// ```
#[derive(Module, Debug)]
pub struct AlexNet {
    /// The convolutions.
    pub features: Sequential,
    /// Brings height and width to 6.
    pub avgpool: AdaptiveAvgPool2d,
    /// The linear layers, of which the last is number 6.
    pub classifier: Sequential,
    /// The model's place in another.
    pub site: Site,
}

family_options! {
    /// Settings of an [`AlexNet`].
    AlexNetOptions
    /// The probability with which the classifier drops elements while training. Default: 0.5.
    dropout: f64 = 0.5;
}

/// AlexNet.
pub fn alexnet(options: impl Into<AlexNetOptions>) -> Result<AlexNet> {
    let mut options = options.into();
    options.weights = options.weights.of_model("alexnet")?;
    let model = AlexNet {
        features: sequential![
            Conv2d::builder(3, 64, 11).stride(4).padding(2).build()?,
            ReLU::new().inplace(true),
            MaxPool2d::new(3).stride(2),
            Conv2d::builder(64, 192, 5).padding(2).build()?,
            ReLU::new().inplace(true),
            MaxPool2d::new(3).stride(2),
            Conv2d::builder(192, 384, 3).padding(1).build()?,
            ReLU::new().inplace(true),
            Conv2d::builder(384, 256, 3).padding(1).build()?,
            ReLU::new().inplace(true),
            Conv2d::builder(256, 256, 3).padding(1).build()?,
            ReLU::new().inplace(true),
            MaxPool2d::new(3).stride(2),
        ],
        avgpool: AdaptiveAvgPool2d::new([6, 6]),
        classifier: sequential![
            Dropout::new(options.dropout)?,
            Linear::new(256 * 6 * 6, 4096)?,
            ReLU::new().inplace(true),
            Dropout::new(options.dropout)?,
            Linear::new(4096, 4096)?,
            ReLU::new().inplace(true),
            Linear::new(4096, options.num_classes)?,
        ],
        site: Site::default(),
    };
    options.weights.load_into(&model)?;
    Ok(model)
}

impl Forward for AlexNet {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.site.call(x, |x| {
            let x = self.features.forward(x)?;
            let x = self.avgpool.forward(&x)?;
            self.classifier.forward(&x.flatten(1, -1)?)
        })
    }
}

//! DenseNet: each layer sees what all layers before it made.
//!
//! [Densely Connected Convolutional Networks](https://arxiv.org/abs/1608.06993).

use crate::initialise;
use crate::ops::sequence;
use crate::options::{constructors, family_options};
use rushlight_autograd::{Result, Tensor};
use rushlight_nn::init::{FanMode, Nonlinearity, kaiming_normal_};
use rushlight_nn::{
    AvgPool2d, BatchNorm2d, Conv2d, Fields, Forward, Linear, MaxPool2d, Module, ReLU, Sequential,
    Site, functional,
};

/// A network of [`DenseBlock`]s.
///
/// Shapes: `[n, 3, height, width] -> [n, num_classes]`, height and width at least 29.
#[derive(Module, Debug)]
pub struct DenseNet {
    /// The first convolution, and the blocks with transitions between them.
    pub features: Sequential,
    /// The head.
    pub classifier: Linear,
    /// The model's place in another.
    pub site: Site,
}

family_options! {
    /// Settings of a [`DenseNet`].
    DenseNetOptions
    /// The probability with which elements of each layer's output are dropped while training.
    /// Default: 0.
    drop_rate: f64 = 0.0;
}

/// What the members of the family differ in.
#[derive(Debug, Clone, Copy)]
struct Architecture {
    /// How many channels each layer adds.
    growth_rate: usize,
    /// The number of layers in each block.
    blocks: [usize; 4],
    /// Channels of the first convolution.
    first: usize,
}

constructors! {
    DenseNet(DenseNetOptions)
    /// DenseNet-121.
    densenet121: Architecture { growth_rate: 32, blocks: [6, 12, 24, 16], first: 64 };
    /// DenseNet-161.
    densenet161: Architecture { growth_rate: 48, blocks: [6, 12, 36, 24], first: 96 };
    /// DenseNet-169.
    densenet169: Architecture { growth_rate: 32, blocks: [6, 12, 32, 32], first: 64 };
    /// DenseNet-201.
    densenet201: Architecture { growth_rate: 32, blocks: [6, 12, 48, 32], first: 64 };
}

impl DenseNet {
    fn new(architecture: Architecture, options: impl Into<DenseNetOptions>) -> Result<DenseNet> {
        let options = options.into();
        let mut channels = architecture.first;
        let mut features = Sequential::new();
        let conv0 = Conv2d::builder(3, channels, 7)
            .stride(2)
            .padding(3)
            .bias(false);
        features.add_module("conv0", conv0.build()?)?;
        features.add_module("norm0", BatchNorm2d::new(channels)?)?;
        features.add_module("relu0", ReLU::new().inplace(true))?;
        features.add_module("pool0", MaxPool2d::new(3).stride(2).padding(1))?;
        for (number, layers) in (1..).zip(architecture.blocks) {
            let block = DenseBlock::new(
                layers,
                channels,
                architecture.growth_rate,
                options.drop_rate,
            )?;
            features.add_module(format!("denseblock{number}"), block)?;
            channels += layers * architecture.growth_rate;
            if number < architecture.blocks.len() {
                let transition = Transition::new(channels)?;
                features.add_module(format!("transition{number}"), transition)?;
                channels /= 2;
            }
        }
        features.add_module("norm5", BatchNorm2d::new(channels)?)?;
        let model = DenseNet {
            features,
            classifier: Linear::new(channels, options.num_classes)?,
            site: Site::default(),
        };
        initialise::layers(
            &model,
            |conv| kaiming_normal_(&conv.weight, 0.0, FanMode::FanIn, Nonlinearity::Relu),
            |linear| initialise::zero(linear.bias.as_ref()),
        )?;
        options.weights.load_renamed_into(&model, without_dots)?;
        Ok(model)
    }
}

impl Forward for DenseNet {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.site.call(x, |x| {
            let mut x = self.features.forward(x)?.relu()?;
            x = x.adaptive_avg_pool2d([Some(1), Some(1)])?;
            self.classifier.forward(&x.flatten(1, -1)?)
        })
    }
}

/// The name that a tensor of a published file has today: `norm.1.weight` of a layer became
/// `norm1.weight`.
fn without_dots(name: &str) -> String {
    let parts: Vec<&str> = name.split('.').collect();
    if let [
        ..,
        layer,
        kind @ ("norm" | "relu" | "conv"),
        number @ ("1" | "2"),
        tensor,
    ] = parts[..]
        && layer.starts_with("denselayer")
        && ["weight", "bias", "running_mean", "running_var"].contains(&tensor)
    {
        let old = format!("{kind}.{number}.{tensor}");
        let parent = name.strip_suffix(&old).unwrap_or_default();
        return format!("{parent}{kind}{number}.{tensor}");
    }
    name.to_owned()
}

/// Layers, each of which sees the input of the block and the outputs of all layers before it.
///
/// Shapes: `[n, channels, height, width] -> [n, channels + layers growth_rate, height, width]`.
#[derive(Debug)]
pub struct DenseBlock {
    /// The layers, named `denselayer1` and so on.
    pub layers: Vec<DenseLayer>,
    /// The block's place in a model.
    pub site: Site,
}

impl DenseBlock {
    fn new(
        layers: usize,
        channels: usize,
        growth_rate: usize,
        drop_rate: f64,
    ) -> Result<DenseBlock> {
        let layer = |index| DenseLayer::new(channels + index * growth_rate, growth_rate, drop_rate);
        Ok(DenseBlock {
            layers: (0..layers).map(layer).collect::<Result<_>>()?,
            site: Site::default(),
        })
    }
}

impl Module for DenseBlock {
    fn type_name(&self) -> &'static str {
        "_DenseBlock"
    }

    fn fields<'a>(&'a self, fields: &mut Fields<'a>) {
        for (number, layer) in (1..).zip(&self.layers) {
            fields.module(format!("denselayer{number}"), layer);
        }
        fields.add("site", &self.site);
    }

    fn version(&self) -> u64 {
        2
    }
}

impl Forward for DenseBlock {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.site.call(x, |x| {
            let mut features = vec![x.clone()];
            for layer in &self.layers {
                features.push(layer.forward(&Tensor::cat(&features, 1)?)?);
            }
            Tensor::cat(&features, 1)
        })
    }
}

/// A 1x1 and a 3x3 convolution, each behind its normalisation and activation.
///
/// Shapes: `[n, channels, height, width] -> [n, growth_rate, height, width]`.
#[derive(Module, Debug)]
#[module(name = "_DenseLayer")]
pub struct DenseLayer {
    /// The normalisation of what all layers before made.
    pub norm1: BatchNorm2d,
    /// Its activation.
    pub relu1: ReLU,
    /// To four times the growth rate.
    pub conv1: Conv2d,
    /// Its normalisation.
    pub norm2: BatchNorm2d,
    /// Its activation.
    pub relu2: ReLU,
    /// To the growth rate.
    pub conv2: Conv2d,
    /// The probability with which elements of the output are dropped while training.
    pub drop_rate: f64,
    /// The layer's place in a model.
    pub site: Site,
}

impl DenseLayer {
    fn new(channels: usize, growth_rate: usize, drop_rate: f64) -> Result<DenseLayer> {
        let inner = 4 * growth_rate;
        let conv = |from, to, size| Conv2d::builder(from, to, size).bias(false);
        Ok(DenseLayer {
            norm1: BatchNorm2d::new(channels)?,
            relu1: ReLU::new().inplace(true),
            conv1: conv(channels, inner, 1).build()?,
            norm2: BatchNorm2d::new(inner)?,
            relu2: ReLU::new().inplace(true),
            conv2: conv(inner, growth_rate, 3).padding(1).build()?,
            drop_rate,
            site: Site::default(),
        })
    }
}

impl Forward for DenseLayer {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.site.call(x, |x| {
            let mut x = self.relu1.forward(&self.norm1.forward(x)?)?;
            x = self.conv1.forward(&x)?;
            x = self.relu2.forward(&self.norm2.forward(&x)?)?;
            x = self.conv2.forward(&x)?;
            functional::dropout(&x, self.drop_rate, self.site.is_training())
        })
    }
}

sequence! {
    /// Halves channels, height and width between two blocks.
    #[module(name = "_Transition")]
    Transition
}

impl Transition {
    fn new(channels: usize) -> Result<Transition> {
        let mut layers = Sequential::new();
        layers.add_module("norm", BatchNorm2d::new(channels)?)?;
        layers.add_module("relu", ReLU::new().inplace(true))?;
        let conv = Conv2d::builder(channels, channels / 2, 1).bias(false);
        layers.add_module("conv", conv.build()?)?;
        layers.add_module("pool", AvgPool2d::new(2).stride(2))?;
        Ok(Transition { layers })
    }
}

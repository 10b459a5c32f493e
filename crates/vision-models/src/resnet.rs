//! Residual networks: ResNet, ResNeXt and Wide ResNet.
//!
//! [Deep Residual Learning](https://arxiv.org/abs/1512.03385),
//! [Aggregated Residual Transformations](https://arxiv.org/abs/1611.05431),
//! [Wide Residual Networks](https://arxiv.org/abs/1605.07146). As in torchvision, a bottleneck has its
//! stride in the 3x3 convolution, not in the first 1x1 one.

use crate::initialise;
use crate::options::{constructors, family_options};
use rushlight_autograd::{Result, Tensor};
use rushlight_nn::{
    AdaptiveAvgPool2d, BatchNorm2d, Conv2d, Error, Forward, Linear, MaxPool2d, Module, ReLU,
    Sequential, Site, init, sequential,
};

/// A residual network.
///
/// Shapes: `[n, 3, height, width] -> [n, num_classes]`.
///
/// ```
/// # use rushlight_autograd::{Result, Tensor};
/// # use rushlight_nn::{Forward, Linear};
/// # use rushlight_vision_models::{Weights, resnet18};
/// # fn main() -> Result<()> {
/// let mut model = resnet18(Weights::None)?;
/// model.fc = Linear::new(model.fc.in_features, 3)?;
/// let images = Tensor::zeros(&[2, 3, 32, 32])?;
/// assert_eq!(model.forward(&images)?.shape(), [2, 3]);
/// assert_eq!(model.forward_features(&images)?.shape(), [2, 512]);
/// # Ok(()) }
/// ```
#[derive(Module, Debug)]
pub struct ResNet {
    /// The first convolution, with a stride of 2.
    pub conv1: Conv2d,
    /// Its normalisation.
    pub bn1: BatchNorm2d,
    /// Its activation.
    pub relu: ReLU,
    /// Halves height and width.
    pub maxpool: MaxPool2d,
    /// Blocks of 64 channels, times the expansion.
    pub layer1: Sequential,
    /// Blocks of 128 channels, times the expansion; halves height and width, as those that follow.
    pub layer2: Sequential,
    /// Blocks of 256 channels, times the expansion.
    pub layer3: Sequential,
    /// Blocks of 512 channels, times the expansion.
    pub layer4: Sequential,
    /// The mean over height and width.
    pub avgpool: AdaptiveAvgPool2d,
    /// The head.
    pub fc: Linear,
    /// The model's place in another.
    pub site: Site,
}

family_options! {
    /// Settings of a [`ResNet`].
    ResNetOptions
    /// Whether each block starts as the identity: the last norm of its branch is zero. Default: false.
    zero_init_residual: bool = false;
    /// Whether the second, third and fourth layer widen their kernels instead of halving height and
    /// width. For bottlenecks only. Default: no.
    replace_stride_with_dilation: [bool; 3] = [false; 3];
}

/// What residual networks are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Block {
    /// [`BasicBlock`].
    Basic,
    /// [`Bottleneck`].
    Bottleneck,
}

impl Block {
    /// How many times as many channels come out of a block as its layer's number says.
    pub const fn expansion(self) -> usize {
        match self {
            Block::Basic => 1,
            Block::Bottleneck => 4,
        }
    }
}

/// What the members of the family differ in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Architecture {
    /// What the layers are made of.
    pub block: Block,
    /// The number of blocks in each of the four layers.
    pub layers: [usize; 4],
    /// Into how many groups the 3x3 convolutions of bottlenecks are divided.
    pub groups: usize,
    /// Channels of a group in the first layer.
    pub width_per_group: usize,
}

impl Architecture {
    /// A network of one group, 64 channels wide at first.
    pub const fn new(block: Block, layers: [usize; 4]) -> Architecture {
        Architecture {
            block,
            layers,
            groups: 1,
            width_per_group: 64,
        }
    }

    /// The same in groups of a width.
    #[must_use]
    pub const fn groups(self, groups: usize, width_per_group: usize) -> Architecture {
        Architecture {
            groups,
            width_per_group,
            ..self
        }
    }
}

constructors! {
    ResNet(ResNetOptions)
    /// ResNet-18.
    resnet18: Architecture::new(Block::Basic, [2, 2, 2, 2]);
    /// ResNet-34.
    resnet34: Architecture::new(Block::Basic, [3, 4, 6, 3]);
    /// ResNet-50.
    resnet50: BOTTLENECKS_50;
    /// ResNet-101.
    resnet101: BOTTLENECKS_101;
    /// ResNet-152.
    resnet152: Architecture::new(Block::Bottleneck, [3, 8, 36, 3]);
    /// ResNeXt-50 of 32 groups, 4 channels wide.
    resnext50_32x4d: BOTTLENECKS_50.groups(32, 4);
    /// ResNeXt-101 of 32 groups, 8 channels wide.
    resnext101_32x8d: BOTTLENECKS_101.groups(32, 8);
    /// ResNeXt-101 of 64 groups, 4 channels wide.
    resnext101_64x4d: BOTTLENECKS_101.groups(64, 4);
    /// ResNet-50 with 3x3 convolutions twice as wide.
    wide_resnet50_2: BOTTLENECKS_50.groups(1, 128);
    /// ResNet-101 with 3x3 convolutions twice as wide.
    wide_resnet101_2: BOTTLENECKS_101.groups(1, 128);
}

const BOTTLENECKS_50: Architecture = Architecture::new(Block::Bottleneck, [3, 4, 6, 3]);
const BOTTLENECKS_101: Architecture = Architecture::new(Block::Bottleneck, [3, 4, 23, 3]);

impl ResNet {
    /// The network of an architecture, also one that has no name.
    pub fn new(architecture: Architecture, options: impl Into<ResNetOptions>) -> Result<ResNet> {
        let options = options.into();
        let [second, third, fourth] = options.replace_stride_with_dilation;
        let mut stack = Stack::new(architecture)?;
        // In this order the layers draw their first values.
        let model = ResNet {
            conv1: Conv2d::builder(3, 64, 7)
                .stride(2)
                .padding(3)
                .bias(false)
                .build()?,
            bn1: BatchNorm2d::new(64)?,
            relu: ReLU::new().inplace(true),
            maxpool: MaxPool2d::new(3).stride(2).padding(1),
            layer1: stack.layer(64, architecture.layers[0], 1, false)?,
            layer2: stack.layer(128, architecture.layers[1], 2, second)?,
            layer3: stack.layer(256, architecture.layers[2], 2, third)?,
            layer4: stack.layer(512, architecture.layers[3], 2, fourth)?,
            avgpool: AdaptiveAvgPool2d::new([1, 1]),
            fc: Linear::new(512 * architecture.block.expansion(), options.num_classes)?,
            site: Site::default(),
        };
        initialise::conv(&model, initialise::he_conv)?;
        if options.zero_init_residual {
            model.zero_last_norms()?;
        }
        options.weights.load_into(&model)?;
        Ok(model)
    }

    /// What the head sees.
    ///
    /// Shapes: `[n, 3, height, width] -> [n, fc.in_features]`.
    pub fn forward_features(&self, x: &Tensor) -> Result<Tensor> {
        let mut x = self.conv1.forward(x)?;
        x = self.bn1.forward(&x)?;
        x = self.relu.forward(&x)?;
        x = self.maxpool.forward(&x)?;

        x = self.layer1.forward(&x)?;
        x = self.layer2.forward(&x)?;
        x = self.layer3.forward(&x)?;
        x = self.layer4.forward(&x)?;

        self.avgpool.forward(&x)?.flatten(1, -1)
    }

    fn zero_last_norms(&self) -> Result<()> {
        for module in self.modules() {
            let basic = module.downcast_ref().map(|block: &BasicBlock| &block.bn2);
            let bottleneck = || module.downcast_ref().map(|block: &Bottleneck| &block.bn3);
            if let Some(weight) = basic.or_else(bottleneck).and_then(|bn| bn.weight.as_ref()) {
                init::zeros_(weight)?;
            }
        }
        Ok(())
    }
}

impl Forward for ResNet {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.site
            .call(x, |x| self.fc.forward(&self.forward_features(x)?))
    }
}

/// Two 3x3 convolutions and a way around them.
#[derive(Module, Debug)]
pub struct BasicBlock {
    /// The first convolution, with the block's stride.
    pub conv1: Conv2d,
    /// Its normalisation.
    pub bn1: BatchNorm2d,
    /// The activation, called twice.
    pub relu: ReLU,
    /// The second convolution.
    pub conv2: Conv2d,
    /// Its normalisation.
    pub bn2: BatchNorm2d,
    /// The way around, where the shapes of input and output differ.
    pub downsample: Option<Sequential>,
    /// The block's place in a model.
    pub site: Site,
}

impl Forward for BasicBlock {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.site.call(x, |x| {
            let mut y = self.conv1.forward(x)?;
            y = self.bn1.forward(&y)?;
            y = self.relu.forward(&y)?;

            y = self.conv2.forward(&y)?;
            y = self.bn2.forward(&y)?;

            y = (y + around(x, self.downsample.as_ref())?)?;
            self.relu.forward(&y)
        })
    }
}

/// A 3x3 convolution of fewer channels, between 1x1 ones, and a way around them.
#[derive(Module, Debug)]
pub struct Bottleneck {
    /// The 1x1 convolution to fewer channels.
    pub conv1: Conv2d,
    /// Its normalisation.
    pub bn1: BatchNorm2d,
    /// The 3x3 convolution, with the block's stride.
    pub conv2: Conv2d,
    /// Its normalisation.
    pub bn2: BatchNorm2d,
    /// The 1x1 convolution to more channels.
    pub conv3: Conv2d,
    /// Its normalisation.
    pub bn3: BatchNorm2d,
    /// The activation, called three times.
    pub relu: ReLU,
    /// The way around, where the shapes of input and output differ.
    pub downsample: Option<Sequential>,
    /// The block's place in a model.
    pub site: Site,
}

impl Forward for Bottleneck {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.site.call(x, |x| {
            let mut y = self.conv1.forward(x)?;
            y = self.bn1.forward(&y)?;
            y = self.relu.forward(&y)?;

            y = self.conv2.forward(&y)?;
            y = self.bn2.forward(&y)?;
            y = self.relu.forward(&y)?;

            y = self.conv3.forward(&y)?;
            y = self.bn3.forward(&y)?;

            y = (y + around(x, self.downsample.as_ref())?)?;
            self.relu.forward(&y)
        })
    }
}

/// What a block adds to the output of its branch.
fn around(x: &Tensor, downsample: Option<&Sequential>) -> Result<Tensor> {
    match downsample {
        Some(downsample) => downsample.forward(x),
        None => Ok(x.clone()),
    }
}

/// Makes the layers one after the other, each as what the one before leaves it.
struct Stack {
    architecture: Architecture,
    channels: usize,
    dilation: usize,
}

impl Stack {
    fn new(architecture: Architecture) -> Result<Stack> {
        let Architecture {
            groups,
            width_per_group,
            ..
        } = architecture;
        if architecture.block == Block::Basic && (groups, width_per_group) != (1, 64) {
            let got = format!("{groups} of {width_per_group} channels");
            let expected = "1 of 64 channels for basic blocks";
            return Err(Error::argument("ResNet", "groups", got, expected).into());
        }
        Ok(Stack {
            architecture,
            channels: 64,
            dilation: 1,
        })
    }

    /// A layer of `planes` channels; only its first block has the stride.
    fn layer(
        &mut self,
        planes: usize,
        blocks: usize,
        stride: usize,
        dilate: bool,
    ) -> Result<Sequential> {
        let first_dilation = self.dilation;
        let stride = if dilate { 1 } else { stride };
        if dilate {
            self.dilation *= 2;
        }
        let channels = planes * self.architecture.block.expansion();
        let mut layer = Sequential::new();
        for block in 0..blocks {
            let (stride, dilation) = match block {
                0 => (stride, first_dilation),
                _ => (1, self.dilation),
            };
            let downsample = match (stride, self.channels == channels) {
                (1, true) => None,
                _ => Some(sequential![
                    conv1x1(self.channels, channels, stride)?,
                    BatchNorm2d::new(channels)?,
                ]),
            };
            layer.push_boxed(self.block(planes, stride, dilation, downsample)?);
            self.channels = channels;
        }
        Ok(layer)
    }

    fn block(
        &self,
        planes: usize,
        stride: usize,
        dilation: usize,
        downsample: Option<Sequential>,
    ) -> Result<Box<dyn Forward>> {
        match self.architecture.block {
            Block::Basic => Ok(Box::new(self.basic(planes, stride, dilation, downsample)?)),
            Block::Bottleneck => Ok(Box::new(
                self.bottleneck(planes, stride, dilation, downsample)?,
            )),
        }
    }

    fn basic(
        &self,
        planes: usize,
        stride: usize,
        dilation: usize,
        downsample: Option<Sequential>,
    ) -> Result<BasicBlock> {
        if dilation > 1 {
            let expected = "false for basic blocks";
            let name = "replace_stride_with_dilation";
            return Err(Error::argument("ResNet", name, true, expected).into());
        }
        Ok(BasicBlock {
            conv1: conv3x3(self.channels, planes, stride, 1, 1)?,
            bn1: BatchNorm2d::new(planes)?,
            relu: ReLU::new().inplace(true),
            conv2: conv3x3(planes, planes, 1, 1, 1)?,
            bn2: BatchNorm2d::new(planes)?,
            downsample,
            site: Site::default(),
        })
    }

    fn bottleneck(
        &self,
        planes: usize,
        stride: usize,
        dilation: usize,
        downsample: Option<Sequential>,
    ) -> Result<Bottleneck> {
        let Architecture { groups, .. } = self.architecture;
        let width = self.width(planes)?;
        let channels = planes * Block::Bottleneck.expansion();
        Ok(Bottleneck {
            conv1: conv1x1(self.channels, width, 1)?,
            bn1: BatchNorm2d::new(width)?,
            conv2: conv3x3(width, width, stride, groups, dilation)?,
            bn2: BatchNorm2d::new(width)?,
            conv3: conv1x1(width, channels, 1)?,
            bn3: BatchNorm2d::new(channels)?,
            relu: ReLU::new().inplace(true),
            downsample,
            site: Site::default(),
        })
    }

    /// Channels of the 3x3 convolution of a bottleneck.
    fn width(&self, planes: usize) -> Result<usize> {
        let Architecture {
            groups,
            width_per_group,
            ..
        } = self.architecture;
        let width = planes.checked_mul(width_per_group).map(|width| width / 64);
        width
            .and_then(|width| width.checked_mul(groups))
            .ok_or_else(|| {
                let got = format!("{groups} of {width_per_group} channels");
                Error::argument("ResNet", "groups", got, "few enough to be counted").into()
            })
    }
}

fn conv3x3(
    in_channels: usize,
    out_channels: usize,
    stride: usize,
    groups: usize,
    dilation: usize,
) -> Result<Conv2d> {
    Conv2d::builder(in_channels, out_channels, 3)
        .stride(stride)
        .padding(dilation)
        .groups(groups)
        .dilation(dilation)
        .bias(false)
        .build()
}

fn conv1x1(in_channels: usize, out_channels: usize, stride: usize) -> Result<Conv2d> {
    Conv2d::builder(in_channels, out_channels, 1)
        .stride(stride)
        .bias(false)
        .build()
}

//! ShuffleNet V2: half of the channels pass each block as they are, and all are shuffled behind it.
//!
//! [ShuffleNet V2: Practical Guidelines](https://arxiv.org/abs/1807.11164).

use crate::options::{constructors, family_options};
use rushlight_autograd::{Result, Tensor};
use rushlight_nn::{
    BatchNorm2d, Conv2d, Forward, Linear, MaxPool2d, Module, ReLU, Sequential, Site, functional,
    sequential,
};

/// A network of [`InvertedResidual`] blocks.
///
/// Shapes: `[n, 3, height, width] -> [n, num_classes]`.
#[derive(Module, Debug)]
pub struct ShuffleNetV2 {
    /// The first convolution, with a stride of 2.
    pub conv1: Sequential,
    /// Halves height and width.
    pub maxpool: MaxPool2d,
    /// The first blocks; halves height and width, as those that follow.
    pub stage2: Sequential,
    /// The second blocks.
    pub stage3: Sequential,
    /// The third blocks.
    pub stage4: Sequential,
    /// The last convolution.
    pub conv5: Sequential,
    /// The head.
    pub fc: Linear,
    /// The model's place in another.
    pub site: Site,
}

family_options! {
    /// Settings of a [`ShuffleNetV2`].
    ShuffleNetV2Options
}

/// The number of channels of the first convolution, the stages, and the last convolution.
type Channels = [usize; 5];

/// The number of blocks in each stage.
const REPEATS: [usize; 3] = [4, 8, 4];

constructors! {
    ShuffleNetV2(ShuffleNetV2Options)
    /// ShuffleNet V2 of half the channels.
    shufflenet_v2_x0_5: [24, 48, 96, 192, 1024];
    /// ShuffleNet V2.
    shufflenet_v2_x1_0: [24, 116, 232, 464, 1024];
    /// ShuffleNet V2 of 1.5 times the channels.
    shufflenet_v2_x1_5: [24, 176, 352, 704, 1024];
    /// ShuffleNet V2 of twice the channels.
    shufflenet_v2_x2_0: [24, 244, 488, 976, 2048];
}

impl ShuffleNetV2 {
    fn new(channels: Channels, options: impl Into<ShuffleNetV2Options>) -> Result<ShuffleNetV2> {
        let options = options.into();
        let [first, second, third, fourth, last] = channels;
        let [second_blocks, third_blocks, fourth_blocks] = REPEATS;
        let conv1 = Conv2d::builder(3, first, 3)
            .stride(2)
            .padding(1)
            .bias(false);
        let model = ShuffleNetV2 {
            conv1: sequential![
                conv1.build()?,
                BatchNorm2d::new(first)?,
                ReLU::new().inplace(true),
            ],
            maxpool: MaxPool2d::new(3).stride(2).padding(1),
            stage2: stage(first, second, second_blocks)?,
            stage3: stage(second, third, third_blocks)?,
            stage4: stage(third, fourth, fourth_blocks)?,
            conv5: sequential![
                conv1x1(fourth, last)?,
                BatchNorm2d::new(last)?,
                ReLU::new().inplace(true),
            ],
            fc: Linear::new(last, options.num_classes)?,
            site: Site::default(),
        };
        options.weights.load_into(&model)?;
        Ok(model)
    }
}

impl Forward for ShuffleNetV2 {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.site.call(x, |x| {
            let mut x = self.maxpool.forward(&self.conv1.forward(x)?)?;
            x = self.stage2.forward(&x)?;
            x = self.stage3.forward(&x)?;
            x = self.stage4.forward(&x)?;
            x = self.conv5.forward(&x)?;
            self.fc.forward(&x.mean_dim(&[2, 3], false)?)
        })
    }
}

/// Blocks of which the first has a stride.
fn stage(in_channels: usize, out_channels: usize, blocks: usize) -> Result<Sequential> {
    let mut stage = sequential![InvertedResidual::new(in_channels, out_channels, 2)?];
    for _ in 1..blocks {
        stage.push(InvertedResidual::new(out_channels, out_channels, 1)?);
    }
    Ok(stage)
}

/// Two branches, the outputs of which are shuffled. Without a stride, each gets half of the channels, and
/// the first is empty.
#[derive(Module, Debug)]
pub struct InvertedResidual {
    /// Steps of the 3x3 convolutions.
    pub stride: usize,
    /// The first branch.
    pub branch1: Sequential,
    /// The second branch.
    pub branch2: Sequential,
    /// The block's place in a model.
    pub site: Site,
}

impl InvertedResidual {
    fn new(in_channels: usize, out_channels: usize, stride: usize) -> Result<InvertedResidual> {
        let half = out_channels / 2;
        let depthwise = |channels| {
            Conv2d::builder(channels, channels, 3)
                .stride(stride)
                .padding(1)
                .groups(channels)
                .bias(false)
                .build()
        };
        let branch1 = match stride {
            1 => sequential![],
            _ => sequential![
                depthwise(in_channels)?,
                BatchNorm2d::new(in_channels)?,
                conv1x1(in_channels, half)?,
                BatchNorm2d::new(half)?,
                ReLU::new().inplace(true),
            ],
        };
        let branch2 = sequential![
            conv1x1(if stride > 1 { in_channels } else { half }, half)?,
            BatchNorm2d::new(half)?,
            ReLU::new().inplace(true),
            depthwise(half)?,
            BatchNorm2d::new(half)?,
            conv1x1(half, half)?,
            BatchNorm2d::new(half)?,
            ReLU::new().inplace(true),
        ];
        let site = Site::default();
        Ok(InvertedResidual {
            stride,
            branch1,
            branch2,
            site,
        })
    }
}

impl Forward for InvertedResidual {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.site.call(x, |x| {
            let halves = match (self.stride, &x.chunk(2, 1)?[..]) {
                (1, [kept, changed]) => [kept.clone(), self.branch2.forward(changed)?],
                _ => [self.branch1.forward(x)?, self.branch2.forward(x)?],
            };
            functional::channel_shuffle(&Tensor::cat(&halves, 1)?, 2)
        })
    }
}

fn conv1x1(in_channels: usize, out_channels: usize) -> Result<Conv2d> {
    Conv2d::builder(in_channels, out_channels, 1)
        .bias(false)
        .build()
}

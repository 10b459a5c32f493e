//! RegNet: widths of the blocks that follow a line, and with squeeze-and-excitation (Y) or without (X).
//!
//! [Designing Network Design Spaces](https://arxiv.org/abs/2003.13678).

use crate::channels::make_divisible;
use crate::initialise;
use crate::ops::{Activation, Conv2dNormActivation, SqueezeExcitation, sequence};
use crate::options::{constructors, family_options};
use rushlight_autograd::{Result, Tensor};
use rushlight_nn::init::normal_;
use rushlight_nn::{AdaptiveAvgPool2d, Forward, Linear, Module, ReLU, Sequential, Site};

/// A network of four stages of [`ResBottleneckBlock`]s.
///
/// Shapes: `[n, 3, height, width] -> [n, num_classes]`.
#[derive(Module, Debug)]
pub struct RegNet {
    /// The first convolution, with a stride of 2.
    pub stem: SimpleStemIN,
    /// The stages, `block1` and so on, each of which halves height and width.
    pub trunk_output: Sequential,
    /// The mean over height and width.
    pub avgpool: AdaptiveAvgPool2d,
    /// The head.
    pub fc: Linear,
    /// The model's place in another.
    pub site: Site,
}

family_options! {
    /// Settings of a [`RegNet`].
    RegNetOptions
}

/// What the members of the family differ in.
#[derive(Debug, Clone, Copy)]
struct Architecture {
    /// The number of blocks.
    depth: usize,
    /// Width of the first block.
    w_0: f64,
    /// How much wider each block is than the one before, at first.
    w_a: f64,
    /// The widths are then moved to powers of this.
    w_m: f64,
    /// Channels of a group.
    group_width: usize,
    /// Whether blocks have a squeeze-and-excitation, to a quarter of their input's channels.
    squeezes: bool,
}

/// The architecture without squeeze-and-excitation.
const fn x(depth: usize, w_0: f64, w_a: f64, w_m: f64, group_width: usize) -> Architecture {
    Architecture {
        depth,
        w_0,
        w_a,
        w_m,
        group_width,
        squeezes: false,
    }
}

/// The architecture with squeeze-and-excitation.
const fn y(depth: usize, w_0: f64, w_a: f64, w_m: f64, group_width: usize) -> Architecture {
    Architecture {
        squeezes: true,
        ..x(depth, w_0, w_a, w_m, group_width)
    }
}

constructors! {
    RegNet(RegNetOptions)
    /// RegNetX of 400 million multiplications.
    regnet_x_400mf: x(22, 24.0, 24.48, 2.54, 16);
    /// RegNetX of 800 million multiplications.
    regnet_x_800mf: x(16, 56.0, 35.73, 2.28, 16);
    /// RegNetX of 1.6 billion multiplications.
    regnet_x_1_6gf: x(18, 80.0, 34.01, 2.25, 24);
    /// RegNetX of 3.2 billion multiplications.
    regnet_x_3_2gf: x(25, 88.0, 26.31, 2.25, 48);
    /// RegNetX of 8 billion multiplications.
    regnet_x_8gf: x(23, 80.0, 49.56, 2.88, 120);
    /// RegNetX of 16 billion multiplications.
    regnet_x_16gf: x(22, 216.0, 55.59, 2.1, 128);
    /// RegNetX of 32 billion multiplications.
    regnet_x_32gf: x(23, 320.0, 69.86, 2.0, 168);
    /// RegNetY of 400 million multiplications.
    regnet_y_400mf: y(16, 48.0, 27.89, 2.09, 8);
    /// RegNetY of 800 million multiplications.
    regnet_y_800mf: y(14, 56.0, 38.84, 2.4, 16);
    /// RegNetY of 1.6 billion multiplications.
    regnet_y_1_6gf: y(27, 48.0, 20.71, 2.65, 24);
    /// RegNetY of 3.2 billion multiplications.
    regnet_y_3_2gf: y(21, 80.0, 42.63, 2.66, 24);
    /// RegNetY of 8 billion multiplications.
    regnet_y_8gf: y(17, 192.0, 76.82, 2.19, 56);
    /// RegNetY of 16 billion multiplications.
    regnet_y_16gf: y(18, 200.0, 106.23, 2.48, 112);
    /// RegNetY of 32 billion multiplications.
    regnet_y_32gf: y(20, 232.0, 115.89, 2.53, 232);
    /// RegNetY of 128 billion multiplications.
    regnet_y_128gf: y(27, 456.0, 160.83, 2.52, 264);
}

/// Blocks of one width.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Stage {
    blocks: usize,
    width: usize,
    group_width: usize,
}

impl Architecture {
    /// The widths of the blocks, moved to few multiples of 8, and what has the same width together.
    fn stages(&self) -> Vec<Stage> {
        let Architecture { w_0, w_a, w_m, .. } = *self;
        let mut stages: Vec<(usize, usize)> = Vec::new();
        for block in 0..self.depth {
            let continuous = block as f64 * w_a + w_0;
            let power = ((continuous / w_0).ln() / w_m.ln()).round_ties_even();
            let width = (w_0 * w_m.powf(power) / 8.0).round_ties_even() as usize * 8;
            match stages.last_mut() {
                Some((blocks, last)) if *last == width => *blocks += 1,
                _ => stages.push((1, width)),
            }
        }
        let fitted = |(blocks, width): (usize, usize)| {
            let group_width = self.group_width.min(width);
            let width = make_divisible(width as f64, group_width);
            Stage {
                blocks,
                width,
                group_width,
            }
        };
        stages.into_iter().map(fitted).collect()
    }
}

/// Channels of the first convolution.
const STEM_WIDTH: usize = 32;

impl RegNet {
    fn new(architecture: Architecture, options: impl Into<RegNetOptions>) -> Result<RegNet> {
        let options = options.into();
        let stem = SimpleStemIN::new()?;
        let mut width = STEM_WIDTH;
        let mut stages = Sequential::new();
        for (number, stage) in (1..).zip(architecture.stages()) {
            let squeezes = architecture.squeezes;
            let blocks = AnyStage::new(number, stage, width, squeezes)?;
            stages.add_module(format!("block{number}"), blocks)?;
            width = stage.width;
        }
        let model = RegNet {
            stem,
            trunk_output: stages,
            avgpool: AdaptiveAvgPool2d::new([1, 1]),
            fc: Linear::new(width, options.num_classes)?,
            site: Site::default(),
        };
        initialise::layers(
            &model,
            |conv| {
                let [height, width] = conv.kernel_size;
                let fan_out = (height * width * conv.out_channels) as f64;
                normal_(&conv.weight, 0.0, (2.0 / fan_out).sqrt())
            },
            initialise::small_linear,
        )?;
        options.weights.load_into(&model)?;
        Ok(model)
    }
}

impl Forward for RegNet {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.site.call(x, |x| {
            let x = self.stem.forward(x)?;
            let x = self.trunk_output.forward(&x)?;
            let x = self.avgpool.forward(&x)?;
            self.fc.forward(&x.flatten(1, -1)?)
        })
    }
}

sequence! {
    /// The first convolution, its normalisation and activation.
    SimpleStemIN
}

impl SimpleStemIN {
    fn new() -> Result<SimpleStemIN> {
        let Conv2dNormActivation { layers } = Conv2dNormActivation::builder(3, STEM_WIDTH)
            .stride(2)
            .build()?;
        Ok(SimpleStemIN { layers })
    }
}

sequence! {
    /// The blocks of one width, of which the first has a stride of 2.
    AnyStage
}

impl AnyStage {
    fn new(number: usize, stage: Stage, width_in: usize, squeezes: bool) -> Result<AnyStage> {
        let mut layers = Sequential::new();
        for index in 0..stage.blocks {
            let (width_in, stride) = match index {
                0 => (width_in, 2),
                _ => (stage.width, 1),
            };
            let block = ResBottleneckBlock::new(width_in, stage, stride, squeezes)?;
            layers.add_module(format!("block{number}-{index}"), block)?;
        }
        Ok(AnyStage { layers })
    }
}

/// A [`BottleneckTransform`] and a way around it.
#[derive(Module, Debug)]
pub struct ResBottleneckBlock {
    /// The way around, where the shapes of input and output differ.
    pub proj: Option<Conv2dNormActivation>,
    /// The branch.
    pub f: BottleneckTransform,
    /// The activation of the sum.
    pub activation: ReLU,
    /// The block's place in a model.
    pub site: Site,
}

impl ResBottleneckBlock {
    fn new(
        width_in: usize,
        stage: Stage,
        stride: usize,
        squeezes: bool,
    ) -> Result<ResBottleneckBlock> {
        let proj = Conv2dNormActivation::builder(width_in, stage.width)
            .kernel_size(1)
            .stride(stride)
            .activation(None);
        let differs = width_in != stage.width || stride != 1;
        Ok(ResBottleneckBlock {
            proj: differs.then(|| proj.build()).transpose()?,
            f: BottleneckTransform::new(width_in, stage, stride, squeezes)?,
            activation: ReLU::new().inplace(true),
            site: Site::default(),
        })
    }
}

impl Forward for ResBottleneckBlock {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.site.call(x, |x| {
            let around = match &self.proj {
                Some(proj) => proj.forward(x)?,
                None => x.clone(),
            };
            self.activation.forward(&(around + self.f.forward(x)?)?)
        })
    }
}

sequence! {
    /// A 3x3 convolution in groups between 1x1 ones, perhaps with a squeeze-and-excitation.
    BottleneckTransform
}

impl BottleneckTransform {
    fn new(
        width_in: usize,
        stage: Stage,
        stride: usize,
        squeezes: bool,
    ) -> Result<BottleneckTransform> {
        let Stage {
            width, group_width, ..
        } = stage;
        let conv1x1 = |width_in| Conv2dNormActivation::builder(width_in, width).kernel_size(1);
        let mut layers = Sequential::new();
        layers.add_module("a", conv1x1(width_in).build()?)?;
        let b = Conv2dNormActivation::builder(width, width)
            .stride(stride)
            .groups(width / group_width);
        layers.add_module("b", b.build()?)?;
        if squeezes {
            let squeezed = (0.25 * width_in as f64).round_ties_even() as usize;
            let relu = Box::new(ReLU::new());
            let se = SqueezeExcitation::new(width, squeezed, relu, Activation::Sigmoid)?;
            layers.add_module("se", se)?;
        }
        layers.add_module("c", conv1x1(width).activation(None).build()?)?;
        Ok(BottleneckTransform { layers })
    }
}

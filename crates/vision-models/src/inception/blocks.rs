//! The blocks of Inception V3: branches side by side, the outputs of which are joined.

use super::BasicConv2d;
use rushlight_autograd::{AvgPoolOptions, MaxPoolOptions, Result, Tensor};
use rushlight_nn::{Conv2d, ConvBuilder, Forward, Linear, Module, Site};

/// Writes a block: its convolutions, and what of them is joined along the channels.
///
/// A row is `name: convolution;`. Convolutions of a branch are called one after the other by `row!`.
macro_rules! block {
    (
        $(#[$doc:meta])*
        $Block:ident($($argument:ident),*)
        $($name:ident: $conv:expr;)*
        |$block:ident, $x:ident| $branches:expr
    ) => {
        $(#[$doc])*
        #[derive(Module, Debug)]
        #[allow(missing_docs, reason = "the names of the convolutions say what they are")]
        pub struct $Block {
            $(pub $name: BasicConv2d,)*
            /// The block's place in a model.
            pub site: Site,
        }

        impl $Block {
            pub(super) fn new($($argument: usize),*) -> Result<$Block> {
                Ok($Block { $($name: BasicConv2d::new($conv)?,)* site: Site::default() })
            }
        }

        impl Forward for $Block {
            fn forward(&self, x: &Tensor) -> Result<Tensor> {
                self.site.call(x, |$x| {
                    let $block = self;
                    Tensor::cat(&$branches, 1)
                })
            }
        }
    };
}

/// Calls convolutions one after the other.
fn row(x: &Tensor, convolutions: &[&BasicConv2d]) -> Result<Tensor> {
    let mut x = x.clone();
    for conv in convolutions {
        x = conv.forward(&x)?;
    }
    Ok(x)
}

fn conv1x1(in_channels: usize, out_channels: usize) -> ConvBuilder<2> {
    Conv2d::builder(in_channels, out_channels, 1)
}

/// A convolution that keeps height and width.
fn same(in_channels: usize, out_channels: usize, kernel_size: [usize; 2]) -> ConvBuilder<2> {
    let padding = kernel_size.map(|size| size / 2);
    Conv2d::builder(in_channels, out_channels, kernel_size).padding(padding)
}

/// A convolution that halves height and width.
fn halving(in_channels: usize, out_channels: usize) -> ConvBuilder<2> {
    Conv2d::builder(in_channels, out_channels, 3).stride(2)
}

/// The means around each place.
fn means(x: &Tensor) -> Result<Tensor> {
    x.avg_pool2d(&AvgPoolOptions {
        stride: Some([1, 1]),
        padding: [1, 1],
        ..AvgPoolOptions::new([3, 3])
    })
}

/// The maxima of windows two apart.
fn halved(x: &Tensor) -> Result<Tensor> {
    let stride = Some([2, 2]);
    x.max_pool2d_values(&MaxPoolOptions {
        stride,
        ..MaxPoolOptions::new([3, 3])
    })
}

block! {
    /// Branches of a 1x1, a 5x5 and two 3x3 convolutions, and of means.
    InceptionA(in_channels, pool_features)
    branch1x1: conv1x1(in_channels, 64);
    branch5x5_1: conv1x1(in_channels, 48);
    branch5x5_2: same(48, 64, [5, 5]);
    branch3x3dbl_1: conv1x1(in_channels, 64);
    branch3x3dbl_2: same(64, 96, [3, 3]);
    branch3x3dbl_3: same(96, 96, [3, 3]);
    branch_pool: conv1x1(in_channels, pool_features);
    |block, x| [
        block.branch1x1.forward(x)?,
        row(x, &[&block.branch5x5_1, &block.branch5x5_2])?,
        row(x, &[&block.branch3x3dbl_1, &block.branch3x3dbl_2, &block.branch3x3dbl_3])?,
        block.branch_pool.forward(&means(x)?)?,
    ]
}

block! {
    /// Branches of one and two 3x3 convolutions, and of maxima; halves height and width.
    InceptionB(in_channels)
    branch3x3: halving(in_channels, 384);
    branch3x3dbl_1: conv1x1(in_channels, 64);
    branch3x3dbl_2: same(64, 96, [3, 3]);
    branch3x3dbl_3: halving(96, 96);
    |block, x| [
        block.branch3x3.forward(x)?,
        row(x, &[&block.branch3x3dbl_1, &block.branch3x3dbl_2, &block.branch3x3dbl_3])?,
        halved(x)?,
    ]
}

block! {
    /// Branches of a 1x1, one and two 7x7 convolutions that are split in two, and of means.
    InceptionC(in_channels, inner)
    branch1x1: conv1x1(in_channels, 192);
    branch7x7_1: conv1x1(in_channels, inner);
    branch7x7_2: same(inner, inner, [1, 7]);
    branch7x7_3: same(inner, 192, [7, 1]);
    branch7x7dbl_1: conv1x1(in_channels, inner);
    branch7x7dbl_2: same(inner, inner, [7, 1]);
    branch7x7dbl_3: same(inner, inner, [1, 7]);
    branch7x7dbl_4: same(inner, inner, [7, 1]);
    branch7x7dbl_5: same(inner, 192, [1, 7]);
    branch_pool: conv1x1(in_channels, 192);
    |block, x| [
        block.branch1x1.forward(x)?,
        row(x, &[&block.branch7x7_1, &block.branch7x7_2, &block.branch7x7_3])?,
        row(x, &[
            &block.branch7x7dbl_1,
            &block.branch7x7dbl_2,
            &block.branch7x7dbl_3,
            &block.branch7x7dbl_4,
            &block.branch7x7dbl_5,
        ])?,
        block.branch_pool.forward(&means(x)?)?,
    ]
}

block! {
    /// Branches of a 3x3 convolution, of a 7x7 one that is split in two, and of maxima; halves height
    /// and width.
    InceptionD(in_channels)
    branch3x3_1: conv1x1(in_channels, 192);
    branch3x3_2: halving(192, 320);
    branch7x7x3_1: conv1x1(in_channels, 192);
    branch7x7x3_2: same(192, 192, [1, 7]);
    branch7x7x3_3: same(192, 192, [7, 1]);
    branch7x7x3_4: halving(192, 192);
    |block, x| [
        row(x, &[&block.branch3x3_1, &block.branch3x3_2])?,
        row(x, &[
            &block.branch7x7x3_1,
            &block.branch7x7x3_2,
            &block.branch7x7x3_3,
            &block.branch7x7x3_4,
        ])?,
        halved(x)?,
    ]
}

block! {
    /// Branches of a 1x1 convolution, of 3x3 ones whose halves stand side by side, and of means.
    InceptionE(in_channels)
    branch1x1: conv1x1(in_channels, 320);
    branch3x3_1: conv1x1(in_channels, 384);
    branch3x3_2a: same(384, 384, [1, 3]);
    branch3x3_2b: same(384, 384, [3, 1]);
    branch3x3dbl_1: conv1x1(in_channels, 448);
    branch3x3dbl_2: same(448, 384, [3, 3]);
    branch3x3dbl_3a: same(384, 384, [1, 3]);
    branch3x3dbl_3b: same(384, 384, [3, 1]);
    branch_pool: conv1x1(in_channels, 192);
    |block, x| {
        let single = block.branch3x3_1.forward(x)?;
        let double = row(x, &[&block.branch3x3dbl_1, &block.branch3x3dbl_2])?;
        [
            block.branch1x1.forward(x)?,
            block.branch3x3_2a.forward(&single)?,
            block.branch3x3_2b.forward(&single)?,
            block.branch3x3dbl_3a.forward(&double)?,
            block.branch3x3dbl_3b.forward(&double)?,
            block.branch_pool.forward(&means(x)?)?,
        ]
    }
}

/// A head in the middle of the network, for gradients that come a shorter way.
///
/// Shapes: `[n, in_channels, height, width] -> [n, num_classes]`.
#[derive(Module, Debug)]
pub struct InceptionAux {
    /// To 128 channels.
    pub conv0: BasicConv2d,
    /// To 768 channels.
    pub conv1: BasicConv2d,
    /// The head.
    pub fc: Linear,
    /// The block's place in a model.
    pub site: Site,
}

impl InceptionAux {
    pub(super) fn new(in_channels: usize, num_classes: usize) -> Result<InceptionAux> {
        Ok(InceptionAux {
            conv0: BasicConv2d::new(conv1x1(in_channels, 128))?,
            conv1: BasicConv2d::new(Conv2d::builder(128, 768, 5))?,
            fc: Linear::new(768, num_classes)?,
            site: Site::default(),
        })
    }
}

impl Forward for InceptionAux {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.site.call(x, |x| {
            let stride = Some([3, 3]);
            let x = x.avg_pool2d(&AvgPoolOptions {
                stride,
                ..AvgPoolOptions::new([5, 5])
            })?;
            let x = row(&x, &[&self.conv0, &self.conv1])?;
            let x = x.adaptive_avg_pool2d([Some(1), Some(1)])?;
            self.fc.forward(&x.flatten(1, -1)?)
        })
    }
}

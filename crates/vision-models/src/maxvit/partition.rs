//! Attention among parts of an image: windows, or places as far apart as a grid's.

use super::{PARTITION_SIZE, RelativePositionalMultiHeadAttention, Settings};
use crate::ops::{StochasticDepth, SwapAxes};
use rushlight_autograd::{Result, Tensor};
use rushlight_nn::{
    Dropout, Error, Forward, GELU, Identity, LayerNorm, Linear, Module, Sequential, Site,
    sequential,
};

/// What a part of an image is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Partition {
    /// Neighbouring places.
    Window,
    /// Places with the same distances across the whole image.
    Grid,
}

/// Attention within each part of an image, and two linear layers, each with a way around.
///
/// Shapes: `[n, channels, height, width]`; the result has the same.
#[derive(Module, Debug)]
pub struct PartitionAttentionLayer {
    /// Divides the image into squares.
    pub partition_op: WindowPartition,
    /// Undoes that.
    pub departition_op: WindowDepartition,
    /// For a grid, takes the same place of all squares together.
    pub partition_swap: Box<dyn Forward>,
    /// Undoes that.
    pub departition_swap: Box<dyn Forward>,
    /// The attention, with its normalisation.
    pub attn_layer: Sequential,
    /// The linear layers, with their normalisation.
    pub mlp_layer: Sequential,
    /// Leaves the attention or the linear layers out while training.
    pub stochastic_dropout: StochasticDepth,
    /// Height and width of the image.
    pub grid_size: [usize; 2],
    /// Height and width of a square.
    pub p: usize,
    /// The layer's place in a model.
    pub site: Site,
}

impl PartitionAttentionLayer {
    pub(super) fn new(
        settings: Settings,
        partition: Partition,
        probability: f64,
    ) -> Result<PartitionAttentionLayer> {
        let Settings {
            out_channels: channels,
            grid_size,
            ..
        } = settings;
        let swap = || -> Box<dyn Forward> {
            match partition {
                Partition::Window => Box::new(Identity::new()),
                Partition::Grid => Box::new(SwapAxes::new(-2, -3)),
            }
        };
        Ok(PartitionAttentionLayer {
            partition_op: WindowPartition::default(),
            departition_op: WindowDepartition::default(),
            partition_swap: swap(),
            departition_swap: swap(),
            attn_layer: sequential![
                LayerNorm::new(channels)?,
                RelativePositionalMultiHeadAttention::new(channels)?,
                Dropout::new(settings.attention_dropout)?,
            ],
            mlp_layer: sequential![
                LayerNorm::new(channels)?,
                Linear::new(channels, 4 * channels)?,
                GELU::new(),
                Linear::new(4 * channels, channels)?,
                Dropout::new(settings.mlp_dropout)?,
            ],
            stochastic_dropout: StochasticDepth::row(probability)?,
            grid_size,
            p: match partition {
                Partition::Window => PARTITION_SIZE,
                Partition::Grid => grid_size[0] / PARTITION_SIZE,
            },
            site: Site::default(),
        })
    }

    fn attend(&self, x: &Tensor) -> Result<Tensor> {
        let x = self.partition_op.forward(x, self.p)?;
        let x = self.partition_swap.forward(&x)?;
        let y = self
            .stochastic_dropout
            .forward(&self.attn_layer.forward(&x)?)?;
        let x = (x + y)?;
        let y = self
            .stochastic_dropout
            .forward(&self.mlp_layer.forward(&x)?)?;
        let x = self.departition_swap.forward(&(x + y)?)?;
        let parts = self.grid_size.map(|side| side / self.p);
        self.departition_op.forward(&x, self.p, parts)
    }
}

impl Forward for PartitionAttentionLayer {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.site.call(x, |x| self.attend(x))
    }
}

/// Divides an image into squares.
#[derive(Module, Debug, Default)]
pub struct WindowPartition {
    /// The layer's place in a model.
    pub site: Site,
}

impl WindowPartition {
    /// Shapes: `[n, channels, height, width] -> [n, squares, p^2, channels]`.
    pub fn forward(&self, x: &Tensor, p: usize) -> Result<Tensor> {
        self.site.call(x, |x| {
            let [n, channels, height, width] = x.shape()[..] else {
                let expected = "[n, channels, height, width]";
                return Err(Error::shape("WindowPartition", x.shape(), expected).into());
            };
            if p == 0 || height % p != 0 || width % p != 0 {
                let expected = format!("height and width in multiples of {p}");
                return Err(Error::shape("WindowPartition", x.shape(), expected).into());
            }
            let sizes = [n, channels, height / p, p, width / p, p].map(|size| size as isize);
            let squares = x.reshape(&sizes)?.permute(&[0, 2, 4, 3, 5, 1])?;
            squares.flatten(3, 4)?.flatten(1, 2)
        })
    }
}

/// Makes an image of squares again.
#[derive(Module, Debug, Default)]
pub struct WindowDepartition {
    /// The layer's place in a model.
    pub site: Site,
}

impl WindowDepartition {
    /// Shapes: `[n, squares, p^2, channels] -> [n, channels, height, width]`, with a number of squares
    /// down and across.
    pub fn forward(&self, x: &Tensor, p: usize, squares: [usize; 2]) -> Result<Tensor> {
        self.site.call(x, |x| {
            let [down, across, p] = [squares[0], squares[1], p].map(|size| size as isize);
            let x = x.unflatten(2, &[p, p])?.unflatten(1, &[down, across])?;
            let x = x.permute(&[0, 5, 1, 3, 2, 4])?; // [n, channels, down, p, across, p]
            x.flatten(4, 5)?.flatten(2, 3)
        })
    }
}

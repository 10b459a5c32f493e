//! Exchanging channels with places, and with each other.

use crate::functional;
use crate::layer::layer;

layer! {
    /// Makes blocks of places of groups of channels; see
    /// [`pixel_shuffle`](functional::pixel_shuffle).
    ///
    /// # Shape
    ///
    /// `[..., c r^2, h, w] -> [..., c, h r, w r]` with `r = upscale_factor`.
    ///
    /// ```
    /// # use rushlight_autograd::{Result, Tensor};
    /// # use rushlight_nn::{Forward, PixelShuffle};
    /// # fn main() -> Result<()> {
    /// let y = PixelShuffle::new(3).forward(&Tensor::zeros(&[1, 9, 4, 4])?)?;
    /// assert_eq!(y.shape(), [1, 1, 12, 12]);
    /// # Ok(()) }
    /// ```
    PixelShuffle {
        /// The side of a block.
        upscale_factor: usize;
    }
    |layer, x| functional::pixel_shuffle(x, layer.upscale_factor)
}

layer! {
    /// Makes groups of channels of blocks of places; see
    /// [`pixel_unshuffle`](functional::pixel_unshuffle).
    ///
    /// # Shape
    ///
    /// `[..., c, h r, w r] -> [..., c r^2, h, w]` with `r = downscale_factor`.
    ///
    /// ```
    /// # use rushlight_autograd::{Result, Tensor};
    /// # use rushlight_nn::{Forward, PixelUnshuffle};
    /// # fn main() -> Result<()> {
    /// let y = PixelUnshuffle::new(3).forward(&Tensor::zeros(&[1, 1, 12, 12])?)?;
    /// assert_eq!(y.shape(), [1, 9, 4, 4]);
    /// # Ok(()) }
    /// ```
    PixelUnshuffle {
        /// The side of a block.
        downscale_factor: usize;
    }
    |layer, x| functional::pixel_unshuffle(x, layer.downscale_factor)
}

layer! {
    /// Deals the channels of each group out to all groups in turn.
    ///
    /// # Shape
    ///
    /// `[n, channels, ...]`; the result has the same.
    ///
    /// ```
    /// # use rushlight_autograd::{Result, tensor};
    /// # use rushlight_nn::{ChannelShuffle, Forward};
    /// # fn main() -> Result<()> {
    /// let y = ChannelShuffle::new(2).forward(&tensor([[[1.0], [2.0], [3.0], [4.0]]])?)?;
    /// assert_eq!(y.to_vec::<f32>()?, [1.0, 3.0, 2.0, 4.0]);
    /// # Ok(()) }
    /// ```
    ChannelShuffle {
        /// The number of groups.
        groups: usize;
    }
    |layer, x| functional::channel_shuffle(x, layer.groups)
}

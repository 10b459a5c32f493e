//! Exchanging channels with places, and with each other.

use crate::functional;
use crate::layer::layer;

layer! {
    /// Makes blocks of places of groups of channels; see
    /// [`pixel_shuffle`](functional::pixel_shuffle).
    ///
    /// Shapes: `[..., c r^2, h, w] -> [..., c, h r, w r]`.
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
    /// Shapes: `[..., c, h r, w r] -> [..., c r^2, h, w]`.
    PixelUnshuffle {
        /// The side of a block.
        downscale_factor: usize;
    }
    |layer, x| functional::pixel_unshuffle(x, layer.downscale_factor)
}

layer! {
    /// Deals the channels of each group out to all groups in turn.
    ///
    /// Shapes: `[n, channels, ...]`; the result has the same.
    ChannelShuffle {
        /// The number of groups.
        groups: usize;
    }
    |layer, x| functional::channel_shuffle(x, layer.groups)
}

//! The sizes of a convolution cut into tiles.

use std::ops::Range;

use super::super::ConvShape;

/// One group of a convolution with 3 x 3 taps, whose outputs are cut into square tiles.
///
/// Rows of tiles are counted over all images.
#[derive(Debug, Clone)]
pub(super) struct Sizes {
    pub inputs: usize,
    pub outputs: usize,
    /// Height and width.
    pub input: [usize; 2],
    pub output: [usize; 2],
    pub padding: [usize; 2],
    /// Distance between images.
    pub input_image: usize,
    pub output_image: usize,
    /// Outputs along a side of a tile.
    pub side: usize,
    /// Tiles side by side.
    pub across: usize,
    /// Rows of tiles of an image, and of all images.
    pub down: usize,
    pub rows: usize,
    /// Lanes of a vector of channels.
    pub lanes: usize,
}

impl Sizes {
    pub(super) fn new(shape: &ConvShape, side: usize, lanes: usize) -> Sizes {
        let [_, height, width] = shape.output;
        let down = height.div_ceil(side);
        Sizes {
            inputs: shape.group_inputs(),
            outputs: shape.group_outputs(),
            input: [shape.input[1], shape.input[2]],
            output: [height, width],
            padding: [shape.padding[1], shape.padding[2]],
            input_image: shape.in_channels * shape.input_plane(),
            output_image: shape.out_channels * shape.output_plane(),
            side,
            across: width.div_ceil(side),
            down,
            rows: shape.batch * down,
            lanes,
        }
    }

    /// Products for each tile, input and output.
    pub(super) fn products(&self) -> usize {
        (self.side + 2) * (self.side + 2)
    }

    /// Places of a strip: the inputs, or outputs, of a row of tiles.
    pub(super) fn strip(&self) -> usize {
        (self.side + 2) * (self.across * self.side + 2)
    }

    pub(super) fn input_blocks(&self) -> usize {
        self.inputs.div_ceil(self.lanes)
    }

    pub(super) fn output_blocks(&self) -> usize {
        self.outputs.div_ceil(self.lanes)
    }

    pub(super) fn padded_outputs(&self) -> usize {
        self.output_blocks() * self.lanes
    }

    /// Transformed taps, with those of outputs that fill the last vector.
    pub(super) fn taps(&self) -> usize {
        self.products() * self.inputs * self.padded_outputs()
    }

    /// Distances between tiles. They are no powers of two, whose multiples share a place in caches.
    pub(super) fn input_tile(&self) -> usize {
        (self.input_blocks() + 1) * self.lanes
    }

    pub(super) fn output_tile(&self) -> usize {
        (self.output_blocks() + 1) * self.lanes
    }

    /// The columns of each panel of transformed taps.
    pub(super) fn panels(&self, outputs: Range<usize>) -> impl Iterator<Item = Range<usize>> {
        crate::cpu::gemm::split(outputs, 2 * self.lanes)
    }
}

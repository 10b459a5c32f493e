//! Winograd's convolution: kernels of 3 x 3 taps with a stride of 1, in `f32`.
//!
//! Outputs are cut into tiles of 2 x 2 or 4 x 4. Inputs of a tile and taps are transformed to 16 or 36
//! numbers each, and a product of matrices over the channels for each of these takes the place of
//! nine: 2.25 or 4 times fewer multiplications. Rounding errors of outputs are those of a direct sum for the
//! smaller tiles, and three times as large for the larger; an infinity reaches all outputs of its tile.

mod forward;
mod gradient;
mod sizes;
mod steps;
mod transform;

use std::any::TypeId;

use super::ConvShape;
use crate::derived::Derived;

pub(super) use forward::forward;
pub(super) use gradient::backward_weight;

/// Channels below which vectors of them are mostly empty.
const LEAST_CHANNELS: usize = 16;
/// Multiplications of a direct sum below which so little time can be saved that less rounding is better.
const LEAST_WORK: usize = 1 << 23;
/// Elements of one operand of the products that are held at once.
const HELD: usize = 1 << 22;

/// Where the taps between an input and an output are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Taps<'a> {
    /// The group's taps, and what may be read after them.
    pub weight: &'a [f32],
    /// Distances between outputs and between inputs.
    pub output: usize,
    pub input: usize,
    /// Whether the last tap comes first.
    pub is_flipped: bool,
    /// A place for what they are transformed to, if they may be seen again.
    pub derived: Option<&'a Derived>,
}

impl Taps<'_> {
    /// The taps of one group.
    fn of_group(self, shape: &ConvShape, group: usize) -> Self {
        Self {
            weight: &self.weight[group * shape.group_outputs() * shape.patch()..],
            ..self
        }
    }
}

/// What tiles of one size cost beside the products, in operations on vectors of 16 numbers, as measured.
struct Costs {
    side: usize,
    /// To transform a tile of one vector of input channels, and of output channels.
    input: f64,
    output: f64,
    /// To transform the taps between two vectors of channels.
    taps: f64,
}

const FORWARD: [Costs; 2] = [
    Costs {
        side: 2,
        input: 70.0,
        output: 50.0,
        taps: 90.0,
    },
    Costs {
        side: 4,
        input: 230.0,
        output: 160.0,
        taps: 200.0,
    },
];

const GRADIENT: [Costs; 2] = [
    Costs {
        side: 2,
        input: 70.0,
        output: 60.0,
        taps: 180.0,
    },
    Costs {
        side: 4,
        input: 230.0,
        output: 200.0,
        taps: 400.0,
    },
];

/// Returns the side of the tiles by which outputs are expected soonest, if any are faster than a direct
/// sum.
pub(super) fn best_side(shape: &ConvShape) -> Option<usize> {
    best_of(&FORWARD, shape)
}

/// The same for gradients of taps.
pub(super) fn best_side_for_taps(shape: &ConvShape) -> Option<usize> {
    best_of(&GRADIENT, shape)
}

fn best_of(tiles: &[Costs], shape: &ConvShape) -> Option<usize> {
    let largest = super::winograd().side();
    if largest == 0 || !is_possible(shape) {
        return None;
    }
    let (inputs, outputs) = (
        shape.group_inputs() as f64 / 16.0,
        shape.group_outputs() as f64 / 16.0,
    );
    let products = 16.0 * inputs * outputs;
    let direct = 1.1 * 9.0 * (shape.batch * shape.output_plane()) as f64 * products;
    let cost = |tiles: &Costs| {
        let side = tiles.side;
        let count = shape.output[1].div_ceil(side) * shape.output[2].div_ceil(side);
        let count = (shape.batch * count) as f64;
        let transforms = count * (inputs * tiles.input + outputs * tiles.output);
        let each = ((side + 2) * (side + 2)) as f64;
        1.07 * count * each * products + transforms + tiles.taps * products
    };
    let allowed = tiles.iter().filter(|tiles| tiles.side <= largest);
    let (side, cost) = allowed
        .map(|tiles| (tiles.side, cost(tiles)))
        .min_by(|a, b| a.1.total_cmp(&b.1))?;
    (cost < direct).then_some(side)
}

fn is_possible(shape: &ConvShape) -> bool {
    let size = |i: usize| shape.input[i] + 2 * shape.padding[i];
    let outputs = shape.batch * shape.out_channels * shape.output_plane();
    outputs.saturating_mul(shape.patch()) >= LEAST_WORK
        && shape.kernel == [1, 3, 3]
        && shape.stride == [1; 3]
        && shape.dilation == [1; 3]
        && shape.padding[0] == 0
        && shape.input[0] == 1
        && (1..3).all(|i| size(i) == shape.output[i] + 2)
        && shape.group_inputs() >= LEAST_CHANNELS
        && shape.group_outputs() >= LEAST_CHANNELS
}

/// The numbers as `f32`, if that is what they are.
pub(super) fn singles<T: 'static>(numbers: &[T]) -> Option<&[f32]> {
    // SAFETY: the types are the same.
    (TypeId::of::<T>() == TypeId::of::<f32>())
        .then(|| unsafe { std::slice::from_raw_parts(numbers.as_ptr().cast(), numbers.len()) })
}

/// The same of numbers to be written.
pub(super) fn singles_mut<T: 'static>(numbers: &mut [T]) -> Option<&mut [f32]> {
    let (start, len) = (numbers.as_mut_ptr().cast(), numbers.len());
    // SAFETY: the types are the same.
    (TypeId::of::<T>() == TypeId::of::<f32>())
        .then(|| unsafe { std::slice::from_raw_parts_mut(start, len) })
}

//! Winograd's convolution: kernels of 3 x 3 taps with a stride of 1, in `f32`.
//!
//! Outputs are cut into tiles of 2 x 2 or 4 x 4. Inputs of a tile and taps are transformed to 16 or 36
//! numbers each, and a product of matrices over the channels for each of these takes the place of
//! nine: 2.25 or 4 times fewer multiplications. Rounding errors are a few times those of a direct
//! sum, and an infinity reaches all outputs of its tile.

mod forward;
mod gradient;
mod sizes;
mod steps;
mod transform;

use std::any::TypeId;

use super::ConvShape;

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
}

/// Returns the side of the tiles that are expected to be fastest, if any are faster than a direct
/// sum.
///
/// Costs are counted in operations on vectors of 16 numbers, as measured for each transform.
pub(super) fn best_side(shape: &ConvShape) -> Option<usize> {
    let (inputs, outputs) = (
        shape.group_inputs() as f64 / 16.0,
        shape.group_outputs() as f64,
    );
    let products = inputs * outputs;
    let mut least = 1.1 * 9.0 * (shape.batch * shape.output_plane()) as f64 * products;
    let mut best = None;
    for (side, input, output, taps) in [(2, 70.0, 50.0, 90.0), (4, 230.0, 160.0, 200.0)] {
        if !is_possible(shape) {
            break;
        }
        let count = ((side + 2) * (side + 2)) as f64;
        let tiles = shape.output[1].div_ceil(side) * shape.output[2].div_ceil(side);
        let tiles = (shape.batch * tiles) as f64;
        let transforms = tiles * (inputs * input + outputs / 16.0 * output);
        let mut cost = 1.07 * tiles * count * products + transforms;
        cost += taps * products;
        if cost < least {
            (least, best) = (cost, Some(side));
        }
    }
    best
}

/// Whether gradients of taps are expected to be faster by tiles of 4 x 4 than by direct sums.
pub(super) fn is_best_for_taps(shape: &ConvShape) -> bool {
    let (inputs, outputs) = (
        shape.group_inputs() as f64 / 16.0,
        shape.group_outputs() as f64,
    );
    let products = inputs * outputs;
    let tiles = shape.output[1].div_ceil(4) * shape.output[2].div_ceil(4);
    let tiles = (shape.batch * tiles) as f64;
    let direct = 1.1 * 9.0 * (shape.batch * shape.output_plane()) as f64 * products;
    let transforms = tiles * (inputs * 230.0 + outputs / 16.0 * 200.0) + 400.0 * products;
    is_possible(shape) && 1.07 * tiles * 36.0 * products + transforms < direct
}

fn is_possible(shape: &ConvShape) -> bool {
    let size = |i: usize| shape.input[i] + 2 * shape.padding[i];
    let outputs = shape.batch * shape.out_channels * shape.output_plane();
    super::allows_winograd()
        && outputs.saturating_mul(shape.patch()) >= LEAST_WORK
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

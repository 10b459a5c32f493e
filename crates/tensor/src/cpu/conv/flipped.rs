//! The gradient of the input as a convolution of its own, with the kernel turned around.

use super::ConvShape;
use crate::cpu::simd::Real;

/// Returns the convolution from `dy` to `dx`, if it is a good one: outputs must not be apart by
/// more than one input, and the padding must not reach beyond the kernel.
pub(super) fn shape(shape: &ConvShape) -> Option<ConvShape> {
    if shape.stride != [1; 3] || shape.output.contains(&0) {
        return None;
    }
    let mut padding = [0; 3];
    for (i, padding) in padding.iter_mut().enumerate() {
        let span = (shape.kernel[i] - 1) * shape.dilation[i];
        *padding = span.checked_sub(shape.padding[i])?;
    }
    let ConvShape {
        in_channels,
        out_channels,
        input,
        output,
        ..
    } = *shape;
    Some(ConvShape {
        in_channels: out_channels,
        out_channels: in_channels,
        input: output,
        output: input,
        padding,
        ..*shape
    })
}

/// Returns the weight of that convolution: for each group, inputs and outputs change places.
pub(super) fn weight<T: Real>(shape: &ConvShape, weight: &[T]) -> Vec<T> {
    let (inputs, outputs) = (shape.group_inputs(), shape.group_outputs());
    let kernel = shape.kernel_plane();
    let mut flipped = Vec::with_capacity(weight.len());
    for group in weight.chunks_exact((outputs * inputs * kernel).max(1)) {
        for input in 0..inputs {
            for output in 0..outputs {
                let taps = &group[(output * inputs + input) * kernel..][..kernel];
                flipped.extend(taps.iter().rev());
            }
        }
    }
    flipped
}

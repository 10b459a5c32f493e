//! Convolution over one to three spatial dimensions, and its gradients.
//!
//! Data is contiguous: inputs `[batch, in_channels, input...]`, outputs
//! `[batch, out_channels, output...]`, weights `[out_channels, in_channels / groups, kernel...]`.
//!
//! Each is a matrix product over patches of the input. Patches are never written out as a whole:
//! the input of a few images is copied with its padding (see [`Padded`](padded::Padded)), and the
//! product packs patches from there. With one input channel for each group there is no product to
//! speak of, and [`depthwise`] computes directly.

mod arrays;
mod depthwise;
mod flipped;
mod padded;
mod patches;
mod product;
#[cfg(test)]
mod tests;

use super::simd::{Level, Real};
use crate::ops::conv::ConvShape;

pub(crate) use arrays::{conv, conv_backward_input, conv_backward_weight};

impl ConvShape {
    fn input_plane(&self) -> usize {
        self.input.iter().product()
    }

    fn output_plane(&self) -> usize {
        self.output.iter().product()
    }

    fn kernel_plane(&self) -> usize {
        self.kernel.iter().product()
    }

    fn group_inputs(&self) -> usize {
        self.in_channels / self.groups
    }

    fn group_outputs(&self) -> usize {
        self.out_channels / self.groups
    }

    /// Elements of a patch: what one output is a sum over.
    fn patch(&self) -> usize {
        self.group_inputs() * self.kernel_plane()
    }

    fn is_depthwise(&self) -> bool {
        self.group_inputs() == 1 && self.groups > 1
    }

    /// Whether patches are the elements of the input, one by one.
    fn is_pointwise(&self) -> bool {
        self.kernel == [1; 3]
            && self.stride == [1; 3]
            && self.padding == [0; 3]
            && self.input == self.output
    }

    fn check(&self, x: usize, weight: usize, y: usize) {
        debug_assert!(self.groups > 0 && self.stride.iter().all(|&stride| stride > 0));
        debug_assert_eq!(x, self.batch * self.in_channels * self.input_plane());
        debug_assert_eq!(weight, self.out_channels * self.patch());
        debug_assert_eq!(y, self.batch * self.out_channels * self.output_plane());
    }
}

/// Computes the convolution `y` of `x` with `weight`, plus `bias` for each output channel.
pub(crate) fn forward<T: Real>(
    shape: &ConvShape,
    x: &[T],
    weight: &[T],
    bias: Option<&[T]>,
    y: &mut [T],
) {
    shape.check(x.len(), weight.len(), y.len());
    if y.is_empty() {
        return;
    }
    let level = Level::current();
    if shape.is_depthwise() {
        depthwise::forward(shape, x, weight, bias, y, level);
    } else {
        product::forward(shape, x, weight, bias, y, level);
    }
}

/// Computes the gradient `dx` of the input from that of the output, `dy`.
///
/// This is also the transposed convolution, from `dy` to `dx`, and then adds `bias` for each input
/// channel.
pub(crate) fn backward_input<T: Real>(
    shape: &ConvShape,
    dy: &[T],
    weight: &[T],
    bias: Option<&[T]>,
    dx: &mut [T],
) {
    shape.check(dx.len(), weight.len(), dy.len());
    if dx.is_empty() {
        return;
    }
    if let Some(flipped) = flipped::shape(shape) {
        return forward(&flipped, dy, &flipped::weight(shape, weight), bias, dx);
    }
    let level = Level::current();
    if shape.is_depthwise() {
        depthwise::backward_input(shape, dy, weight, bias, dx, level);
    } else {
        product::backward_input(shape, dy, weight, bias, dx, level);
    }
}

/// Computes the gradient `dw` of the weight from that of the output, `dy`.
pub(crate) fn backward_weight<T: Real>(shape: &ConvShape, x: &[T], dy: &[T], dw: &mut [T]) {
    shape.check(x.len(), dw.len(), dy.len());
    if x.is_empty() || dy.is_empty() {
        dw.fill(T::zero());
    } else if shape.is_depthwise() {
        depthwise::backward_weight(shape, x, dy, dw, Level::current());
    } else {
        product::backward_weight(shape, x, dy, dw, Level::current());
    }
}

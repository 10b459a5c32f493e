//! Convolution over one to three spatial dimensions, and its gradients.
//!
//! Data is contiguous: inputs `[batch, in_channels, input...]`, outputs
//! `[batch, out_channels, output...]`, weights `[out_channels, in_channels / groups, kernel...]`.
//!
//! Each is a matrix product over patches of the input. Patches are never written out as a whole:
//! the input of a few images is copied with its padding (see [`Padded`](padded::Padded)), and the
//! product packs patches from there, or from the input itself where patches are single elements
//! ([`pointwise`]). With one input channel for each group there is no product to speak of, and
//! [`depthwise`] computes directly.

mod arrays;
mod depthwise;
mod flipped;
mod padded;
mod patches;
mod pixels;
mod pointwise;
mod product;
#[cfg(test)]
mod tests;
mod winograd;

use std::sync::atomic::{AtomicUsize, Ordering};

use self::winograd::{Taps, singles, singles_mut};
use super::finish::Tail;
use super::simd::{Level, Real};
use crate::derived::Derived;
use crate::ops::conv::ConvShape;
use crate::{Array, Element};

pub(crate) use arrays::{conv, conv_backward_input, conv_backward_weight, conv_finished};

/// The algorithms by which convolutions in `f32` with kernels of 3 x 3 and a stride of 1 are computed.
///
/// Winograd's F(m x m, 3 x 3) computes tiles of m x m outputs with fewer multiplications than direct sums.
/// An infinity or NaN reaches all outputs of a tile that sees it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Winograd {
    /// Direct sums alone.
    Off,
    /// F(2 x 2, 3 x 3) where it is faster: 2.25 times fewer multiplications. Errors of outputs are as large as
    /// those of direct sums, those of weights' gradients less than twice as large.
    #[default]
    F2,
    /// Also F(4 x 4, 3 x 3): 4 times fewer multiplications, and errors three to five times as large.
    F4,
}

impl Winograd {
    const ALL: [Winograd; 3] = [Winograd::Off, Winograd::F2, Winograd::F4];

    /// The side of the largest tiles, or 0.
    fn side(self) -> usize {
        2 * self as usize
    }
}

static WINOGRAD: AtomicUsize = AtomicUsize::new(Winograd::F2 as usize);

/// Sets by which algorithms convolutions may be computed, on all threads. Default: [`Winograd::F2`].
pub fn set_winograd(algorithms: Winograd) {
    WINOGRAD.store(algorithms as usize, Ordering::Relaxed);
}

/// By which algorithms convolutions may be computed.
pub fn winograd() -> Winograd {
    Winograd::ALL[WINOGRAD.load(Ordering::Relaxed)]
}

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

/// A weight, and the place for what follows from it alone.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Weight<'a, T> {
    elements: &'a [T],
    derived: Option<&'a Derived>,
}

impl<'a, T> Weight<'a, T> {
    /// Elements that will not be seen again.
    fn passing(elements: &'a [T]) -> Self {
        let derived = None;
        Self { elements, derived }
    }

    /// The elements of a dense array.
    fn of(weight: &'a Array) -> Self
    where
        T: Element,
    {
        Self {
            elements: weight.dense_slice(),
            derived: Some(&weight.storage().derived),
        }
    }
}

/// Computes the convolution `y` of `x` with `weight`, plus `bias` for each output channel, and what
/// follows it.
pub(crate) fn forward<T: Real>(
    shape: &ConvShape,
    x: &[T],
    weight: Weight<'_, T>,
    bias: Option<&[T]>,
    y: &mut [T],
    tail: Tail<'_>,
) {
    let Weight { elements, derived } = weight;
    shape.check(x.len(), elements.len(), y.len());
    if y.is_empty() {
        return;
    }
    let level = Level::current();
    if let Some(side) = winograd::best_side(shape)
        && let (Some(x), Some(weight)) = (singles(x), singles(elements))
        && let Some(y) = singles_mut(y)
    {
        let taps = Taps {
            weight,
            output: shape.patch(),
            input: shape.kernel_plane(),
            is_flipped: false,
            derived,
        };
        let bias = bias.and_then(singles);
        return winograd::forward(shape, side, x, taps, bias, y, tail);
    }
    if shape.is_depthwise() {
        depthwise::forward(shape, x, elements, bias, y, tail, level);
    } else if shape.is_pointwise() || shape.patch() == 0 {
        pointwise::forward(shape, x, elements, bias, y, tail, level);
    } else {
        product::forward(shape, x, elements, bias, y, tail, level);
    }
}

/// Computes the gradient `dx` of the input from that of the output, `dy`.
///
/// This is also the transposed convolution, from `dy` to `dx`, and then adds `bias` for each input
/// channel.
pub(crate) fn backward_input<T: Real>(
    shape: &ConvShape,
    dy: &[T],
    weight: Weight<'_, T>,
    bias: Option<&[T]>,
    dx: &mut [T],
) {
    let Weight { elements, derived } = weight;
    shape.check(dx.len(), elements.len(), dy.len());
    if dx.is_empty() {
        return;
    }
    let level = Level::current();
    if shape.is_depthwise() {
        return depthwise::backward_input(shape, dy, elements, bias, dx, level);
    }
    if shape.is_pointwise() {
        return pointwise::backward_input(shape, dy, elements, bias, dx, level);
    }
    if let Some(flipped) = flipped::shape(shape) {
        if let Some(side) = winograd::best_side(&flipped)
            && let (Some(dy), Some(weight)) = (singles(dy), singles(elements))
            && let Some(dx) = singles_mut(dx)
        {
            let taps = Taps {
                weight,
                output: shape.kernel_plane(),
                input: shape.patch(),
                is_flipped: true,
                derived,
            };
            let bias = bias.and_then(singles);
            let tail = Tail::NONE;
            return winograd::forward(&flipped, side, dy, taps, bias, dx, tail);
        }
        let weight = flipped::weight(shape, elements);
        return forward(&flipped, dy, Weight::passing(&weight), bias, dx, Tail::NONE);
    }
    product::backward_input(shape, dy, elements, bias, dx, level);
}

/// Computes the gradient `dw` of the weight from that of the output, `dy`.
pub(crate) fn backward_weight<T: Real>(shape: &ConvShape, x: &[T], dy: &[T], dw: &mut [T]) {
    shape.check(x.len(), dw.len(), dy.len());
    if x.is_empty() || dy.is_empty() {
        dw.fill(T::zero());
    } else if let Some(side) = winograd::best_side_for_taps(shape)
        && let (Some(x), Some(dy)) = (singles(x), singles(dy))
        && let Some(dw) = singles_mut(dw)
    {
        winograd::backward_weight(shape, side, x, dy, dw, Level::current());
    } else if shape.is_depthwise() {
        depthwise::backward_weight(shape, x, dy, dw, Level::current());
    } else {
        product::backward_weight(shape, x, dy, dw, Level::current());
    }
}

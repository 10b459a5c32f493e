//! Convolutions with one input channel for each group.
//!
//! Mostly, pixels of as many channels as a vector has lanes are summed, see [`Pass`]; [`shifted`] computes
//! what is left, plane by plane.

mod dots;
mod pass;
mod shifted;
mod sums;

use self::dots::{AddDots, AddUp, Dots};
use self::pass::Pass;
use self::sums::{Sum, SumParts};
use super::ConvShape;
use crate::cpu::finish::Tail;
use crate::cpu::gemm::Kernels;
use crate::cpu::parallel::{DisjointMut, for_each_chunk};
use crate::cpu::scratch::Scratch;
use crate::cpu::simd::{Level, Real};

/// Multiplications that are worth a thread's attention.
const SHARED_WORK: usize = 1 << 16;
/// Sums of gradients of weights that are computed apart, so that they can be at the same time.
const SUMS: usize = 16;

pub(super) fn forward<T: Real>(
    shape: &ConvShape,
    x: &[T],
    weight: &[T],
    bias: Option<&[T]>,
    y: &mut [T],
    tail: Tail<'_>,
    level: Level,
) {
    let pass = Pass::forward(shape);
    if pass.is_fast(shape) {
        sum(shape, &pass, [x, weight], bias, y, tail, level);
    } else {
        shifted::forward(shape, x, weight, bias, y, tail, level);
    }
}

pub(super) fn backward_input<T: Real>(
    shape: &ConvShape,
    dy: &[T],
    weight: &[T],
    bias: Option<&[T]>,
    dx: &mut [T],
    level: Level,
) {
    if dy.is_empty() {
        return super::product::fill_with_bias(shape, bias, dx);
    }
    let pass = Pass::backward(shape).filter(|pass| pass.is_fast(shape));
    match pass.filter(|_| shape.group_outputs() == 1) {
        Some(pass) => sum(shape, &pass, [dy, weight], bias, dx, Tail::NONE, level),
        None => shifted::backward_input(shape, dy, weight, bias, dx, level),
    }
}

pub(super) fn backward_weight<T: Real>(
    shape: &ConvShape,
    x: &[T],
    dy: &[T],
    dw: &mut [T],
    level: Level,
) {
    let pass = Pass::forward(shape);
    if !pass.is_fast(shape) {
        return shifted::backward_weight(shape, x, dy, dw, level);
    }
    let lanes = Kernels::<T>::of(level).lanes;
    let blocks = shape.groups.div_ceil(lanes);
    let parts = (SUMS / blocks).clamp(1, shape.batch);
    let dots = Dots::new(shape, &pass, x, dy, parts);
    let size = dots.size(lanes);
    let mut sums = Scratch::filled(blocks * parts * size, T::zero());
    let sums = DisjointMut::new(sums.as_mut_slice());
    let work = shape.batch / parts * shape.patch() * shape.group_outputs() * shape.output_plane();
    for_each_chunk(blocks * parts, grain(work * lanes), |units| {
        // SAFETY: each unit has sums of its own.
        let sums = unsafe { sums.slice(units.start * size..units.end * size) };
        level.run(AddDots {
            dots: &dots,
            units,
            sums,
        });
    });
    // SAFETY: nobody writes the sums any more.
    let sums = unsafe { sums.slice(0..blocks * parts * size) };
    level.run(AddUp {
        dots: &dots,
        sums,
        dw,
    });
}

/// Shares the parts of a pass among threads.
fn sum<T: Real>(
    shape: &ConvShape,
    pass: &Pass,
    [source, weight]: [&[T]; 2],
    bias: Option<&[T]>,
    result: &mut [T],
    tail: Tail<'_>,
    level: Level,
) {
    let lanes = Kernels::<T>::of(level).lanes;
    let bands = pass.bands(lanes);
    let sum = Sum {
        pass,
        channels: shape.groups,
        multiplier: shape.group_outputs(),
        taps: shape.kernel_plane(),
        batch: shape.batch,
        source: source.as_ptr(),
        weight: weight.as_ptr(),
        bias: bias.map_or(std::ptr::null(), <[T]>::as_ptr),
        result: result.as_mut_ptr(),
        tail,
    };
    let parts = shape.groups.div_ceil(lanes) * shape.batch * bands;
    let work = shape.kernel_plane() * shape.group_outputs() * shape.output_plane() / bands;
    for_each_chunk(parts, grain(work * lanes), |parts| {
        level.run(SumParts { sum: &sum, parts });
    });
}

/// Parts that are worth a thread's attention, with `work` multiplications each.
fn grain(work: usize) -> usize {
    (SHARED_WORK / work.max(1)).max(1)
}

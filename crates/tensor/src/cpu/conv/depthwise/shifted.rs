//! Sums of shifted planes, row by row, for kernels of any shape.

use super::grain;
use crate::cpu::conv::ConvShape;
use crate::cpu::conv::padded::{Padded, Run};
use crate::cpu::finish::Tail;
use crate::cpu::parallel::{DisjointMut, for_each_chunk};
use crate::cpu::scratch::Scratch;
use crate::cpu::simd::{Level, Real, Simd, Task, Vector};

/// Vectors of outputs that are summed at the same time.
const VECTORS: usize = 4;

pub(super) fn forward<T: Real>(
    shape: &ConvShape,
    x: &[T],
    weight: &[T],
    bias: Option<&[T]>,
    y: &mut [T],
    tail: Tail<'_>,
    level: Level,
) {
    let plan = Plan::new(shape);
    let (kernel, outputs) = (shape.kernel_plane(), plan.outputs(shape));
    let y = DisjointMut::new(y);
    for_each_chunk(shape.batch * shape.groups, plan.grain, |planes| {
        let mut padded = Scratch::new(plan.padded.plane + Padded::SLACK);
        let padded = padded.as_mut_slice();
        for i in planes {
            let x = &x[i * shape.input_plane()..][..shape.input_plane()];
            plan.padded.fill(x, &mut padded[..plan.padded.plane], level);
            // SAFETY: each plane of the input has planes of the output of its own.
            let y = unsafe { y.slice(i * outputs..(i + 1) * outputs) };
            for (j, y) in y.chunks_exact_mut(shape.output_plane()).enumerate() {
                let channel = i % shape.groups * shape.group_outputs() + j;
                let weight = &weight[channel * kernel..][..kernel];
                let bias = bias.map_or(T::zero(), |bias| bias[channel]);
                level.run(SumShifted {
                    plan: &plan,
                    padded,
                    weight,
                    bias,
                    y,
                });
                // SAFETY: the plane is this task's.
                unsafe { tail.apply(channel, y.as_mut_ptr(), y.len()) };
            }
        }
    });
}

pub(super) fn backward_input<T: Real>(
    shape: &ConvShape,
    dy: &[T],
    weight: &[T],
    bias: Option<&[T]>,
    dx: &mut [T],
    level: Level,
) {
    let plan = Plan::new(shape);
    let (kernel, outputs) = (shape.kernel_plane(), plan.outputs(shape));
    let dx = DisjointMut::new(dx);
    for_each_chunk(shape.batch * shape.groups, plan.grain, |planes| {
        let mut sums = Scratch::new(plan.padded.plane);
        let sums = sums.as_mut_slice();
        for i in planes {
            let channel = i % shape.groups;
            sums.fill(T::zero());
            for (j, dy) in dy[i * outputs..][..outputs]
                .chunks_exact(shape.output_plane())
                .enumerate()
            {
                let weight = &weight[(channel * shape.group_outputs() + j) * kernel..][..kernel];
                level.run(AddShifted {
                    plan: &plan,
                    dy,
                    weight,
                    sums,
                });
            }
            let bias = bias.map_or(T::zero(), |bias| bias[channel]);
            // SAFETY: planes do not overlap.
            let dx = unsafe { dx.slice(i * shape.input_plane()..(i + 1) * shape.input_plane()) };
            plan.padded.empty(sums, bias, dx);
        }
    });
}

pub(super) fn backward_weight<T: Real>(
    shape: &ConvShape,
    x: &[T],
    dy: &[T],
    dw: &mut [T],
    level: Level,
) {
    let plan = Plan::new(shape);
    let (kernel, outputs) = (shape.kernel_plane(), plan.outputs(shape));
    let weights = shape.group_outputs() * kernel;
    let dw = DisjointMut::new(dw);
    for_each_chunk(shape.groups, plan.grain.div_ceil(shape.batch), |channels| {
        let mut padded = Scratch::new(plan.padded.plane + Padded::SLACK);
        let padded = padded.as_mut_slice();
        for channel in channels {
            // SAFETY: each channel has weights of its own.
            let dw = unsafe { dw.slice(channel * weights..(channel + 1) * weights) };
            dw.fill(T::zero());
            for image in 0..shape.batch {
                let i = image * shape.groups + channel;
                let x = &x[i * shape.input_plane()..][..shape.input_plane()];
                plan.padded.fill(x, &mut padded[..plan.padded.plane], level);
                let dy = dy[i * outputs..][..outputs].chunks_exact(shape.output_plane());
                for (dw, dy) in dw.chunks_exact_mut(kernel).zip(dy) {
                    level.run(AddDots {
                        plan: &plan,
                        padded,
                        dy,
                        dw,
                    });
                }
            }
        }
    });
}

/// What the planes of a convolution have in common.
struct Plan {
    padded: Padded,
    /// The distance of each element of the kernel from the first.
    offsets: Vec<usize>,
    /// The rows of an output plane.
    runs: Vec<Run>,
    /// Planes that are worth a thread's attention.
    grain: usize,
}

impl Plan {
    fn new(shape: &ConvShape) -> Self {
        let padded = Padded::new(shape);
        let runs = padded.runs(0, shape.output_plane(), 0).collect();
        let work = shape.kernel_plane() * shape.output_plane() * shape.group_outputs();
        Self {
            offsets: padded.offsets(1),
            padded,
            runs,
            grain: grain(work),
        }
    }

    /// Elements of the output for each plane of the input.
    fn outputs(&self, shape: &ConvShape) -> usize {
        shape.group_outputs() * shape.output_plane()
    }
}

/// `y = bias + sum of weight[i] * padded[offset(i)..]`, row by row.
struct SumShifted<'a, T> {
    plan: &'a Plan,
    padded: &'a [T],
    weight: &'a [T],
    bias: T,
    y: &'a mut [T],
}

impl<T: Real> Task for SumShifted<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let Self {
            plan,
            padded,
            weight,
            bias,
            y,
        } = self;
        let lanes = <T::Vector<S> as Vector>::LANES;
        let mut y = y;
        for run in &plan.runs {
            let (row, rest) = y.split_at_mut(run.count);
            y = rest;
            let mut column = 0;
            while column < run.count {
                let (from, to) = (&padded[run.start + column..], &mut row[column..]);
                // SAFETY: the level is `S`; the slack after the plane is for whole vectors.
                column += unsafe {
                    if to.len() >= VECTORS * lanes {
                        sum_shifted::<T::Vector<S>, VECTORS>(from, plan, weight, bias, to)
                    } else {
                        sum_shifted::<T::Vector<S>, 1>(from, plan, weight, bias, to)
                    }
                };
            }
        }
    }
}

/// Computes up to `VECTORS` vectors of outputs and returns how many those are.
#[inline(always)]
unsafe fn sum_shifted<V: Vector<Element: Real>, const VECTORS: usize>(
    from: &[V::Element],
    plan: &Plan,
    weight: &[V::Element],
    bias: V::Element,
    to: &mut [V::Element],
) -> usize {
    // SAFETY: the caller vouches for the level and for whole vectors at each offset; only the
    // outputs that exist are written.
    unsafe {
        let mut sums = [V::splat(bias); VECTORS];
        for (&offset, &weight) in plan.offsets.iter().zip(weight) {
            let weight = V::splat(weight);
            for (i, sum) in sums.iter_mut().enumerate() {
                let x = V::load(from.as_ptr().add(offset + i * V::LANES));
                *sum = x.mul_add(weight, *sum);
            }
        }
        let count = to.len().min(VECTORS * V::LANES);
        if count < VECTORS * V::LANES {
            sums[0].store_first(to.as_mut_ptr(), count);
        } else {
            for (i, sum) in sums.iter().enumerate() {
                sum.store(to.as_mut_ptr().add(i * V::LANES));
            }
        }
        count
    }
}

/// `sums[offset(i)..] += weight[i] * dy`, row by row.
struct AddShifted<'a, T> {
    plan: &'a Plan,
    dy: &'a [T],
    weight: &'a [T],
    sums: &'a mut [T],
}

impl<T: Real> Task for AddShifted<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let mut dy = self.dy;
        for run in &self.plan.runs {
            let (row, rest) = dy.split_at(run.count);
            dy = rest;
            for (offset, &weight) in self.plan.offsets.iter().zip(self.weight) {
                let sums = &mut self.sums[offset + run.start..][..run.count];
                sums.iter_mut()
                    .zip(row)
                    .for_each(|(sum, &dy)| *sum = *sum + weight * dy);
            }
        }
    }
}

/// `dw[i] += dot of padded[offset(i)..] and dy`, row by row.
struct AddDots<'a, T> {
    plan: &'a Plan,
    padded: &'a [T],
    dy: &'a [T],
    dw: &'a mut [T],
}

/// Elements of the kernel whose dots are summed at the same time.
const TAPS: usize = 5;

impl<T: Real> Task for AddDots<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let Self {
            plan,
            padded,
            dy,
            dw,
        } = self;
        for (offsets, dw) in plan.offsets.chunks(TAPS).zip(dw.chunks_mut(TAPS)) {
            // SAFETY: the level is `S`; each run has `count` elements in both planes.
            unsafe {
                if let (Ok(offsets), Ok(dw)) = (offsets.try_into(), dw.as_mut().try_into()) {
                    add_dots::<T::Vector<S>, TAPS>(padded, dy, &plan.runs, offsets, dw);
                    continue;
                }
                for (&offset, dw) in offsets.iter().zip(dw) {
                    let dw = std::array::from_mut(dw);
                    add_dots::<T::Vector<S>, 1>(padded, dy, &plan.runs, &[offset], dw);
                }
            }
        }
    }
}

#[inline(always)]
unsafe fn add_dots<V: Vector<Element: Real>, const TAPS: usize>(
    padded: &[V::Element],
    dy: &[V::Element],
    runs: &[Run],
    offsets: &[usize; TAPS],
    dw: &mut [V::Element; TAPS],
) {
    // SAFETY: the caller vouches for the level, and for the elements of each run at each offset.
    unsafe {
        let mut sums = [V::splat(num_traits::zero()); TAPS];
        let mut dy = dy.as_ptr();
        for run in runs {
            let x = padded.as_ptr().add(run.start);
            let whole = run.count / V::LANES * V::LANES;
            for column in (0..whole).step_by(V::LANES) {
                let g = V::load(dy.add(column));
                for (sum, &offset) in sums.iter_mut().zip(offsets) {
                    *sum = V::load(x.add(offset + column)).mul_add(g, *sum);
                }
            }
            let rest = run.count - whole;
            if rest > 0 {
                let g = V::load_first(dy.add(whole), rest);
                for (sum, &offset) in sums.iter_mut().zip(offsets) {
                    *sum = V::load_first(x.add(offset + whole), rest).mul_add(g, *sum);
                }
            }
            dy = dy.add(run.count);
        }
        for (dw, sum) in dw.iter_mut().zip(sums) {
            *dw = *dw + sum.sum();
        }
    }
}

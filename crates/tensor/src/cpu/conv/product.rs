//! Convolutions as matrix products.

use std::ops::Range;

use super::ConvShape;
use super::padded::{Padded, Run};
use super::patches::{Patches, Planes, Transposed};
use super::pointwise;
use crate::cpu::finish::Tail;
use crate::cpu::gemm::{
    Finish, MOST_COLUMNS, Operand, Output, Product, Shape, Strided, Target, multiply_finished,
    split,
};
use crate::cpu::parallel::{DisjointMut, for_each_chunk};
use crate::cpu::scratch::Scratch;
use crate::cpu::simd::{Level, Real, Simd, Task};

/// Padded elements that are held at once.
const PADDED_AT_ONCE: usize = 1 << 21;
/// Padded elements that are worth a thread's attention.
const FILLED: usize = 1 << 14;
/// Rows and elements of the products that are scattered into the gradient of the input.
const SCATTERED_ROWS: usize = 144;
const SCATTERED: usize = 1 << 16;
/// Multiplications that are worth a thread's attention.
const SHARED_WORK: usize = 1 << 17;
/// Weights whose gradients are summed apart before they are added up, and the most such sums.
const PARTIAL_WEIGHTS: usize = 1 << 20;
const PARTIAL_SUMS: usize = 16;

pub(super) fn forward<T: Real>(
    shape: &ConvShape,
    x: &[T],
    weight: &[T],
    bias: Option<&[T]>,
    y: &mut [T],
    tail: Tail<'_>,
    level: Level,
) {
    let (m, k, plane) = (shape.group_outputs(), shape.patch(), shape.output_plane());
    let image = shape.out_channels * plane;
    for_each_padded(shape, x, 0..shape.batch, level, |images, group, patches| {
        let weight = &weight[group * m * k..][..m * k];
        let y = &mut y[images.start * image + group * m * plane..];
        let product = Product {
            m,
            n: images.len() * plane,
            k,
            a: &Strided {
                start: weight.as_ptr(),
                line: k,
                depth: 1,
            },
            b: &patches,
            c: Target {
                start: y.as_mut_ptr(),
                row: plane,
                run_columns: plane,
                run: image,
            },
            accumulate: false,
            finish: Finish {
                row_bias: group_bias(bias, group * m),
                ..Finish::NONE
            },
            tail: tail.at(group * m),
        };
        // SAFETY: the weights, patches and outputs of the group have the sizes of the product.
        unsafe { product.run(level) };
    });
}

pub(super) fn backward_weight<T: Real>(
    shape: &ConvShape,
    x: &[T],
    dy: &[T],
    dw: &mut [T],
    level: Level,
) {
    let partial_sums = (PARTIAL_WEIGHTS / dw.len())
        .clamp(1, PARTIAL_SUMS)
        .min(shape.batch);
    if partial_sums == 1 {
        dw.fill(T::zero());
        return add_products(shape, x, dy, 0..shape.batch, dw, level);
    }
    let weights = dw.len();
    let mut sums = Scratch::filled(partial_sums * weights, T::zero());
    let sums = DisjointMut::new(sums.as_mut_slice());
    for_each_chunk(partial_sums, 1, |parts| {
        for part in parts {
            // SAFETY: each part has sums of its own.
            let sums = unsafe { sums.slice(part * weights..(part + 1) * weights) };
            let cut = |part| shape.batch * part / partial_sums;
            add_products(shape, x, dy, cut(part)..cut(part + 1), sums, level);
        }
    });
    let dw = DisjointMut::new(dw);
    for_each_chunk(weights, FILLED, |range| {
        // SAFETY: chunks do not overlap.
        let dw = unsafe { dw.slice(range.clone()) };
        dw.fill(T::zero());
        for part in 0..partial_sums {
            let start = part * weights;
            // SAFETY: nobody writes the sums any more.
            let sums = unsafe { sums.slice(start + range.start..start + range.end) };
            dw.iter_mut()
                .zip(sums)
                .for_each(|(dw, &mut sum)| *dw = *dw + sum);
        }
    });
}

/// Adds what some images contribute to the gradient of the weight.
fn add_products<T: Real>(
    shape: &ConvShape,
    x: &[T],
    dy: &[T],
    images: Range<usize>,
    dw: &mut [T],
    level: Level,
) {
    if shape.is_pointwise() {
        return pointwise::add_gradients(shape, x, dy, images, dw, level);
    }
    let (m, n, plane) = (shape.group_outputs(), shape.patch(), shape.output_plane());
    let image = shape.out_channels * plane;
    for_each_padded(shape, x, images, level, |images, group, patches| {
        let dy = &dy[images.start * image + group * m * plane..];
        let dw = &mut dw[group * m * n..][..m * n];
        let product = Product {
            m,
            n,
            k: images.len() * plane,
            a: &Planes {
                start: dy.as_ptr(),
                plane,
                image,
            },
            b: &Transposed(patches),
            c: Target::matrix(dw.as_mut_ptr(), n),
            accumulate: true,
            finish: Finish::NONE,
            tail: Tail::NONE,
        };
        // SAFETY: the gradients, patches and weights of the group have the sizes of the product.
        unsafe { product.run(level) };
    });
}

/// Calls `f` with the patches of each group, for as many of `images` as are padded at once.
fn for_each_padded<T: Real>(
    shape: &ConvShape,
    x: &[T],
    images: Range<usize>,
    level: Level,
    mut f: impl FnMut(Range<usize>, usize, Patches<'_, T>),
) {
    let padded = Padded::new(shape);
    let offsets = padded.offsets(shape.group_inputs());
    let (channels, plane) = (shape.in_channels, shape.input_plane());
    let image = channels * padded.plane;
    let at_once = (PADDED_AT_ONCE / image).clamp(1, images.len().max(1));
    let mut planes = Scratch::new(at_once * image + Padded::SLACK);
    for images in split(images, at_once) {
        let to = DisjointMut::new(planes.as_mut_slice());
        let grain = (FILLED / padded.plane).max(1);
        for_each_chunk(images.len() * channels, grain, |range| {
            for i in range {
                let x = &x[(images.start * channels + i) * plane..][..plane];
                // SAFETY: planes do not overlap.
                let to = unsafe { to.slice(i * padded.plane..(i + 1) * padded.plane) };
                padded.fill(x, to, level);
            }
        });
        for group in 0..shape.groups {
            let first = group * shape.group_inputs() * padded.plane;
            let start = planes.as_ptr().wrapping_add(first).cast_const();
            f(
                images.clone(),
                group,
                Patches {
                    padded: &padded,
                    start,
                    image,
                    offsets: &offsets,
                },
            );
        }
    }
}

fn group_bias<T>(bias: Option<&[T]>, first: usize) -> *const T {
    bias.map_or(std::ptr::null(), |bias| bias[first..].as_ptr())
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
        return fill_with_bias(shape, bias, dx);
    }
    let padded = Padded::new(shape);
    let channels = (SCATTERED_ROWS / shape.kernel_plane()).clamp(1, shape.group_inputs());
    let scatter = Scatter {
        shape,
        padded: &padded,
        offsets: &padded.offsets(channels),
        dy,
        weight,
        bias,
        level,
    };
    let plane = shape.input_plane();
    let blocks = shape.group_inputs().div_ceil(channels);
    let work = channels * shape.kernel_plane() * shape.output_plane() * shape.group_outputs();
    let dx = DisjointMut::new(dx);
    let grain = (SHARED_WORK / work.max(1)).max(1);
    for_each_chunk(shape.batch * shape.groups * blocks, grain, |tasks| {
        for task in tasks {
            let (group, block) = (task / blocks % shape.groups, task % blocks);
            let image = task / blocks / shape.groups;
            let first = group * shape.group_inputs();
            let start = block * channels;
            let end = shape.group_inputs().min(start + channels);
            let planes = image * shape.in_channels + first;
            // SAFETY: each task has channels of its own.
            let dx = unsafe { dx.slice((planes + start) * plane..(planes + end) * plane) };
            scatter.run(image, group, start..end, dx);
        }
    });
}

/// The gradient of some channels of one image: a product whose rows are added to where their
/// patches begin.
struct Scatter<'a, T> {
    shape: &'a ConvShape,
    padded: &'a Padded,
    offsets: &'a [usize],
    dy: &'a [T],
    weight: &'a [T],
    bias: Option<&'a [T]>,
    level: Level,
}

impl<T: Real> Scatter<'_, T> {
    fn run(&self, image: usize, group: usize, channels: Range<usize>, dx: &mut [T]) {
        let Self { shape, padded, .. } = *self;
        let (k, patch, plane) = (shape.group_outputs(), shape.patch(), shape.output_plane());
        let rows = channels.len() * shape.kernel_plane();
        let at_once = (SCATTERED / rows).next_multiple_of(MOST_COLUMNS).min(plane);
        let mut sums = Scratch::filled(channels.len() * padded.plane, T::zero());
        let mut product = Scratch::new(rows * at_once);
        let (sums, product) = (sums.as_mut_slice(), product.as_mut_slice());
        let weight = &self.weight[group * k * patch + channels.start * shape.kernel_plane()..];
        let dy = &self.dy[(image * shape.out_channels + group * k) * plane..];
        for outputs in split(0..plane, at_once) {
            let n = outputs.len();
            let a = Operand {
                start: weight.as_ptr(),
                batch: 0,
                row: 1,
                column: patch,
            };
            let b = Operand {
                start: dy[outputs.start..].as_ptr(),
                batch: 0,
                row: plane,
                column: 1,
            };
            let c = Output {
                start: product.as_mut_ptr(),
                batch: 0,
                row: n,
            };
            let sizes = Shape {
                batch: 1,
                m: rows,
                n,
                k,
            };
            // SAFETY: the slices hold the rows, columns and depths of the product.
            unsafe { multiply_finished(sizes, a, b, c, false, Finish::NONE, Tail::NONE) };
            let runs: Vec<Run> = padded.runs(outputs.start, outputs.end, 0).collect();
            let offsets = &self.offsets[..rows];
            self.level.run(AddRows {
                product,
                n,
                runs: &runs,
                offsets,
                sums,
            });
        }
        let first = group * shape.group_inputs() + channels.start;
        let planes = dx.chunks_exact_mut(shape.input_plane());
        for (channel, (dx, sums)) in planes.zip(sums.chunks_exact(padded.plane)).enumerate() {
            let bias = self.bias.map_or(T::zero(), |bias| bias[first + channel]);
            padded.empty(sums, bias, dx);
        }
    }
}

/// Adds rows of `n` outputs, cut into runs, to the padded planes at the row's offset.
struct AddRows<'a, T> {
    product: &'a [T],
    n: usize,
    runs: &'a [Run],
    offsets: &'a [usize],
    sums: &'a mut [T],
}

impl<T: Real> Task for AddRows<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        for (mut row, offset) in self.product.chunks_exact(self.n).zip(self.offsets) {
            for run in self.runs {
                let (outputs, rest) = row.split_at(run.count);
                let sums = &mut self.sums[offset + run.start..][..run.count];
                sums.iter_mut()
                    .zip(outputs)
                    .for_each(|(sum, &output)| *sum = *sum + output);
                row = rest;
            }
        }
    }
}

/// What is left of the gradient of the input without outputs.
pub(super) fn fill_with_bias<T: Real>(shape: &ConvShape, bias: Option<&[T]>, dx: &mut [T]) {
    for (i, dx) in dx.chunks_exact_mut(shape.input_plane()).enumerate() {
        dx.fill(bias.map_or(T::zero(), |bias| bias[i % shape.in_channels]));
    }
}

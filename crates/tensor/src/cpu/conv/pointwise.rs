//! Convolutions whose patches are single elements: products of matrices with the planes where they lie.

use std::ops::Range;

use super::ConvShape;
use super::patches::Planes;
use crate::cpu::finish::Tail;
use crate::cpu::gemm::{
    Finish, Lines, Operand, Output, Product, Shape, Strided, Target, multiply_finished,
};
use crate::cpu::simd::{Level, Real, Simd, Vector};

/// Elements of a plane from which on an image alone fills the tiles of a product.
const LARGE_PLANE: usize = 128;

pub(super) fn forward<T: Real>(
    shape: &ConvShape,
    x: &[T],
    weight: &[T],
    bias: Option<&[T]>,
    y: &mut [T],
    tail: Tail<'_>,
    level: Level,
) {
    let (m, k) = (shape.group_outputs(), shape.group_inputs());
    let products = Products {
        shape,
        m,
        k,
        line: k,
        depth: 1,
    };
    products.run(x, weight, bias, y, tail, level);
}

pub(super) fn backward_input<T: Real>(
    shape: &ConvShape,
    dy: &[T],
    weight: &[T],
    bias: Option<&[T]>,
    dx: &mut [T],
    level: Level,
) {
    let (m, k) = (shape.group_inputs(), shape.group_outputs());
    let products = Products {
        shape,
        m,
        k,
        line: 1,
        depth: m,
    };
    products.run(dy, weight, bias, dx, Tail::NONE, level);
}

/// Adds what some images contribute to the gradient of the weight.
pub(super) fn add_gradients<T: Real>(
    shape: &ConvShape,
    x: &[T],
    dy: &[T],
    images: Range<usize>,
    dw: &mut [T],
    level: Level,
) {
    let (m, n, plane) = (
        shape.group_outputs(),
        shape.group_inputs(),
        shape.output_plane(),
    );
    for group in 0..shape.groups {
        let planes = |planes: &[T], channels: usize, first: usize| Planes {
            start: planes[(images.start * channels + first) * plane..].as_ptr(),
            plane,
            image: channels * plane,
        };
        let product = Product {
            m,
            n,
            k: images.len() * plane,
            a: &planes(dy, shape.out_channels, group * m),
            b: &planes(x, shape.in_channels, group * n),
            c: Target::matrix(dw[group * m * n..].as_mut_ptr(), n),
            accumulate: true,
            finish: Finish::NONE,
            tail: Tail::NONE,
        };
        // SAFETY: the planes and weights of the group have the sizes of the product.
        unsafe { product.run(level) };
    }
}

/// Products of the weight, or of its transpose, with the planes of each image and group.
struct Products<'a> {
    shape: &'a ConvShape,
    /// Channels of the result, and of the source, of a group.
    m: usize,
    k: usize,
    /// Distances between lines and between depths of the weight.
    line: usize,
    depth: usize,
}

impl Products<'_> {
    fn run<T: Real>(
        &self,
        source: &[T],
        weight: &[T],
        bias: Option<&[T]>,
        result: &mut [T],
        tail: Tail<'_>,
        level: Level,
    ) {
        let Self { shape, m, k, .. } = *self;
        let (batch, plane) = (shape.batch, shape.output_plane());
        let (source_image, image) = (shape.groups * k * plane, shape.groups * m * plane);
        for group in 0..shape.groups {
            let weight = weight[group * m * k..].as_ptr();
            let source = source[group * k * plane..].as_ptr();
            let result = result[group * m * plane..].as_mut_ptr();
            let finish = Finish {
                row_bias: bias.map_or(std::ptr::null(), |bias| bias[group * m..].as_ptr()),
                ..Finish::NONE
            };
            // SAFETY: the slices hold the group's part of every image.
            unsafe {
                if batch > 1 && plane < LARGE_PLANE && k > 0 {
                    let product = Product {
                        m,
                        n: batch * plane,
                        k,
                        a: &Strided {
                            start: weight,
                            line: self.line,
                            depth: self.depth,
                        },
                        b: &Images {
                            start: source,
                            plane,
                            image: source_image,
                        },
                        c: Target {
                            start: result,
                            row: plane,
                            run_columns: plane,
                            run: image,
                        },
                        accumulate: false,
                        finish,
                        tail: tail.at(group * m),
                    };
                    product.run(level);
                    continue;
                }
                let sizes = Shape {
                    batch,
                    m,
                    n: plane,
                    k,
                };
                let a = Operand {
                    start: weight,
                    batch: 0,
                    row: self.line,
                    column: self.depth,
                };
                let b = Operand {
                    start: source,
                    batch: source_image,
                    row: plane,
                    column: 1,
                };
                let c = Output {
                    start: result,
                    batch: image,
                    row: plane,
                };
                multiply_finished(sizes, a, b, c, false, finish, tail.at(group * m));
            }
        }
    }
}

/// The elements of planes as lines, one image after the other, with channels as their depth.
struct Images<T> {
    /// The first plane of the group.
    start: *const T,
    /// Elements of a plane, and distance between images.
    plane: usize,
    image: usize,
}

// SAFETY: the planes are only read.
unsafe impl<T: Sync> Sync for Images<T> {}

impl<T: Real> Lines<T> for Images<T> {
    #[inline(always)]
    unsafe fn pack<S: Simd>(
        &self,
        lines: Range<usize>,
        depths: Range<usize>,
        width: usize,
        panel: *mut T,
    ) {
        let lanes = <T::Vector<S> as Vector>::LANES;
        let mut line = lines.start;
        // SAFETY: the caller vouches for the level and the panel, `start` for the planes.
        unsafe {
            while line < lines.end {
                let (image, first) = (line / self.plane, line % self.plane);
                let count = (self.plane - first).min(lines.end - line);
                let from = self.start.add(image * self.image + first);
                let to = panel.add(line - lines.start);
                for (i, depth) in depths.clone().enumerate() {
                    let (from, to) = (from.add(depth * self.plane), to.add(i * width));
                    for start in (0..count).step_by(lanes) {
                        let some = lanes.min(count - start);
                        let vector = T::Vector::<S>::load_first(from.add(start), some);
                        vector.store_first(to.add(start), some);
                    }
                }
                line += count;
            }
            for depth in 0..depths.len() {
                for line in lines.len()..width {
                    *panel.add(depth * width + line) = T::zero();
                }
            }
        }
    }
}

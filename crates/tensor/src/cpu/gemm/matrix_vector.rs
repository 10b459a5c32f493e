//! The product of a matrix and a vector, as fast as the matrix can be read.

use std::ops::Range;

use super::blocked::split;
use super::pack::Strided;
use crate::cpu::parallel::{DisjointMut, for_each_chunk};
use crate::cpu::simd::{Level, Real, Simd, Task, Vector};

/// Elements of the matrix that are worth a thread's attention.
const SHARED_WORK: usize = 1 << 15;
/// Lines of unit depth stride that are summed at the same time.
const LINES: usize = 8;
/// Vectors of lines that lie side by side that are summed at the same time.
const VECTORS: usize = 8;
/// Depth over which a sum runs before it is added to the result.
const DEPTH: usize = 256;

/// `y[line] = sum over depth of matrix[line, depth] * x[depth]`.
pub(super) struct MatrixVector<'a, T> {
    pub matrix: Strided<T>,
    pub x: &'a [T],
}

impl<T: Real> MatrixVector<'_, T> {
    /// Computes the product.
    ///
    /// # Safety
    ///
    /// The matrix has a line for each element of `y` and the depth of `x`.
    pub(super) unsafe fn run(&self, y: &mut [T], level: Level) {
        let lines = y.len();
        let y = DisjointMut::new(y);
        let grain = (SHARED_WORK / self.x.len().max(1))
            .max(1)
            .next_multiple_of(128);
        for_each_chunk(lines, grain, |lines| {
            // SAFETY: chunks do not overlap.
            let y = unsafe { y.slice(lines.clone()) };
            level.run(Part {
                matrix: &self.matrix,
                x: self.x,
                lines,
                y,
            });
        });
    }
}

/// Some lines of a product.
struct Part<'a, T> {
    matrix: &'a Strided<T>,
    x: &'a [T],
    lines: Range<usize>,
    y: &'a mut [T],
}

impl<T: Real> Task for Part<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let Self {
            matrix,
            x,
            lines,
            y,
        } = self;
        y.fill(T::zero());
        // SAFETY: `MatrixVector::run` passes on its caller's word for the matrix.
        unsafe {
            for depths in split(0..x.len(), DEPTH * <T::Vector<S> as Vector>::LANES) {
                let start = matrix.start.add(matrix.offset(lines.start, depths.start));
                let x = &x[depths];
                match (matrix.line, matrix.depth) {
                    (line, 1) => add_dots::<T::Vector<S>>(start, line, x, y),
                    (1, depth) => add_rows::<T::Vector<S>>(start, depth, x, y),
                    (line, depth) => add_strided(start, line, depth, x, y),
                }
            }
        }
    }
}

/// Lines of unit depth stride, `stride` apart.
#[inline(always)]
unsafe fn add_dots<V: Vector<Element: Real>>(
    matrix: *const V::Element,
    stride: usize,
    x: &[V::Element],
    y: &mut [V::Element],
) {
    let mut lines = y.chunks_exact_mut(LINES);
    let mut matrix = matrix;
    // SAFETY: the caller vouches for the level, and for a line of the depth of `x` for each `y`.
    unsafe {
        for y in &mut lines {
            let dots = dots::<V, LINES>(matrix, stride, x);
            y.iter_mut().zip(dots).for_each(|(y, dot)| *y = *y + dot);
            matrix = matrix.wrapping_add(LINES * stride);
        }
        for y in lines.into_remainder() {
            let [dot] = dots::<V, 1>(matrix, stride, x);
            *y = *y + dot;
            matrix = matrix.wrapping_add(stride);
        }
    }
}

#[inline(always)]
unsafe fn dots<V: Vector<Element: Real>, const LINES: usize>(
    matrix: *const V::Element,
    stride: usize,
    x: &[V::Element],
) -> [V::Element; LINES] {
    // SAFETY: the caller vouches for the level, and for `LINES` lines of the depth of `x`.
    unsafe {
        let mut sums = [V::splat(num_traits::zero()); LINES];
        let whole = x.len() / V::LANES * V::LANES;
        for depth in (0..whole).step_by(V::LANES) {
            let x = V::load(x.as_ptr().add(depth));
            for (line, sum) in sums.iter_mut().enumerate() {
                *sum = V::load(matrix.add(line * stride + depth)).mul_add(x, *sum);
            }
        }
        let rest = x.len() - whole;
        if rest > 0 {
            let x = V::load_first(x.as_ptr().add(whole), rest);
            for (line, sum) in sums.iter_mut().enumerate() {
                *sum = V::load_first(matrix.add(line * stride + whole), rest).mul_add(x, *sum);
            }
        }
        sums.map(|sum| sum.sum())
    }
}

/// Lines side by side, whose depths are `stride` apart.
#[inline(always)]
unsafe fn add_rows<V: Vector<Element: Real>>(
    matrix: *const V::Element,
    stride: usize,
    x: &[V::Element],
    y: &mut [V::Element],
) {
    // SAFETY: the caller vouches for the level, and for a line of the depth of `x` for each `y`.
    unsafe {
        for depths in split(0..x.len(), DEPTH) {
            let matrix = matrix.add(depths.start * stride);
            let x = &x[depths];
            let mut line = 0;
            while line + VECTORS * V::LANES <= y.len() {
                add_columns::<V, VECTORS>(matrix.add(line), stride, x, &mut y[line..]);
                line += VECTORS * V::LANES;
            }
            while line + V::LANES <= y.len() {
                add_columns::<V, 1>(matrix.add(line), stride, x, &mut y[line..]);
                line += V::LANES;
            }
            let rest = &mut y[line..];
            add_strided(matrix.add(line), 1, stride, x, rest);
        }
    }
}

#[inline(always)]
unsafe fn add_columns<V: Vector<Element: Real>, const VECTORS: usize>(
    matrix: *const V::Element,
    stride: usize,
    x: &[V::Element],
    y: &mut [V::Element],
) {
    // SAFETY: the caller vouches for the level, and for `VECTORS` vectors in each row and in `y`.
    unsafe {
        let mut sums = [V::splat(num_traits::zero()); VECTORS];
        let mut row = matrix;
        for &x in x {
            let x = V::splat(x);
            for (i, sum) in sums.iter_mut().enumerate() {
                *sum = V::load(row.add(i * V::LANES)).mul_add(x, *sum);
            }
            row = row.wrapping_add(stride);
        }
        for (i, sum) in sums.into_iter().enumerate() {
            let y = y.as_mut_ptr().add(i * V::LANES);
            V::load(y).add(sum).store(y);
        }
    }
}

#[inline(always)]
unsafe fn add_strided<T: Real>(
    matrix: *const T,
    line_stride: usize,
    depth_stride: usize,
    x: &[T],
    y: &mut [T],
) {
    for (line, y) in y.iter_mut().enumerate() {
        let mut sum = T::zero();
        for (depth, &x) in x.iter().enumerate() {
            // SAFETY: the caller vouches for a line of the depth of `x` for each `y`.
            sum = sum + unsafe { *matrix.add(line * line_stride + depth * depth_stride) } * x;
        }
        *y = *y + sum;
    }
}

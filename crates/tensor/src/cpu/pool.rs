//! Windows of poolings, and the kernels of averages, plane by plane.

use super::elementwise::with_number;
use super::number::{Int, Number};
use super::planes::{for_each_plane, write_plane};
use super::walk::Target;
use crate::ops::pool::{AverageCount, PoolShape, SPATIAL, Windows};
use crate::{Array, DType, Result};
use std::ops::Range;

/// The part of a window along one dimension.
#[derive(Clone, Copy)]
pub(super) struct Span {
    /// First index inside the input.
    pub(super) start: usize,
    /// One past the last.
    end: usize,
    step: usize,
    /// Elements of the window including padding, but none past it.
    padded: usize,
}

impl Span {
    pub(super) fn indices(self) -> std::iter::StepBy<Range<usize>> {
        (self.start..self.end).step_by(self.step)
    }
}

/// The spans of every output along every dimension.
pub(super) fn spans(shape: &PoolShape) -> [Vec<Span>; SPATIAL] {
    std::array::from_fn(|dim| spans_along(shape, dim))
}

/// The spans of every output along a dimension.
pub(super) fn spans_along(shape: &PoolShape, dim: usize) -> Vec<Span> {
    let (input, output) = (shape.input[dim], shape.output[dim]);
    let span = |at: usize| match &shape.windows {
        Windows::Adaptive => {
            let start = at * input / output;
            let end = ((at + 1) * input).div_ceil(output);
            Span {
                start,
                end,
                step: 1,
                padded: end - start,
            }
        }
        Windows::Sliding(geometry) => {
            let (padding, dilation) = (geometry.padding[dim], geometry.dilation[dim]);
            let first = at * geometry.stride[dim];
            let last = first + (geometry.kernel[dim] - 1) * dilation + 1;
            let skipped = padding.saturating_sub(first).div_ceil(dilation);
            let start = first + skipped * dilation - padding;
            let end = last.saturating_sub(padding).min(input).max(start);
            let padded = last.min(input + 2 * padding) - first;
            Span {
                start,
                end,
                step: dilation,
                padded,
            }
        }
    };
    (0..output).map(span).collect()
}

/// What the sum over a window is divided by.
fn divisor(count: AverageCount, windows: &Windows, spans: [Span; SPATIAL]) -> isize {
    let elements = |count: fn(&Span) -> usize| spans.iter().map(count).product::<usize>() as isize;
    match (count.divisor, windows) {
        (Some(divisor), _) => divisor,
        (None, Windows::Sliding(_)) if count.include_padding => elements(|span| span.padded),
        _ => elements(|span| span.end - span.start),
    }
}

pub(crate) fn avg_pool(
    shape: &PoolShape,
    count: AverageCount,
    x: &Array,
    out: &mut Array,
) -> Result<()> {
    with_number!(x.dtype(), real C => average_planes::<C>(shape, count, x, out),
        int => average_planes::<C>(shape, count, x, out));
    Ok(())
}

fn average_planes<C: Number>(shape: &PoolShape, count: AverageCount, x: &Array, out: &mut Array) {
    let [depths, rows, columns] = spans(shape);
    let [_, height, width] = shape.input;
    let outputs = shape.output.iter().product::<usize>();
    let out = Target::new(out);
    for_each_plane::<C>(
        x,
        shape.planes,
        shape.input.iter().product(),
        |number, plane| {
            let mut means = Vec::with_capacity(outputs);
            for &depth in &depths {
                for &row in &rows {
                    for &column in &columns {
                        let mut sum = C::default();
                        for z in depth.indices() {
                            for y in row.indices() {
                                let line = (z * height + y) * width;
                                for &value in &plane[line + column.start..line + column.end] {
                                    sum = sum + value;
                                }
                            }
                        }
                        let divisor = divisor(count, &shape.windows, [depth, row, column]);
                        means.push(sum.over(divisor));
                    }
                }
            }
            // SAFETY: each plane is visited once.
            unsafe { write_plane(&out, number, &means) };
        },
    );
}

pub(crate) fn avg_pool_backward(
    shape: &PoolShape,
    count: AverageCount,
    g: &Array,
    out: &mut Array,
) -> Result<()> {
    with_number!(g.dtype(), real C => spread_planes::<C>(shape, count, g, out),
        int => spread_planes::<C>(shape, count, g, out));
    Ok(())
}

fn spread_planes<C: Number>(shape: &PoolShape, count: AverageCount, g: &Array, out: &mut Array) {
    let [depths, rows, columns] = spans(shape);
    let [_, height, width] = shape.input;
    let inputs = shape.input.iter().product::<usize>();
    let out = Target::new(out);
    for_each_plane::<C>(
        g,
        shape.planes,
        shape.output.iter().product(),
        |number, gradients| {
            let mut plane = vec![C::default(); inputs];
            let mut gradients = gradients.iter();
            for &depth in &depths {
                for &row in &rows {
                    for &column in &columns {
                        let divisor = divisor(count, &shape.windows, [depth, row, column]);
                        let share = gradients.next().copied().unwrap_or_default().over(divisor);
                        for z in depth.indices() {
                            for y in row.indices() {
                                let line = (z * height + y) * width;
                                for value in &mut plane[line + column.start..line + column.end] {
                                    *value = *value + share;
                                }
                            }
                        }
                    }
                }
            }
            // SAFETY: each plane is visited once.
            unsafe { write_plane(&out, number, &plane) };
        },
    );
}

//! Recurrent networks: the weight of the hidden state is brought into panels once, and each step is one
//! product with it, whose tiles become states while they are in the cache.

mod backward;
mod cells;
mod forward;

pub(crate) use backward::recurrent_backward;
pub(crate) use forward::recurrent;

use super::gemm::{Lines, Strided, split};
use super::parallel::{DisjointMut, num_threads};
use super::simd::{Simd, Task};
use super::tiles::Float;
use crate::ops::recurrent::RecurrentSizes;

/// Elements of rows that are worth a thread's attention.
const GRAIN: usize = 1 << 12;

/// The most panels of a task, whose maps stay in the second cache.
const MOST_PANELS: usize = 4;

/// How many of all panels a task takes in a step. With as many tasks as threads, each thread meets the same
/// panels in every step, and finds them in its cache.
fn panels_of_task(panels: usize) -> usize {
    panels.div_ceil(num_threads()).min(MOST_PANELS)
}

/// Distance of rows from which a product reads single elements: not a power of two, since such rows
/// would share few places in the cache.
fn apart(columns: usize) -> usize {
    columns.next_multiple_of(16) + 16
}

/// The part of an array `[steps, n, columns]` that belongs to a step.
fn at_step<'a, C: Float>(
    x: &'a [C],
    sizes: &RecurrentSizes,
    columns: usize,
    step: usize,
) -> &'a [C] {
    let size = sizes.batch * columns;
    &x[step * size..(step + 1) * size]
}

/// Brings lines of an operand into panels of `width`, one after the other.
struct Pack<'a, C> {
    operand: Strided<C>,
    /// Groups of lines, each of which fills panels of its own.
    groups: usize,
    lines: usize,
    depth: usize,
    width: usize,
    to: &'a DisjointMut<'a, C>,
    /// Which panels of each group.
    panels: std::ops::Range<usize>,
}

impl<C: Float> Task for Pack<'_, C> {
    type Output = ();

    /// Panel `p` of group `g` is at `p * groups + g`.
    #[inline(always)]
    fn run<S: Simd>(self) {
        let size = self.depth * self.width;
        let lines = self.panels.start * self.width..self.lines.min(self.panels.end * self.width);
        for (index, lines) in split(lines, self.width).enumerate() {
            for group in 0..self.groups {
                let place = ((self.panels.start + index) * self.groups + group) * size;
                let first = group * self.lines;
                let lines = first + lines.start..first + lines.end;
                // SAFETY: each panel is packed once, and the operand has the lines.
                unsafe {
                    let panel = self.to.slice(place..place + size);
                    let to = panel.as_mut_ptr();
                    self.operand.pack::<S>(lines, 0..self.depth, self.width, to);
                }
            }
        }
    }
}

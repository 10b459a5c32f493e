//! What the matrix products of a convolution read: patches of padded planes, and planes.

use std::ops::Range;

use super::padded::Padded;
use crate::cpu::gemm::{Lines, Strided};
use crate::cpu::simd::{Real, Simd, Vector};

/// The patches of some images: one for each output, each an element for each of `offsets`.
#[derive(Clone, Copy)]
pub(super) struct Patches<'a, T> {
    pub padded: &'a Padded,
    /// The first plane of the group; [`Padded::SLACK`] elements may be read after the last one.
    pub start: *const T,
    /// Distance between images.
    pub image: usize,
    pub offsets: &'a [usize],
}

// SAFETY: the planes are only read.
unsafe impl<T: Sync> Sync for Patches<'_, T> {}

/// Patches as lines, for the forward pass.
impl<T: Real> Lines<T> for Patches<'_, T> {
    #[inline(always)]
    unsafe fn pack<S: Simd>(
        &self,
        lines: Range<usize>,
        depths: Range<usize>,
        width: usize,
        panel: *mut T,
    ) {
        let offsets = &self.offsets[depths];
        let mut line = 0;
        // SAFETY: the caller vouches for the level and the panel, `start` for the planes.
        unsafe {
            for run in self.padded.runs(lines.start, lines.end, self.image) {
                let from = self.start.add(run.start);
                let room = width - line;
                copy_run::<T::Vector<S>>(from, offsets, run.count, room, width, panel.add(line));
                line += run.count;
            }
            for depth in 0..offsets.len() {
                for line in line..width {
                    *panel.add(depth * width + line) = T::zero();
                }
            }
        }
    }
}

/// Copies `count` neighbours at each of `offsets`; up to `room` elements may be overwritten.
#[inline(always)]
unsafe fn copy_run<V: Vector>(
    from: *const V::Element,
    offsets: &[usize],
    count: usize,
    room: usize,
    width: usize,
    panel: *mut V::Element,
) {
    for start in (0..count).step_by(V::LANES) {
        let is_whole = start + V::LANES <= room;
        for (depth, &offset) in offsets.iter().enumerate() {
            // SAFETY: the caller vouches for the level, for the elements and the slack after
            // them, and for the room in the panel.
            unsafe {
                let vector = V::load(from.add(offset + start));
                let to = panel.add(depth * width + start);
                if is_whole {
                    vector.store(to);
                } else {
                    vector.store_first(to, count - start);
                }
            }
        }
    }
}

/// Patches as depths, for the gradient of the weight.
pub(super) struct Transposed<'a, T>(pub Patches<'a, T>);

impl<T: Real> Lines<T> for Transposed<'_, T> {
    #[inline(always)]
    unsafe fn pack<S: Simd>(
        &self,
        lines: Range<usize>,
        depths: Range<usize>,
        width: usize,
        panel: *mut T,
    ) {
        let Patches {
            padded,
            start,
            image,
            offsets,
        } = self.0;
        let lanes = <T::Vector<S> as Vector>::LANES;
        let runs = padded.runs(depths.start, depths.end, image);
        for line in (0..lines.len()).step_by(lanes) {
            // Lines after the last one repeat it; nobody looks at what becomes of them.
            let offset = |i: usize| offsets[(lines.start + line + i).min(lines.end - 1)];
            let mut depth = 0;
            for run in runs.clone() {
                for step in (0..run.count).step_by(lanes) {
                    // SAFETY: the caller vouches for the level and the panel, `start` for the
                    // planes and the slack after them.
                    unsafe {
                        let row = |i: usize| start.add(run.start + offset(i) + step);
                        let to = panel.add((depth + step) * width + line);
                        if depth + step + lanes <= depths.len() && line + lanes <= width {
                            T::Vector::<S>::transpose(row, to, width);
                            continue;
                        }
                        for i in 0..lanes.min(width - line) {
                            for j in 0..lanes.min(run.count - step) {
                                *to.add(j * width + i) = *row(i).add(j);
                            }
                        }
                    }
                }
                depth += run.count;
            }
        }
    }
}

/// Planes of the output as lines, one image after the other as their depth.
pub(super) struct Planes<T> {
    /// The first plane of the group.
    pub start: *const T,
    /// Elements of a plane, and distance between images.
    pub plane: usize,
    pub image: usize,
}

// SAFETY: the planes are only read.
unsafe impl<T: Sync> Sync for Planes<T> {}

impl<T: Real> Lines<T> for Planes<T> {
    #[inline(always)]
    unsafe fn pack<S: Simd>(
        &self,
        lines: Range<usize>,
        depths: Range<usize>,
        width: usize,
        panel: *mut T,
    ) {
        let mut depth = depths.start;
        while depth < depths.end {
            let (n, first) = (depth / self.plane, depth % self.plane);
            let last = self.plane.min(first + depths.end - depth);
            // SAFETY: the caller vouches for the level and the panel, `start` for the planes.
            unsafe {
                let image = self.start.add(n * self.image);
                let plane = Strided {
                    start: image,
                    line: self.plane,
                    depth: 1,
                };
                let panel = panel.add((depth - depths.start) * width);
                plane.pack::<S>(lines.clone(), first..last, width, panel);
            }
            depth += last - first;
        }
    }
}

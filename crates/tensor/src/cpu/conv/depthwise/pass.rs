//! Which pixels of one image are summed to which of another: the forward pass, and that of gradients back to
//! the input.

use std::ops::Range;

use crate::cpu::conv::ConvShape;
use crate::cpu::conv::pixels::from_planes;
use crate::cpu::simd::{MOST_LANES, Real, Vector};

/// Elements of the pixels of a band, which stay in the second-level cache.
const HELD: usize = 1 << 15;
/// The most of them, where the least rows are so many.
const MOST_HELD: usize = 1 << 18;
/// The least rows of a band.
const LEAST_ROWS: usize = 8;
/// Pixels of the result that are computed before they are copied, which stay in the first-level cache: rows of
/// common widths fill whole vectors.
const AT_ONCE: usize = 224;
/// The most classes of pixels.
const MOST_CLASSES: usize = 64;
/// Channels below which vectors of them are mostly empty.
const LEAST_CHANNELS: usize = 8;

/// Rows of pixels with zeros around them. Distances are in pixels.
#[derive(Debug, Clone)]
pub(super) struct Frame {
    /// Height and width of the planes.
    pub plane: [usize; 2],
    /// Zeros above and before.
    pub before: [usize; 2],
    /// Pixels of a row.
    pub width: usize,
}

impl Frame {
    /// Elements of a plane.
    pub(super) fn elements(&self) -> usize {
        self.plane[0] * self.plane[1]
    }

    /// Copies some rows, counted from the first zeros above, of planes that are `distance` apart.
    ///
    /// # Safety
    ///
    /// The processor has the level of `V`, the planes are `channels` whole ones, and there is room for the rows.
    #[inline(always)]
    pub(super) unsafe fn fill<V: Vector<Element: Real>>(
        &self,
        planes: *const V::Element,
        distance: usize,
        channels: usize,
        rows: Range<usize>,
        to: *mut V::Element,
    ) {
        let [height, width] = self.plane;
        let [above, before] = self.before;
        let row = self.width * V::LANES;
        let first = above.clamp(rows.start, rows.end);
        let last = (above + height).clamp(first, rows.end);
        let margin = (self.width - before - width) * V::LANES;
        // SAFETY: the caller vouches for all pointers.
        unsafe {
            clear::<V>(to, (first - rows.start) * row);
            clear::<V>(to.add((last - rows.start) * row), (rows.end - last) * row);
            for i in first..last {
                let to = to.add((i - rows.start) * row);
                clear::<V>(to, before * V::LANES);
                clear::<V>(to.add(row - margin), margin);
            }
            let mut place = to.add((first - rows.start) * row + before * V::LANES);
            let mut column = 0;
            let next = || {
                let here = place;
                column += 1;
                place = place.wrapping_add(V::LANES);
                if column == width {
                    column = 0;
                    place = place.wrapping_add(row - width * V::LANES);
                }
                here
            };
            let planes = planes.add(first.saturating_sub(above).min(height) * width);
            from_planes::<V>(planes, distance, channels, (last - first) * width, next);
        }
    }
}

/// Writes zeros to whole vectors.
#[inline(always)]
unsafe fn clear<V: Vector<Element: Real>>(to: *mut V::Element, count: usize) {
    for i in (0..count).step_by(V::LANES) {
        // SAFETY: the caller vouches for the level and the elements.
        unsafe { V::splat(num_traits::zero()).store(to.add(i)) };
    }
}

/// One tap of the kernel: its number, and how far it reads from where a pixel begins to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tap {
    pub number: usize,
    pub place: usize,
}

/// Sums of pixels. With `every` and `step` along a dimension, the pixel `i` of the result, counted from
/// `skipped` pixels before it, has the class `i % every`, and its taps read from `i / every * step` on.
#[derive(Debug, Clone)]
pub(super) struct Pass {
    pub source: Frame,
    /// Rows of the source that a row of the result reads.
    reach: usize,
    /// Height and width of the result.
    pub target: [usize; 2],
    pub skipped: [usize; 2],
    pub every: [usize; 2],
    pub step: [usize; 2],
    /// The taps of each class, row by row.
    pub classes: Vec<Vec<Tap>>,
}

impl Pass {
    /// From the input to the output.
    pub(super) fn forward(shape: &ConvShape) -> Self {
        let (kernel, dilation, stride) = (
            [1, 2].map(|i| shape.kernel[i]),
            &shape.dilation,
            &shape.stride,
        );
        let (input, output) = (
            [1, 2].map(|i| shape.input[i]),
            [1, 2].map(|i| shape.output[i]),
        );
        let before = [1, 2].map(|i| shape.padding[i]);
        let span = [0, 1].map(|i| (kernel[i] - 1) * dilation[i + 1] + 1);
        let width = ((output[1] - 1) * stride[2] + span[1]).max(before[1] + input[1]);
        let taps = (0..kernel[0] * kernel[1]).map(|number| {
            let [h, w] = [
                number / kernel[1] * dilation[1],
                number % kernel[1] * dilation[2],
            ];
            Tap {
                number,
                place: h * width + w,
            }
        });
        Self {
            source: Frame {
                plane: input,
                before,
                width,
            },
            reach: span[0],
            target: output,
            skipped: [0; 2],
            every: [1; 2],
            step: [stride[1], stride[2]],
            classes: vec![taps.collect()],
        }
    }

    /// From the gradient of the output to that of the input, unless there are too many classes.
    pub(super) fn backward(shape: &ConvShape) -> Option<Self> {
        let (kernel, dilation) = (
            [1, 2].map(|i| shape.kernel[i]),
            [1, 2].map(|i| shape.dilation[i]),
        );
        let (input, output) = (
            [1, 2].map(|i| shape.input[i]),
            [1, 2].map(|i| shape.output[i]),
        );
        let every = [1, 2].map(|i| shape.stride[i]);
        if every[0].saturating_mul(every[1]) > MOST_CLASSES {
            return None;
        }
        let skipped = [1, 2].map(|i| shape.padding[i]);
        let before = [0, 1].map(|i| (kernel[i] - 1) * dilation[i] / every[i]);
        let width = (input[1] - 1 + skipped[1]) / every[1] + 1 + before[1];
        let width = width.max(before[1] + output[1]);
        let mut classes = vec![Vec::new(); every[0] * every[1]];
        for number in 0..kernel[0] * kernel[1] {
            let tap = [
                number / kernel[1] * dilation[0],
                number % kernel[1] * dilation[1],
            ];
            let class = tap[0] % every[0] * every[1] + tap[1] % every[1];
            let [h, w] = [0, 1].map(|i| before[i] - tap[i] / every[i]);
            classes[class].push(Tap {
                number,
                place: h * width + w,
            });
        }
        Some(Self {
            source: Frame {
                plane: output,
                before,
                width,
            },
            reach: before[0] + 1,
            target: input,
            skipped,
            every,
            step: [1; 2],
            classes,
        })
    }

    /// Whether vectors of channels are full, and the rows that are needed at once not too long.
    pub(super) fn is_fast(&self, shape: &ConvShape) -> bool {
        let depths = [shape.kernel[0], shape.input[0], shape.output[0]];
        let is_flat = depths == [1; 3] && shape.padding[0] == 0;
        let width = self.source.width.max(self.target[1]);
        let rows = self.least_rows().saturating_mul(self.step[0]) + self.reach;
        is_flat
            && shape.groups >= LEAST_CHANNELS
            && rows.saturating_mul(width * MOST_LANES) <= MOST_HELD
    }

    fn least_rows(&self) -> usize {
        (2 * self.reach).max(LEAST_ROWS)
    }

    /// The rows of the result in one of `bands` parts.
    pub(super) fn band(&self, band: usize, bands: usize) -> Range<usize> {
        self.target[0] * band / bands..self.target[0] * (band + 1) / bands
    }

    /// Into how many bands the result is cut.
    pub(super) fn bands(&self, lanes: usize) -> usize {
        let most = HELD / (self.source.width * lanes);
        let rows = most.saturating_sub(self.reach) / self.step[0] * self.every[0];
        self.target[0].div_ceil(rows.max(self.least_rows()))
    }

    /// Rows of the result that are computed before they are copied.
    pub(super) fn rows_at_once(&self) -> usize {
        (AT_ONCE / self.target[1]).clamp(1, self.target[0])
    }

    /// Pixels of the source that one of `bands` parts reads, at most.
    pub(super) fn room(&self, bands: usize) -> usize {
        let rows = self.target[0].div_ceil(bands);
        (rows.div_ceil(self.every[0]) * self.step[0] + self.reach) * self.source.width
    }

    /// The rows of the source that some rows of the result read.
    pub(super) fn read(&self, rows: &Range<usize>) -> Range<usize> {
        let place = |row| (row + self.skipped[0]) / self.every[0] * self.step[0];
        place(rows.start)..place(rows.end - 1) + self.reach
    }
}

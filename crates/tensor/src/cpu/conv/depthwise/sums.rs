//! Sums over the taps of a kernel, for a vector of channels at a time.

use std::ops::Range;

use super::pass::{Pass, Tap};
use crate::cpu::conv::pixels::{from_planes, in_turn, to_planes};
use crate::cpu::finish::Tail;
use crate::cpu::gemm::split;
use crate::cpu::scratch::Scratch;
use crate::cpu::simd::{MOST_LANES, Real, Simd, Task, Vector};

/// Pixels side by side that are summed at the same time: common widths are multiples.
const MANY: usize = 14;
const SOME: usize = 7;

/// Planes of the result from planes of the source.
pub(super) struct Sum<'a, T> {
    pub pass: &'a Pass,
    /// Channels of the source, and planes of the result for each.
    pub channels: usize,
    pub multiplier: usize,
    pub source: *const T,
    /// `[channel][multiplier][tap]`
    pub weight: *const T,
    pub taps: usize,
    pub batch: usize,
    /// One for each plane of the result, or null.
    pub bias: *const T,
    pub result: *mut T,
    pub tail: Tail<'a>,
}

// SAFETY: parts of the result are written by one task each, and the rest is only read.
unsafe impl<T: Sync> Sync for Sum<'_, T> {}

/// A band of an image of a vector of channels, and working memory.
struct Part<T> {
    image: usize,
    /// The first channel, and how many there are.
    first: usize,
    count: usize,
    rows: Range<usize>,
    frame: *mut T,
    pixels: *mut T,
    weight: *mut T,
}

/// Some parts of a sum: bands of images of vectors of channels.
pub(super) struct SumParts<'a, T> {
    pub sum: &'a Sum<'a, T>,
    pub parts: Range<usize>,
}

impl<T: Real> Task for SumParts<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        // SAFETY: the level is `S`; the maker of the sum vouches for its pointers.
        unsafe { self.sum.run_parts::<T::Vector<S>>(self.parts) }
    }
}

impl<T: Real> Sum<'_, T> {
    #[inline(always)]
    unsafe fn run_parts<V: Vector<Element = T>>(&self, parts: Range<usize>) {
        let Self {
            pass,
            channels,
            taps,
            batch,
            ..
        } = *self;
        let bands = pass.bands(V::LANES);
        let frame = Scratch::<T>::new(pass.room(bands) * V::LANES);
        let pixels = Scratch::<T>::new(pass.rows_at_once() * pass.target[1] * V::LANES);
        let weight = Scratch::<T>::new(self.multiplier * taps * V::LANES);
        for part in parts {
            let (block, image, band) = (part / bands / batch, part / bands % batch, part % bands);
            let first = block * V::LANES;
            let part = Part {
                image,
                first,
                count: V::LANES.min(channels - first),
                rows: pass.band(band, bands),
                frame: frame.as_ptr(),
                pixels: pixels.as_ptr(),
                weight: weight.as_ptr(),
            };
            // SAFETY: the caller vouches for the level; the blocks have room for a part.
            unsafe { self.run_part::<V>(part) };
        }
    }

    #[inline(always)]
    unsafe fn run_part<V: Vector<Element = T>>(&self, part: Part<T>) {
        let Self {
            pass,
            channels,
            multiplier,
            taps,
            ..
        } = *self;
        let Part { first, count, .. } = part;
        let [height, width] = pass.target;
        let (plane, source_plane) = (height * width, pass.source.elements());
        let planes = (part.image * channels + first) * multiplier;
        let start = pass.read(&part.rows).start;
        let mut filled = start;
        // SAFETY: the maker of the task vouches for its pointers, the caller for room in the part's.
        unsafe {
            let source = self
                .source
                .add((part.image * channels + first) * source_plane);
            let weight = self.weight.add(first * multiplier * taps);
            let numbers = multiplier * taps;
            from_planes::<V>(weight, numbers, count, numbers, in_turn::<V>(part.weight));
            for rows in split(part.rows.clone(), pass.rows_at_once()) {
                let end = pass.read(&rows).end;
                let to = part
                    .frame
                    .add((filled - start) * pass.source.width * V::LANES);
                let new = filled.min(end)..end;
                pass.source.fill::<V>(source, source_plane, count, new, to);
                filled = filled.max(end);
                for j in 0..multiplier {
                    let weight = part.weight.add(j * taps * V::LANES);
                    let bias = self.bias_of::<V>(first * multiplier + j, count);
                    for row in rows.clone() {
                        let to = part.pixels.add((row - rows.start) * width * V::LANES);
                        sum_row::<V>(pass, row, part.frame, start, weight, bias, to);
                    }
                    let to = self.result.add((planes + j) * plane + rows.start * width);
                    let pixels = rows.len() * width;
                    to_planes::<V>(part.pixels, V::LANES, pixels, count, to, multiplier * plane);
                    for i in 0..count {
                        let channel = (first + i) * multiplier + j;
                        let to = to.add(i * multiplier * plane);
                        self.tail.apply(channel, to, pixels);
                    }
                }
            }
        }
    }

    #[inline(always)]
    unsafe fn bias_of<V: Vector<Element = T>>(&self, first: usize, count: usize) -> V {
        let mut lanes = [T::zero(); MOST_LANES];
        // SAFETY: the caller vouches for the level, and the maker of the task for the biases.
        unsafe {
            if !self.bias.is_null() {
                for (i, lane) in lanes[..count].iter_mut().enumerate() {
                    *lane = *self.bias.add(first + i * self.multiplier);
                }
            }
            V::load(lanes.as_ptr())
        }
    }
}

/// Computes a row of the result from a frame that begins with the row `read` of the source.
#[inline(always)]
unsafe fn sum_row<V: Vector<Element: Real>>(
    pass: &Pass,
    row: usize,
    frame: *const V::Element,
    read: usize,
    weight: *const V::Element,
    bias: V,
    to: *mut V::Element,
) {
    let [_, width] = pass.target;
    let [every_row, every] = pass.every;
    let row = row + pass.skipped[0];
    let from = row / every_row * pass.step[0] - read;
    for class in 0..every {
        let first = (class + every - pass.skipped[1] % every) % every;
        if first >= width {
            continue;
        }
        let count = (width - first).div_ceil(every);
        let column = (first + pass.skipped[1]) / every * pass.step[1];
        let taps = &pass.classes[row % every_row * every + class];
        // SAFETY: the caller vouches for the level, the frame and the row.
        unsafe {
            let line = |step, every| Line {
                from: frame.add((from * pass.source.width + column) * V::LANES),
                step,
                to: to.add(first * V::LANES),
                every,
            };
            // Distances that are known are not computed with.
            match (pass.step[1], every) {
                (1, 1) => sum_pixels::<V>(taps, line(1, 1), count, weight, bias),
                (2, 1) => sum_pixels::<V>(taps, line(2, 1), count, weight, bias),
                (1, 2) => sum_pixels::<V>(taps, line(1, 2), count, weight, bias),
                (step, _) => sum_pixels::<V>(taps, line(step, every), count, weight, bias),
            }
        }
    }
}

/// Pixels of the result, `every` pixels apart, and where their sums begin, `step` pixels apart.
#[derive(Clone, Copy)]
struct Line<T> {
    from: *const T,
    step: usize,
    to: *mut T,
    every: usize,
}

/// Computes `count` pixels.
#[inline(always)]
unsafe fn sum_pixels<V: Vector<Element: Real>>(
    taps: &[Tap],
    line: Line<V::Element>,
    count: usize,
    weight: *const V::Element,
    bias: V,
) {
    let mut done = 0;
    while done < count {
        // The last block begins early enough to be a whole one.
        let start = match count {
            MANY.. => done.min(count - MANY),
            SOME.. => done.min(count - SOME),
            _ => done,
        };
        // SAFETY: the caller vouches for the level and for all pixels.
        let computed = unsafe {
            let line = Line {
                from: line.from.add(start * line.step * V::LANES),
                to: line.to.add(start * line.every * V::LANES),
                ..line
            };
            match count {
                MANY.. => sum_block::<V, MANY>(taps, line, weight, bias),
                SOME.. => sum_block::<V, SOME>(taps, line, weight, bias),
                _ => sum_block::<V, 1>(taps, line, weight, bias),
            }
        };
        done = start + computed;
    }
}

/// Computes `COUNT` pixels, and returns how many those are.
#[inline(always)]
unsafe fn sum_block<V: Vector<Element: Real>, const COUNT: usize>(
    taps: &[Tap],
    line: Line<V::Element>,
    weight: *const V::Element,
    bias: V,
) -> usize {
    let Line {
        from,
        step,
        to,
        every,
    } = line;
    // SAFETY: the caller vouches for the level and for all pixels.
    unsafe {
        let mut sums = [bias; COUNT];
        for tap in taps {
            let weight = V::load(weight.add(tap.number * V::LANES));
            let from = from.add(tap.place * V::LANES);
            for (i, sum) in sums.iter_mut().enumerate() {
                *sum = V::load(from.add(i * step * V::LANES)).mul_add(weight, *sum);
            }
        }
        for (i, sum) in sums.iter().enumerate() {
            sum.store(to.add(i * every * V::LANES));
        }
    }
    COUNT
}

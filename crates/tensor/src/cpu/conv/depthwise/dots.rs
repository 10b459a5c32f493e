//! Gradients of the taps of a kernel, for a vector of channels at a time.

use std::ops::Range;

use super::pass::Pass;
use crate::cpu::conv::ConvShape;
use crate::cpu::conv::pixels::{from_planes, in_turn, to_planes};
use crate::cpu::gemm::split;
use crate::cpu::scratch::Scratch;
use crate::cpu::simd::{Real, Simd, Task, Vector};

/// Taps whose gradients are summed at the same time.
const TAPS: usize = 9;

/// `dw[tap] = sum of x[pixel + tap] * dy[pixel]`, over parts of the images that are summed apart.
pub(super) struct Dots<'a, T> {
    pass: &'a Pass,
    channels: usize,
    multiplier: usize,
    batch: usize,
    parts: usize,
    x: *const T,
    dy: *const T,
    /// Where the pixels under each tap begin; the last is repeated until they are a multiple of [`TAPS`].
    places: Vec<usize>,
    taps: usize,
}

// SAFETY: planes are only read.
unsafe impl<T: Sync> Sync for Dots<'_, T> {}

impl<'a, T: Real> Dots<'a, T> {
    pub(super) fn new(shape: &ConvShape, pass: &'a Pass, x: &[T], dy: &[T], parts: usize) -> Self {
        let taps = shape.kernel_plane();
        let all = pass.classes[0].iter().map(|tap| tap.place);
        let last = all.clone().next_back().into_iter();
        let repeated = last.cycle().take(taps.next_multiple_of(TAPS) - taps);
        Self {
            pass,
            channels: shape.groups,
            multiplier: shape.group_outputs(),
            batch: shape.batch,
            parts,
            x: x.as_ptr(),
            dy: dy.as_ptr(),
            places: all.chain(repeated).collect(),
            taps,
        }
    }

    /// Sums of a part of a vector of channels.
    pub(super) fn size(&self, lanes: usize) -> usize {
        self.multiplier * self.places.len() * lanes
    }

    /// Adds what a part of the images contributes to the gradients of a vector of channels.
    #[inline(always)]
    unsafe fn add_part<V: Vector<Element = T>>(&self, block: usize, part: usize, sums: *mut T) {
        let Self {
            pass,
            channels,
            multiplier,
            batch,
            ..
        } = *self;
        let [height, width] = pass.target;
        let (plane, x_plane) = (height * width, pass.source.elements());
        let bands = pass.bands(V::LANES);
        let frame = Scratch::<T>::new(pass.room(bands) * V::LANES);
        let gradients = Scratch::<T>::new(pass.rows_at_once() * width * V::LANES);
        let (frame, gradients) = (frame.as_ptr(), gradients.as_ptr());
        let first = block * V::LANES;
        let count = V::LANES.min(channels - first);
        let images = batch * part / self.parts..batch * (part + 1) / self.parts;
        for (image, band) in images.flat_map(|image| (0..bands).map(move |band| (image, band))) {
            let band = pass.band(band, bands);
            let start = pass.read(&band).start;
            let mut filled = start;
            for rows in split(band, pass.rows_at_once()) {
                let read = pass.read(&rows);
                // SAFETY: the maker vouches for the planes, the caller for the rest.
                unsafe {
                    let x = self.x.add((image * channels + first) * x_plane);
                    let row = pass.source.width * V::LANES;
                    let to = frame.add((filled - start) * row);
                    let new = filled.min(read.end)..read.end;
                    pass.source.fill::<V>(x, x_plane, count, new, to);
                    filled = filled.max(read.end);
                    for j in 0..multiplier {
                        let planes = (image * channels + first) * multiplier + j;
                        let dy = self.dy.add(planes * plane + rows.start * width);
                        let to = in_turn::<V>(gradients);
                        from_planes::<V>(dy, multiplier * plane, count, rows.len() * width, to);
                        let x = frame.add((read.start - start) * row);
                        let sums = sums.add(j * self.places.len() * V::LANES);
                        self.add_rows::<V>(x, gradients, rows.len(), sums);
                    }
                }
            }
        }
    }

    #[inline(always)]
    unsafe fn add_rows<V: Vector<Element = T>>(
        &self,
        x: *const T,
        dy: *const T,
        rows: usize,
        sums: *mut T,
    ) {
        let Pass { source, step, .. } = self.pass;
        let row = step[0] * source.width * V::LANES;
        let size = [rows, self.pass.target[1]];
        for (i, places) in self.places.chunks_exact(TAPS).enumerate() {
            // SAFETY: the caller vouches for the pixels and the sums.
            unsafe {
                let sums = sums.add(i * TAPS * V::LANES);
                match step[1] {
                    1 => add_dots::<V>(x, row, 1, dy, size, places, sums),
                    2 => add_dots::<V>(x, row, 2, dy, size, places, sums),
                    step => add_dots::<V>(x, row, step, dy, size, places, sums),
                }
            }
        }
    }
}

/// Adds the products of some rows of pixels for [`TAPS`] places.
#[inline(always)]
unsafe fn add_dots<V: Vector<Element: Real>>(
    x: *const V::Element,
    row: usize,
    step: usize,
    dy: *const V::Element,
    [rows, width]: [usize; 2],
    places: &[usize],
    to: *mut V::Element,
) {
    // SAFETY: the caller vouches for the level, the pixels and the sums.
    unsafe {
        let mut taps = [x; TAPS];
        for (tap, place) in taps.iter_mut().zip(places) {
            *tap = x.add(place * V::LANES);
        }
        let mut sums = [V::splat(num_traits::zero()); TAPS];
        for i in 0..rows {
            for column in 0..width {
                let g = V::load(dy.add((i * width + column) * V::LANES));
                let offset = i * row + column * step * V::LANES;
                for (sum, tap) in sums.iter_mut().zip(&taps) {
                    *sum = V::load(tap.add(offset)).mul_add(g, *sum);
                }
            }
        }
        for (i, sum) in sums.iter().enumerate() {
            let to = to.add(i * V::LANES);
            V::load(to).add(*sum).store(to);
        }
    }
}

/// Adds up some parts: `units` are parts of vectors of channels.
pub(super) struct AddDots<'a, T> {
    pub dots: &'a Dots<'a, T>,
    pub units: Range<usize>,
    pub sums: &'a mut [T],
}

impl<T: Real> Task for AddDots<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let size = self.dots.size(<T::Vector<S> as Vector>::LANES);
        for (unit, sums) in self.units.zip(self.sums.chunks_exact_mut(size)) {
            let (block, part) = (unit / self.dots.parts, unit % self.dots.parts);
            // SAFETY: the level is `S`, and the slice has the sums of a part.
            unsafe {
                self.dots
                    .add_part::<T::Vector<S>>(block, part, sums.as_mut_ptr())
            };
        }
    }
}

/// Adds the sums of all parts, and writes them where the gradients belong.
pub(super) struct AddUp<'a, T> {
    pub dots: &'a Dots<'a, T>,
    pub sums: &'a mut [T],
    pub dw: &'a mut [T],
}

impl<T: Real> Task for AddUp<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let Dots {
            channels,
            multiplier,
            parts,
            taps,
            ref places,
            ..
        } = *self.dots;
        let lanes = <T::Vector<S> as Vector>::LANES;
        let size = self.dots.size(lanes);
        for (block, sums) in self.sums.chunks_exact_mut(parts * size).enumerate() {
            let (total, others) = sums.split_at_mut(size);
            for part in others.chunks_exact(size) {
                total
                    .iter_mut()
                    .zip(part)
                    .for_each(|(total, &sum)| *total = *total + sum);
            }
            let first = block * lanes;
            let count = lanes.min(channels - first);
            for (j, total) in total.chunks_exact(places.len() * lanes).enumerate() {
                let dw = &mut self.dw[(first * multiplier + j) * taps..];
                // SAFETY: the level is `S`, and the gradients have planes for the channels.
                unsafe {
                    let (from, to) = (total.as_ptr(), dw.as_mut_ptr());
                    to_planes::<T::Vector<S>>(from, lanes, taps, count, to, multiplier * taps);
                }
            }
        }
    }
}

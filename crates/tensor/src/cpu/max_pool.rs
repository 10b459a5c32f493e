//! Maxima of windows over one or two dimensions, a row of outputs at a time: first down the columns of
//! the input, then across.
//!
//! Of equal elements the first in the window counts, of several NaNs the last.

use super::number::Number;
use super::simd::{Simd, Task};
use crate::ops::pool::{PoolGeometry, PoolShape, Windows};

/// The geometry of a pooling that [`MaxPlane`] computes, if it is one.
pub(super) fn geometry(shape: &PoolShape) -> Option<&PoolGeometry> {
    let Windows::Sliding(geometry) = &shape.windows else {
        return None;
    };
    let is_flat = shape.input[0] == 1 && geometry.kernel[0] == 1 && geometry.padding[0] == 0;
    let places = shape.input.iter().product::<usize>();
    let fits = is_flat && geometry.dilation[2] == 1 && i32::try_from(places).is_ok();
    fits.then_some(geometry)
}

/// Finds the maxima of the windows of a plane, and their places.
pub(super) struct MaxPlane<'a, C> {
    pub shape: &'a PoolShape,
    pub geometry: &'a PoolGeometry,
    pub plane: &'a [C],
    pub values: &'a mut [C],
    pub places: &'a mut [i32],
}

impl<C: Number> Task for MaxPlane<'_, C> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let [_, height, width] = self.shape.input;
        let [_, _, outputs] = self.shape.output;
        let [_, taps, across] = self.geometry.kernel;
        let [_, step, stride] = self.geometry.stride;
        let [_, above, before] = self.geometry.padding;
        let dilation = self.geometry.dilation[1];
        // Windows reach past both edges, where the elements at the edges stand once more.
        let reach = (outputs * stride + across).max(before + width);
        let (mut values, mut places) = (vec![C::default(); reach], vec![0; reach]);
        let rows = self.values.chunks_exact_mut(outputs);
        for (row, (best, at)) in rows.zip(self.places.chunks_exact_mut(outputs)).enumerate() {
            let first = row * step;
            let inside = (0..taps).map(|tap| first + tap * dilation);
            let inside = inside.filter(|&y| y >= above && y - above < height);
            for (number, y) in inside.map(|y| y - above).enumerate() {
                let line = &self.plane[y * width..][..width];
                let values = &mut values[before..][..width];
                let places = &mut places[before..][..width];
                down(number == 0, line, y * width, values, places);
            }
            repeat_ends(&mut values, before, width);
            repeat_ends(&mut places, before, width);
            match stride {
                1 => over::<C, 1>(across, &values, &places, best, at),
                2 => over::<C, 2>(across, &values, &places, best, at),
                3 => over::<C, 3>(across, &values, &places, best, at),
                _ => {
                    let columns = |offset: usize| {
                        let places = places[offset..].iter().copied().step_by(stride);
                        values[offset..].iter().copied().step_by(stride).zip(places)
                    };
                    best_of(across, columns, best, at);
                }
            }
        }
    }
}

/// Lets a line meet the maxima of the lines before it.
#[inline(always)]
fn down<C: Number>(is_first: bool, line: &[C], start: usize, best: &mut [C], at: &mut [i32]) {
    let places = start as i32..;
    let columns = best.iter_mut().zip(at).zip(line).zip(places);
    if is_first {
        columns.for_each(|(((best, at), &x), place)| (*best, *at) = (x, place));
        return;
    }
    for (((best, at), &x), place) in columns {
        let wins = (x > *best) | x.is_nan();
        *best = if wins { x } else { *best };
        *at = if wins { place } else { *at };
    }
}

/// Writes what stands at the ends of `width` elements to the places before and after them.
#[inline(always)]
fn repeat_ends<T: Copy>(line: &mut [T], before: usize, width: usize) {
    let (first, last) = (line[before], line[before + width - 1]);
    line[..before].fill(first);
    line[before + width..].fill(last);
}

/// Takes the maxima over neighbouring columns, with a stride that the compiler knows.
#[inline(always)]
fn over<C: Number, const STRIDE: usize>(
    taps: usize,
    values: &[C],
    places: &[i32],
    best: &mut [C],
    at: &mut [i32],
) {
    let columns = |offset: usize| {
        let values = values[offset..].as_chunks::<STRIDE>().0;
        let places = places[offset..].as_chunks::<STRIDE>().0;
        values.iter().map(|x| x[0]).zip(places.iter().map(|x| x[0]))
    };
    best_of(taps, columns, best, at);
}

#[inline(always)]
fn best_of<C: Number, I: Iterator<Item = (C, i32)>>(
    taps: usize,
    columns: impl Fn(usize) -> I,
    best: &mut [C],
    at: &mut [i32],
) {
    for ((best, at), column) in best.iter_mut().zip(&mut *at).zip(columns(0)) {
        (*best, *at) = column;
    }
    for tap in 1..taps {
        for ((best, at), (x, place)) in best.iter_mut().zip(&mut *at).zip(columns(tap)) {
            let is_first = (x == *best) & (place < *at);
            let is_last_nan = x.is_nan() & (!best.is_nan() | (place > *at));
            let wins = (x > *best) | is_first | is_last_nan;
            *best = if wins { x } else { *best };
            *at = if wins { place } else { *at };
        }
    }
}

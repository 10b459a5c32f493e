//! Maximum pooling. Not a number wins, the last of several; otherwise the first of equal elements.
//!
//! A row of outputs meets one element of each window at a time, which vectors do side by side. Where rows
//! are short or windows far apart, the rows of a window meet first, and then what is left of them.

use super::elementwise::with_number;
use super::number::{Int, Number};
use super::planes::for_each_plane;
use super::pool::{Span, spans_along};
use super::simd::{Level, Simd, Task};
use super::walk::{BLOCK, Buffer, Target};
use crate::ops::pool::{PoolGeometry, PoolShape, SPATIAL, Windows};
use crate::{Array, DType};
use std::num::Wrapping;
use std::ops::Range;

/// The widest step at which windows are compared side by side.
const WIDEST_STEP: usize = 3;
/// Windows that meet their elements in registers.
const AT_ONCE: usize = 16;
/// The fewest outputs of a row that are.
const SHORTEST_ROW: usize = 8;

/// Writes the maximum of each window, and its flat position in the plane if there are `indices`.
pub(crate) fn max_pool(shape: &PoolShape, x: &Array, out: &mut Array, indices: Option<&mut Array>) {
    with_number!(x.dtype(), C => max_planes::<C>(shape, x, out, indices));
}

fn max_planes<C: Number>(
    shape: &PoolShape,
    x: &Array,
    out: &mut Array,
    indices: Option<&mut Array>,
) {
    let taps = Taps::new(shape);
    // Rows that are compared side by side need no windows along them.
    let spanned = if taps.is_some() { SPATIAL - 1 } else { SPATIAL };
    let maxima = Maxima {
        spans: std::array::from_fn(|dim| match dim < spanned {
            true => spans_along(shape, dim),
            false => Vec::new(),
        }),
        input: shape.input,
        columns: shape.output[SPATIAL - 1],
        taps,
        out: Target::new(out),
        indices: indices.map(Target::new),
    };
    let (maxima, level) = (&maxima, Level::current());
    let length = shape.input.iter().product();
    for_each_plane::<C>(x, shape.planes, length, |number, plane| {
        level.run_up_to_avx2(Plane {
            maxima,
            number,
            plane,
        });
    });
}

/// A pooling, and where its results go.
struct Maxima {
    spans: [Vec<Span>; SPATIAL],
    input: [usize; SPATIAL],
    /// How many outputs a row has.
    columns: usize,
    /// How a row is compared side by side, if it is.
    taps: Option<Taps>,
    out: Target,
    indices: Option<Target>,
}

/// The elements of the windows along the last dimension, by their number in the window.
struct Taps {
    stride: usize,
    padding: usize,
    dilation: usize,
    /// The outputs for which each one lies inside the input.
    reached: Vec<Range<usize>>,
}

impl Taps {
    fn new(shape: &PoolShape) -> Option<Taps> {
        const LAST: usize = SPATIAL - 1;
        let Windows::Sliding(geometry) = &shape.windows else {
            return None;
        };
        let PoolGeometry {
            kernel,
            stride,
            padding,
            dilation,
            ..
        } = geometry;
        let (input, outputs) = (shape.input[LAST], shape.output[LAST]);
        let (kernel, stride) = (kernel[LAST], stride[LAST]);
        let (padding, dilation) = (padding[LAST], dilation[LAST]);
        if stride > WIDEST_STEP || outputs < SHORTEST_ROW {
            return None;
        }
        let reached = |tap: usize| {
            let shift = tap * dilation;
            let end = (input + padding).saturating_sub(shift).div_ceil(stride);
            padding.saturating_sub(shift).div_ceil(stride)..end.min(outputs)
        };
        Some(Taps {
            stride,
            padding,
            dilation,
            reached: (0..kernel).map(reached).collect(),
        })
    }

    /// The number of the last one.
    #[inline(always)]
    fn last(&self) -> usize {
        self.reached.len() - 1
    }

    /// The outputs for which all lie inside the input.
    #[inline(always)]
    fn whole(&self) -> Range<usize> {
        self.reached[0].start..self.reached[self.last()].end
    }

    /// Where one that lies inside the input is in a line, by its output.
    #[inline(always)]
    fn place(&self, tap: usize, at: usize) -> usize {
        at * self.stride + tap * self.dilation - self.padding
    }

    /// The first one of an output that lies inside the input, at the start of a row.
    #[inline(always)]
    fn first(&self, at: usize) -> u32 {
        match self.padding.saturating_sub(at * self.stride) {
            0 => 0,
            outside => outside.div_ceil(self.dilation) as u32,
        }
    }
}

/// One plane of a pooling.
struct Plane<'a, C> {
    maxima: &'a Maxima,
    number: usize,
    plane: &'a [C],
}

impl<C: Number> Task for Plane<'_, C> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let Maxima {
            spans: [depths, rows, _],
            input: [_, height, width],
            columns,
            taps,
            out,
            indices,
        } = self.maxima;
        let (mut lines, mut tallest) = (Vec::new(), vec![C::default(); *width]);
        let mut output = self.number * depths.len() * rows.len() * columns;
        for depth in depths {
            for row in rows {
                lines.clear();
                for z in depth.indices() {
                    lines.extend(row.indices().map(|y| (z * height + y) * width));
                }
                // Where a window of an output begins, though nothing of it may lie inside.
                let start = (depth.start * height + row.start) * width;
                match taps {
                    Some(taps) => self.side_by_side(taps, &lines, start, output),
                    None => self.one_by_one(&lines, start, output, &mut tallest),
                }
                output += columns;
            }
        }
        out.finish();
        if let Some(indices) = indices {
            indices.finish();
        }
    }
}

impl<C: Number> Plane<'_, C> {
    /// A row of outputs, whose windows have parts of the given lines.
    #[inline(always)]
    fn side_by_side(&self, taps: &Taps, lines: &[usize], start: usize, output: usize) {
        let kernel = taps.reached.len();
        let outputs = self.maxima.columns;
        for tile in (0..outputs).step_by(BLOCK) {
            let tile = tile..outputs.min(tile + BLOCK);
            let mut buffer = Buffer::<C>::new();
            let place = output + tile.start;
            // SAFETY: each output is written once.
            let best = unsafe { self.maxima.out.lend(place, tile.len(), &mut buffer) };
            best.fill(C::from_f64(f64::NEG_INFINITY));
            let Some(indices) = &self.maxima.indices else {
                self.meet_all(taps, lines, tile, best, &mut [(); BLOCK], |_| ());
                // SAFETY: as above.
                unsafe { self.maxima.out.put(place, best) };
                continue;
            };
            let mut winners = [0; BLOCK];
            for (winner, at) in winners.iter_mut().zip(tile.clone()) {
                *winner = taps.first(at);
            }
            self.meet_all(taps, lines, tile.clone(), best, &mut winners, |tap| {
                tap as u32
            });
            // SAFETY: as above.
            unsafe { self.maxima.out.put(place, best) };
            let mut buffer = Buffer::<Int>::new();
            // SAFETY: as above.
            let found = unsafe { indices.lend(place, tile.len(), &mut buffer) };
            for ((found, &winner), at) in found.iter_mut().zip(&winners).zip(tile) {
                let (line, tap) = (winner as usize / kernel, winner as usize % kernel);
                let line = lines.get(line).copied().unwrap_or(start);
                let place = line + tap * taps.dilation + at * taps.stride - taps.padding;
                *found = Wrapping(place as i64);
            }
            // SAFETY: as above.
            unsafe { indices.put(place, found) };
        }
    }

    /// Lets the windows of some outputs of a row meet their elements; `name` is what a winner is kept as,
    /// from its number in the window.
    #[inline(always)]
    fn meet_all<W: Copy>(
        &self,
        taps: &Taps,
        lines: &[usize],
        tile: Range<usize>,
        best: &mut [C],
        winners: &mut [W],
        name: impl Fn(usize) -> W,
    ) {
        match taps.stride {
            1 => self.meet_at::<W, 1>(taps, lines, tile, best, winners, name),
            2 => self.meet_at::<W, 2>(taps, lines, tile, best, winners, name),
            _ => self.meet_at::<W, WIDEST_STEP>(taps, lines, tile, best, winners, name),
        }
    }

    /// As [`Plane::meet_all`], for one stride. Windows inside of the input meet all their elements in
    /// registers; those at the edges one element after the other.
    #[inline(always)]
    fn meet_at<W: Copy, const STRIDE: usize>(
        &self,
        taps: &Taps,
        lines: &[usize],
        tile: Range<usize>,
        best: &mut [C],
        winners: &mut [W],
        name: impl Fn(usize) -> W,
    ) {
        let whole = taps.whole();
        let start = whole.start.clamp(tile.start, tile.end);
        let mut count = whole.end.min(tile.end).saturating_sub(start) / AT_ONCE;
        if let (Some(line), 1..) = (lines.last(), count) {
            // The last window may lack the elements up to the next.
            let last = line + taps.place(taps.last(), start);
            count = count.min((self.plane.len() - last) / (AT_ONCE * STRIDE));
        }
        let edges = [tile.start..start, start + count * AT_ONCE..tile.end];
        let own = start - tile.start..edges[1].start - tile.start;
        let (bests, kept) = (
            best[own.clone()].as_chunks_mut::<AT_ONCE>().0,
            &mut winners[own],
        );
        let chunks = bests.iter_mut().zip(kept.as_chunks_mut::<AT_ONCE>().0);
        for (chunk, (best_place, winner_place)) in chunks.enumerate() {
            let first = start + chunk * AT_ONCE;
            let (mut best, mut winners) = (*best_place, *winner_place);
            for (number, &line) in lines.iter().enumerate() {
                for tap in 0..=taps.last() {
                    let elements = &self.plane[line + taps.place(tap, first)..];
                    let elements = &elements[..AT_ONCE * STRIDE];
                    let winner = name(number * taps.reached.len() + tap);
                    meet::<C, W, STRIDE>(&mut best, &mut winners, elements, winner);
                }
            }
            (*best_place, *winner_place) = (best, winners);
        }
        for edge in edges {
            for (number, &line) in lines.iter().enumerate() {
                for (tap, reached) in taps.reached.iter().enumerate() {
                    let outputs = reached.start.max(edge.start)..reached.end.min(edge.end);
                    if outputs.is_empty() {
                        continue;
                    }
                    let own = outputs.start - tile.start..outputs.end - tile.start;
                    let (best, winners) = (&mut best[own.clone()], &mut winners[own]);
                    let elements = &self.plane[line + taps.place(tap, outputs.start)..];
                    let winner = name(number * taps.reached.len() + tap);
                    meet::<C, W, STRIDE>(best, winners, elements, winner);
                }
            }
        }
    }

    /// As [`Plane::side_by_side`]; `tallest` has room for a line.
    #[inline(always)]
    fn one_by_one(&self, lines: &[usize], start: usize, output: usize, tallest: &mut [C]) {
        let lowest = C::from_f64(f64::NEG_INFINITY);
        tallest.fill(lowest);
        for &line in lines {
            for (best, &x) in tallest.iter_mut().zip(&self.plane[line..]) {
                *best = x.maximum(*best);
            }
        }
        let columns = &self.maxima.spans[SPATIAL - 1];
        for (column, output) in columns.iter().zip(output..) {
            let mut best = lowest;
            for at in column.indices() {
                best = tallest[at].maximum(best);
            }
            // SAFETY: each output is written once.
            unsafe { self.write(&self.maxima.out, output, best) };
            if let Some(indices) = &self.maxima.indices {
                let place = self
                    .place_of(best, lines, column)
                    .unwrap_or(start + column.start);
                // SAFETY: as above.
                unsafe { self.write(indices, output, Wrapping(place as i64)) };
            }
        }
    }

    /// Where in a window the first element equal to `best` is, or the last that is not a number.
    #[inline(always)]
    fn place_of(&self, best: C, lines: &[usize], column: &Span) -> Option<usize> {
        if best.is_nan() {
            let mut places = lines.iter().rev().flat_map(|&line| {
                let places = column.indices().rev();
                places.map(move |at| line + at)
            });
            return places.find(|&place| self.plane[place].is_nan());
        }
        lines.iter().find_map(|&line| {
            let elements = &self.plane[line..];
            let mut places = column.indices();
            places.find(|&at| elements[at] == best).map(|at| line + at)
        })
    }

    #[inline(always)]
    unsafe fn write<D: Number>(&self, target: &Target, place: usize, value: D) {
        let mut buffer = Buffer::<D>::new();
        // SAFETY: the caller vouches for the place.
        unsafe {
            let out = target.lend(place, 1, &mut buffer);
            out[0] = value;
            target.put(place, out);
        }
    }
}

/// Lets every `STRIDE`th element meet the best of its window so far; the winner is kept.
#[inline(always)]
fn meet<C: Number, W: Copy, const STRIDE: usize>(
    best: &mut [C],
    winners: &mut [W],
    elements: &[C],
    tap: W,
) {
    let meet = |best: &mut C, winner: &mut W, x: C| {
        let wins = (x > *best) | x.is_nan();
        *best = if wins { x } else { *best };
        *winner = if wins { tap } else { *winner };
    };
    let steps = elements.as_chunks::<STRIDE>().0;
    let whole = steps.len().min(best.len());
    let (bests, last_best) = best.split_at_mut(whole);
    let (firsts, last_winner) = winners.split_at_mut(whole);
    for ((best, winner), step) in bests.iter_mut().zip(firsts).zip(steps) {
        meet(best, winner, step[0]);
    }
    // The last window may lack the elements up to the next.
    if let ([best], [winner]) = (last_best, last_winner) {
        meet(best, winner, elements[whole * STRIDE]);
    }
}

#[cfg(test)]
mod tests {
    use super::super::pool::spans;
    use super::*;

    /// Values in which all sorts of ties and numbers that are none occur.
    fn number(i: usize) -> f32 {
        match i * i % 61 {
            7 => f32::NAN,
            13 => f32::NEG_INFINITY,
            rest => (rest % 17) as f32,
        }
    }

    /// The maximum of each window, and where it is, as defined.
    fn plain(x: &[f32], shape: &PoolShape) -> (Vec<f32>, Vec<i64>) {
        let [depths, rows, columns] = spans(shape);
        let [_, height, width] = shape.input;
        let (mut values, mut places) = (Vec::new(), Vec::new());
        for plane in x.chunks(shape.input.iter().product()) {
            for (depth, row) in depths.iter().flat_map(|z| rows.iter().map(move |y| (z, y))) {
                for column in &columns {
                    let mut best = f32::NEG_INFINITY;
                    let mut place = (depth.start * height + row.start) * width + column.start;
                    for (z, y) in depth
                        .indices()
                        .flat_map(|z| row.indices().map(move |y| (z, y)))
                    {
                        for at in column.indices().map(|x| (z * height + y) * width + x) {
                            if plane[at] > best || plane[at].is_nan() {
                                (best, place) = (plane[at], at);
                            }
                        }
                    }
                    values.push(best);
                    places.push(place as i64);
                }
            }
        }
        (values, places)
    }

    fn check(input: [usize; 3], geometry: Option<[[usize; 3]; 4]>, output: [usize; 3]) {
        let windows = match geometry {
            Some([kernel, stride, padding, dilation]) => Windows::Sliding(PoolGeometry {
                kernel,
                stride,
                padding,
                dilation,
                ceil_mode: false,
            }),
            None => Windows::Adaptive,
        };
        let shape = PoolShape {
            planes: 2,
            input,
            output,
            windows,
        };
        let [before, after] = [input, output].map(|sizes| 2 * sizes.iter().product::<usize>());
        let x: Vec<f32> = (0..before).map(number).collect();
        let (values, places) = plain(&x, &shape);
        let x = Array::from_slice(&x, &[before]).unwrap();
        let mut out = Array::from_slice(&vec![0.0f32; after], &[after]).unwrap();
        let (mut alone, mut indices) = (
            Array::from_slice(&vec![0.0f32; after], &[after]).unwrap(),
            Array::from_slice(&vec![0i64; after], &[after]).unwrap(),
        );
        max_pool(&shape, &x, &mut out, Some(&mut indices));
        max_pool(&shape, &x, &mut alone, None);
        assert_eq!(indices.dense_slice::<i64>(), places);
        for out in [&out, &alone] {
            let pairs = out.dense_slice::<f32>().iter().zip(&values);
            assert!(
                pairs
                    .into_iter()
                    .all(|(a, b)| a == b || (a.is_nan() && b.is_nan()))
            );
        }
    }

    #[test]
    fn maxima_and_their_places_are_those_of_the_definition() {
        let one = [1; 3];
        let none = [0; 3];
        check(
            [1, 1, 1301],
            Some([[1, 1, 2], [1, 1, 1], none, one]),
            [1, 1, 1300],
        );
        check(
            [1, 1, 1301],
            Some([[1, 1, 2], [1, 1, 2], none, one]),
            [1, 1, 650],
        );
        check(
            [1, 9, 40],
            Some([[1, 3, 3], [1, 2, 2], [0, 1, 1], one]),
            [1, 5, 20],
        );
        check(
            [1, 9, 41],
            Some([[1, 2, 3], [1, 1, 3], [0, 1, 1], [1, 2, 2]]),
            [1, 9, 13],
        );
        check(
            [3, 4, 50],
            Some([[2, 2, 2], [1, 2, 5], none, one]),
            [2, 2, 10],
        );
        check(
            [2, 5, 5],
            Some([[2, 3, 3], [1, 1, 1], [1, 1, 1], one]),
            [3, 5, 5],
        );
        check([1, 30, 33], None, [1, 4, 7]);
        check([2, 3, 40], None, [3, 2, 11]);
    }
}

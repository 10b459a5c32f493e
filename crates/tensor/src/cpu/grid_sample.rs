//! Samples at the places of a grid: some places at a time, the inputs that make up each of them, their
//! taps, are found once, and then serve all channels.

use super::number::Real;
use super::parallel::{DisjointMut, for_each_chunk};
use super::simd::{Level, Simd, Task};
use super::tiles::{Float, constant};
use crate::ops::grid_sample::{
    GRID_SAMPLE_CUBIC, GridSampleMode, GridSampleOptions, GridSamplePadding,
};
use crate::{Array, DType};
use std::ops::Range;

/// Places whose taps are found at once.
const PLACES: usize = 128;
/// Channels whose gradients are added up with the taps of a place.
const CHANNELS: usize = 8;
/// Spatial dimensions, at most.
const SPATIAL: usize = 3;
/// Taps along a dimension, at most.
const TAPS: usize = 4;
/// Products that are worth a thread's attention.
const GRAIN: usize = 1 << 14;

/// Samples `x` `[n, c, ..]` at the places of `grid`; both are contiguous.
pub(crate) fn grid_sample(options: GridSampleOptions, x: &Array, grid: &Array, out: &mut Array) {
    match x.dtype() {
        DType::F32 => Sampler::<f32>::new(options, x, grid).sample(out),
        _ => Sampler::<f64>::new(options, x, grid).sample(out),
    }
}

/// Adds up the gradients by `x` and by `grid`, which are zeros before.
pub(crate) fn grid_sample_backward(
    options: GridSampleOptions,
    [x, grid, g]: [&Array; 3],
    [dx, dgrid]: &mut [Array; 2],
) {
    match x.dtype() {
        DType::F32 => Sampler::<f32>::new(options, x, grid).gradients(g, dx, dgrid),
        _ => Sampler::<f64>::new(options, x, grid).gradients(g, dx, dgrid),
    }
}

struct Sampler<'a, C> {
    options: GridSampleOptions,
    x: &'a [C],
    grid: &'a [C],
    channels: usize,
    /// Sizes of the input, and how many of them there are.
    sizes: [usize; SPATIAL],
    spatial: usize,
    /// Elements of an input's channel, and of an output's.
    plane: usize,
    places: usize,
}

impl<'a, C: Float> Sampler<'a, C> {
    fn new(options: GridSampleOptions, x: &'a Array, grid: &'a Array) -> Self {
        let shape = x.shape();
        let spatial = shape.len() - 2;
        let mut sizes = [1; SPATIAL];
        sizes[..spatial].copy_from_slice(&shape[2..]);
        Sampler {
            options,
            x: x.dense_slice(),
            grid: grid.dense_slice(),
            channels: shape[1],
            sizes,
            spatial,
            plane: shape[2..].iter().product(),
            places: grid.shape()[1..=spatial].iter().product(),
        }
    }

    /// How many inputs make up an output.
    fn taps(&self) -> usize {
        taps_of(self.options.mode).pow(self.spatial as u32)
    }

    /// Calls `f` with the image and the range of its places, for all of them, and working memory.
    fn for_each_places(&self, f: impl Fn(usize, Range<usize>, &mut Taps<C>) + Sync) {
        let parts = self.places.div_ceil(PLACES);
        let images = self.grid.len() / (self.places * self.spatial);
        let work = PLACES * self.channels * self.taps();
        for_each_chunk(images * parts, (GRAIN / work).max(1), |chunk| {
            let mut taps = Taps::new(self.taps(), self.spatial);
            for number in chunk {
                let start = number % parts * PLACES;
                let places = start..self.places.min(start + PLACES);
                f(number / parts, places, &mut taps);
            }
        });
    }

    fn sample(&self, out: &mut Array) {
        let level = Level::current();
        let out = DisjointMut::new(out.dense_slice_mut::<C>());
        self.for_each_places(|image, places, taps| {
            self.find(image, places.clone(), false, taps, level);
            for channel in image * self.channels..(image + 1) * self.channels {
                let plane = &self.x[channel * self.plane..(channel + 1) * self.plane];
                let start = channel * self.places;
                // SAFETY: each part of a channel is written once.
                let out = unsafe { out.slice(start + places.start..start + places.end) };
                level.run_up_to_avx2(Sum { taps, plane, out });
            }
        });
    }

    fn gradients(&self, g: &Array, dx: &mut Array, dgrid: &mut Array) {
        let (g, level) = (g.dense_slice::<C>(), Level::current());
        let planes = DisjointMut::new(dx.dense_slice_mut::<C>());
        let groups = self.channels.div_ceil(CHANNELS);
        let images = self.grid.len() / (self.places * self.spatial);
        for_each_chunk(images * groups, 1, |chunk| {
            let mut taps = Taps::new(self.taps(), self.spatial);
            for number in chunk {
                let (image, group) = (number / groups, number % groups * CHANNELS);
                for start in (0..self.places).step_by(PLACES) {
                    let places = start..self.places.min(start + PLACES);
                    self.find(image, places.clone(), false, &mut taps, level);
                    for channel in group..self.channels.min(group + CHANNELS) {
                        let channel = image * self.channels + channel;
                        let plane = channel * self.plane..(channel + 1) * self.plane;
                        // SAFETY: a channel belongs to one group, and ranges are taken in turn.
                        let plane = unsafe { planes.slice(plane) };
                        let g = &g[channel * self.places..][places.clone()];
                        level.run_up_to_avx2(Scatter {
                            taps: &taps,
                            g,
                            plane,
                        });
                    }
                }
            }
        });
        if self.options.mode == GridSampleMode::Nearest {
            return;
        }
        let coordinates = DisjointMut::new(dgrid.dense_slice_mut::<C>());
        self.for_each_places(|image, places, taps| {
            self.find(image, places.clone(), true, taps, level);
            let mut sums = [[constant::<C>(0.0); PLACES]; SPATIAL];
            for channel in image * self.channels..(image + 1) * self.channels {
                let plane = &self.x[channel * self.plane..(channel + 1) * self.plane];
                let g = &g[channel * self.places..][places.clone()];
                let sums = &mut sums[..self.spatial];
                level.run_up_to_avx2(Slope {
                    taps,
                    plane,
                    g,
                    sums,
                });
            }
            let start = image * self.places;
            let own = (start + places.start) * self.spatial..(start + places.end) * self.spatial;
            // SAFETY: the places of each image are visited once.
            let own = unsafe { coordinates.slice(own) };
            for (place, to) in own.chunks_exact_mut(self.spatial).enumerate() {
                for (to, sums) in to.iter_mut().rev().zip(&sums) {
                    *to = sums[place];
                }
            }
        });
    }

    /// Finds the taps of some places of an image, with their slopes if asked to.
    fn find(
        &self,
        image: usize,
        places: Range<usize>,
        with_slopes: bool,
        taps: &mut Taps<C>,
        level: Level,
    ) {
        let start = image * self.places;
        let grid = (start + places.start) * self.spatial..(start + places.end) * self.spatial;
        level.run_up_to_avx2(Find {
            options: self.options,
            grid: &self.grid[grid],
            sizes: &self.sizes[..self.spatial],
            with_slopes,
            taps,
        });
    }
}

fn taps_of(mode: GridSampleMode) -> usize {
    match mode {
        GridSampleMode::Bilinear => 2,
        GridSampleMode::Nearest => 1,
        GridSampleMode::Bicubic => TAPS,
    }
}

/// A number for each of some places.
type Lane<T> = [T; PLACES];

/// The taps of some places.
struct Taps<C> {
    /// Along each dimension.
    lines: Vec<Line<C>>,
    /// Where each tap lies in a plane, or -1 outside.
    at: Vec<Lane<isize>>,
    weights: Vec<Lane<C>>,
    /// The derivatives of all weights by each coordinate.
    slopes: Vec<Vec<Lane<C>>>,
}

/// The taps along a dimension.
struct Line<C> {
    at: [Lane<isize>; TAPS],
    weights: [Lane<C>; TAPS],
    slopes: [Lane<C>; TAPS],
}

impl<C: Float> Taps<C> {
    fn new(count: usize, spatial: usize) -> Self {
        let zeros = [constant::<C>(0.0); PLACES];
        let line = || Line {
            at: [[-1; PLACES]; TAPS],
            weights: [zeros; TAPS],
            slopes: [zeros; TAPS],
        };
        Taps {
            lines: (0..spatial).map(|_| line()).collect(),
            at: vec![[-1; PLACES]; count],
            weights: vec![zeros; count],
            slopes: vec![vec![zeros; count]; spatial],
        }
    }
}

/// Finds taps: first along each dimension, then all combinations.
struct Find<'a, C> {
    options: GridSampleOptions,
    /// The coordinates of the places.
    grid: &'a [C],
    sizes: &'a [usize],
    with_slopes: bool,
    taps: &'a mut Taps<C>,
}

impl<C: Float> Task for Find<'_, C> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let Find { sizes, taps, .. } = self;
        let spatial = sizes.len();
        for (dim, (line, &size)) in taps.lines.iter_mut().zip(sizes).enumerate() {
            let axis = Axis::new(self.options, size);
            let coordinates = self.grid.iter().skip(spatial - 1 - dim).step_by(spatial);
            for (place, &coordinate) in coordinates.enumerate() {
                axis.place(coordinate, line, place);
            }
        }
        let each = taps_of(self.options.mode);
        for number in 0..taps.at.len() {
            let tap = |dim: usize| number / each.pow(dim as u32) % each;
            let (at, weights) = (&mut taps.at[number], &mut taps.weights[number]);
            *at = taps.lines[0].at[tap(0)];
            *weights = taps.lines[0].weights[tap(0)];
            for dim in 1..spatial {
                let line = &taps.lines[dim];
                let (own_at, own_weights) = (&line.at[tap(dim)], &line.weights[tap(dim)]);
                for place in 0..PLACES {
                    let inside = at[place] >= 0 && own_at[place] >= 0;
                    let flat = at[place] * sizes[dim] as isize + own_at[place];
                    at[place] = if inside { flat } else { -1 };
                    weights[place] = weights[place] * own_weights[place];
                }
            }
            if !self.with_slopes {
                continue;
            }
            for (dim, slopes) in taps.slopes.iter_mut().enumerate() {
                let slopes = &mut slopes[number];
                *slopes = taps.lines[dim].slopes[tap(dim)];
                for other in (0..spatial).filter(|&other| other != dim) {
                    let weights = &taps.lines[other].weights[tap(other)];
                    for (slope, &weight) in slopes.iter_mut().zip(weights) {
                        *slope = *slope * weight;
                    }
                }
            }
        }
    }
}

/// A dimension of the input.
struct Axis<C> {
    options: GridSampleOptions,
    size: C,
    last: C,
    /// Elements per unit of a coordinate.
    scale: C,
    /// Where mirrors stand: the first one, and how far the other is from it.
    low: C,
    span: C,
}

impl<C: Float> Axis<C> {
    #[inline(always)]
    fn new(options: GridSampleOptions, size: usize) -> Self {
        let count = size as f64;
        let (low, span) = match options.align_corners {
            true => (0.0, count - 1.0),
            false => (-0.5, count),
        };
        let scale = 0.5
            * if options.align_corners {
                count - 1.0
            } else {
                count
            };
        let [size, last, scale, low, span] = [count, count - 1.0, scale, low, span].map(constant);
        Axis {
            options,
            size,
            last,
            scale,
            low,
            span,
        }
    }

    /// Writes the taps of one place.
    #[inline(always)]
    fn place(&self, coordinate: C, line: &mut Line<C>, place: usize) {
        let one = constant::<C>(1.0);
        let x = match self.options.align_corners {
            true => (coordinate + one) * self.scale,
            false => ((coordinate + one) * self.size - one) * constant(0.5),
        };
        let mut tap = |number: usize, at: C, weight: C, slope: C| {
            let zero = constant::<C>(0.0);
            let is_inside = at >= zero && at <= self.last;
            line.at[number][place] = if is_inside {
                Real::to_f64(at) as isize
            } else {
                -1
            };
            line.weights[number][place] = if is_inside { weight } else { zero };
            line.slopes[number][place] = if is_inside { slope } else { zero };
        };
        match self.options.mode {
            GridSampleMode::Bilinear => {
                let (x, slope) = self.padded(x);
                let before = num_traits::Float::floor(x);
                let rest = x - before;
                let slope = slope * self.scale;
                tap(0, before, one - rest, -slope);
                tap(1, before + one, rest, slope);
            }
            GridSampleMode::Nearest => {
                let (x, _) = self.padded(x);
                tap(0, nearest(x), one, constant(0.0));
            }
            GridSampleMode::Bicubic => {
                let before = num_traits::Float::floor(x);
                let rest = x - before;
                let distances = [one + rest, rest, one - rest, one + one - rest];
                for (number, distance) in distances.into_iter().enumerate() {
                    let shift = constant::<C>(number as f64 - 1.0);
                    let (at, _) = self.padded(before + shift);
                    let (weight, slope) = cubic(distance, number == 1 || number == 2);
                    let slope = if number < 2 { slope } else { -slope };
                    tap(number, at, weight, slope * self.scale);
                }
            }
        }
    }

    /// A position brought back inside, as the padding says, and how that moves with it: not at all at
    /// the border, and against it where it was mirrored an odd number of times.
    #[inline(always)]
    fn padded(&self, x: C) -> (C, C) {
        let (zero, one) = (constant::<C>(0.0), constant::<C>(1.0));
        let (x, slope) = match self.options.padding_mode {
            GridSamplePadding::Zeros => return (x, one),
            GridSamplePadding::Border => (x, one),
            GridSamplePadding::Reflection => self.reflected(x),
        };
        if x > zero && x < self.last {
            (x, slope)
        } else if x >= self.last {
            (self.last, zero)
        } else if x <= zero {
            (zero, zero)
        } else {
            (x, zero)
        }
    }

    #[inline(always)]
    fn reflected(&self, x: C) -> (C, C) {
        let (zero, one, two) = (constant::<C>(0.0), constant::<C>(1.0), constant::<C>(2.0));
        if self.span == zero {
            return (zero, zero);
        }
        let from_low = x - self.low;
        let distance = num_traits::Float::abs(from_low);
        let flips = num_traits::Float::floor(distance / self.span);
        let rest = distance % self.span;
        let is_even = flips % two == zero;
        let sign = if from_low < zero { -one } else { one };
        match is_even {
            true => (rest + self.low, sign),
            false => (self.span - rest + self.low, -sign),
        }
    }
}

/// The nearest whole number, the even one of two.
#[inline(always)]
fn nearest<C: Float>(x: C) -> C {
    let (half, one) = (constant::<C>(0.5), constant::<C>(1.0));
    let below = num_traits::Float::floor(x);
    let rest = x - below;
    let is_odd = num_traits::Float::floor(below * half) != below * half;
    if rest > half || (rest == half && is_odd) {
        below + one
    } else {
        below
    }
}

/// The convolution kernel of Keys 1981 and its derivative at distances up to one, or from one to two.
#[inline(always)]
fn cubic<C: Float>(x: C, is_near: bool) -> (C, C) {
    let a = GRID_SAMPLE_CUBIC;
    let number = constant::<C>;
    if is_near {
        let (high, low) = (number(a + 2.0), number(a + 3.0));
        let value = ((x * high - low) * x) * x + number(1.0);
        (value, (x * high * number(3.0) - low * number(2.0)) * x)
    } else {
        let value = (((x - number(5.0)) * x + number(8.0)) * x - number(4.0)) * number(a);
        let slope = ((x * number(3.0) - number(10.0)) * x + number(8.0)) * number(a);
        (value, slope)
    }
}

/// The element that a tap names; outside of the plane it is zero.
#[inline(always)]
fn value<C: Float>(plane: &[C], at: isize) -> C {
    // What is negative is beyond every plane.
    plane.get(at as usize).copied().unwrap_or(constant(0.0))
}

/// Adds up the taps of each place.
struct Sum<'a, C> {
    taps: &'a Taps<C>,
    plane: &'a [C],
    out: &'a mut [C],
}

impl<C: Float> Task for Sum<'_, C> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let Sum { taps, plane, out } = self;
        let (fours, ones) = taps.at.as_chunks::<4>();
        let (four_weights, one_weights) = taps.weights.as_chunks::<4>();
        out.fill(constant(0.0));
        for (at, weights) in fours.iter().zip(four_weights) {
            for (place, sum) in out.iter_mut().enumerate() {
                let term = |tap: usize| value(plane, at[tap][place]) * weights[tap][place];
                *sum = *sum + ((term(0) + term(1)) + (term(2) + term(3)));
            }
        }
        for (at, weights) in ones.iter().zip(one_weights) {
            for (place, sum) in out.iter_mut().enumerate() {
                *sum = *sum + value(plane, at[place]) * weights[place];
            }
        }
    }
}

/// Adds the gradients of some places to those of their taps.
struct Scatter<'a, C> {
    taps: &'a Taps<C>,
    g: &'a [C],
    plane: &'a mut [C],
}

impl<C: Float> Task for Scatter<'_, C> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        for (at, weights) in self.taps.at.iter().zip(&self.taps.weights) {
            for ((&g, &at), &weight) in self.g.iter().zip(at).zip(weights) {
                if let Some(sum) = self.plane.get_mut(at as usize) {
                    *sum = *sum + g * weight;
                }
            }
        }
    }
}

/// Adds up the gradients by the coordinates of some places.
struct Slope<'a, C> {
    taps: &'a Taps<C>,
    plane: &'a [C],
    g: &'a [C],
    sums: &'a mut [Lane<C>],
}

impl<C: Float> Task for Slope<'_, C> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let Slope {
            taps,
            plane,
            g,
            sums,
        } = self;
        for (number, at) in taps.at.iter().enumerate() {
            for (place, &g) in g.iter().enumerate() {
                let along = g * value(plane, at[place]);
                for (sums, slopes) in sums.iter_mut().zip(&taps.slopes) {
                    sums[place] = sums[place] + along * slopes[number][place];
                }
            }
        }
    }
}

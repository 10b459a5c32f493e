//! Samples at the places of a grid: the inputs that make up each of some places, their taps, are found
//! first. Channels come last in all arrays, so that a tap is a run of them.

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
/// Channels whose gradients a thread adds up.
const CHANNELS: usize = 8;
/// Spatial dimensions, at most.
const SPATIAL: usize = 3;
/// Taps along a dimension, at most.
const TAPS: usize = 4;
/// Partial sums over channels.
const LANES: usize = 8;
/// Products that are worth a thread's attention.
const GRAIN: usize = 1 << 14;

/// Samples `x` `[n, .., c]` at the places of `grid`; both are contiguous.
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
    /// Elements of an image, and places where it is sampled.
    plane: usize,
    places: usize,
}

impl<'a, C: Float> Sampler<'a, C> {
    fn new(options: GridSampleOptions, x: &'a Array, grid: &'a Array) -> Self {
        let shape = x.shape();
        let spatial = shape.len() - 2;
        let mut sizes = [1; SPATIAL];
        sizes[..spatial].copy_from_slice(&shape[1..=spatial]);
        Sampler {
            options,
            x: x.dense_slice(),
            grid: grid.dense_slice(),
            channels: shape[spatial + 1],
            sizes,
            spatial,
            plane: shape[1..].iter().product(),
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

    fn image(&self, number: usize) -> &'a [C] {
        &self.x[number * self.plane..(number + 1) * self.plane]
    }

    /// The channels of some places of an image, in arrays of outputs.
    fn outputs(&self, image: usize, places: &Range<usize>) -> Range<usize> {
        let start = image * self.places;
        (start + places.start) * self.channels..(start + places.end) * self.channels
    }

    fn sample(&self, out: &mut Array) {
        let level = Level::current();
        let out = DisjointMut::new(out.dense_slice_mut::<C>());
        self.for_each_places(|image, places, taps| {
            self.find(image, places.clone(), false, taps, level);
            // SAFETY: the places of each image are visited once.
            let out = unsafe { out.slice(self.outputs(image, &places)) };
            level.run(Sum {
                taps,
                image: self.image(image),
                channels: self.channels,
                out,
            });
        });
    }

    fn gradients(&self, g: &Array, dx: &mut Array, dgrid: &mut Array) {
        let (g, level) = (g.dense_slice::<C>(), Level::current());
        let sums = DisjointMut::new(dx.dense_slice_mut::<C>());
        let groups = self.channels.div_ceil(CHANNELS);
        let images = self.grid.len() / (self.places * self.spatial);
        for_each_chunk(images * groups, 1, |chunk| {
            let mut taps = Taps::new(self.taps(), self.spatial);
            for number in chunk {
                let (image, first) = (number / groups, number % groups * CHANNELS);
                for start in (0..self.places).step_by(PLACES) {
                    let places = start..self.places.min(start + PLACES);
                    self.find(image, places.clone(), false, &mut taps, level);
                    level.run(Scatter {
                        taps: &taps,
                        g: &g[self.outputs(image, &places)],
                        channels: self.channels,
                        own: first..self.channels.min(first + CHANNELS),
                        start: image * self.plane,
                        sums: &sums,
                    });
                }
            }
        });
        if self.options.mode == GridSampleMode::Nearest {
            return;
        }
        let coordinates = DisjointMut::new(dgrid.dense_slice_mut::<C>());
        self.for_each_places(|image, places, taps| {
            self.find(image, places.clone(), true, taps, level);
            let start = image * self.places;
            let own = (start + places.start) * self.spatial..(start + places.end) * self.spatial;
            level.run(Slope {
                taps,
                image: self.image(image),
                channels: self.channels,
                g: &g[self.outputs(image, &places)],
                // SAFETY: the places of each image are visited once.
                out: unsafe { coordinates.slice(own) },
            });
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
        level.run(Find {
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
            let mut coordinates = [constant::<C>(0.0); PLACES];
            let own = self.grid.iter().skip(spatial - 1 - dim).step_by(spatial);
            for (to, &coordinate) in coordinates.iter_mut().zip(own) {
                *to = coordinate;
            }
            Axis::new(self.options, size).find(&coordinates, line);
        }
        let each = taps_of(self.options.mode);
        for number in 0..taps.at.len() {
            let tap = |dim: usize| number / each.pow(dim as u32) % each;
            let (at, weights) = (&mut taps.at[number], &mut taps.weights[number]);
            *at = taps.lines[0].at[tap(0)];
            *weights = taps.lines[0].weights[tap(0)];
            for (dim, (line, &size)) in taps.lines.iter().zip(sizes).enumerate().skip(1) {
                let (own_at, own_weights) = (&line.at[tap(dim)], &line.weights[tap(dim)]);
                for place in 0..PLACES {
                    let inside = at[place] >= 0 && own_at[place] >= 0;
                    let flat = at[place] * size as isize + own_at[place];
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

    /// Writes the taps of places with the given coordinates.
    #[inline(always)]
    fn find(&self, coordinates: &Lane<C>, line: &mut Line<C>) {
        let (zero, one, half) = (constant::<C>(0.0), constant::<C>(1.0), constant(0.5));
        let mut x = *coordinates;
        for x in &mut x {
            *x = match self.options.align_corners {
                true => (*x + one) * self.scale,
                false => ((*x + one) * self.size - one) * half,
            };
        }
        // What moves a position stands outside of the loops, which so become vector code.
        match self.options.padding_mode {
            GridSamplePadding::Zeros => self.find_padded(&x, line, |x| (x, one)),
            GridSamplePadding::Border => self.find_padded(&x, line, |x| self.clamped(x, one)),
            GridSamplePadding::Reflection if self.span == zero => {
                self.find_padded(&x, line, |_| (zero, zero));
            }
            GridSamplePadding::Reflection => self.find_padded(&x, line, |x| {
                let (x, slope) = self.reflected(x);
                self.clamped(x, slope)
            }),
        }
    }

    /// Writes the taps of places at `x`, which `padded` brings back inside, saying how they then move.
    #[inline(always)]
    fn find_padded(&self, x: &Lane<C>, line: &mut Line<C>, padded: impl Fn(C) -> (C, C)) {
        let one = constant::<C>(1.0);
        match self.options.mode {
            GridSampleMode::Bilinear => {
                for (place, &x) in x.iter().enumerate() {
                    let (x, slope) = padded(x);
                    let before = num_traits::Float::floor(x);
                    let rest = x - before;
                    let slope = slope * self.scale;
                    self.tap(line, 0, place, before, [one - rest, -slope]);
                    self.tap(line, 1, place, before + one, [rest, slope]);
                }
            }
            GridSampleMode::Nearest => {
                for (place, &x) in x.iter().enumerate() {
                    let at = padded(x).0.round_ties_even();
                    self.tap(line, 0, place, at, [one, constant(0.0)]);
                }
            }
            GridSampleMode::Bicubic => {
                for (place, &x) in x.iter().enumerate() {
                    let before = num_traits::Float::floor(x);
                    let rest = x - before;
                    let distances = [one + rest, rest, one - rest, one + one - rest];
                    for (number, distance) in distances.into_iter().enumerate() {
                        let at = padded(before + constant(number as f64 - 1.0)).0;
                        let (weight, slope) = cubic(distance, number == 1 || number == 2);
                        let slope = if number < 2 { slope } else { -slope };
                        self.tap(line, number, place, at, [weight, slope * self.scale]);
                    }
                }
            }
        }
    }

    /// Writes a tap; outside it has no weight.
    #[inline(always)]
    fn tap(&self, line: &mut Line<C>, number: usize, place: usize, at: C, [weight, slope]: [C; 2]) {
        let zero = constant::<C>(0.0);
        let is_inside = at >= zero && at <= self.last;
        line.at[number][place] = if is_inside {
            Real::to_f64(at) as isize
        } else {
            -1
        };
        line.weights[number][place] = if is_inside { weight } else { zero };
        line.slopes[number][place] = if is_inside { slope } else { zero };
    }

    /// A position moved to the border where it is beyond, which it does not leave then.
    #[inline(always)]
    fn clamped(&self, x: C, slope: C) -> (C, C) {
        let zero = constant::<C>(0.0);
        let is_inside = x > zero && x < self.last;
        let x = if x > self.last { self.last } else { x };
        let x = if x < zero { zero } else { x };
        (x, if is_inside { slope } else { zero })
    }

    /// A mirrored position, and whether it moves with or against the original.
    #[inline(always)]
    fn reflected(&self, x: C) -> (C, C) {
        let (zero, one, half) = (constant::<C>(0.0), constant::<C>(1.0), constant::<C>(0.5));
        let from_low = x - self.low;
        let distance = num_traits::Float::abs(from_low);
        let flips = num_traits::Float::floor(distance / self.span);
        let rest = distance - flips * self.span;
        let is_even = num_traits::Float::floor(flips * half) == flips * half;
        let sign = if from_low < zero { -one } else { one };
        let rest = if is_even { rest } else { self.span - rest };
        (rest + self.low, if is_even { sign } else { -sign })
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

/// The channels that a tap names, unless it is outside.
#[inline(always)]
fn run_at(at: isize, channels: usize) -> Option<Range<usize>> {
    let start = usize::try_from(at).ok()? * channels;
    Some(start..start + channels)
}

/// Adds up the taps of each place.
struct Sum<'a, C> {
    taps: &'a Taps<C>,
    image: &'a [C],
    channels: usize,
    out: &'a mut [C],
}

impl<C: Float> Task for Sum<'_, C> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let Sum {
            taps,
            image,
            channels,
            ..
        } = self;
        let outs = self.out.chunks_exact_mut(channels).enumerate();
        let (fours, _) = taps.at.as_chunks::<4>();
        let (weights, _) = taps.weights.as_chunks::<4>();
        for (place, out) in outs {
            let mut is_new = true;
            for (at, weights) in fours.iter().zip(weights) {
                let weights = weights.each_ref().map(|weights| weights[place]);
                let at = at.each_ref().map(|at| at[place]);
                if at.iter().all(|&at| at >= 0) {
                    let runs = at.map(|at| &image[at as usize * channels..][..channels]);
                    add_four(out, runs, weights, is_new);
                } else {
                    add_inside(out, image, &at, &weights, is_new);
                }
                is_new = false;
            }
            for number in fours.len() * 4..taps.at.len() {
                let at = [taps.at[number][place]];
                add_inside(out, image, &at, &[taps.weights[number][place]], is_new);
                is_new = false;
            }
        }
    }
}

/// Adds four runs to `out`, or stores their sum if it is new.
#[inline(always)]
fn add_four<C: Float>(out: &mut [C], runs: [&[C]; 4], weights: [C; 4], is_new: bool) {
    let sum = |[a, b, c, d]: [C; 4]| {
        (a * weights[0] + b * weights[1]) + (c * weights[2] + d * weights[3])
    };
    let (whole, rest) = out.as_chunks_mut::<LANES>();
    let skipped = whole.len() * LANES;
    let chunks = runs.map(|run| run.as_chunks::<LANES>().0);
    for (number, out) in whole.iter_mut().enumerate() {
        let runs = chunks.map(|chunks| &chunks[number]);
        for lane in 0..LANES {
            let sum = sum(runs.map(|run| run[lane]));
            out[lane] = if is_new { sum } else { out[lane] + sum };
        }
    }
    for (place, out) in (skipped..).zip(rest) {
        let sum = sum(runs.map(|run| run[place]));
        *out = if is_new { sum } else { *out + sum };
    }
}

/// `out += weight * run`.
#[inline(always)]
fn add_run<C: Float>(out: &mut [C], run: &[C], weight: C) {
    let (outs, out_rest) = out.as_chunks_mut::<LANES>();
    let (runs, run_rest) = run.as_chunks::<LANES>();
    for (out, run) in outs.iter_mut().zip(runs) {
        for lane in 0..LANES {
            out[lane] = out[lane] + run[lane] * weight;
        }
    }
    for (out, &x) in out_rest.iter_mut().zip(run_rest) {
        *out = *out + x * weight;
    }
}

/// Adds the runs that are inside to `out`, or stores their sum if it is new.
#[inline(always)]
fn add_inside<C: Float>(out: &mut [C], image: &[C], at: &[isize], weights: &[C], is_new: bool) {
    if is_new {
        out.fill(constant(0.0));
    }
    for (&at, &weight) in at.iter().zip(weights) {
        if let Some(run) = run_at(at, out.len()) {
            add_run(out, &image[run], weight);
        }
    }
}

/// Adds the gradients of some places to those of their taps, of some channels.
struct Scatter<'a, C> {
    taps: &'a Taps<C>,
    g: &'a [C],
    channels: usize,
    own: Range<usize>,
    /// Where the image begins.
    start: usize,
    sums: &'a DisjointMut<'a, C>,
}

impl<C: Float> Task for Scatter<'_, C> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        for (place, g) in self.g.chunks_exact(self.channels).enumerate() {
            let g = &g[self.own.clone()];
            for (at, weights) in self.taps.at.iter().zip(&self.taps.weights) {
                let Some(run) = run_at(at[place], self.channels) else {
                    continue;
                };
                let first = self.start + run.start + self.own.start;
                // SAFETY: these channels of the image belong to this task, which takes one run at a time.
                let sums = unsafe { self.sums.slice(first..first + g.len()) };
                add_run(sums, g, weights[place]);
            }
        }
    }
}

/// Computes the gradients by the coordinates of some places.
struct Slope<'a, C> {
    taps: &'a Taps<C>,
    image: &'a [C],
    channels: usize,
    g: &'a [C],
    out: &'a mut [C],
}

impl<C: Float> Task for Slope<'_, C> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let Slope { taps, image, .. } = self;
        let spatial = taps.slopes.len();
        let places = self.out.chunks_exact_mut(spatial);
        let places = places.zip(self.g.chunks_exact(self.channels));
        for (place, (out, g)) in places.enumerate() {
            let mut sums = [constant::<C>(0.0); SPATIAL];
            for (number, at) in taps.at.iter().enumerate() {
                let Some(run) = run_at(at[place], self.channels) else {
                    continue;
                };
                let along = dot(g, &image[run]);
                for (sum, slopes) in sums.iter_mut().zip(&taps.slopes) {
                    *sum = *sum + along * slopes[number][place];
                }
            }
            // The coordinate of the last dimension comes first.
            for (out, sum) in out.iter_mut().rev().zip(sums) {
                *out = sum;
            }
        }
    }
}

/// The sum of products.
#[inline(always)]
fn dot<C: Float>(x: &[C], y: &[C]) -> C {
    let (x_runs, x_rest) = x.as_chunks::<LANES>();
    let (y_runs, y_rest) = y.as_chunks::<LANES>();
    let mut sums = [constant::<C>(0.0); LANES];
    for (x, y) in x_runs.iter().zip(y_runs) {
        for lane in 0..LANES {
            sums[lane] = sums[lane] + x[lane] * y[lane];
        }
    }
    let rest = x_rest.iter().zip(y_rest).map(|(&x, &y)| x * y);
    rest.chain(sums).fold(constant(0.0), |sum, x| sum + x)
}

//! The steps of the convolution, each over a part of its tiles and channels.

use std::marker::PhantomData;
use std::ops::Range;

use super::Taps;
use super::sizes::Sizes;
use super::transform::{Filter, FilterGradient, Input, Line, Output, OutputGradient, square};
use crate::cpu::conv::pixels::{from_planes, to_planes};
use crate::cpu::finish::Tail;
use crate::cpu::simd::{MOST_LANES, Simd, Task, Vector};

/// Taps of a kernel.
pub(super) const TAPS: usize = 9;

/// Transforms planes, tile by tile: `tiles[product][tile][channel]`.
///
/// `FROM` is a side of the square that a tile reads: the inputs of its outputs, or the gradients of
/// the outputs themselves.
pub(super) struct Spread<'a, L> {
    pub sizes: &'a Sizes,
    pub line: PhantomData<L>,
    /// The group's planes: the first one, their number, height and width, distance between images.
    pub planes: *const f32,
    pub channels: usize,
    pub plane: [usize; 2],
    pub image: usize,
    /// Zeros above and before a plane.
    pub padding: [usize; 2],
    pub rows: Range<usize>,
    /// Vectors of channels.
    pub blocks: Range<usize>,
    /// Where the first row of tiles goes, and distances between tiles and products.
    pub tiles: *mut f32,
    pub tile: usize,
    pub product: usize,
    /// Room for a strip of pixels.
    pub strip: *mut f32,
}

impl<L> Spread<'_, L> {
    #[inline(always)]
    unsafe fn run_squares<V, const FROM: usize, const TO: usize>(self)
    where
        V: Vector<Element = f32>,
        L: Line<FROM, TO>,
    {
        let Self { sizes, strip, .. } = self;
        let [height, width] = self.plane;
        let row_pixels = sizes.across * sizes.side + FROM - sizes.side;
        let row_length = row_pixels * V::LANES;
        // SAFETY: the caller of the task vouches for its pointers.
        unsafe {
            strip.write_bytes(0, FROM * row_length);
            for block in self.blocks {
                let first = block * V::LANES;
                let channels = V::LANES.min(self.channels - first);
                for row in self.rows.clone() {
                    let (image, down) = (row / sizes.down, row % sizes.down);
                    let planes = self.planes.add(image * self.image + first * height * width);
                    // The strip's rows are those from `top - padding` on.
                    let top = down * sizes.side;
                    let above = self.padding[0].saturating_sub(top).min(FROM);
                    let start = top + above - self.padding[0];
                    let end = height
                        .min((top + FROM).saturating_sub(self.padding[0]))
                        .max(start);
                    let below = above + (end - start);
                    strip.write_bytes(0, above * row_length);
                    strip
                        .add(below * row_length)
                        .write_bytes(0, (FROM - below) * row_length);
                    let mut place = strip.add(above * row_length + self.padding[1] * V::LANES);
                    let mut column = 0;
                    let next = || {
                        let here = place;
                        column += 1;
                        place = place.add(V::LANES);
                        if column == width {
                            column = 0;
                            place = place.add(row_length - width * V::LANES);
                        }
                        here
                    };
                    let pixels = (end - start) * width;
                    from_planes::<V>(
                        planes.add(start * width),
                        height * width,
                        channels,
                        pixels,
                        next,
                    );
                    let number = (row - self.rows.start) * sizes.across;
                    for across in 0..sizes.across {
                        let from = strip.add(across * sizes.side * V::LANES);
                        let to = self.tiles.add((number + across) * self.tile + first);
                        square::<V, L, FROM, TO>(
                            |y, x| V::load(from.add(y * row_length + x * V::LANES)),
                            |y, x, value| value.store(to.add((y * TO + x) * self.product)),
                        );
                    }
                }
            }
        }
    }
}

macro_rules! spread {
    ($($line:ty: $($side:literal => $from:literal to $to:literal),*;)*) => {$(
        impl Task for Spread<'_, $line> {
            type Output = ();

            #[inline(always)]
            fn run<S: Simd>(self) {
                // SAFETY: the maker of the task vouches for its pointers, and its level is `S`.
                unsafe {
                    match self.sizes.side {
                        $($side => self.run_squares::<S::F32, $from, $to>(),)*
                        side => unreachable!("tiles of {side}"),
                    }
                }
            }
        }
    )*};
}

spread! {
    Input: 2 => 4 to 4, 4 => 6 to 6;
    OutputGradient: 2 => 2 to 4, 4 => 4 to 6;
}

/// Transforms products to outputs, and adds a bias.
pub(super) struct Gather<'a> {
    pub sizes: &'a Sizes,
    pub rows: Range<usize>,
    pub blocks: Range<usize>,
    /// The products of the first row of tiles, and distances between tiles and products.
    pub tiles: *const f32,
    pub tile: usize,
    pub product: usize,
    /// One addend for each output channel, or null.
    pub bias: *const f32,
    /// What follows.
    pub tail: Tail<'a>,
    /// The group's first plane.
    pub planes: *mut f32,
    pub strip: *mut f32,
}

impl Gather<'_> {
    #[inline(always)]
    unsafe fn run_squares<V, const FROM: usize, const TO: usize>(self)
    where
        V: Vector<Element = f32>,
        Output: Line<FROM, TO>,
    {
        let Self { sizes, strip, .. } = self;
        let [height, width] = sizes.output;
        // SAFETY: the caller of the task vouches for its pointers.
        unsafe {
            for block in self.blocks {
                let first = block * V::LANES;
                let channels = V::LANES.min(sizes.outputs - first);
                let bias = match self.bias.is_null() {
                    true => V::splat(0.0),
                    false => V::load_first(self.bias.add(first), channels),
                };
                for row in self.rows.clone() {
                    let number = (row - self.rows.start) * sizes.across;
                    for across in 0..sizes.across {
                        let from = self.tiles.add((number + across) * self.tile + first);
                        let left = across * sizes.side;
                        square::<V, Output, FROM, TO>(
                            |y, x| V::load(from.add((y * FROM + x) * self.product)),
                            |y, x, value| {
                                if left + x < width {
                                    let to = strip.add((y * width + left + x) * V::LANES);
                                    value.add(bias).store(to);
                                }
                            },
                        );
                    }
                    let (image, down) = (row / sizes.down, row % sizes.down);
                    let top = down * sizes.side;
                    let pixels = (height - top).min(sizes.side) * width;
                    let plane = height * width;
                    let planes = self.planes.add(image * sizes.output_image + first * plane);
                    let planes = planes.add(top * width);
                    to_planes::<V>(strip, V::LANES, pixels, channels, planes, plane);
                    for channel in 0..channels {
                        let outputs = planes.add(channel * plane);
                        self.tail.apply(first + channel, outputs, pixels);
                    }
                }
            }
        }
    }
}

impl Task for Gather<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        // SAFETY: the maker of the task vouches for its pointers, and its level is `S`.
        unsafe {
            match self.sizes.side {
                2 => self.run_squares::<S::F32, 4, 2>(),
                _ => self.run_squares::<S::F32, 6, 4>(),
            }
        }
    }
}

/// Transforms taps: `to[product][panel][input][output of the panel]`.
pub(super) struct TransformTaps<'a> {
    pub sizes: &'a Sizes,
    pub taps: Taps<'a>,
    /// The outputs that `to` has: whole panels, or up to the last.
    pub outputs: Range<usize>,
    /// Vectors of outputs, counted from the first of all.
    pub blocks: Range<usize>,
    pub to: *mut f32,
}

impl TransformTaps<'_> {
    #[inline(always)]
    unsafe fn run_squares<V, const TO: usize>(self)
    where
        V: Vector<Element = f32>,
        Filter: Line<3, TO>,
    {
        let Self { sizes, taps, .. } = self;
        let product = sizes.inputs * self.outputs.len();
        let mut vectors = [0.0; (TAPS + MOST_LANES) * MOST_LANES];
        // SAFETY: the caller of the task vouches for its pointers.
        unsafe {
            for block in self.blocks {
                let first = block * V::LANES;
                let channels = V::LANES.min(sizes.outputs - first);
                let panel = sizes
                    .panels(self.outputs.clone())
                    .find(|panel| panel.contains(&first));
                let panel = panel.unwrap_or(first..first + V::LANES);
                let to = self
                    .to
                    .add((panel.start - self.outputs.start) * sizes.inputs);
                let to = to.add(first - panel.start);
                for input in 0..sizes.inputs {
                    let start = first * taps.output + input * taps.input;
                    copy_taps::<V>(taps, start, channels, &mut vectors);
                    let to = to.add(input * panel.len());
                    square::<V, Filter, 3, TO>(
                        |y, x| {
                            let tap = y * 3 + x;
                            let tap = if taps.is_flipped { TAPS - 1 - tap } else { tap };
                            V::load(vectors.as_ptr().add(tap * V::LANES))
                        },
                        |y, x, value| value.store(to.add((y * TO + x) * product)),
                    );
                }
            }
        }
    }
}

/// Makes a vector of channels for each tap.
#[inline(always)]
unsafe fn copy_taps<V: Vector<Element = f32>>(
    taps: Taps<'_>,
    start: usize,
    channels: usize,
    vectors: &mut [f32; (TAPS + MOST_LANES) * MOST_LANES],
) {
    let last = start + (channels - 1) * taps.output;
    for tap in (0..TAPS).step_by(V::LANES) {
        let is_whole = channels == V::LANES && last + tap + V::LANES <= taps.weight.len();
        // SAFETY: whole squares lie within the weight; the vectors have room for those that begin
        // below `TAPS`.
        unsafe {
            let to = vectors.as_mut_ptr().add(tap * V::LANES);
            if is_whole {
                let from = taps.weight.as_ptr().add(start + tap);
                V::transpose(|i| from.add(i * taps.output), to, V::LANES);
                continue;
            }
            for lane in 0..V::LANES {
                for i in 0..V::LANES.min(TAPS - tap) {
                    *to.add(i * V::LANES + lane) = match lane < channels {
                        true => taps.weight[start + lane * taps.output + tap + i],
                        false => 0.0,
                    };
                }
            }
        }
    }
}

impl Task for TransformTaps<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        // SAFETY: the maker of the task vouches for its pointers, and its level is `S`.
        unsafe {
            match self.sizes.side {
                2 => self.run_squares::<S::F32, 4>(),
                _ => self.run_squares::<S::F32, 6>(),
            }
        }
    }
}

/// Transforms gradients of transformed taps, `from[product][input][output]`, to those of the taps.
pub(super) struct TapGradients<'a> {
    pub sizes: &'a Sizes,
    pub outputs: Range<usize>,
    pub blocks: Range<usize>,
    pub from: *const f32,
    /// The group's gradients.
    pub weight: *mut f32,
}

impl TapGradients<'_> {
    #[inline(always)]
    unsafe fn run_squares<V, const FROM: usize>(self)
    where
        V: Vector<Element = f32>,
        FilterGradient: Line<FROM, 3>,
    {
        let Self { sizes, .. } = self;
        let row = self.outputs.len().next_multiple_of(V::LANES);
        let mut vectors = [0.0; TAPS * MOST_LANES];
        for block in self.blocks {
            let first = block * V::LANES;
            let channels = V::LANES.min(sizes.outputs - first);
            for input in 0..sizes.inputs {
                // SAFETY: the caller of the task vouches for its pointers.
                unsafe {
                    let from = self.from.add(input * row + first - self.outputs.start);
                    let vectors = vectors.as_mut_ptr();
                    square::<V, FilterGradient, FROM, 3>(
                        |y, x| V::load(from.add((y * FROM + x) * sizes.inputs * row)),
                        |y, x, value| value.store(vectors.add((y * 3 + x) * V::LANES)),
                    );
                    for lane in 0..channels {
                        let taps = (first + lane) * sizes.inputs + input;
                        let taps = self.weight.add(taps * TAPS);
                        for tap in 0..TAPS {
                            *taps.add(tap) = *vectors.add(tap * V::LANES + lane);
                        }
                    }
                }
            }
        }
    }
}

impl Task for TapGradients<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        // SAFETY: the maker of the task vouches for its pointers, and its level is `S`.
        unsafe {
            match self.sizes.side {
                2 => self.run_squares::<S::F32, 4>(),
                _ => self.run_squares::<S::F32, 6>(),
            }
        }
    }
}

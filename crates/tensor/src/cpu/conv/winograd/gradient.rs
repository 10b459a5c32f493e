//! Gradients of taps from inputs and gradients of outputs.

use std::marker::PhantomData;
use std::ops::Range;

use super::sizes::Sizes;
use super::steps::{Spread, TapGradients};
use super::transform::{Input, OutputGradient};
use super::{ConvShape, HELD};
use crate::cpu::gemm::{Finish, Kernels, Tile, split, split_evenly};
use crate::cpu::parallel::for_each_chunk;
use crate::cpu::scratch::Scratch;
use crate::cpu::simd::Level;

/// Tiles that are worth a thread's attention to transform.
const SHARED_TILES: usize = 64;
/// Vectors of taps that are.
const SHARED_TAPS: usize = 64;
/// Inputs of a task that multiplies: a number of rows that kernels like.
const TASK_INPUTS: usize = 84;
/// Tiles over which sums run before they are added up.
const DEPTH: usize = 256;

/// Computes the gradients `dw` of the taps of all groups, by tiles of `side` x `side`.
pub(in crate::cpu::conv) fn backward_weight(
    shape: &ConvShape,
    side: usize,
    x: &[f32],
    dy: &[f32],
    dw: &mut [f32],
    level: Level,
) {
    let kernels = Kernels::of(level);
    let sizes = Sizes::new(shape, side, kernels.lanes);
    for group in 0..shape.groups {
        let pass = Gradient {
            x: x[group * sizes.inputs * shape.input_plane()..].as_ptr(),
            dy: dy[group * sizes.outputs * shape.output_plane()..].as_ptr(),
            dw: dw[group * sizes.outputs * shape.patch()..].as_mut_ptr(),
            sizes: &sizes,
            kernels,
            level,
        };
        // SAFETY: the slices hold the group's part of every image, and of the taps.
        unsafe { pass.run() };
    }
}

struct Gradient<'a> {
    sizes: &'a Sizes,
    x: *const f32,
    dy: *const f32,
    dw: *mut f32,
    kernels: &'static Kernels<f32>,
    level: Level,
}

// SAFETY: tasks write disjoint parts of `dw`, and only read the rest.
unsafe impl Sync for Gradient<'_> {}

/// The operands and the result of the products: some rows of tiles, and some outputs.
struct Products<'a> {
    rows: Range<usize>,
    outputs: Range<usize>,
    /// `[product][tile][channel]`
    inputs: &'a Scratch<f32>,
    gradients: &'a Scratch<f32>,
    /// `[product][input][output]`
    taps: &'a Scratch<f32>,
}

// SAFETY: tasks write disjoint parts.
unsafe impl Sync for Products<'_> {}

impl Gradient<'_> {
    unsafe fn run(&self) {
        let sizes = self.sizes;
        let row = sizes.across * sizes.products();
        let most = sizes.input_tile().max(sizes.output_tile());
        let rows = (HELD / (row * most)).clamp(1, sizes.rows);
        let outputs = HELD / (sizes.products() * sizes.inputs) / (2 * sizes.lanes);
        let outputs = (outputs.max(1) * 2 * sizes.lanes).min(sizes.padded_outputs());
        let inputs = Scratch::new(rows * row * sizes.input_tile());
        let gradients = Scratch::new(rows * row * sizes.output_tile());
        let taps = Scratch::new(sizes.products() * sizes.inputs * outputs);
        for outputs in split(0..sizes.padded_outputs(), outputs) {
            let products = |rows| Products {
                rows,
                outputs: outputs.clone(),
                inputs: &inputs,
                gradients: &gradients,
                taps: &taps,
            };
            for rows in split(0..sizes.rows, rows) {
                let products = products(rows.clone());
                // SAFETY: the blocks have room for all that is put there; the caller vouches for
                // the rest.
                unsafe {
                    if outputs.start == 0 || rows.len() < sizes.rows {
                        self.spread_inputs(&products);
                    }
                    self.spread_gradients(&products);
                    self.multiply_all(&products);
                }
            }
            // SAFETY: as above.
            unsafe { self.finish(&products(0..sizes.rows)) };
        }
    }

    /// From gradients of transformed taps to those of taps.
    unsafe fn finish(&self, products: &Products<'_>) {
        let Self { sizes, level, .. } = *self;
        let first = products.outputs.start / sizes.lanes;
        let grain = (SHARED_TAPS / sizes.inputs).max(1);
        for_each_chunk(products.outputs.len() / sizes.lanes, grain, |blocks| {
            level.run(TapGradients {
                sizes,
                outputs: products.outputs.clone(),
                blocks: first + blocks.start..first + blocks.end,
                from: products.taps.as_ptr(),
                weight: self.dw,
            });
        });
    }

    unsafe fn spread_inputs(&self, products: &Products<'_>) {
        let sizes = self.sizes;
        let tile = sizes.input_tile();
        self.share(products, 0..sizes.input_blocks(), |rows, blocks, strip| {
            let first = (rows.start - products.rows.start) * sizes.across;
            self.level.run(Spread {
                sizes,
                line: PhantomData::<Input>,
                planes: self.x,
                channels: sizes.inputs,
                plane: sizes.input,
                image: sizes.input_image,
                padding: sizes.padding,
                rows,
                blocks,
                // SAFETY: the row is one of the tiles'.
                tiles: unsafe { products.inputs.as_ptr().add(first * tile) },
                tile,
                product: products.rows.len() * sizes.across * tile,
                strip: strip.as_ptr(),
            });
        });
    }

    unsafe fn spread_gradients(&self, products: &Products<'_>) {
        let sizes = self.sizes;
        let tile = sizes.output_tile();
        let outputs = &products.outputs;
        let blocks = outputs.start / sizes.lanes..outputs.end / sizes.lanes;
        self.share(products, blocks, |rows, blocks, strip| {
            let first = (rows.start - products.rows.start) * sizes.across;
            self.level.run(Spread {
                sizes,
                line: PhantomData::<OutputGradient>,
                planes: self.dy,
                channels: sizes.outputs,
                plane: sizes.output,
                image: sizes.output_image,
                padding: [0; 2],
                rows,
                blocks,
                // SAFETY: the row is one of the tiles'.
                tiles: unsafe { products.gradients.as_ptr().add(first * tile) },
                tile,
                product: products.rows.len() * sizes.across * tile,
                strip: strip.as_ptr(),
            });
        });
    }

    /// Shares rows of tiles and vectors of channels among threads.
    fn share(
        &self,
        products: &Products<'_>,
        blocks: Range<usize>,
        step: impl Fn(Range<usize>, Range<usize>, &Scratch<f32>) + Sync,
    ) {
        let (sizes, rows) = (self.sizes, products.rows.clone());
        let grain = (SHARED_TILES / sizes.across).max(1);
        for_each_chunk(rows.len() * blocks.len(), grain, |parts| {
            let strip = Scratch::new(sizes.strip() * sizes.lanes);
            for part in parts {
                let row = rows.start + part / blocks.len();
                let block = blocks.start + part % blocks.len();
                step(row..row + 1, block..block + 1, &strip);
            }
        });
    }

    unsafe fn multiply_all(&self, products: &Products<'_>) {
        let sizes = self.sizes;
        let parts = sizes.inputs.div_ceil(TASK_INPUTS);
        for_each_chunk(sizes.products() * parts, 1, |tasks| {
            for task in tasks {
                let start = task % parts * TASK_INPUTS;
                let inputs = start..sizes.inputs.min(start + TASK_INPUTS);
                // SAFETY: the caller vouches for the products.
                unsafe { self.multiply(products, task / parts, inputs) };
            }
        });
    }

    /// One of the products, for some inputs.
    unsafe fn multiply(&self, products: &Products<'_>, product: usize, inputs: Range<usize>) {
        let Self { sizes, kernels, .. } = *self;
        let (input_tile, output_tile) = (sizes.input_tile(), sizes.output_tile());
        let count = products.rows.len() * sizes.across;
        let outputs = products.outputs.len();
        for tiles in split(0..count, DEPTH) {
            let first = product * count + tiles.start;
            for panel in sizes.panels(products.outputs.clone()) {
                for inputs in split_evenly(inputs.clone(), kernels.rows()) {
                    let row = (product * sizes.inputs + inputs.start) * outputs;
                    let place = row + panel.start - products.outputs.start;
                    // SAFETY: the caller vouches for the products.
                    unsafe {
                        kernels.multiply_strided(&Tile {
                            rows: inputs.len(),
                            columns: panel.len(),
                            depth: tiles.len(),
                            a: products
                                .inputs
                                .as_ptr()
                                .add(first * input_tile + inputs.start),
                            a_row: 1,
                            a_depth: input_tile,
                            b: products
                                .gradients
                                .as_ptr()
                                .add(first * output_tile + panel.start),
                            b_depth: output_tile,
                            c: products.taps.as_ptr().add(place),
                            c_row: outputs,
                            accumulate: products.rows.start + tiles.start > 0,
                            finish: Finish::NONE,
                        });
                    }
                }
            }
        }
    }
}

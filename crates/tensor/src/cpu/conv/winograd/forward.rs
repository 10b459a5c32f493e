//! Outputs from inputs and taps.

use std::marker::PhantomData;
use std::ops::Range;
use std::sync::Arc;

use super::sizes::Sizes;
use super::steps::{Gather, Spread, TransformTaps};
use super::transform::Input;
use super::{ConvShape, HELD, Taps};
use crate::cpu::finish::Tail;
use crate::cpu::gemm::{Finish, Kernels, Tile, split, split_evenly};
use crate::cpu::parallel::for_each_chunk;
use crate::cpu::scratch::Scratch;
use crate::cpu::simd::Level;
use crate::memory::Block;

/// Transformed taps that fit into the second-level cache beside the tiles of a task.
const CACHED_TAPS: usize = 1 << 18;
/// Tiles up to which transformed taps are kept: more take so long that the taps do not matter.
const KEPT_TILES: usize = 100;
/// Tiles of a task that goes through all steps, roughly.
const TASK_TILES: usize = 16;
/// Tiles that are worth a thread's attention to transform.
const SHARED_TILES: usize = 64;
/// Products of vectors that are.
const SHARED_WORK: usize = 1 << 14;
/// Output channels of a task that multiplies.
const TASK_OUTPUTS: usize = 128;

/// Computes the outputs `y` of all groups, by tiles of `side` x `side`.
pub(in crate::cpu::conv) fn forward(
    shape: &ConvShape,
    side: usize,
    x: &[f32],
    taps: Taps<'_>,
    bias: Option<&[f32]>,
    y: &mut [f32],
    tail: Tail<'_>,
) {
    let level = Level::current();
    let kernels = Kernels::of(level);
    let sizes = Sizes::new(shape, side, kernels.lanes);
    let kept = kept_taps(shape, &sizes, taps, level);
    for group in 0..shape.groups {
        let bias = bias.map(|bias| &bias[group * sizes.outputs..]);
        let pass = Forward {
            x: x[group * sizes.inputs * shape.input_plane()..].as_ptr(),
            y: y[group * sizes.outputs * shape.output_plane()..].as_mut_ptr(),
            bias: bias.map_or(std::ptr::null(), <[f32]>::as_ptr),
            tail: tail.at(group * sizes.outputs),
            taps: taps.of_group(shape, group),
            kept: kept.as_ref().map(|kept| {
                kept.as_ptr()
                    .cast::<f32>()
                    .wrapping_add(group * sizes.taps())
            }),
            sizes: &sizes,
            kernels,
            level,
        };
        // SAFETY: the slices hold the group's part of every image.
        unsafe { pass.run() };
    }
}

/// The transformed taps of all groups, if they are kept.
fn kept_taps(shape: &ConvShape, sizes: &Sizes, taps: Taps<'_>, level: Level) -> Option<Arc<Block>> {
    let derived = taps.derived?;
    if sizes.rows * sizes.across > KEPT_TILES {
        return None;
    }
    let recipe = [
        taps.weight.as_ptr().addr(),
        shape.groups,
        sizes.inputs,
        sizes.outputs,
        sizes.side,
        sizes.lanes,
        level as usize,
        taps.is_flipped.into(),
    ];
    let bytes = shape.groups * sizes.taps() * size_of::<f32>();
    derived.get(recipe, bytes, |block| {
        for group in 0..shape.groups {
            let panels = Panels {
                outputs: 0..sizes.padded_outputs(),
                taps: block.cast::<f32>().wrapping_add(group * sizes.taps()),
            };
            // SAFETY: the block has room for the taps of all groups.
            unsafe { panels.transform(sizes, taps.of_group(shape, group), level) };
        }
    })
}

struct Forward<'a> {
    sizes: &'a Sizes,
    x: *const f32,
    taps: Taps<'a>,
    /// What they are transformed to, if it is kept.
    kept: Option<*mut f32>,
    bias: *const f32,
    tail: Tail<'a>,
    y: *mut f32,
    kernels: &'static Kernels<f32>,
    level: Level,
}

// SAFETY: tasks write disjoint parts of `y`, and only read the rest.
unsafe impl Sync for Forward<'_> {}

/// Tiles in the making: some rows of them, for all channels.
struct Tiles<'a> {
    rows: Range<usize>,
    /// `[product][tile][channel]`
    inputs: &'a Scratch<f32>,
    outputs: &'a Scratch<f32>,
}

// SAFETY: tasks write disjoint parts.
unsafe impl Sync for Tiles<'_> {}

/// Transformed taps of some outputs.
struct Panels {
    outputs: Range<usize>,
    taps: *mut f32,
}

// SAFETY: tasks write disjoint parts.
unsafe impl Sync for Panels {}

impl Panels {
    /// Fills the panels.
    ///
    /// # Safety
    ///
    /// There is room for the taps of the outputs.
    unsafe fn transform(&self, sizes: &Sizes, taps: Taps<'_>, level: Level) {
        let first = self.outputs.start / sizes.lanes;
        let grain = (SHARED_WORK / 256 / sizes.inputs).max(1);
        for_each_chunk(self.outputs.len() / sizes.lanes, grain, |blocks| {
            level.run(TransformTaps {
                sizes,
                taps,
                outputs: self.outputs.clone(),
                blocks: first + blocks.start..first + blocks.end,
                to: self.taps,
            });
        });
    }
}

impl Forward<'_> {
    unsafe fn run(&self) {
        let sizes = self.sizes;
        let rows = (TASK_TILES / sizes.across).max(1);
        // SAFETY: the caller vouches for the pointers.
        unsafe {
            if sizes.taps() <= CACHED_TAPS && sizes.rows >= 4 * rows {
                self.run_tasks(rows);
            } else {
                self.run_steps();
            }
        }
    }

    /// Each task takes some tiles from their inputs to their outputs.
    unsafe fn run_tasks(&self, rows: usize) {
        let sizes = self.sizes;
        let room = self.room_for_taps(sizes.padded_outputs());
        // SAFETY: the blocks have room for all that is put there; the caller vouches for the rest.
        unsafe {
            let panels = self.panels(0..sizes.padded_outputs(), &room);
            for_each_chunk(sizes.rows, rows, |rows| {
                let count = rows.len() * sizes.across * sizes.products();
                let inputs = Scratch::new(count * sizes.input_tile());
                let outputs = Scratch::new(count * sizes.output_tile());
                let tiles = Tiles {
                    rows: rows.clone(),
                    inputs: &inputs,
                    outputs: &outputs,
                };
                self.spread(&tiles, rows.clone(), 0..sizes.input_blocks());
                for product in 0..sizes.products() {
                    self.multiply(&tiles, &panels, product, panels.outputs.clone());
                }
                self.gather(&tiles, rows, 0..sizes.output_blocks());
            });
        }
    }

    /// Each step is shared among threads: taps stay in the cache for many tiles.
    unsafe fn run_steps(&self) {
        let sizes = self.sizes;
        let row = sizes.across * sizes.products();
        let most = sizes.input_tile().max(sizes.output_tile());
        let rows = (HELD / (row * most)).clamp(1, sizes.rows);
        let inputs = Scratch::new(rows * row * sizes.input_tile());
        let products = Scratch::new(rows * row * sizes.output_tile());
        let at_once = match self.kept {
            Some(_) => sizes.padded_outputs(),
            None => HELD / 2 / (sizes.products() * sizes.inputs),
        };
        let at_once = at_once
            .next_multiple_of(TASK_OUTPUTS)
            .min(sizes.padded_outputs());
        let room = self.room_for_taps(at_once);
        for outputs in split(0..sizes.padded_outputs(), at_once) {
            // SAFETY: the blocks have room for all that is put there; the caller vouches for the
            // rest.
            unsafe {
                let panels = self.panels(outputs.clone(), &room);
                for rows in split(0..sizes.rows, rows) {
                    let tiles = Tiles {
                        rows: rows.clone(),
                        inputs: &inputs,
                        outputs: &products,
                    };
                    if outputs.start == 0 || rows.len() < sizes.rows {
                        self.share(rows.clone(), 0..sizes.input_blocks(), |rows, blocks| {
                            self.spread(&tiles, rows, blocks);
                        });
                    }
                    self.multiply_all(&tiles, &panels);
                    let blocks = outputs.start / sizes.lanes..outputs.end / sizes.lanes;
                    self.share(rows, blocks, |rows, blocks| {
                        self.gather(&tiles, rows, blocks)
                    });
                }
            }
        }
    }

    /// Shares rows of tiles and vectors of channels among threads.
    fn share(
        &self,
        rows: Range<usize>,
        blocks: Range<usize>,
        step: impl Fn(Range<usize>, Range<usize>) + Sync,
    ) {
        let grain = (SHARED_TILES / self.sizes.across).max(1);
        for_each_chunk(rows.len() * blocks.len(), grain, |parts| {
            for part in parts {
                let row = rows.start + part / blocks.len();
                let block = blocks.start + part % blocks.len();
                step(row..row + 1, block..block + 1);
            }
        });
    }

    /// Taps of some outputs: of all that are kept, or transformed now.
    ///
    /// # Safety
    ///
    /// There is room for those that are not kept.
    unsafe fn panels(&self, outputs: Range<usize>, room: &Scratch<f32>) -> Panels {
        let taps = self.kept.unwrap_or(room.as_ptr());
        let panels = Panels { outputs, taps };
        if self.kept.is_none() {
            // SAFETY: the caller vouches for the room.
            unsafe { panels.transform(self.sizes, self.taps, self.level) };
        }
        panels
    }

    /// Room for the transformed taps of so many outputs, unless they are kept.
    fn room_for_taps(&self, outputs: usize) -> Scratch<f32> {
        let taps = self.sizes.products() * self.sizes.inputs * outputs;
        Scratch::new(if self.kept.is_some() { 0 } else { taps })
    }

    unsafe fn spread(&self, tiles: &Tiles<'_>, rows: Range<usize>, blocks: Range<usize>) {
        let sizes = self.sizes;
        let strip = Scratch::new(sizes.strip() * sizes.lanes);
        let (tile, first) = (sizes.input_tile(), rows.start - tiles.rows.start);
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
            tiles: unsafe { tiles.inputs.as_ptr().add(first * sizes.across * tile) },
            tile,
            product: tiles.rows.len() * sizes.across * tile,
            strip: strip.as_ptr(),
        });
    }

    unsafe fn gather(&self, tiles: &Tiles<'_>, rows: Range<usize>, blocks: Range<usize>) {
        let sizes = self.sizes;
        let strip = Scratch::new(sizes.strip() * sizes.lanes);
        let (tile, first) = (sizes.output_tile(), rows.start - tiles.rows.start);
        self.level.run(Gather {
            sizes,
            rows,
            blocks,
            // SAFETY: the row is one of the tiles'.
            tiles: unsafe { tiles.outputs.as_ptr().add(first * sizes.across * tile) },
            tile,
            product: tiles.rows.len() * sizes.across * tile,
            bias: self.bias,
            tail: self.tail,
            planes: self.y,
            strip: strip.as_ptr(),
        });
    }

    unsafe fn multiply_all(&self, tiles: &Tiles<'_>, panels: &Panels) {
        let sizes = self.sizes;
        let parts = panels.outputs.len().div_ceil(TASK_OUTPUTS);
        let work = tiles.rows.len() * sizes.across * sizes.inputs * TASK_OUTPUTS / sizes.lanes;
        let grain = (SHARED_WORK / work).max(1);
        for_each_chunk(sizes.products() * parts, grain, |tasks| {
            for task in tasks {
                let start = panels.outputs.start + task % parts * TASK_OUTPUTS;
                let end = panels.outputs.end.min(start + TASK_OUTPUTS);
                // SAFETY: the caller vouches for tiles and panels.
                unsafe { self.multiply(tiles, panels, task / parts, start..end) };
            }
        });
    }

    /// One of the products, for some outputs.
    unsafe fn multiply(
        &self,
        tiles: &Tiles<'_>,
        panels: &Panels,
        product: usize,
        outputs: Range<usize>,
    ) {
        let Self { sizes, kernels, .. } = *self;
        let (input_tile, output_tile) = (sizes.input_tile(), sizes.output_tile());
        let count = tiles.rows.len() * sizes.across;
        let taps = product * sizes.inputs * panels.outputs.len();
        for panel in sizes.panels(outputs) {
            let skipped = (panel.start - panels.outputs.start) * sizes.inputs;
            for rows in split_evenly(0..count, kernels.rows()) {
                let first = product * count + rows.start;
                // SAFETY: the caller vouches for tiles and panels.
                unsafe {
                    kernels.multiply_strided(&Tile {
                        rows: rows.len(),
                        columns: panel.len(),
                        depth: sizes.inputs,
                        a: tiles.inputs.as_ptr().add(first * input_tile),
                        a_row: input_tile,
                        a_depth: 1,
                        b: panels.taps.add(taps + skipped),
                        b_depth: panel.len(),
                        c: tiles
                            .outputs
                            .as_ptr()
                            .add(first * output_tile + panel.start),
                        c_row: output_tile,
                        accumulate: false,
                        finish: Finish::NONE,
                    });
                }
            }
        }
    }
}

//! The gradients of the steps, from the last to the first.

use super::cells::Backward;
use super::{GRAIN, Pack, apart, at_step, panels_of_task};
use crate::cpu::gemm::{Kernels, Strided};
use crate::cpu::parallel::{DisjointMut, for_each_chunk};
use crate::cpu::simd::{Level, Simd, Task};
use crate::cpu::tiles::{Float, Left, Right, constant, cut, memory, multiply};
use crate::cpu::walk::Target;
use crate::ops::recurrent::{
    Recurrence, Recurrent, RecurrentGradients, RecurrentOperands, RecurrentSizes,
};
use crate::{Array, DType};
use std::ops::Range;

/// Tiles of sequences of a task.
const TILES: usize = 4;

pub(crate) fn recurrent_backward(
    sizes: &RecurrentSizes,
    operands: &RecurrentOperands<'_>,
    done: &Recurrent,
    g: &[Array],
    out: &mut RecurrentGradients,
) {
    match operands.inputs.dtype() {
        DType::F64 => run::<f64>(sizes, operands, done, g, out),
        _ => run::<f32>(sizes, operands, done, g, out),
    }
}

fn run<C: Float>(
    sizes: &RecurrentSizes,
    operands: &RecurrentOperands<'_>,
    done: &Recurrent,
    g: &[Array],
    out: &mut RecurrentGradients,
) {
    let RecurrentSizes {
        steps: count,
        batch,
        hidden,
    } = *sizes;
    if batch * hidden == 0 {
        return;
    }
    let level = Level::current();
    let kernels = Kernels::<C>::of(level);
    let (maps, width) = (operands.recurrence.gates() * hidden, kernels.columns());
    let whole = hidden.next_multiple_of(kernels.lanes);
    let blocks = hidden.div_ceil(width);
    let lengths = [
        blocks * maps * width,
        batch * apart(maps),
        batch * whole,
        batch * hidden,
    ];
    let mut memory = memory::<C>(&lengths);
    let [panels, map_rows, carried, carried_cell] = cut(&mut memory, lengths);
    let to = DisjointMut::new(panels);
    for_each_chunk(blocks, 1, |panels| {
        level.run(Pack {
            operand: Strided {
                start: operands.weight.dense_slice().as_ptr(),
                line: 1,
                depth: hidden,
            },
            groups: 1,
            lines: hidden,
            depth: maps,
            width,
            to: &to,
            panels,
        });
    });
    carried.fill(constant(0.0));
    match g {
        [_, cell] => carried_cell.copy_from_slice(cell.dense_slice()),
        _ => carried_cell.fill(constant(0.0)),
    }
    let mut task = Step {
        recurrence: operands.recurrence,
        sizes,
        kernels,
        g: g[0].dense_slice(),
        states: done.states.iter().map(Array::dense_slice).collect(),
        kept: done.kept.dense_slice(),
        panels,
        carried: DisjointMut::new(carried),
        carried_cell: DisjointMut::new(carried_cell),
        map_rows: DisjointMut::new(map_rows),
        inputs: Target::new(&mut out.inputs),
        maps: out.maps.as_mut().map(Target::new),
        places: (0, 0, 0),
    };
    let row_blocks = batch.div_ceil(TILES * kernels.rows());
    let share = panels_of_task(blocks);
    for remaining in (0..count).rev() {
        task.places = operands.places(sizes, remaining);
        for_each_chunk(batch, (GRAIN / maps).max(1), |rows| {
            level.run(Cells(&task, rows));
        });
        for_each_chunk(row_blocks * blocks.div_ceil(share), 1, |tasks| {
            for index in tasks {
                let row = index % row_blocks * TILES * kernels.rows();
                let panel = index / row_blocks * share;
                task.multiply(row, panel..blocks.min(panel + share));
            }
        });
    }
    let [hidden_out, cell_out @ ..] = &mut out.states[..] else {
        return;
    };
    let rows = hidden_out.dense_slice_mut::<C>().chunks_exact_mut(hidden);
    for (to, from) in rows.zip(carried.chunks_exact(whole)) {
        to.copy_from_slice(&from[..hidden]);
    }
    if let [cell_out] = cell_out {
        cell_out.dense_slice_mut().copy_from_slice(carried_cell);
    }
}

/// One step of all sequences.
struct Step<'a, C: 'static> {
    recurrence: Recurrence,
    sizes: &'a RecurrentSizes,
    kernels: &'static Kernels<C>,
    g: &'a [C],
    states: Vec<&'a [C]>,
    kept: &'a [C],
    panels: &'a [C],
    /// The gradients of the states by later steps, in rows of whole vectors.
    carried: DisjointMut<'a, C>,
    carried_cell: DisjointMut<'a, C>,
    /// Those of the maps of the hidden state, where products read them.
    map_rows: DisjointMut<'a, C>,
    inputs: Target,
    maps: Option<Target>,
    /// The step, and where the states before and after it are.
    places: (usize, usize, usize),
}

impl<C: Float> Step<'_, C> {
    /// Adds the gradients through the maps to some rows of those of the hidden state, for the units of
    /// some panels.
    fn multiply(&self, row: usize, panels: Range<usize>) {
        let RecurrentSizes { batch, hidden, .. } = *self.sizes;
        let (kernels, width) = (self.kernels, self.kernels.columns());
        let maps = self.recurrence.gates() * hidden;
        let whole = hidden.next_multiple_of(kernels.lanes);
        let rows = batch.min(row + TILES * kernels.rows()) - row;
        let (unit, end) = (panels.start * width, whole.min(panels.end * width));
        // SAFETY: the sizes are those of the parts, and each task has its own tile of the sums.
        unsafe {
            multiply(
                kernels,
                [rows, end - unit, maps],
                Left {
                    start: self.map_rows.as_ptr().add(row * apart(maps)).cast_const(),
                    row: apart(maps),
                    depth: 1,
                },
                Right {
                    start: self.panels[unit * maps..].as_ptr(),
                    group: maps * width,
                    depth: width,
                },
                self.carried.as_ptr().add(row * whole + unit),
                whole,
                true,
            );
        }
    }
}

/// The units of some sequences.
struct Cells<'a, C: 'static>(&'a Step<'a, C>, Range<usize>);

impl<C: Float> Task for Cells<'_, C> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let Cells(of, rows) = self;
        let RecurrentSizes { batch, hidden, .. } = *of.sizes;
        let (maps, kept) = (
            of.recurrence.gates() * hidden,
            of.recurrence.kept() * hidden,
        );
        let whole = hidden.next_multiple_of(of.kernels.lanes);
        let (step, before, after) = of.places;
        for row in rows {
            let states = |at: usize| -> [&[C]; 2] {
                let mut states = of.states.iter();
                [(); 2].map(|()| match states.next() {
                    Some(state) => &state[(at * batch + row) * hidden..][..hidden],
                    None => &[],
                })
            };
            // SAFETY: each row is that of one task.
            unsafe {
                let start = (step * batch + row) * maps;
                let inputs = of.inputs.slice_mut(start, maps);
                let map_row = of
                    .map_rows
                    .slice(row * apart(maps)..row * apart(maps) + maps);
                Backward {
                    hidden,
                    g: &at_step(of.g, of.sizes, hidden, step)[row * hidden..][..hidden],
                    carried: [
                        of.carried.slice(row * whole..row * whole + hidden),
                        of.carried_cell.slice(row * hidden..(row + 1) * hidden),
                    ],
                    before: states(before),
                    after: states(after),
                    kept: &at_step(of.kept, of.sizes, kept, step)[row * kept..][..kept],
                    inputs,
                    maps: map_row,
                }
                .step(of.recurrence);
                if let Some(maps_out) = &of.maps {
                    maps_out.slice_mut(start, maps).copy_from_slice(map_row);
                }
            }
        }
    }
}

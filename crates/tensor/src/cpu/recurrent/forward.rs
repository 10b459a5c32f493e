//! The steps.

use super::cells::Forward;
use super::{Pack, apart, at_step, panels_of_task};
use crate::DType;
use crate::cpu::gemm::{Kernels, Strided};
use crate::cpu::parallel::{DisjointMut, for_each_chunk};
use crate::cpu::scratch::Scratch;
use crate::cpu::simd::{Level, Simd, Task};
use crate::cpu::tiles::{Float, Left, Right, constant, multiply};
use crate::cpu::walk::Target;
use crate::ops::recurrent::{Recurrence, Recurrent, RecurrentOperands, RecurrentSizes};
use std::ops::Range;

/// Tiles of sequences of a task.
const TILES: usize = 4;

pub(crate) fn recurrent(
    sizes: &RecurrentSizes,
    operands: &RecurrentOperands<'_>,
    out: &mut Recurrent,
) {
    match operands.inputs.dtype() {
        DType::F64 => run::<f64>(sizes, operands, out),
        _ => run::<f32>(sizes, operands, out),
    }
}

fn run<C: Float>(sizes: &RecurrentSizes, operands: &RecurrentOperands<'_>, out: &mut Recurrent) {
    let RecurrentSizes {
        steps: count,
        batch,
        hidden,
    } = *sizes;
    if count * batch * hidden == 0 {
        return;
    }
    let level = Level::current();
    let kernels = Kernels::<C>::of(level);
    let (gates, width) = (operands.recurrence.gates(), kernels.columns());
    let blocks = hidden.div_ceil(width);
    let mut panels = Scratch::<C>::new(blocks * gates * hidden * width);
    let to = DisjointMut::new(panels.as_mut_slice());
    for_each_chunk(blocks, 1, |panels| {
        level.run(Pack {
            operand: Strided {
                start: operands.weight.dense_slice().as_ptr(),
                line: hidden,
                depth: 1,
            },
            groups: gates,
            lines: hidden,
            depth: hidden,
            width,
            to: &to,
            panels,
        });
    });
    let zeros = vec![constant::<C>(0.0); gates * hidden];
    let bias = operands.bias.map_or(&zeros[..], |bias| bias.dense_slice());
    // The hidden states where products read them, before a step and after it.
    let mut rows = [(); 2].map(|()| Scratch::<C>::new(batch * apart(hidden)));
    let (_, first, _) = operands.places(sizes, 0);
    let initial = at_step(out.states[0].dense_slice(), sizes, hidden, first);
    let copies = rows[0].as_mut_slice().chunks_exact_mut(apart(hidden));
    for (to, from) in copies.zip(initial.chunks_exact(hidden)) {
        to[..hidden].copy_from_slice(from);
    }
    let mut task = Step {
        recurrence: operands.recurrence,
        sizes,
        kernels,
        inputs: operands.inputs.dense_slice(),
        panels: panels.as_mut_slice(),
        bias,
        states: out.states.iter_mut().map(Target::new).collect(),
        kept: Target::new(&mut out.kept),
        rows: [std::ptr::null_mut(); 2],
        places: (0, 0, 0),
    };
    let row_blocks = batch.div_ceil(TILES * kernels.rows());
    let share = panels_of_task(blocks);
    for done in 0..count {
        let [even, odd] = rows.each_ref().map(Scratch::as_ptr);
        task.rows = if done % 2 == 0 {
            [even, odd]
        } else {
            [odd, even]
        };
        task.places = operands.places(sizes, done);
        for_each_chunk(row_blocks * blocks.div_ceil(share), 1, |tasks| {
            for index in tasks {
                let row = index % row_blocks * TILES * kernels.rows();
                let panel = index / row_blocks * share;
                let panels = panel..blocks.min(panel + share);
                level.run(Block(&task, row, panels));
            }
        });
    }
}

/// One step of all sequences.
struct Step<'a, C: 'static> {
    recurrence: Recurrence,
    sizes: &'a RecurrentSizes,
    kernels: &'static Kernels<C>,
    inputs: &'a [C],
    panels: &'a [C],
    bias: &'a [C],
    states: Vec<Target>,
    kept: Target,
    /// Where products read the hidden states before the step, and those after it.
    rows: [*mut C; 2],
    /// The step, and where the states before and after it are.
    places: (usize, usize, usize),
}

// SAFETY: threads write disjoint blocks of the states after the step.
unsafe impl<C: Sync> Sync for Step<'_, C> {}

/// Some sequences, from the given one on, and the units of some panels.
struct Block<'a, C: 'static>(&'a Step<'a, C>, usize, Range<usize>);

impl<C: Float> Task for Block<'_, C> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let Block(of, row, panels) = self;
        let RecurrentSizes { batch, hidden, .. } = *of.sizes;
        let (gates, kept) = (of.recurrence.gates(), of.recurrence.kept());
        let (kernels, width) = (of.kernels, of.kernels.columns());
        let rows = row..batch.min(row + TILES * kernels.rows());
        let units = panels.start * width..hidden.min(panels.end * width);
        let wide = panels.len() * width;
        let mut maps = Scratch::<C>::new(rows.len() * gates * wide);
        for (index, panel) in panels.enumerate() {
            for gate in 0..gates {
                // SAFETY: rows and panels have these sizes, and the maps are this task's own.
                unsafe {
                    multiply(
                        kernels,
                        [rows.len(), width, hidden],
                        Left {
                            start: of.rows[0].add(row * apart(hidden)).cast_const(),
                            row: apart(hidden),
                            depth: 1,
                        },
                        Right {
                            start: of.panels[(panel * gates + gate) * hidden * width..].as_ptr(),
                            group: 0,
                            depth: width,
                        },
                        maps.as_ptr().add(gate * wide + index * width),
                        gates * wide,
                        false,
                    );
                }
            }
        }
        let (step, before, after) = of.places;
        let inputs = at_step(of.inputs, of.sizes, gates * hidden, step);
        for (row, maps) in rows.zip(maps.as_mut_slice().chunks_exact(gates * wide)) {
            let place = |at: usize| (at * batch + row) * hidden + units.start;
            // SAFETY: the states before are complete, and those after and what is kept are written for
            // this row and these units by this task alone.
            unsafe {
                let states = |at: usize| -> [&mut [C]; 2] {
                    let mut states = of.states.iter();
                    [(); 2].map(|()| match states.next() {
                        Some(state) => state.slice_mut(place(at), units.len()),
                        None => &mut [],
                    })
                };
                let kept = std::array::from_fn(|part| match part < kept {
                    true => {
                        let start =
                            (step * batch + row) * kept * hidden + part * hidden + units.start;
                        of.kept.slice_mut(start, units.len())
                    }
                    false => &mut [][..],
                });
                let [hidden_after, cell_after] = states(after);
                let start = hidden_after.as_ptr();
                Forward {
                    start: units.start,
                    hidden,
                    inputs: &inputs[row * gates * hidden..][..gates * hidden],
                    bias: of.bias,
                    maps,
                    width: wide,
                    before: states(before).map(|state| &*state),
                    after: [hidden_after, cell_after],
                    kept,
                }
                .step(of.recurrence);
                let to = of.rows[1].add(row * apart(hidden) + units.start);
                to.copy_from_nonoverlapping(start, units.len());
            }
        }
    }
}

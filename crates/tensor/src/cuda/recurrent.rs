//! Recurrent layers: a product and a kernel for the units in each step.

use super::device::Cuda;
use super::launch::{compute, dense, kernel};
use crate::layout::Layout;
use crate::ops::recurrent::{
    Recurrence, Recurrent, RecurrentGradients, RecurrentOperands, RecurrentSizes,
};
use crate::ops::table::BinaryOp;
use crate::{Array, Result, Scalar};

const OP: &str = "recurrent";

impl Cuda {
    pub(super) fn recur_through(
        &self,
        sizes: &RecurrentSizes,
        operands: &RecurrentOperands<'_>,
        out: &Recurrent,
    ) -> Result<()> {
        let RecurrentOperands {
            recurrence,
            inputs,
            weight,
            bias,
            ..
        } = *operands;
        if sizes.batch * sizes.hidden == 0 {
            return Ok(());
        }
        let weight = weight.transpose(0, 1)?;
        let maps = work(inputs, [sizes.batch, recurrence.gates() * sizes.hidden])?;
        for done in 0..sizes.steps {
            let (step, before, after) = operands.places(sizes, done);
            let [before, after] = [before, after].map(|place| states_at(&out.states, place));
            let ([before, cell_before], [after, cell_after]) = (before?, after?);
            self.multiply(&before, &weight, &maps)?;
            let kept = match recurrence.kept() {
                0 => after.clone(),
                _ => at(&out.kept, step)?,
            };
            let arrays = [
                &at(inputs, step)?,
                &maps,
                bias.unwrap_or(&maps),
                &before,
                &cell_before,
                &after,
                &cell_after,
                &kept,
            ];
            self.each_unit("recurrent", recurrence, sizes, bias.is_some(), &arrays)?;
        }
        Ok(())
    }

    pub(super) fn recur_backward(
        &self,
        sizes: &RecurrentSizes,
        operands: &RecurrentOperands<'_>,
        done: &Recurrent,
        g: &[Array],
        out: &RecurrentGradients,
    ) -> Result<()> {
        let recurrence = operands.recurrence;
        if sizes.batch * sizes.hidden == 0 {
            return Ok(());
        }
        // What goes from a step to the one before it: by itself, and through the maps.
        let carried = &out.states[0];
        let through = work(operands.inputs, [sizes.batch, sizes.hidden])?;
        for zeros in [carried, &through] {
            self.fill_with(Scalar::Int(0), zeros)?;
        }
        let cell = match (&g[1..], &out.states[1..]) {
            ([g], [cell]) => {
                self.copy_elements(g, cell)?;
                cell
            }
            _ => carried,
        };
        let by_maps = out.maps.as_ref().unwrap_or(&out.inputs);
        for remaining in (0..sizes.steps).rev() {
            let (step, before, after) = operands.places(sizes, remaining);
            let [before, after] = [before, after].map(|place| states_at(&done.states, place));
            let ([before, cell_before], [after, cell_after]) = (before?, after?);
            let by_map = at(by_maps, step)?;
            let kept = match recurrence.kept() {
                0 => after.clone(),
                _ => at(&done.kept, step)?,
            };
            let arrays = [
                &at(&g[0], step)?,
                carried,
                &through,
                cell,
                &before,
                &cell_before,
                &after,
                &cell_after,
                &kept,
                &at(&out.inputs, step)?,
                &by_map,
            ];
            self.each_unit("recurrent_backward", recurrence, sizes, false, &arrays)?;
            self.multiply(&by_map, operands.weight, &through)?;
        }
        self.map_binary(BinaryOp::Add, carried, &through, carried)
    }

    fn each_unit(
        &self,
        family: &str,
        recurrence: Recurrence,
        sizes: &RecurrentSizes,
        has_bias: bool,
        arrays: &[&Array],
    ) -> Result<()> {
        let units = sizes.batch.saturating_mul(sizes.hidden);
        self.sizes(OP, &[units])?;
        let parameter = self.sizes(OP, &[sizes.batch, sizes.hidden, usize::from(has_bias), 0])?;
        let entry = kernel(family, compute(arrays[0].dtype()), recurrence);
        let (blocks, threads) = self.grid(units);
        self.launch(
            OP,
            entry,
            blocks,
            [threads, 1],
            &[&dense(arrays), &parameter],
        )
    }
}

/// Memory for what is needed beside the operands.
fn work(like: &Array, shape: [usize; 2]) -> Result<Array> {
    let layout = Layout::contiguous(shape.into());
    Array::uninit(OP, layout, like.dtype(), like.device())
}

/// The part of an array that belongs to a step.
fn at(x: &Array, step: usize) -> Result<Array> {
    Ok(x.with_layout(x.layout().select(0, step)?))
}

/// The hidden state and the cell at a place; where there is no cell, the hidden state takes its place.
fn states_at(states: &[Array], place: usize) -> Result<[Array; 2]> {
    let cell = states.last().expect("a recurrence has a state");
    Ok([at(&states[0], place)?, at(cell, place)?])
}

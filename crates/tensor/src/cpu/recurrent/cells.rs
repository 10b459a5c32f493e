//! What a step does to the units of one sequence, and its gradient.

use crate::cpu::number::Real;
use crate::cpu::tiles::constant;
use crate::ops::recurrent::Recurrence;

/// The most that a recurrence keeps of a unit.
pub(super) const MOST_KEPT: usize = 4;

/// Neighbouring units of one sequence in one step.
pub(super) struct Forward<'a, C> {
    /// Where the units begin, and of how many.
    pub(super) start: usize,
    pub(super) hidden: usize,
    /// Maps of the input for all units, gate after gate.
    pub(super) inputs: &'a [C],
    /// Added to the maps of the hidden state, likewise.
    pub(super) bias: &'a [C],
    /// Maps of the hidden state for these units, the gates `width` apart.
    pub(super) maps: &'a [C],
    pub(super) width: usize,
    /// States before and after: the hidden one, and that of the memory cell where there is one.
    pub(super) before: [&'a [C]; 2],
    pub(super) after: [&'a mut [C]; 2],
    /// What the gradient needs, as many as the recurrence keeps.
    pub(super) kept: [&'a mut [C]; MOST_KEPT],
}

impl<'a, C: Real> Forward<'a, C> {
    #[inline(always)]
    pub(super) fn step(self, recurrence: Recurrence) {
        match recurrence {
            Recurrence::Tanh => self.simple(|sum| sum.tanh()),
            Recurrence::Relu => self.simple(|sum| sum.maximum(constant(0.0))),
            Recurrence::Gru => self.gru(),
            Recurrence::Lstm => self.lstm(),
        }
    }

    /// The maps of the input, those of the hidden state, and what is added to these, for each gate.
    #[inline(always)]
    fn gates<const N: usize>(&self) -> [[&'a [C]; N]; 3] {
        let count = self.after[0].len();
        let of = |x| parts_of(x, self.hidden, self.start, count);
        let maps = parts_of(self.maps, self.width, 0, count);
        [of(self.inputs), maps, of(self.bias)]
    }

    #[inline(always)]
    fn simple(self, function: impl Fn(C) -> C) {
        let [[i], [h], [bias]] = self.gates();
        let [after, _] = self.after;
        for k in 0..after.len() {
            after[k] = function(i[k] + (h[k] + bias[k]));
        }
    }

    #[inline(always)]
    fn gru(self) {
        let [i, h, bias] = self.gates::<3>();
        let ([before, _], [after, _]) = (self.before, self.after);
        let count = after.len();
        let before = &before[..count];
        let [reset, update, new, map] = self.kept.map(|kept| &mut kept[..count]);
        for k in 0..count {
            reset[k] = (i[0][k] + (h[0][k] + bias[0][k])).sigmoid();
            update[k] = (i[1][k] + (h[1][k] + bias[1][k])).sigmoid();
            map[k] = h[2][k] + bias[2][k];
            new[k] = (i[2][k] + reset[k] * map[k]).tanh();
            after[k] = (before[k] - new[k]) * update[k] + new[k];
        }
    }

    #[inline(always)]
    fn lstm(self) {
        let [i, h, bias] = self.gates::<4>();
        let ([_, cell_before], [after, cell]) = (self.before, self.after);
        let count = after.len();
        let (cell_before, cell) = (&cell_before[..count], &mut cell[..count]);
        let [input, forget, new, output] = self.kept.map(|kept| &mut kept[..count]);
        for k in 0..count {
            input[k] = (i[0][k] + (h[0][k] + bias[0][k])).sigmoid();
            forget[k] = (i[1][k] + (h[1][k] + bias[1][k])).sigmoid();
            new[k] = (i[2][k] + (h[2][k] + bias[2][k])).tanh();
            output[k] = (i[3][k] + (h[3][k] + bias[3][k])).sigmoid();
            cell[k] = forget[k] * cell_before[k] + input[k] * new[k];
            after[k] = output[k] * cell[k].tanh();
        }
    }
}

/// All units of one sequence in one step.
pub(super) struct Backward<'a, C> {
    pub(super) hidden: usize,
    /// The gradient of the hidden state by what the step returns.
    pub(super) g: &'a [C],
    /// The gradients of the states by later steps, which become those by this one as well; the map of the
    /// hidden state is still missing.
    pub(super) carried: [&'a mut [C]; 2],
    pub(super) before: [&'a [C]; 2],
    pub(super) after: [&'a [C]; 2],
    pub(super) kept: &'a [C],
    /// The gradients of the maps of the input, gate after gate.
    pub(super) inputs: &'a mut [C],
    /// Those of the maps of the hidden state.
    pub(super) maps: &'a mut [C],
}

impl<C: Real> Backward<'_, C> {
    #[inline(always)]
    pub(super) fn step(self, recurrence: Recurrence) {
        let one = constant::<C>(1.0);
        match recurrence {
            Recurrence::Tanh => self.simple(|g, y| g * (one - y * y)),
            Recurrence::Relu => {
                self.simple(|g, y| if y > constant(0.0) { g } else { constant(0.0) })
            }
            Recurrence::Gru => self.gru(),
            Recurrence::Lstm => self.lstm(),
        }
    }

    #[inline(always)]
    fn simple(self, slope: impl Fn(C, C) -> C) {
        let count = self.hidden;
        let (g, after) = (&self.g[..count], &self.after[0][..count]);
        let [carried, _] = self.carried;
        let (carried, inputs) = (&mut carried[..count], &mut self.inputs[..count]);
        for k in 0..count {
            inputs[k] = slope(g[k] + carried[k], after[k]);
            carried[k] = constant(0.0);
        }
        self.maps.copy_from_slice(inputs);
    }

    #[inline(always)]
    fn gru(self) {
        let (count, one) = (self.hidden, constant::<C>(1.0));
        let (g, before) = (&self.g[..count], &self.before[0][..count]);
        let [carried, _] = self.carried;
        let carried = &mut carried[..count];
        let [reset, update, new, map] = parts_of(self.kept, count, 0, count);
        let [by_reset, by_update, by_new] = parts_of_mut(self.inputs, count, 0, count);
        let [map_by_reset, map_by_update, map_by_new] = parts_of_mut(self.maps, count, 0, count);
        for k in 0..count {
            let g = g[k] + carried[k];
            by_new[k] = g * (one - update[k]) * (one - new[k] * new[k]);
            by_update[k] = g * (before[k] - new[k]) * update[k] * (one - update[k]);
            by_reset[k] = by_new[k] * map[k] * reset[k] * (one - reset[k]);
            map_by_new[k] = by_new[k] * reset[k];
            carried[k] = g * update[k];
        }
        map_by_reset.copy_from_slice(by_reset);
        map_by_update.copy_from_slice(by_update);
    }

    #[inline(always)]
    fn lstm(self) {
        let (count, one) = (self.hidden, constant::<C>(1.0));
        let (g, cell_before) = (&self.g[..count], &self.before[1][..count]);
        let cell = &self.after[1][..count];
        let [carried, carried_cell] = self.carried;
        let (carried, carried_cell) = (&mut carried[..count], &mut carried_cell[..count]);
        let [input, forget, new, output] = parts_of(self.kept, count, 0, count);
        let [by_input, by_forget, by_new, by_output] = parts_of_mut(self.inputs, count, 0, count);
        for k in 0..count {
            let (g, tanh) = (g[k] + carried[k], cell[k].tanh());
            let g_cell = carried_cell[k] + g * output[k] * (one - tanh * tanh);
            by_input[k] = g_cell * new[k] * input[k] * (one - input[k]);
            by_forget[k] = g_cell * cell_before[k] * forget[k] * (one - forget[k]);
            by_new[k] = g_cell * input[k] * (one - new[k] * new[k]);
            by_output[k] = g * tanh * output[k] * (one - output[k]);
            carried_cell[k] = g_cell * forget[k];
            carried[k] = constant(0.0);
        }
        self.maps.copy_from_slice(self.inputs);
    }
}

/// `N` parts that start `distance` apart, the first at `start`, of `count` elements.
#[inline(always)]
fn parts_of<C, const N: usize>(x: &[C], distance: usize, start: usize, count: usize) -> [&[C]; N] {
    std::array::from_fn(|part| &x[part * distance + start..][..count])
}

#[inline(always)]
fn parts_of_mut<C, const N: usize>(
    x: &mut [C],
    distance: usize,
    start: usize,
    count: usize,
) -> [&mut [C]; N] {
    let mut chunks = x.chunks_exact_mut(distance);
    std::array::from_fn(|_| {
        let chunk = chunks.next().unwrap_or_default();
        &mut chunk[start..start + count]
    })
}

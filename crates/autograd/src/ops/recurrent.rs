//! Recurrent layers: all steps as one operation.

use super::recomputed::recomputed;
use crate::{Backward, Gradients, Result, Saved, Tensor, Wants, is_grad_enabled};
use rushlight_tensor::Array;
use rushlight_tensor::ops::recurrent::{Recurrence, Recurrent, RecurrentOperands};

/// One layer of a recurrent network in one direction, apart from the map of its inputs.
#[derive(Clone, Copy, Debug)]
pub struct RecurrentLayer<'a> {
    /// What each step computes.
    pub recurrence: Recurrence,
    /// The map of the hidden state, `[gates * hidden, hidden]`.
    pub weight: &'a Tensor,
    /// Its bias, `[gates * hidden]`.
    pub bias: Option<&'a Tensor>,
}

impl RecurrentLayer<'_> {
    /// The states after a step, from the map of its input, `[n, gates * hidden]`, and the states before
    /// it, `[n, hidden]` each.
    pub fn step(&self, i: &Tensor, states: &[Tensor]) -> Result<Vec<Tensor>> {
        let h = &states[0].linear(self.weight, self.bias)?;
        match self.recurrence {
            Recurrence::Tanh => Ok(vec![(i + h)?.tanh()?]),
            Recurrence::Relu => Ok(vec![(i + h)?.relu()?]),
            Recurrence::Gru => {
                let (i, h) = (i.tensor_split(3, -1)?, h.tensor_split(3, -1)?);
                let reset = (&i[0] + &h[0])?.sigmoid()?;
                let update = (&i[1] + &h[1])?.sigmoid()?;
                let new = (&i[2] + (reset * &h[2])?)?.tanh()?;
                Ok(vec![(((&states[0] - &new)? * update)? + new)?])
            }
            Recurrence::Lstm => {
                let gates = (i + h)?.tensor_split(4, -1)?;
                let [input, forget, output] = [0, 1, 3].map(|gate: usize| gates[gate].sigmoid());
                let cell = ((forget? * &states[1])? + (input? * gates[2].tanh()?)?)?;
                Ok(vec![(output? * cell.tanh()?)?, cell])
            }
        }
    }

    /// Runs all steps, the last one first if `backwards`, from maps of the inputs,
    /// `[steps, n, gates * hidden]`, and the states to start from, `[n, hidden]` each. Returns the
    /// hidden states after each step, `[steps, n, hidden]`, and all states after the last. `f32` or
    /// `f64`.
    ///
    /// ```
    /// # use rushlight_autograd::{Recurrence, RecurrentLayer, Result, Tensor, tensor};
    /// # fn main() -> Result<()> {
    /// let weight = tensor([[1.0]])?;
    /// let sum = RecurrentLayer { recurrence: Recurrence::Relu, weight: &weight, bias: None };
    /// let inputs = tensor([[[1.0]], [[2.0]], [[-1.0]]])?;
    /// let (y, last) = sum.run(&inputs, &[tensor([[0.5]])?], false)?;
    /// assert_eq!(y.to_vec::<f32>()?, [1.5, 3.5, 2.5]);
    /// assert_eq!(last[0].item()?, 2.5);
    /// # Ok(()) }
    /// ```
    pub fn run(
        &self,
        inputs: &Tensor,
        states: &[Tensor],
        backwards: bool,
    ) -> Result<(Tensor, Vec<Tensor>)> {
        let mut operands = vec![inputs, self.weight];
        operands.extend(self.bias);
        operands.extend(states);
        let values = Values::of(self.recurrence, self.bias.is_some(), backwards, &operands);
        let done = values.operands().run()?;
        let (first, last) = match backwards {
            false => (1, -1),
            true => (0, 0),
        };
        let steps = inputs.size(0)?;
        let mut outputs = vec![done.states[0].narrow(0, first, steps)?];
        for state in &done.states[1..] {
            outputs.push(state.select(0, last)?);
        }
        let rule = || Rule {
            recurrence: self.recurrence,
            has_bias: self.bias.is_some(),
            backwards,
            saved: operands.iter().map(|operand| operand.save()).collect(),
            done,
        };
        let mut outputs = Tensor::record_many(outputs, "recurrent", &operands, rule);
        let y = outputs.remove(0);
        let mut last_states = match steps {
            0 => vec![states[0].clone()],
            _ => vec![y.select(0, last)?],
        };
        last_states.extend(outputs);
        Ok((y, last_states))
    }

    /// As [`run`](Self::run), step by step.
    fn composed(
        &self,
        inputs: &Tensor,
        states: &[Tensor],
        backwards: bool,
    ) -> Result<(Tensor, Vec<Tensor>)> {
        let mut states = states.to_vec();
        let mut inputs = inputs.unbind(0)?;
        if backwards {
            inputs.reverse();
        }
        let mut outputs = Vec::with_capacity(inputs.len());
        for input in &inputs {
            states = self.step(input, &states)?;
            outputs.push(states[0].clone());
        }
        if backwards {
            outputs.reverse();
        }
        Ok((Tensor::stack(&outputs, 0)?, states))
    }
}

/// The operands of a call as arrays: inputs, weight, bias if there is one, states.
struct Values {
    recurrence: Recurrence,
    has_bias: bool,
    backwards: bool,
    arrays: Vec<Array>,
}

impl Values {
    fn of(recurrence: Recurrence, has_bias: bool, backwards: bool, operands: &[&Tensor]) -> Values {
        Values {
            recurrence,
            has_bias,
            backwards,
            arrays: operands.iter().map(|operand| operand.array()).collect(),
        }
    }

    fn operands(&self) -> RecurrentOperands<'_> {
        let (bias, states) = self.arrays[2..].split_at(usize::from(self.has_bias));
        RecurrentOperands {
            recurrence: self.recurrence,
            inputs: &self.arrays[0],
            weight: &self.arrays[1],
            bias: bias.first(),
            states,
            backwards: self.backwards,
        }
    }
}

struct Rule {
    recurrence: Recurrence,
    has_bias: bool,
    backwards: bool,
    /// Inputs, weight, bias if there is one, states.
    saved: Vec<Saved>,
    done: Recurrent,
}

impl Rule {
    /// The gradients in operations that have derivatives themselves: those of the single steps.
    fn composed(
        &self,
        g: &[Option<Tensor>],
        operands: &[Tensor],
        wants: Wants<'_>,
    ) -> Result<Gradients> {
        let operands: Vec<&Tensor> = operands.iter().collect();
        recomputed(&operands, g, wants, |operands| {
            let (bias, states) = operands[2..].split_at(usize::from(self.has_bias));
            let layer = RecurrentLayer {
                recurrence: self.recurrence,
                weight: &operands[1],
                bias: bias.first(),
            };
            let (y, mut last) = layer.composed(&operands[0], states, self.backwards)?;
            last[0] = y;
            Ok(last)
        })
    }

    /// The gradients by kernels: one pass over the steps, and one product for the weight.
    fn computed(
        &self,
        g: &[Option<Tensor>],
        operands: &[Tensor],
        wants: Wants<'_>,
    ) -> Result<Gradients> {
        let references: Vec<&Tensor> = operands.iter().collect();
        let values = Values::of(self.recurrence, self.has_bias, self.backwards, &references);
        let steps = operands[0].size(0)?;
        let states = &operands[operands.len() - self.recurrence.states()..];
        let hidden = Tensor::new(self.done.states[0].clone());
        let before = hidden.narrow(0, i64::from(self.backwards), steps)?;
        let like = [&before].into_iter().chain(&states[1..]);
        let whole = g.iter().zip(like).map(|(g, like)| match g {
            Some(g) => Ok(g.array()),
            None => Ok(like.zeros_like()?.array()),
        });
        let all = values
            .operands()
            .gradients(&self.done, &whole.collect::<Result<Vec<_>>>()?)?;
        let inputs = Tensor::new(all.inputs);
        let maps = all.maps.map_or_else(|| inputs.clone(), Tensor::new);
        let (maps, before) = (maps.flatten(0, 1)?, before.flatten(0, 1)?);
        let mut gradients = Gradients::new();
        gradients.push(wants.input(0).then_some(inputs));
        let weight = wants.input(1).then(|| maps.mt()?.matmul(&before));
        gradients.push(weight.transpose()?);
        if self.has_bias {
            let bias = wants.input(2).then(|| maps.sum_dim(&[0], false));
            gradients.push(bias.transpose()?);
        }
        for state in all.states {
            let is_wanted = wants.input(gradients.len());
            gradients.push(is_wanted.then(|| Tensor::new(state)));
        }
        Ok(gradients)
    }
}

impl Backward for Rule {
    fn backward(&self, g: &Tensor, wants: Wants<'_>) -> Result<Gradients> {
        self.backward_many(&[Some(g.clone())], wants)
    }

    fn backward_many(&self, g: &[Option<Tensor>], wants: Wants<'_>) -> Result<Gradients> {
        let operands: Vec<Tensor> = self.saved.iter().map(Saved::get).collect();
        match is_grad_enabled() {
            true => self.composed(g, &operands, wants),
            false => self.computed(g, &operands, wants),
        }
    }
}

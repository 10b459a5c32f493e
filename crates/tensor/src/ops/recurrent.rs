//! Recurrent networks: all steps of one layer in one direction.

use super::rules;
use crate::layout::Layout;
use crate::{Array, DType, Error, Result, Shape};

const OP: &str = "recurrent";

/// What a recurrent network computes at each step, from the maps `i` of its input and `h` of its hidden
/// state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Recurrence {
    /// `tanh(i + h)`.
    Tanh,
    /// `relu(i + h)`.
    Relu,
    /// The gated recurrent unit of Cho et al. 2014.
    Gru,
    /// Long short-term memory of Hochreiter and Schmidhuber 1997, with a forget gate.
    Lstm,
}

impl Recurrence {
    /// How many maps of the size of the hidden state stand above each other in a weight.
    pub fn gates(self) -> usize {
        match self {
            Recurrence::Tanh | Recurrence::Relu => 1,
            Recurrence::Gru => 3,
            Recurrence::Lstm => 4,
        }
    }

    /// How many tensors are handed on from step to step.
    pub fn states(self) -> usize {
        match self {
            Recurrence::Tanh | Recurrence::Relu | Recurrence::Gru => 1,
            Recurrence::Lstm => 2,
        }
    }

    /// How many numbers for each unit the gradient needs beside the states.
    pub(crate) fn kept(self) -> usize {
        match self {
            Recurrence::Tanh | Recurrence::Relu => 0,
            // Both gates, the new state and its map of the old one.
            Recurrence::Gru => 4,
            // All gates.
            Recurrence::Lstm => 4,
        }
    }
}

/// What a layer is computed from. `f32` or `f64`.
#[derive(Clone, Copy, Debug)]
pub struct RecurrentOperands<'a> {
    /// What each step computes.
    pub recurrence: Recurrence,
    /// Maps of the inputs of all steps, `[steps, n, gates * hidden]`.
    pub inputs: &'a Array,
    /// The map of the hidden state, `[gates * hidden, hidden]`.
    pub weight: &'a Array,
    /// Its bias, `[gates * hidden]`.
    pub bias: Option<&'a Array>,
    /// The states to start from, `[n, hidden]` each.
    pub states: &'a [Array],
    /// Whether the last step comes first.
    pub backwards: bool,
}

/// What [`RecurrentOperands::run`] computes.
#[derive(Debug)]
pub struct Recurrent {
    /// Each state after every step, with the one to start from at the end where that is:
    /// `[steps + 1, n, hidden]`.
    pub states: Vec<Array>,
    /// What gradients need beside that, `[steps, n, kept * hidden]`.
    pub(crate) kept: Array,
}

/// The gradients of a layer.
#[derive(Debug)]
pub struct RecurrentGradients {
    /// Those of the maps of the inputs, `[steps, n, gates * hidden]`.
    pub inputs: Array,
    /// Those of the maps of the hidden states, where they differ.
    pub maps: Option<Array>,
    /// Those of the states to start from.
    pub states: Vec<Array>,
}

/// The sizes of a call.
#[derive(Clone, Copy, Debug)]
pub struct RecurrentSizes {
    /// How many steps there are.
    pub steps: usize,
    /// How many sequences.
    pub batch: usize,
    /// Features of a state.
    pub hidden: usize,
}

impl RecurrentOperands<'_> {
    /// The states after all steps.
    pub fn run(&self) -> Result<Recurrent> {
        let sizes = self.check()?;
        let RecurrentSizes {
            steps,
            batch,
            hidden,
        } = sizes;
        let whole = [steps + 1, batch, hidden];
        let start = if self.backwards { steps } else { 0 };
        let mut out = Recurrent {
            states: Vec::new(),
            kept: self.beside([steps, batch, self.recurrence.kept() * hidden])?,
        };
        for state in self.states {
            let first = |all: &Array| Ok(all.with_layout(all.layout().select(0, start)?));
            out.states
                .push(self.beside(whole)?.with_written(first, state)?);
        }
        let dense = self.dense()?;
        let backend = self.inputs.backend(OP)?;
        backend.recurrent(&sizes, &dense.operands(self), &mut out)?;
        Ok(out)
    }

    /// The gradients, from the states and the gradients of the hidden states after each step,
    /// `[steps, n, hidden]`, and of the other states after the last step, `[n, hidden]`.
    pub fn gradients(&self, done: &Recurrent, g: &[Array]) -> Result<RecurrentGradients> {
        let sizes = self.check()?;
        let RecurrentSizes {
            steps,
            batch,
            hidden,
        } = sizes;
        let wanted: [&[usize]; 2] = [&[steps, batch, hidden], &[batch, hidden]];
        for (g, wanted) in g.iter().zip(wanted) {
            self.check_operand(g, wanted)?;
        }
        let g = g
            .iter()
            .map(Array::contiguous)
            .collect::<Result<Vec<_>>>()?;
        let maps = [steps, batch, self.recurrence.gates() * hidden];
        let mut out = RecurrentGradients {
            inputs: self.beside(maps)?,
            maps: match self.recurrence {
                Recurrence::Gru => Some(self.beside(maps)?),
                Recurrence::Tanh | Recurrence::Relu | Recurrence::Lstm => None,
            },
            states: Vec::new(),
        };
        for _ in self.states {
            out.states.push(self.beside([batch, hidden])?);
        }
        let dense = self.dense()?;
        let backend = self.inputs.backend(OP)?;
        backend.recurrent_backward(&sizes, &dense.operands(self), done, &g, &mut out)?;
        Ok(out)
    }

    /// The next step after `done` of them, and where the states before and after it are.
    pub(crate) fn places(&self, sizes: &RecurrentSizes, done: usize) -> (usize, usize, usize) {
        match self.backwards {
            false => (done, done, done + 1),
            true => {
                let step = sizes.steps - 1 - done;
                (step, step + 1, step)
            }
        }
    }

    fn check(&self) -> Result<RecurrentSizes> {
        let dtype = self.inputs.dtype();
        let is_wide = matches!(dtype, DType::F32 | DType::F64);
        rules::dtype(OP, dtype, is_wide, "f32 or f64")?;
        let gates = self.recurrence.gates();
        let [steps, batch, rows] = self.inputs.shape()[..] else {
            let expected = "[steps, n, gates * hidden]";
            return Err(Error::shape(OP, self.inputs.shape(), expected));
        };
        let hidden = rows / gates;
        self.check_operand(self.inputs, &[steps, batch, gates * hidden])?;
        self.check_operand(self.weight, &[gates * hidden, hidden])?;
        if let Some(bias) = self.bias {
            self.check_operand(bias, &[gates * hidden])?;
        }
        if self.states.len() != self.recurrence.states() {
            let expected = "one for each state of the recurrence";
            return Err(Error::argument(OP, "states", self.states.len(), expected));
        }
        for state in self.states {
            self.check_operand(state, &[batch, hidden])?;
        }
        Ok(RecurrentSizes {
            steps,
            batch,
            hidden,
        })
    }

    fn check_operand(&self, x: &Array, wanted: &[usize]) -> Result<()> {
        let dtype = self.inputs.dtype();
        rules::same_device(OP, self.inputs, x)?;
        rules::dtype(OP, x.dtype(), x.dtype() == dtype, dtype.name())?;
        match **x.shape() == *wanted {
            true => Ok(()),
            false => Err(Error::shape(OP, x.shape(), Shape::from(wanted).to_string())),
        }
    }

    fn beside<const N: usize>(&self, shape: [usize; N]) -> Result<Array> {
        let layout = Layout::contiguous(Shape::from(shape));
        Array::uninit(OP, layout, self.inputs.dtype(), self.inputs.device())
    }

    fn dense(&self) -> Result<Dense> {
        Ok(Dense {
            inputs: self.inputs.contiguous()?,
            weight: self.weight.contiguous()?,
            bias: self.bias.map(Array::contiguous).transpose()?,
        })
    }
}

/// Operands without gaps.
struct Dense {
    inputs: Array,
    weight: Array,
    bias: Option<Array>,
}

impl Dense {
    fn operands<'a>(&'a self, of: &RecurrentOperands<'a>) -> RecurrentOperands<'a> {
        RecurrentOperands {
            inputs: &self.inputs,
            weight: &self.weight,
            bias: self.bias.as_ref(),
            ..*of
        }
    }
}

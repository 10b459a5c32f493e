//! What recurrent networks and single cells share: their steps, parameters and states.

use crate::parts::equal_parts;
use crate::{Error, Parameter, Result, Setting, init};
use rushlight_autograd::{DType, Device, Tensor};

/// What a recurrent network computes at each step, from the maps `i` of its input and `h` of its
/// hidden state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Recurrence {
    /// `f(i + h)`.
    Simple(Nonlinearity),
    /// The gated recurrent unit of Cho et al. 2014.
    Gru,
    /// Long short-term memory of Hochreiter and Schmidhuber 1997, with a forget gate.
    Lstm,
}

/// The function that an [`RNN`](crate::RNN) applies at each step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Nonlinearity {
    /// The hyperbolic tangent.
    #[default]
    Tanh,
    /// The positive part.
    Relu,
}

impl Setting for Nonlinearity {
    fn text(&self) -> String {
        match self {
            Nonlinearity::Tanh => "tanh".to_string(),
            Nonlinearity::Relu => "relu".to_string(),
        }
    }
}
crate::settings!(Nonlinearity);

impl Recurrence {
    /// How many maps of the size of the hidden state stand above each other in a weight.
    pub(crate) fn gates(self) -> usize {
        match self {
            Recurrence::Simple(_) => 1,
            Recurrence::Gru => 3,
            Recurrence::Lstm => 4,
        }
    }

    /// How many tensors are handed on from step to step.
    pub(crate) fn states(self) -> usize {
        match self {
            Recurrence::Simple(_) | Recurrence::Gru => 1,
            Recurrence::Lstm => 2,
        }
    }

    /// The states after a step.
    pub(crate) fn step(self, i: &Tensor, h: &Tensor, states: &[Tensor]) -> Result<Vec<Tensor>> {
        match self {
            Recurrence::Simple(Nonlinearity::Tanh) => Ok(vec![(i + h)?.tanh()?]),
            Recurrence::Simple(Nonlinearity::Relu) => Ok(vec![(i + h)?.relu()?]),
            Recurrence::Gru => {
                let [i, h] = [i, h].map(|x| equal_parts::<3>("GRU", x, -1));
                let (i, h) = (i?, h?);
                let reset = (&i[0] + &h[0])?.sigmoid()?;
                let update = (&i[1] + &h[1])?.sigmoid()?;
                let new = (&i[2] + (reset * &h[2])?)?.tanh()?;
                Ok(vec![(((&states[0] - &new)? * update)? + new)?])
            }
            Recurrence::Lstm => {
                let [input, forget, new, output] = equal_parts("LSTM", &(i + h)?, -1)?;
                let (input, forget) = (input.sigmoid()?, forget.sigmoid()?);
                let (new, output) = (new.tanh()?, output.sigmoid()?);
                let cell = ((forget * &states[1])? + (input * new)?)?;
                Ok(vec![(output * cell.tanh()?)?, cell])
            }
        }
    }
}

/// The parameters of one direction of one layer.
#[derive(Debug)]
pub struct RecurrentWeights {
    /// `[gates * hidden_size, features]`.
    pub weight_ih: Parameter,
    /// `[gates * hidden_size, state_size]`, where a state has `proj_size` or `hidden_size` features.
    pub weight_hh: Parameter,
    /// `[gates * hidden_size]`.
    pub bias_ih: Option<Parameter>,
    /// `[gates * hidden_size]`.
    pub bias_hh: Option<Parameter>,
    /// `[proj_size, hidden_size]`.
    pub weight_hr: Option<Parameter>,
}

/// The sizes of [`RecurrentWeights`].
#[derive(Clone, Copy)]
pub(crate) struct RecurrentSizes {
    pub(crate) features: usize,
    pub(crate) hidden: usize,
    pub(crate) projected: usize,
    pub(crate) bias: bool,
    pub(crate) dtype: DType,
    pub(crate) device: Device,
}

impl RecurrentWeights {
    /// Parameters that start uniform in `±1/sqrt(hidden_size)`.
    pub(crate) fn new(kind: Recurrence, sizes: RecurrentSizes) -> Result<RecurrentWeights> {
        let RecurrentSizes {
            features,
            hidden,
            projected,
            bias,
            dtype,
            device,
        } = sizes;
        let bound = 1.0 / (hidden as f64).sqrt();
        let drawn = |shape: &[usize]| {
            let parameter = Parameter::new(Tensor::full(shape, 0.0, dtype, device)?)?;
            init::uniform_(&parameter, -bound, bound)?;
            Ok::<_, rushlight_autograd::Error>(parameter)
        };
        let rows = kind.gates().checked_mul(hidden).ok_or_else(|| {
            Error::argument("RNN", "hidden_size", hidden, "small enough to address")
        })?;
        let state = if projected > 0 { projected } else { hidden };
        Ok(RecurrentWeights {
            weight_ih: drawn(&[rows, features])?,
            weight_hh: drawn(&[rows, state])?,
            bias_ih: bias.then(|| drawn(&[rows])).transpose()?,
            bias_hh: bias.then(|| drawn(&[rows])).transpose()?,
            weight_hr: (projected > 0)
                .then(|| drawn(&[projected, hidden]))
                .transpose()?,
        })
    }

    /// The parameters that there are, with their names.
    pub(crate) fn named(&self) -> impl Iterator<Item = (&'static str, &Parameter)> {
        let optional = [
            ("bias_ih", &self.bias_ih),
            ("bias_hh", &self.bias_hh),
            ("weight_hr", &self.weight_hr),
        ];
        [
            ("weight_ih", &self.weight_ih),
            ("weight_hh", &self.weight_hh),
        ]
        .into_iter()
        .chain(
            optional
                .into_iter()
                .filter_map(|(name, it)| Some((name, it.as_ref()?))),
        )
    }

    /// The states after a step, from the map of its input.
    pub(crate) fn step(
        &self,
        kind: Recurrence,
        i: &Tensor,
        states: &[Tensor],
    ) -> Result<Vec<Tensor>> {
        let h = states[0].linear(&self.weight_hh, self.bias_hh.as_deref())?;
        let mut states = kind.step(i, &h, states)?;
        if let Some(weight) = &self.weight_hr {
            states[0] = states[0].linear(weight, None)?;
        }
        Ok(states)
    }

    /// Runs over the steps of packed sequences, `batch_sizes[t]` rows of `x` for step `t`; the
    /// sequences are sorted, longest first. Returns the hidden states, packed, and the last states.
    pub(crate) fn run(
        &self,
        kind: Recurrence,
        x: &Tensor,
        batch_sizes: &[usize],
        initial: Vec<Tensor>,
        backwards: bool,
    ) -> Result<(Tensor, Vec<Tensor>)> {
        let inputs = x.linear(&self.weight_ih, self.bias_ih.as_deref())?;
        let inputs = inputs.split_with_sizes(batch_sizes, 0)?;
        let mut outputs = Vec::with_capacity(inputs.len());
        if backwards {
            // Shorter sequences join when their last step comes.
            let mut states = rows(&initial, 0, *batch_sizes.last().unwrap_or(&0))?;
            for (input, &size) in inputs.iter().zip(batch_sizes).rev() {
                let active = states[0].size(0)?;
                if active < size {
                    let joining = rows(&initial, active, size - active)?;
                    states = joined(&states, &joining)?;
                }
                states = self.step(kind, input, &states)?;
                outputs.push(states[0].clone());
            }
            outputs.reverse();
            return Ok((Tensor::cat(&outputs, 0)?, states));
        }
        let mut states = initial;
        let mut finished = Vec::new();
        for (input, &size) in inputs.iter().zip(batch_sizes) {
            let active = states[0].size(0)?;
            if size < active {
                finished.push(rows(&states, size, active - size)?);
                states = rows(&states, 0, size)?;
            }
            states = self.step(kind, input, &states)?;
            outputs.push(states[0].clone());
        }
        for later in finished.iter().rev() {
            states = joined(&states, later)?;
        }
        Ok((Tensor::cat(&outputs, 0)?, states))
    }
}

fn rows(states: &[Tensor], start: usize, count: usize) -> Result<Vec<Tensor>> {
    let rows = |state: &Tensor| state.narrow(0, start as i64, count);
    states.iter().map(rows).collect()
}

fn joined(first: &[Tensor], second: &[Tensor]) -> Result<Vec<Tensor>> {
    let both = |(a, b)| Tensor::cat(&[a, b], 0);
    first.iter().zip(second).map(both).collect()
}

/// States that are handed on from step to step.
pub trait States: Sized {
    /// The tensors, the hidden state first.
    fn parts(&self) -> Vec<Tensor>;

    /// The states that consist of these tensors.
    fn of(parts: Vec<Tensor>) -> Option<Self>;
}

/// A hidden state.
impl States for Tensor {
    fn parts(&self) -> Vec<Tensor> {
        vec![self.clone()]
    }

    fn of(parts: Vec<Tensor>) -> Option<Self> {
        parts.into_iter().next()
    }
}

/// A hidden state, and that of the memory cells.
impl States for (Tensor, Tensor) {
    fn parts(&self) -> Vec<Tensor> {
        vec![self.0.clone(), self.1.clone()]
    }

    fn of(parts: Vec<Tensor>) -> Option<Self> {
        let [hidden, cell] = <[Tensor; 2]>::try_from(parts).ok()?;
        Some((hidden, cell))
    }
}

/// The states after a call.
pub(crate) fn states_of<S: States>(parts: Vec<Tensor>) -> S {
    S::of(parts).expect("a recurrence keeps the number of its states")
}

/// The inputs of a call as hooks see them: the sequence, and the states if any are given.
pub(crate) fn inputs_of<S: States>(x: &Tensor, states: Option<&S>) -> Vec<Tensor> {
    let mut inputs = vec![x.clone()];
    inputs.extend(states.into_iter().flat_map(States::parts));
    inputs
}

/// The opposite of [`inputs_of`].
pub(crate) fn split_inputs<S: States>(inputs: &[Tensor]) -> (&Tensor, Option<S>) {
    let (x, states) = inputs
        .split_first()
        .expect("hooks keep the number of inputs");
    (x, S::of(states.to_vec()))
}

/// Errors unless sizes are positive, and that of a projection is less than that of the state.
pub(crate) fn check_sizes(op: &'static str, sizes: RecurrentSizes) -> Result<()> {
    for (name, size) in [
        ("input_size", sizes.features),
        ("hidden_size", sizes.hidden),
    ] {
        if size == 0 {
            return Err(Error::argument(op, name, 0, "greater than zero").into());
        }
    }
    if sizes.projected > 0 && sizes.projected >= sizes.hidden {
        let expected = "smaller than hidden_size";
        return Err(Error::argument(op, "proj_size", sizes.projected, expected).into());
    }
    Ok(())
}

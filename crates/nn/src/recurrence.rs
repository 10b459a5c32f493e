//! What recurrent networks and single cells share: their steps, parameters and states.

use crate::{Error, Parameter, Result, Setting, init};
use rushlight_autograd::{DType, Device, Recurrence, RecurrentLayer, Tensor, is_autocast_enabled};

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

impl Nonlinearity {
    /// The step of an [`RNN`](crate::RNN) with this function.
    pub(crate) fn recurrence(self) -> Recurrence {
        match self {
            Nonlinearity::Tanh => Recurrence::Tanh,
            Nonlinearity::Relu => Recurrence::Relu,
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

    fn layer(&self, recurrence: Recurrence) -> RecurrentLayer<'_> {
        RecurrentLayer {
            recurrence,
            weight: &self.weight_hh,
            bias: self.bias_hh.as_deref(),
        }
    }

    /// The states after a step, from the map of its input.
    pub(crate) fn step(
        &self,
        kind: Recurrence,
        i: &Tensor,
        states: &[Tensor],
    ) -> Result<Vec<Tensor>> {
        let mut states = self.layer(kind).step(i, states)?;
        if let Some(weight) = &self.weight_hr {
            states[0] = states[0].linear(weight, None)?;
        }
        Ok(states)
    }

    /// Whether all steps can run as one: sequences of one length, in one type, without a projection.
    fn is_one_operation(&self, inputs: &Tensor, batch_sizes: &[usize], initial: &[Tensor]) -> bool {
        let dtype = inputs.dtype();
        let own = [Some(&self.weight_hh), self.bias_hh.as_ref()];
        let mut own = own.into_iter().flatten();
        self.weight_hr.is_none()
            && matches!(dtype, DType::F32 | DType::F64)
            && own.all(|parameter| parameter.dtype() == dtype)
            && initial.iter().all(|state| state.dtype() == dtype)
            && batch_sizes.iter().all(|&size| size == batch_sizes[0])
            && !batch_sizes.is_empty()
            && !is_autocast_enabled()
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
        if self.is_one_operation(&inputs, batch_sizes, &initial) {
            let sizes = [batch_sizes.len() as isize, batch_sizes[0] as isize];
            let inputs = inputs.unflatten(0, &sizes)?;
            let (y, last) = self.layer(kind).run(&inputs, &initial, backwards)?;
            return Ok((y.flatten(0, 1)?, last));
        }
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

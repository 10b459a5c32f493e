//! Recurrent networks: layers over sequences whose elements come one after the other.

use crate::builder::builder;
use crate::functional::check_probability;
use crate::recurrence::{
    Nonlinearity, RecurrentSizes, RecurrentWeights, States, check_sizes, inputs_of, split_inputs,
    states_of,
};
use crate::{Error, Module, PackedSequence, Result, Site};
use rushlight_autograd::{Recurrence, Tensor};

/// What [`RNN`], [`LSTM`] and [`GRU`] have in common: their settings, and their parameters with names
/// such as `weight_ih_l0` and `weight_ih_l0_reverse`.
#[derive(Debug)]
pub struct RecurrentNetwork {
    /// Features of the input.
    pub input_size: usize,
    /// Features of a hidden state.
    pub hidden_size: usize,
    /// Layers above each other.
    pub num_layers: usize,
    /// Whether the maps have biases.
    pub bias: bool,
    /// Whether the batch dimension comes first.
    pub batch_first: bool,
    /// Probability of dropout between layers in training.
    pub dropout: f64,
    /// Whether a second network runs backwards.
    pub bidirectional: bool,
    /// Features that a hidden state is projected to; zero for none.
    pub proj_size: usize,
    /// The parameters, layer by layer, both directions of a layer side by side.
    pub weights: Vec<RecurrentWeights>,
    /// The layer's place in a model.
    pub site: Site,
    kind: Recurrence,
}

impl Module for RecurrentNetwork {
    fn type_name(&self) -> &'static str {
        "RNNBase"
    }

    fn fields<'a>(&'a self, fields: &mut crate::Fields<'a>) {
        let directions = self.directions();
        for (at, weights) in self.weights.iter().enumerate() {
            let layer = at / directions;
            let suffix = if at % directions == 1 { "_reverse" } else { "" };
            for (name, parameter) in weights.named() {
                fields.add(format!("{name}_l{layer}{suffix}"), parameter);
            }
        }
        fields.add("site", &self.site);
    }
}

impl RecurrentNetwork {
    fn directions(&self) -> usize {
        if self.bidirectional { 2 } else { 1 }
    }

    fn text(&self) -> String {
        let mut text = format!("{}, {}", self.input_size, self.hidden_size);
        let mut say = |applies: bool, what: String| {
            if applies {
                text += &format!(", {what}");
            }
        };
        say(self.proj_size != 0, format!("proj_size={}", self.proj_size));
        say(
            self.num_layers != 1,
            format!("num_layers={}", self.num_layers),
        );
        say(!self.bias, "bias=False".to_string());
        say(self.batch_first, "batch_first=True".to_string());
        say(
            self.dropout != 0.0,
            format!("dropout={}", crate::setting::float(self.dropout)),
        );
        say(self.bidirectional, "bidirectional=True".to_string());
        text
    }

    fn call<S: States>(
        &self,
        op: &'static str,
        x: &Tensor,
        states: Option<&S>,
    ) -> Result<(Tensor, S)> {
        let is_batched = match x.dim() {
            2 => false,
            3 => true,
            _ => return Err(Error::shape(op, x.shape(), "two or three dimensions").into()),
        };
        let x = match is_batched {
            false => x.unsqueeze(1)?,
            true if self.batch_first => x.transpose(0, 1)?,
            true => x.clone(),
        };
        let (length, batch) = (x.size(0)?, x.size(1)?);
        if length == 0 {
            return Err(Error::shape(op, x.shape(), "at least one step").into());
        }
        let states = match states {
            Some(states) if is_batched => Some(states.parts()),
            Some(states) => {
                let parts = states.parts();
                Some(
                    parts
                        .iter()
                        .map(|state| state.unsqueeze(1))
                        .collect::<Result<_>>()?,
                )
            }
            None => None,
        };
        // Refuses more steps than memory has room for, be they empty.
        x.new_empty(&[length])?;
        let (y, last) = self.run(op, &x.flatten(0, 1)?, &vec![batch; length], states)?;
        let y = y.unflatten(0, &[length as isize, batch as isize])?;
        if !is_batched {
            let last = last.iter().map(|state| state.squeeze_dims(&[1]));
            return Ok((
                y.squeeze_dims(&[1])?,
                states_of(last.collect::<Result<_>>()?),
            ));
        }
        let y = if self.batch_first {
            y.transpose(0, 1)?
        } else {
            y
        };
        Ok((y, states_of(last)))
    }

    fn call_packed<S: States>(
        &self,
        op: &'static str,
        x: &PackedSequence,
        states: Option<&S>,
    ) -> Result<(PackedSequence, S)> {
        x.check(op)?;
        let permuted = |states: Vec<Tensor>, order: Option<&Tensor>| match order {
            Some(order) => states
                .iter()
                .map(|state| state.index_select(1, order))
                .collect(),
            None => Ok(states),
        };
        let states = states.map(|states| permuted(states.parts(), x.sorted_indices.as_ref()));
        let (data, last) = self.run(op, &x.data, &x.batch_sizes, states.transpose()?)?;
        let last = permuted(last, x.unsorted_indices.as_ref())?;
        Ok((PackedSequence { data, ..x.clone() }, states_of(last)))
    }

    /// Runs all layers over packed sequences.
    fn run(
        &self,
        op: &'static str,
        x: &Tensor,
        batch_sizes: &[usize],
        states: Option<Vec<Tensor>>,
    ) -> Result<(Tensor, Vec<Tensor>)> {
        if x.dim() != 2 || x.size(1)? != self.input_size {
            let expected = format!("a last dimension of {}", self.input_size);
            return Err(Error::shape(op, x.shape(), expected).into());
        }
        let states = self.initial(op, x, *batch_sizes.first().unwrap_or(&0), states)?;
        let directions = self.directions();
        let mut x = x.clone();
        let mut last = vec![Vec::new(); states.len()];
        for (layer, weights) in self.weights.chunks(directions).enumerate() {
            if layer > 0 {
                x = x.dropout(self.dropout, self.site.is_training())?;
            }
            let mut outputs = Vec::new();
            for (direction, weights) in weights.iter().enumerate() {
                let at = (layer * directions + direction) as i64;
                let initial = states.iter().map(|state| state.select(0, at));
                let initial = initial.collect::<Result<_>>()?;
                let (y, after) =
                    weights.run(self.kind, &x, batch_sizes, initial, direction == 1)?;
                outputs.push(y);
                for (last, after) in last.iter_mut().zip(after) {
                    last.push(after);
                }
            }
            x = match &outputs[..] {
                [only] => only.clone(),
                both => Tensor::cat(both, -1)?,
            };
        }
        let last = last.iter().map(|states| Tensor::stack(states, 0));
        Ok((x, last.collect::<Result<_>>()?))
    }

    /// The states to start from, zeros unless given: `[layers * directions, n, size]` each.
    fn initial(
        &self,
        op: &'static str,
        x: &Tensor,
        batch: usize,
        states: Option<Vec<Tensor>>,
    ) -> Result<Vec<Tensor>> {
        let hidden = if self.proj_size > 0 {
            self.proj_size
        } else {
            self.hidden_size
        };
        let sizes = [hidden, self.hidden_size];
        let wanted = sizes[..self.kind.states()].iter();
        let wanted = wanted.map(|&size| [self.weights.len(), batch, size]);
        let Some(states) = states else {
            return wanted.map(|shape| x.new_zeros(&shape)).collect();
        };
        for (state, shape) in states.iter().zip(wanted) {
            if state.shape() != shape {
                return Err(Error::shape(op, state.shape(), format!("{shape:?}")).into());
            }
        }
        Ok(states)
    }
}

macro_rules! network {
    (
        $(#[$doc:meta])*
        $Layer:ident, $Builder:ident, $States:ty, |$builder:ident| ($kind:expr, $proj_size:expr);
        $($(#[doc = $setting_doc:literal])* $setting:ident: $T:ty = $default:expr;)*
    ) => {
        #[derive(Module, Debug)]
        #[module(repr = Self::text)]
        $(#[$doc])*
        pub struct $Layer {
            /// Settings and parameters.
            #[module(flatten)]
            pub network: RecurrentNetwork,
        }

        builder! {
            #[doc = concat!("Settings of a network [`", stringify!($Layer), "`].")]
            $Builder for $Layer {
                /// Features of the input.
                input_size: usize;
                /// Features of a hidden state.
                hidden_size: usize;
            }
            /// Layers above each other. Default: 1.
            num_layers: usize = 1;
            /// Whether the maps have biases. Default: true.
            bias: bool = true;
            /// Whether the batch dimension comes first. Default: false.
            batch_first: bool = false;
            /// Probability of dropout between layers in training. Default: 0.
            dropout: f64 = 0.0;
            /// Whether a second network runs backwards; results are joined. Default: false.
            bidirectional: bool = false;
            $($(#[doc = $setting_doc])* $setting: $T = $default;)*
        }

        impl $Builder {
            /// Makes the network.
            pub fn build(self) -> Result<$Layer> {
                const OP: &str = stringify!($Layer);
                let $builder = &self;
                let (kind, proj_size) = ($kind, $proj_size);
                check_probability(OP, self.dropout)?;
                if self.num_layers == 0 {
                    return Err(Error::argument(OP, "num_layers", 0, "greater than zero").into());
                }
                let directions = if self.bidirectional { 2 } else { 1 };
                let state = if proj_size > 0 { proj_size } else { self.hidden_size };
                let mut sizes = RecurrentSizes {
                    features: self.input_size,
                    hidden: self.hidden_size,
                    projected: proj_size,
                    bias: self.bias,
                    dtype: self.dtype,
                    device: self.device,
                };
                check_sizes(OP, sizes)?;
                // Refuses what memory has no room for, rather than filling it layer after layer.
                Tensor::empty(&[self.num_layers, state])?;
                let mut weights = Vec::new();
                for _ in 0..self.num_layers {
                    for _ in 0..directions {
                        weights.push(RecurrentWeights::new(kind, sizes)?);
                    }
                    sizes.features = state * directions;
                }
                let network = RecurrentNetwork {
                    input_size: self.input_size,
                    hidden_size: self.hidden_size,
                    num_layers: self.num_layers,
                    bias: self.bias,
                    batch_first: self.batch_first,
                    dropout: self.dropout,
                    bidirectional: self.bidirectional,
                    proj_size,
                    weights,
                    site: Site::default(),
                    kind,
                };
                Ok($Layer { network })
            }
        }

        impl $Layer {
            /// The hidden states of the last layer, and the last states of all layers, starting from
            /// zeros.
            pub fn forward(&self, x: &Tensor) -> Result<(Tensor, $States)> {
                self.forward_from(x, None)
            }

            /// As [`forward`](Self::forward), starting from the given states.
            pub fn forward_from(
                &self,
                x: &Tensor,
                states: Option<&$States>,
            ) -> Result<(Tensor, $States)> {
                let network = &self.network;
                network.site.call_list(&inputs_of(x, states), |inputs| {
                    let (x, states) = split_inputs(inputs);
                    network.call(stringify!($Layer), x, states.as_ref())
                })
            }

            /// As [`forward_from`](Self::forward_from), for sequences of several lengths.
            pub fn forward_packed(
                &self,
                x: &PackedSequence,
                states: Option<&$States>,
            ) -> Result<(PackedSequence, $States)> {
                let network = &self.network;
                network.site.call_list(&inputs_of(&x.data, states), |inputs| {
                    let (data, states) = split_inputs(inputs);
                    let x = PackedSequence { data: data.clone(), ..x.clone() };
                    network.call_packed(stringify!($Layer), &x, states.as_ref())
                })
            }

            fn text(&self) -> String {
                self.network.text()
            }
        }
    };
}

network! {
    /// The network of Elman 1990: `h' = tanh(w_ih x + b_ih + w_hh h + b_hh)`.
    ///
    /// # Shape
    ///
    /// `[length, n, input_size] -> [length, n, directions * hidden_size]`, with `n` in front if
    /// `batch_first`, or without it; states `[num_layers * directions, n, hidden_size]`.
    ///
    /// ```
    /// # use rushlight_autograd::{Result, Tensor};
    /// # use rushlight_nn::RNN;
    /// # fn main() -> Result<()> {
    /// let (y, h) = RNN::new(10, 20)?.forward(&Tensor::randn(&[5, 3, 10])?)?;
    /// assert_eq!((y.size(2)?, h.size(0)?), (20, 1));
    /// # Ok(()) }
    /// ```
    RNN, RNNBuilder, Tensor, |builder| (builder.nonlinearity.recurrence(), 0);
    /// The function of each step. Default: tanh.
    nonlinearity: Nonlinearity = Nonlinearity::Tanh;
}

network! {
    /// Long short-term memory, from "Long Short-Term Memory" (Hochreiter and Schmidhuber 1997):
    /// `c' = f c + i tanh(g)` and `h' = o tanh(c')`, where the gates `i`, `f`, `o` are sigmoids of
    /// affine maps of `x` and `h`, as `g` is without one.
    ///
    /// # Shape
    ///
    /// `[length, n, input_size] -> [length, n, directions * hidden_size]`, with `n` in front if
    /// `batch_first`, or without it; states `[num_layers * directions, n, hidden_size]`. Hidden
    /// states have `proj_size` features if that is set.
    ///
    /// ```
    /// # use rushlight_autograd::{Result, Tensor};
    /// # use rushlight_nn::LSTM;
    /// # fn main() -> Result<()> {
    /// let lstm = LSTM::builder(10, 20).num_layers(2).bidirectional(true).build()?;
    /// let (y, (h, c)) = lstm.forward(&Tensor::randn(&[5, 3, 10])?)?;
    /// assert_eq!(y.shape(), [5, 3, 40]);
    /// assert_eq!((h.shape(), c.shape()), (h.shape(), h.shape()));
    /// assert_eq!(h.shape(), [4, 3, 20]);
    /// # Ok(()) }
    /// ```
    LSTM, LSTMBuilder, (Tensor, Tensor), |builder| (Recurrence::Lstm, builder.proj_size);
    /// Features that hidden states are projected to, fewer than `hidden_size`; zero for none. From
    /// Sak et al. 2014. Default: 0.
    proj_size: usize = 0;
}

network! {
    /// Gated recurrent units, from "Learning Phrase Representations using RNN Encoder-Decoder" (Cho
    /// et al. 2014): `h' = (1 - z) n + z h` with `n = tanh(i_n + r h_n)`, where the gates `r`, `z` are
    /// sigmoids of affine maps of `x` and `h`, and `i_n`, `h_n` are affine maps of each.
    ///
    /// # Shape
    ///
    /// `[length, n, input_size] -> [length, n, directions * hidden_size]`, with `n` in front if
    /// `batch_first`, or without it; states `[num_layers * directions, n, hidden_size]`.
    ///
    /// ```
    /// # use rushlight_autograd::{Result, Tensor};
    /// # use rushlight_nn::GRU;
    /// # fn main() -> Result<()> {
    /// let (y, h) = GRU::new(10, 20)?.forward(&Tensor::randn(&[5, 3, 10])?)?;
    /// assert_eq!((y.size(2)?, h.size(0)?), (20, 1));
    /// # Ok(()) }
    /// ```
    GRU, GRUBuilder, Tensor, |_builder| (Recurrence::Gru, 0);
}

//! Single steps of recurrent networks.

use crate::builder::builder;
use crate::recurrence::{
    Nonlinearity, RecurrentSizes, RecurrentWeights, States, check_sizes, inputs_of, split_inputs,
    states_of,
};
use crate::{Error, Module, Result, Site};
use rushlight_autograd::{Recurrence, Tensor};

/// A step of a recurrent network: its parameters, without the `_l0` of a network's names.
#[derive(Debug)]
pub struct RecurrentCell {
    /// Features of the input.
    pub input_size: usize,
    /// Features of a state.
    pub hidden_size: usize,
    /// The parameters.
    pub weights: RecurrentWeights,
    /// The layer's place in a model.
    pub site: Site,
    kind: Recurrence,
}

impl Module for RecurrentCell {
    fn type_name(&self) -> &'static str {
        "RNNCellBase"
    }

    fn fields<'a>(&'a self, fields: &mut crate::Fields<'a>) {
        for (name, parameter) in self.weights.named() {
            fields.add(name, parameter);
        }
        fields.add("site", &self.site);
    }
}

impl RecurrentCell {
    fn new(op: &'static str, kind: Recurrence, sizes: RecurrentSizes) -> Result<RecurrentCell> {
        check_sizes(op, sizes)?;
        Ok(RecurrentCell {
            input_size: sizes.features,
            hidden_size: sizes.hidden,
            weights: RecurrentWeights::new(kind, sizes)?,
            site: Site::default(),
            kind,
        })
    }

    fn text(&self) -> String {
        let mut text = format!("{}, {}", self.input_size, self.hidden_size);
        if self.weights.bias_ih.is_none() {
            text += ", bias=False";
        }
        if self.kind == Recurrence::Relu {
            text += ", nonlinearity=relu";
        }
        text
    }

    fn call<S: States>(&self, op: &'static str, x: &Tensor, states: Option<&S>) -> Result<S> {
        let (shape, features) = (x.shape(), self.input_size);
        let batch = match shape[..] {
            [size] if size == features => 1,
            [batch, size] if size == features => batch,
            _ => {
                let expected = format!("[{features}] or [n, {features}]");
                return Err(Error::shape(op, shape, expected).into());
            }
        };
        let mut wanted = shape.to_vec();
        if let Some(last) = wanted.last_mut() {
            *last = self.hidden_size;
        }
        let parts = match states {
            Some(states) => states.parts(),
            None => vec![x.new_zeros(&wanted)?; self.kind.states()],
        };
        let wide = [batch as isize, self.hidden_size as isize];
        let row = |state: &Tensor| {
            if state.shape() != wanted[..] {
                return Err(Error::shape(op, state.shape(), format!("{wanted:?}")).into());
            }
            state.reshape(&wide)
        };
        let parts = parts.iter().map(row).collect::<Result<Vec<_>>>()?;
        let weights = &self.weights;
        let i = x.reshape(&[batch as isize, features as isize])?;
        let i = i.linear(&weights.weight_ih, weights.bias_ih.as_deref())?;
        let after = weights.step(self.kind, &i, &parts)?;
        let sizes: Vec<isize> = wanted.iter().map(|&size| size as isize).collect();
        let after = after.iter().map(|state| state.reshape(&sizes));
        Ok(states_of(after.collect::<Result<_>>()?))
    }
}

macro_rules! cell {
    (
        $(#[$doc:meta])*
        $Cell:ident, $Builder:ident, $States:ty, |$builder:ident| $kind:expr;
        $($(#[doc = $setting_doc:literal])* $setting:ident: $T:ty = $default:expr;)*
    ) => {
        #[derive(Module, Debug)]
        #[module(repr = Self::text)]
        $(#[$doc])*
        pub struct $Cell {
            /// The parameters.
            #[module(flatten)]
            pub cell: RecurrentCell,
        }

        builder! {
            #[doc = concat!("Settings of a [`", stringify!($Cell), "`].")]
            $Builder for $Cell {
                /// Features of the input.
                input_size: usize;
                /// Features of a hidden state.
                hidden_size: usize;
            }
            /// Whether the maps have biases. Default: true.
            bias: bool = true;
            $($(#[doc = $setting_doc])* $setting: $T = $default;)*
        }

        impl $Builder {
            /// Makes the layer.
            pub fn build(self) -> Result<$Cell> {
                let $builder = &self;
                let sizes = RecurrentSizes {
                    features: self.input_size,
                    hidden: self.hidden_size,
                    projected: 0,
                    bias: self.bias,
                    dtype: self.dtype,
                    device: self.device,
                };
                let cell = RecurrentCell::new(stringify!($Cell), $kind, sizes)?;
                Ok($Cell { cell })
            }
        }

        impl $Cell {
            /// The states after a step that starts from zeros.
            pub fn forward(&self, x: &Tensor) -> Result<$States> {
                self.forward_from(x, None)
            }

            /// The states after a step.
            pub fn forward_from(&self, x: &Tensor, states: Option<&$States>) -> Result<$States> {
                self.cell.site.call_list(&inputs_of(x, states), |inputs| {
                    let (x, states) = split_inputs(inputs);
                    self.cell.call(stringify!($Cell), x, states.as_ref())
                })
            }

            fn text(&self) -> String {
                self.cell.text()
            }
        }
    };
}

cell! {
    /// A step of an [`RNN`](crate::RNN): `h' = tanh(w_ih x + b_ih + w_hh h + b_hh)`.
    ///
    /// # Shape
    ///
    /// `[n, input_size]`, `[n, hidden_size] -> [n, hidden_size]`, all with or without `n`.
    ///
    /// ```
    /// # use rushlight_autograd::{Result, Tensor};
    /// # use rushlight_nn::RNNCell;
    /// # fn main() -> Result<()> {
    /// let cell = RNNCell::new(10, 20)?;
    /// let x = Tensor::randn(&[3, 10])?;
    /// let h = cell.forward_from(&x, Some(&cell.forward(&x)?))?;
    /// assert_eq!(h.shape(), [3, 20]);
    /// # Ok(()) }
    /// ```
    RNNCell, RNNCellBuilder, Tensor, |builder| builder.nonlinearity.recurrence();
    /// The function of each step. Default: tanh.
    nonlinearity: Nonlinearity = Nonlinearity::Tanh;
}

cell! {
    /// A step of an [`LSTM`](crate::LSTM), from a hidden state and one of the memory cells:
    /// `c' = f c + i tanh(g)` and `h' = o tanh(c')`.
    ///
    /// # Shape
    ///
    /// `[n, input_size]`, `[n, hidden_size]` twice `-> [n, hidden_size]` twice, all with or without
    /// `n`.
    ///
    /// ```
    /// # use rushlight_autograd::{Result, Tensor};
    /// # use rushlight_nn::LSTMCell;
    /// # fn main() -> Result<()> {
    /// let cell = LSTMCell::new(10, 20)?;
    /// let x = Tensor::randn(&[3, 10])?;
    /// let states = cell.forward(&x)?;
    /// let (hidden, _) = cell.forward_from(&x, Some(&states))?;
    /// assert_eq!(hidden.shape(), [3, 20]);
    /// # Ok(()) }
    /// ```
    LSTMCell, LSTMCellBuilder, (Tensor, Tensor), |_builder| Recurrence::Lstm;
}

cell! {
    /// A step of a [`GRU`](crate::GRU): `h' = (1 - z) n + z h`, with its gates `z` and `r` and its
    /// candidate `n`.
    ///
    /// # Shape
    ///
    /// `[n, input_size]`, `[n, hidden_size] -> [n, hidden_size]`, all with or without `n`.
    ///
    /// ```
    /// # use rushlight_autograd::{Result, Tensor};
    /// # use rushlight_nn::GRUCell;
    /// # fn main() -> Result<()> {
    /// let cell = GRUCell::new(10, 20)?;
    /// let x = Tensor::randn(&[3, 10])?;
    /// let h = cell.forward_from(&x, Some(&cell.forward(&x)?))?;
    /// assert_eq!(h.shape(), [3, 20]);
    /// # Ok(()) }
    /// ```
    GRUCell, GRUCellBuilder, Tensor, |_builder| Recurrence::Gru;
}

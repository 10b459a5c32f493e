//! Recurrent networks and single steps of them.

use rushlight_nn::{GRU, GRUCell, LSTM, LSTMCell, Nonlinearity, RNN, RNNCell};

use super::modules;
use crate::argument::Argument;
use crate::call::{Call, Given, KEYWORD};
use crate::tensor::{DType, Tensor};

/// Reads the settings that all networks have; they stand one place later behind a nonlinearity.
macro_rules! network {
    ($Network:ident, $call:ident, $shift:literal) => {{
        $call.only_dense_cpu()?;
        $Network::builder($call.int("input_size", 0)?, $call.int("hidden_size", 1)?)
            .num_layers($call.int_or("num_layers", 2, 1)?)
            .bias($call.bool_or("bias", 3 + $shift, true)?)
            .batch_first($call.bool_or("batch_first", 4 + $shift, false)?)
            .dropout($call.float_or("dropout", 5 + $shift, 0.0)?)
            .bidirectional($call.bool_or("bidirectional", 6 + $shift, false)?)
            .dtype($call.opt_dtype("dtype", KEYWORD)?.unwrap_or(DType::F32))
    }};
}

/// Reads the settings that all cells have.
macro_rules! cell {
    ($Cell:ident, $call:ident) => {
        $Cell::builder($call.int("input_size", 0)?, $call.int("hidden_size", 1)?)
            .bias(is_true($call, "bias", 2)?)
    };
}

modules! {
    "nn.RNN" => |c| network!(RNN, c, 1).nonlinearity(nonlinearity(c, 3)?).build()?,
        |m, c| m.forward_from(&c.input()?, hidden(c)?.as_ref());
    "nn.GRU" => |c| network!(GRU, c, 0).build()?,
        |m, c| m.forward_from(&c.input()?, hidden(c)?.as_ref());
    "nn.LSTM" => |c| network!(LSTM, c, 0).proj_size(c.int_or("proj_size", 7, 0)?).build()?,
        |m, c| m.forward_from(&c.input()?, both(c)?.as_ref());
    "nn.RNNCell" => |c| cell!(RNNCell, c).nonlinearity(nonlinearity(c, 3)?).build()?,
        |m, c| m.forward_from(&c.input()?, hidden(c)?.as_ref());
    "nn.GRUCell" => |c| cell!(GRUCell, c).build()?,
        |m, c| m.forward_from(&c.input()?, hidden(c)?.as_ref());
    "nn.LSTMCell" => |c| cell!(LSTMCell, c).build()?,
        |m, c| m.forward_from(&c.input()?, both(c)?.as_ref());
}

/// A flag that Python tests for its truth, whatever it is.
fn is_true(c: &Call, name: &str, position: usize) -> Given<bool> {
    match c.argument(name, position) {
        Some(Argument::Text(text)) => Ok(!text.is_empty()),
        _ => c.bool_or(name, position, true),
    }
}

fn hidden(c: &Call) -> Given<Option<Tensor>> {
    c.opt_tensor("hx", 1)
}

/// The hidden state and that of the memory cells.
fn both(c: &Call) -> Given<Option<(Tensor, Tensor)>> {
    match c.opt::<Vec<Tensor>>("hx", 1)?.map(<[Tensor; 2]>::try_from) {
        None => Ok(None),
        Some(Ok([hidden, cell])) => Ok(Some((hidden, cell))),
        Some(Err(_)) => c.unsupported("states of another number"),
    }
}

fn nonlinearity(c: &Call, position: usize) -> Given<Nonlinearity> {
    let position = if c.positional() > position {
        position
    } else {
        KEYWORD
    };
    match &*c.text_or("nonlinearity", position, "tanh")? {
        "tanh" => Ok(Nonlinearity::Tanh),
        "relu" => Ok(Nonlinearity::Relu),
        other => c.unsupported(&format!("nonlinearity={other}")),
    }
}

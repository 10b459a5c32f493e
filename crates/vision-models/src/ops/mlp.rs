//! Linear layers in a row.

use super::sequence;
use crate::initialise;
use rushlight_autograd::Result;
use rushlight_nn::init::{normal_, xavier_uniform_};
use rushlight_nn::{Dropout, GELU, Linear, sequential};

sequence! {
    /// Two linear layers with a [`GELU`] between them, and a dropout after each.
    ///
    /// Shapes: `[..., channels]`; the result has the same.
    MLP
}

impl MLP {
    /// The layers, with `hidden` channels between them, that drop elements with a probability.
    ///
    /// Weights start with Glorot's uniform values, biases close to zero.
    pub fn new(channels: usize, hidden: usize, dropout: f64) -> Result<MLP> {
        let layers = sequential![
            Linear::new(channels, hidden)?,
            GELU::new(),
            Dropout::new(dropout)?,
            Linear::new(hidden, channels)?,
            Dropout::new(dropout)?,
        ];
        initialise::linear(&layers, |linear| {
            xavier_uniform_(&linear.weight, 1.0)?;
            linear
                .bias
                .as_ref()
                .map_or(Ok(()), |bias| normal_(bias, 0.0, 1e-6))
        })?;
        Ok(MLP { layers })
    }
}

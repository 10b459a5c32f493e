//! Which activation follows a layer.

use rushlight_nn::{Forward, GELU, Hardsigmoid, Hardswish, ReLU, ReLU6, SiLU, Sigmoid};

/// An activation that a block is made with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activation {
    /// [`ReLU`].
    ReLU,
    /// [`ReLU6`].
    ReLU6,
    /// [`SiLU`].
    SiLU,
    /// [`Hardswish`].
    Hardswish,
    /// [`GELU`], which has no form in place.
    GELU,
    /// [`Sigmoid`], which has no form in place.
    Sigmoid,
    /// [`Hardsigmoid`].
    Hardsigmoid,
}

impl Activation {
    /// The layer; `inplace` is only printed.
    pub fn layer(self, inplace: bool) -> Box<dyn Forward> {
        match self {
            Activation::ReLU => Box::new(ReLU::new().inplace(inplace)),
            Activation::ReLU6 => Box::new(ReLU6::new().inplace(inplace)),
            Activation::SiLU => Box::new(SiLU::new().inplace(inplace)),
            Activation::Hardswish => Box::new(Hardswish::new().inplace(inplace)),
            Activation::GELU => Box::new(GELU::new()),
            Activation::Sigmoid => Box::new(Sigmoid::new()),
            Activation::Hardsigmoid => Box::new(Hardsigmoid::new().inplace(inplace)),
        }
    }
}

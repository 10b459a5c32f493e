//! The layers, a file for each family.

mod activation;
mod flatten;
mod linear;

pub use activation::{ReLU, Sigmoid, Tanh};
pub use flatten::{Flatten, Unflatten};
pub use linear::{Identity, Linear, LinearBuilder};

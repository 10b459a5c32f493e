//! The layers as functions, under PyTorch's names: `use rushlight_nn::functional as F`.

mod linear;
mod shape;

pub use linear::linear;
pub use shape::{flatten, unflatten};

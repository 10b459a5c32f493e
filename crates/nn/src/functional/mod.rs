//! The layers as functions, under PyTorch's names: `use rushlight_nn::functional as F`.
//!
//! A function takes what PyTorch's requires. Where it has further arguments, the form ending in
//! `_with` takes them all, as an options struct if there are many.

mod activation;
mod attention;
mod conv;
mod dropout;
mod embedding;
mod fractional_pool;
mod grid;
mod interpolation;
mod linear;
mod loss;
mod normalise;
mod normalization;
mod padding;
mod patches;
mod pooling;
mod shuffle;
mod statistics;

pub use activation::*;
pub use attention::*;
pub use conv::*;
pub use dropout::*;
pub use embedding::*;
pub use fractional_pool::*;
pub use grid::*;
pub use interpolation::*;
pub use linear::*;
pub use loss::*;
pub use normalization::*;
pub use padding::*;
pub use patches::*;
pub use pooling::*;
pub use shuffle::*;
pub use statistics::*;

//! The layers as functions, under PyTorch's names: `use rushlight_nn::functional as F`.
//!
//! A function takes what PyTorch's requires. Where it has further arguments, the form ending in
//! `_with` takes them all, as an options struct if there are many.

mod activation;
mod attention;
mod conv;
mod dropout;
mod embedding;
mod linear;
mod loss;
mod normalise;
mod normalization;
mod padding;
mod pooling;
mod shuffle;

pub use activation::*;
pub use attention::*;
pub use conv::*;
pub use dropout::*;
pub use embedding::*;
pub use linear::*;
pub use loss::*;
pub use normalization::*;
pub use padding::*;
pub use pooling::*;
pub use shuffle::*;

//! The layers, a file for each family.

mod activation;
mod attention;
mod batch_norm;
mod conv;
mod dropout;
mod embedding;
mod flatten;
mod linear;
mod loss;
mod normalization;
mod padding;
mod pooling;
mod recurrent;
mod recurrent_cell;
mod shuffle;
mod transformer;

pub use activation::*;
pub use attention::*;
pub use batch_norm::*;
pub use conv::*;
pub use dropout::*;
pub use embedding::*;
pub use flatten::*;
pub use linear::*;
pub use loss::*;
pub use normalization::*;
pub use padding::*;
pub use pooling::*;
pub use recurrent::*;
pub use recurrent_cell::*;
pub use shuffle::*;
pub use transformer::*;

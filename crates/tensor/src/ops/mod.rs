//! The operations on arrays: checks, output, then one call to the device's backend.

pub mod conv;
pub mod ctc;
mod elementwise;
mod fourier;
mod gather;
mod histogram;
mod join;
pub mod layer_norm;
pub mod linalg;
mod matmul;
mod nonzero;
pub mod patches;
pub mod pool;
pub mod random;
mod range;
pub mod reduce;
pub mod resample;
pub mod rules;
pub mod scan;
pub mod scatter;
pub mod search;
pub mod softmax;
pub mod sort;
pub mod table;
pub mod unique;
pub mod update;
mod views;

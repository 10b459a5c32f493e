//! The operations on arrays: checks, output, then one call to the device's backend.

pub mod conv;
mod elementwise;
mod gather;
mod join;
mod matmul;
mod nonzero;
pub mod pool;
pub mod random;
mod range;
pub mod reduce;
pub mod rules;
pub mod scatter;
pub mod table;
pub mod update;
mod views;

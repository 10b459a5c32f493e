//! The operations on arrays: checks, output, then one call to the device's backend.

mod elementwise;
mod gather;
mod matmul;
mod nonzero;
pub mod reduce;
pub mod rules;
pub mod scatter;
pub mod table;
pub mod update;
mod views;

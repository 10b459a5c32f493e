//! The operations on arrays: checks, output, then one call to the device's backend.

mod elementwise;
mod matmul;
pub mod reduce;
pub mod rules;
pub mod table;
pub mod update;
mod views;

//! CUDA kernels, and how to launch them over pointers and strides. Arrays live one crate above.
//!
//! `kernels/` has one source for each family; `ptx/` is what `cargo xtask ptx` makes of them, which
//! ships with the crate, so that nobody needs a compiler for CUDA. A [`Driver`] runs them: that of
//! the GPU, or one that simulates it.
#![forbid(unsafe_code)]

pub mod driver;
mod entry;
mod plan;

pub use driver::Driver;
pub use entry::{Compute, Entry, MODULES, find};
pub use plan::{DIMS, LARGEST, Operand, Plan, plans, walk};

//! A CUDA driver without a GPU: kernels are executed from their PTX, on the CPU, and watched.
//!
//! [`Simulator`] is a [`Driver`](rushlight_cuda_kernels::Driver), so a program meets it where it
//! would meet `libcuda`. What hardware would silently get away with is a [`Fault`] here: access out
//! of bounds, after release or before initialisation, misaligned access, races in shared memory,
//! barriers that not all threads reach, shuffles from absent lanes, unknown instructions. Streams run
//! as late as they may, so that a missing wait shows.
//!
//! It says nothing about speed, about races in global memory, or about the last bits of approximate
//! instructions, which are computed exactly here.
#![forbid(unsafe_code)]

mod fault;
mod machine;
mod ptx;
mod simulator;

pub use fault::Fault;
pub use simulator::{Call, Simulator};

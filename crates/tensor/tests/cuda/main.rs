//! The CUDA backend on a simulated device gives what the CPU gives.

mod arrays;
mod elementwise;
mod memory;
mod structured;

//! The CUDA backend on a simulated device gives what the CPU gives.

mod arrays;
mod conv;
mod elementwise;
mod linalg;
mod memory;
mod order;
mod structured;
mod windows;

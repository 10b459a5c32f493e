//! The CUDA backend on a simulated device gives what the CPU gives.

mod arrays;
mod attention;
mod conv;
mod distance;
mod elementwise;
mod linalg;
mod memory;
mod order;
mod recurrent;
mod structured;
mod windows;

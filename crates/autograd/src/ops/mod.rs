//! The public operations, one subject a file.

mod create;
mod einsum;
mod elementwise;
mod matmul;
mod reduce;
mod shape;

pub use create::{TensorData, tensor};

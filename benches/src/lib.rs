//! Work to be measured, the same for rushlight alone and for the comparison with PyTorch.

mod cases;

pub use cases::{CASES, Case, Work};

//! Work to be measured, the same for rushlight alone and for the comparison with PyTorch.

mod cases;
mod composed;
mod operations;

pub use cases::{Case, Work, selected};
pub use operations::operations;

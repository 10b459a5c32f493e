//! The CPU backend: kernels over raw slices, and the threads they share.

pub(crate) mod conv;
pub(crate) mod gemm;
pub mod parallel;
#[cfg(test)]
mod random_inputs;
mod scratch;
pub(crate) mod simd;

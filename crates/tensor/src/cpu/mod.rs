//! The CPU backend: kernels over raw slices, and the threads they share.

pub mod parallel;
pub(crate) mod simd;

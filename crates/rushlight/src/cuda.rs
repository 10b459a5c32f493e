//! Whether there is a GPU.
//!
//! This build has no CUDA backend: every question answers no, and a CUDA device is an error when it
//! is first used. [`Device::cuda_if_available`](crate::Device::cuda_if_available) is the CPU.

/// Whether a CUDA device can be used.
pub fn is_available() -> bool {
    device_count() > 0
}

/// How many CUDA devices there are.
pub fn device_count() -> usize {
    0
}

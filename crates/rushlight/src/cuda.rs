//! Whether there is a GPU.
//!
//! With the feature `cuda` this is the backend's own module; the driver is found when it is first
//! asked for. Without it every question answers no, and a CUDA device is an error when it is first
//! used. [`Device::cuda_if_available`](crate::Device::cuda_if_available) is the CPU where there is
//! none.

#[cfg(feature = "cuda")]
pub use rushlight_tensor::cuda::*;

/// Whether a CUDA device can be used.
#[cfg(not(feature = "cuda"))]
pub fn is_available() -> bool {
    device_count() > 0
}

/// How many CUDA devices there are.
#[cfg(not(feature = "cuda"))]
pub fn device_count() -> usize {
    0
}

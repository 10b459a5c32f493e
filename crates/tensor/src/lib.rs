//! Strided arrays and the kernels that fill them. Gradients live one crate above.
//!
//! [`Array`] is data: a shape, strides and a dtype over a storage on a device. Operations check their
//! arguments (`ops`), allocate the output, and call the device's [`Backend`] once.

mod array;
mod backend;
mod cpu;
#[cfg(feature = "cuda")]
pub mod cuda;
mod derived;
mod device;
mod dtype;
mod error;
mod format;
mod layout;
#[cfg(feature = "mmap")]
mod mapped;
mod memory;
pub mod ops;
pub mod random;
mod scalar;
mod shape;
mod storage;

pub use array::Array;
pub use backend::Backend;
pub use cpu::conv::{Winograd, set_winograd, winograd};
pub use cpu::parallel::{num_threads, set_num_threads};
pub use device::{Device, register_backend};
pub use dtype::{DType, Element};
pub use error::{Error, Result};
pub use format::{GradText, PrintOptions, TensorText, print_options, set_print_options};
pub use half::{bf16, f16};
pub use layout::Layout;
#[cfg(feature = "mmap")]
pub use mapped::MappedFile;
pub use memory::{MemoryStats, empty_cache, memory_stats, reset_peak_memory_stats};
pub use scalar::Scalar;
pub use shape::{Shape, Strides};
pub use storage::{DeviceBuffer, Storage};

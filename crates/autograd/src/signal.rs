//! Signal processing, under PyTorch's names.

pub mod windows;

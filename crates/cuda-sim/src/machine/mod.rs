//! The machine that runs kernels: memory, blocks of warps, and the arithmetic of instructions.

mod access;
mod arithmetic;
mod block;
mod conversion;
mod exchange;
mod matrices;
mod memory;
mod memory_block;
mod registers;
mod shared;
mod warp;

pub(crate) use block::{Launch, run};
pub(crate) use conversion::Conversion;
pub(crate) use memory::Memory;

/// Threads of a warp.
const LANES: usize = 32;

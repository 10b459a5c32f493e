//! The machine that runs kernels: memory, blocks of warps, and the arithmetic of instructions.

mod arithmetic;
mod block;
mod conversion;
mod memory;
mod shared;
mod warp;

pub(crate) use block::{Launch, run};
pub(crate) use memory::Memory;

/// A register of all lanes of a warp.
type Row = [u64; LANES];

const LANES: usize = 32;

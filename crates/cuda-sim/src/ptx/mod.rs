//! PTX, from text to instructions that a machine can run.

mod decode;
mod instruction;
mod module;
mod number;
mod text;

pub(crate) use instruction::{
    Atomic, Binary, Carry, Compare, Instruction, Matrices, Op, Part, Rounding, Shuffle, Space,
    Type, Unary, Vote,
};
pub(crate) use module::{BLOCK_ROW, Kernel, Module, SPECIALS};

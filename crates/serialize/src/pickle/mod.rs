//! A restricted pickle machine.
//!
//! It runs the opcodes that `torch.save` writes, over a fixed table of globals that stand for
//! nothing but themselves. No name ever becomes code: the only things that can be built are plain
//! containers, numbers, text, and descriptions of tensors whose layout is checked here.

mod globals;
mod heap;
mod integer;
mod machine;
mod numpy;
mod opcode;
mod rebuild;
mod tree;
mod write;

use crate::stream::Stream;
use crate::{Error, Result, Value};

pub(crate) use globals::Global;
pub(crate) use heap::{Heap, Id, Node, StorageView, TensorNode};
pub(crate) use machine::{Persistent, Pickle, Plain, run};
pub(crate) use tree::to_value;
pub(crate) use write::{Store, to_bytes};

/// Reads the whole of `stream` as one pickle.
pub(crate) fn load(stream: &mut Stream<'_>) -> Result<Value> {
    let object = run(stream, &mut Plain)?;
    match stream.remaining() {
        0 => to_value(&object, &[]),
        left => Err(Error::malformed(
            PART,
            format!("{left} bytes after the end"),
        )),
    }
}

/// What errors of this layer call themselves.
pub(crate) const PART: &str = "pickle";

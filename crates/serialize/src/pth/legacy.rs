//! The form of PyTorch before 1.6: pickles one after the other, then the storages.
//!
//! A magic number, a protocol number, facts about the system, the object, and the list of storage
//! keys are a pickle each. Then each storage of the list follows as its number of elements and its
//! bytes.

use std::collections::HashSet;
use std::sync::Arc;

use rushlight_tensor::Array;

use super::storage::{Storages, storage_key};
use crate::pickle::{self, Node, Pickle, Plain};
use crate::stream::Stream;
use crate::{Error, Result, Value};

pub(crate) const PART: &str = "legacy";

const MAGIC: &str = "119547037146038801333356";
const PROTOCOL: i64 = 1001;

/// Reads the whole of `stream`.
pub(crate) fn load(stream: &mut Stream<'_>) -> Result<Value> {
    let magic = pickle::run(stream, &mut Plain)?;
    if !matches!(magic.root(), Node::BigInt(digits) if &**digits == MAGIC) {
        return Err(Error::malformed(
            PART,
            "a pickle that does not start with the magic number",
        ));
    }
    let protocol = pickle::run(stream, &mut Plain)?;
    if !matches!(protocol.root(), Node::Int(PROTOCOL)) {
        return Err(Error::malformed(
            PART,
            format!("the protocol is not {PROTOCOL}"),
        ));
    }
    // Sizes of C types and the byte order of the writer; the storages are always little-endian.
    pickle::run(stream, &mut Plain)?;

    let mut storages = Storages::default();
    let object = pickle::run(stream, &mut storages)?;
    storages.settle(&object)?;
    let keys = keys(&pickle::run(stream, &mut Plain)?)?;
    let arrays = read(stream, &storages, &keys)?;
    match stream.remaining() {
        0 => pickle::to_value(&object, &arrays),
        left => Err(Error::malformed(
            PART,
            format!("{left} bytes after the last storage"),
        )),
    }
}

fn keys(pickle: &Pickle) -> Result<Vec<Arc<str>>> {
    let Node::List(keys) = pickle.root() else {
        let kind = pickle.root().kind();
        return Err(Error::malformed(
            PART,
            format!("the storage keys are a {kind}, not a list"),
        ));
    };
    let keys: Option<Vec<_>> = keys
        .iter()
        .map(|id| storage_key(pickle.heap.get(*id)))
        .collect();
    keys.ok_or_else(|| Error::malformed(PART, "a storage key that is no text"))
}

/// Reads the storages in the order of `keys`, each of which occurs once.
fn read(
    stream: &mut Stream<'_>,
    storages: &Storages,
    keys: &[Arc<str>],
) -> Result<Vec<Option<Array>>> {
    let declared = storages.declared();
    let known: HashSet<&Arc<str>> = declared.iter().map(|storage| &storage.key).collect();
    let mut arrays = vec![None; declared.len()];
    for key in keys {
        if !known.contains(key) {
            return Err(Error::malformed(
                PART,
                format!("storage {key} belongs to no tensor"),
            ));
        }
        let position = storages.position(key);
        let expected = position.map_or(0, |position| declared[position].elements);
        let elements = stream.u64()?;
        if elements != expected {
            let problem = format!("storage {key} has {elements} elements, {expected} declared");
            return Err(Error::malformed(PART, problem));
        }
        let Some(position) = position else { continue };
        if arrays[position].is_some() {
            return Err(Error::malformed(
                PART,
                format!("storage {key} occurs twice"),
            ));
        }
        let (dtype, elements) = declared[position].elements()?;
        arrays[position] = Some(stream.elements(&[elements], dtype)?);
    }
    for (array, storage) in arrays.iter_mut().zip(declared) {
        match array {
            None if storage.bytes == 0 => *array = Some(storage.array(&[])?),
            None => {
                return Err(Error::malformed(
                    PART,
                    format!("storage {} is missing", storage.key),
                ));
            }
            Some(_) => {}
        }
    }
    Ok(arrays)
}

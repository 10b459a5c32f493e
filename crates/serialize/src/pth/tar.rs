//! The form of PyTorch 0.1: a tar archive of storages, tensors over them, and a pickle.

use std::collections::HashMap;
use std::sync::Arc;

use rushlight_tensor::Array;

use super::storage::{storage_key, view_range};
use crate::layout::{Layout, MAX_DIMS};
use crate::pickle::{self, Global, Heap, Id, Node, Pickle, Plain, StorageView, TensorNode};
use crate::stream::Stream;
use crate::tar::{Members, PART};
use crate::{Error, Result, Value};

/// Reads the archive in `stream`.
pub(crate) fn load(stream: &mut Stream<'_>) -> Result<Value> {
    let members = Members::read(stream)?;
    let mut objects = Objects::default();
    let arrays = members.read_member(stream, "storages", PART, |stream| {
        objects.read_storages(stream)
    })?;
    members.read_member(stream, "tensors", PART, |stream| {
        objects.read_tensors(stream)
    })?;
    let object = members.read_member(stream, "pickle", pickle::PART, |stream| {
        pickle::run(stream, &mut objects)
    })?;
    pickle::to_value(&object, &arrays)
}

/// What the numbers in the pickle stand for.
#[derive(Default)]
struct Objects {
    nodes: HashMap<Arc<str>, Node>,
}

impl Objects {
    /// A count, then for each storage `(key, location, type)`, its length and its bytes; at the
    /// end the list of the views `(key, root key, offset, length)`.
    fn read_storages(&mut self, stream: &mut Stream<'_>) -> Result<Vec<Option<Array>>> {
        let mut arrays = Vec::new();
        for _ in 0..count(stream)? {
            let pickle = pickle::run(stream, &mut Plain)?;
            let [key, _location, Node::Global(Global::Storage(dtype))] = fields(&pickle)[..] else {
                return Err(malformed("a storage without key and type"));
            };
            let elements = stream.u64()?;
            let dtype = *dtype;
            let count = usize::try_from(elements);
            let count = count.map_err(|_| malformed(format!("{elements} elements")))?;
            let array = stream.elements(&[count], dtype)?;
            let storage = arrays.len();
            let view = StorageView {
                storage,
                offset: 0,
                elements,
                dtype: Some(dtype),
            };
            self.insert(key, Node::Storage(view))?;
            arrays.push(Some(array));
        }
        self.read_views(&pickle::run(stream, &mut Plain)?)?;
        Ok(arrays)
    }

    fn read_views(&mut self, pickle: &Pickle) -> Result<()> {
        let Node::List(views) = pickle.root() else {
            return Err(malformed("the storage views are no list"));
        };
        for view in views {
            let [key, root, Node::Int(offset), Node::Int(length)] =
                fields_of(&pickle.heap, *view)[..]
            else {
                return Err(malformed("a storage view without range"));
            };
            let Some(Node::Storage(root)) = self.get(root) else {
                return Err(malformed("a view of no storage"));
            };
            let (offset, elements) = view_range(*offset, *length, root.elements)?;
            let offset = root.offset + offset;
            self.insert(
                key,
                Node::Storage(StorageView {
                    offset,
                    elements,
                    ..*root
                }),
            )?;
        }
        Ok(())
    }

    /// A count, then for each tensor `(key, storage key, type)`, its number of dimensions in 8
    /// bytes, its sizes, its strides and its offset.
    fn read_tensors(&mut self, stream: &mut Stream<'_>) -> Result<()> {
        for _ in 0..count(stream)? {
            let pickle = pickle::run(stream, &mut Plain)?;
            let [key, storage, _class] = fields(&pickle)[..] else {
                return Err(malformed("a tensor without key and storage"));
            };
            let Some(Node::Storage(storage)) = self.get(storage).cloned() else {
                return Err(malformed("a tensor over no storage"));
            };
            let dims = stream.i32()?;
            // Old writers left the upper half of an 8-byte number undefined.
            stream.i32()?;
            if !(0..=MAX_DIMS as i32).contains(&dims) {
                return Err(malformed(format!("a tensor of {dims} dimensions")));
            }
            let shape = (0..dims)
                .map(|_| stream.i64())
                .collect::<Result<Vec<_>>>()?;
            let strides = (0..dims)
                .map(|_| stream.i64())
                .collect::<Result<Vec<_>>>()?;
            let offset = stream.i64()?;
            let StorageView {
                storage,
                offset: start,
                elements,
                dtype,
            } = storage;
            let layout = Layout::checked(&shape, &strides, offset, start, elements)?;
            let dtype = dtype.ok_or_else(|| malformed("a tensor over an untyped storage"))?;
            let (requires_grad, is_parameter) = (false, false);
            let tensor = TensorNode {
                storage,
                dtype,
                layout,
                requires_grad,
                is_parameter,
            };
            self.insert(key, Node::Tensor(Box::new(tensor)))?;
        }
        Ok(())
    }

    fn get(&self, key: &Node) -> Option<&Node> {
        self.nodes.get(&storage_key(key)?)
    }

    fn insert(&mut self, key: &Node, node: Node) -> Result<()> {
        let key = storage_key(key).ok_or_else(|| malformed("a key that is no number"))?;
        match self.nodes.insert(key.clone(), node) {
            None => Ok(()),
            Some(_) => Err(malformed(format!("the key {key} occurs twice"))),
        }
    }
}

impl pickle::Persistent for Objects {
    fn resolve(&mut self, heap: &Heap, id: Id) -> Result<Node> {
        let node = self.get(heap.get(id)).cloned();
        node.ok_or_else(|| malformed("a persistent id that names no tensor"))
    }
}

/// The number that a part of the archive starts with.
fn count(stream: &mut Stream<'_>) -> Result<i64> {
    let pickle = pickle::run(stream, &mut Plain)?;
    match pickle.root() {
        Node::Int(count) => Ok(*count),
        other => Err(malformed(format!("a count that is a {}", other.kind()))),
    }
}

fn fields(pickle: &Pickle) -> Vec<&Node> {
    fields_of(&pickle.heap, pickle.root)
}

/// The members of a tuple; none of anything else.
fn fields_of(heap: &Heap, id: Id) -> Vec<&Node> {
    match heap.get(id) {
        Node::Tuple(items) | Node::List(items) => {
            items.iter().take(5).map(|item| heap.get(*item)).collect()
        }
        _ => Vec::new(),
    }
}

fn malformed(problem: impl Into<String>) -> Error {
    Error::malformed(PART, problem)
}

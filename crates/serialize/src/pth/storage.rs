//! The storages that the pickle of a checkpoint refers to.

use std::collections::HashMap;
use std::sync::Arc;

use rushlight_tensor::{Array, DType};

use crate::pickle::{Global, Heap, Id, Node, PART, Persistent, Pickle, StorageView};
use crate::{Error, Result};

/// The storages that were declared so far, in order.
#[derive(Debug, Default)]
pub(super) struct Storages {
    declared: Vec<Declared>,
    /// An empty storage has no bytes to disagree on, and PyTorch lets its uses differ in type.
    positions: HashMap<(Arc<str>, Option<DType>), usize>,
}

/// What a persistent id says about its storage.
#[derive(Debug)]
pub(super) struct Declared {
    pub(super) key: Arc<str>,
    /// `None` for an untyped storage that no tensor gave a type.
    pub(super) dtype: Option<DType>,
    /// The number of elements; of bytes where the storage was declared untyped.
    pub(super) elements: u64,
    pub(super) bytes: u64,
}

impl Storages {
    pub(super) fn declared(&self) -> &[Declared] {
        &self.declared
    }

    /// The position of the storage `key`, unless it is empty.
    pub(super) fn position(&self, key: &Arc<str>) -> Option<usize> {
        self.positions.get(&(key.clone(), None)).copied()
    }

    fn declare(&mut self, key: &Arc<str>, dtype: Option<DType>, elements: u64) -> Result<usize> {
        let size = dtype.map_or(1, |dtype| dtype.size_in_bytes() as u64);
        let bytes = elements.checked_mul(size).ok_or_else(|| {
            Error::malformed(PART, format!("storage {key} has {elements} elements"))
        })?;
        let position = (key.clone(), dtype.filter(|_| bytes == 0));
        if let Some(&known) = self.positions.get(&position) {
            return self.check_again(known, dtype, elements);
        }
        self.positions.insert(position, self.declared.len());
        self.declared.push(Declared {
            key: key.clone(),
            dtype,
            elements,
            bytes,
        });
        Ok(self.declared.len() - 1)
    }

    /// Every further mention of a storage repeats its type and size.
    fn check_again(&self, known: usize, dtype: Option<DType>, elements: u64) -> Result<usize> {
        let first = &self.declared[known];
        if let (Some(first_dtype), Some(second)) = (first.dtype, dtype)
            && first_dtype != second
        {
            return Err(Error::StorageDType {
                key: first.key.to_string(),
                first: first_dtype,
                second,
            });
        }
        if (first.dtype, first.elements) != (dtype, elements) {
            let (key, count) = (&first.key, first.elements);
            let problem = format!("storage {key} has {count} elements and again {elements}");
            return Err(Error::malformed(PART, problem));
        }
        Ok(known)
    }

    /// Gives every untyped storage the type of the tensors over it.
    pub(super) fn settle(&mut self, pickle: &Pickle) -> Result<()> {
        for node in pickle.heap.nodes() {
            let Node::Tensor(tensor) = node else { continue };
            let storage = &mut self.declared[tensor.storage];
            match storage.dtype {
                Some(first) if first != tensor.dtype => {
                    let (key, second) = (storage.key.to_string(), tensor.dtype);
                    return Err(Error::StorageDType { key, first, second });
                }
                Some(_) => {}
                None => storage.dtype = Some(tensor.dtype),
            }
        }
        Ok(())
    }
}

impl Declared {
    /// The type of the elements, and how many there are.
    pub(super) fn elements(&self) -> Result<(DType, usize)> {
        let dtype = self.dtype.unwrap_or(DType::U8);
        let elements = usize::try_from(self.bytes / dtype.size_in_bytes() as u64)
            .map_err(|_| Error::malformed(PART, format!("storage {} is too large", self.key)))?;
        Ok((dtype, elements))
    }

    /// The storage as a one-dimensional array.
    pub(super) fn array(&self, bytes: &[u8]) -> Result<Array> {
        let (dtype, elements) = self.elements()?;
        Ok(Array::from_bytes(bytes, &[elements], dtype)?)
    }
}

impl Persistent for Storages {
    /// `("storage", type, key, location, elements)`, in legacy files with a view or `None` after.
    ///
    /// The location is the device the tensor was saved from; everything is read to the CPU.
    fn resolve(&mut self, heap: &Heap, id: Id) -> Result<Node> {
        let Node::Tuple(fields) = heap.get(id) else {
            return Err(malformed_id(heap, id));
        };
        let fields: Vec<&Node> = fields
            .iter()
            .take(7)
            .map(|field| heap.get(*field))
            .collect();
        let [
            Node::Str(kind),
            Node::Global(class),
            key,
            Node::Str(_),
            Node::Int(elements),
            view @ ..,
        ] = &fields[..]
        else {
            return Err(malformed_id(heap, id));
        };
        let dtype = match class {
            Global::Storage(dtype) => Some(*dtype),
            Global::UntypedStorage => None,
            _ => return Err(malformed_id(heap, id)),
        };
        let (Some(key), Ok(elements), "storage") =
            (storage_key(key), u64::try_from(*elements), &**kind)
        else {
            return Err(malformed_id(heap, id));
        };
        let storage = self.declare(&key, dtype, elements)?;
        let (offset, elements) = match view {
            [] | [Node::None] => (0, elements),
            [Node::Tuple(view)] => {
                let view: Vec<&Node> = view.iter().take(4).map(|field| heap.get(*field)).collect();
                let [_, Node::Int(offset), Node::Int(length)] = view[..] else {
                    return Err(malformed_id(heap, id));
                };
                view_range(*offset, *length, elements)?
            }
            _ => return Err(malformed_id(heap, id)),
        };
        Ok(Node::Storage(StorageView {
            storage,
            offset,
            elements,
            dtype,
        }))
    }
}

/// The name of a storage, which is a number in the oldest files.
pub(super) fn storage_key(node: &Node) -> Option<Arc<str>> {
    match node {
        Node::Str(key) => Some(key.clone()),
        Node::Int(key) => Some(Arc::from(key.to_string())),
        _ => None,
    }
}

/// The range `offset .. offset + length` of a storage of `elements`.
pub(super) fn view_range(offset: i64, length: i64, elements: u64) -> Result<(u64, u64)> {
    let range = u64::try_from(offset).ok().zip(u64::try_from(length).ok());
    range
        .filter(|(offset, length)| {
            offset
                .checked_add(*length)
                .is_some_and(|end| end <= elements)
        })
        .ok_or_else(|| {
            let problem = format!("a view of {length} from {offset} in {elements} elements");
            Error::malformed(PART, problem)
        })
}

fn malformed_id(heap: &Heap, id: Id) -> Error {
    let kind = heap.get(id).kind();
    Error::malformed(
        PART,
        format!("a persistent id ({kind}) that names no storage"),
    )
}

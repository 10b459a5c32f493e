//! The objects a pickle builds.
//!
//! They live in one vector and refer to each other by position, as the memo of a pickle demands:
//! sharing is free, a cycle is harmless, and dropping never recurses however deep the nesting.

use std::sync::Arc;

use rushlight_tensor::{Array, DType};

use super::PART;
use super::globals::Global;
use crate::layout::Layout;
use crate::{Error, Result};

/// The position of an object in the [`Heap`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Id(u32);

/// One object. Containers hold positions.
#[derive(Clone, Debug)]
pub(crate) enum Node {
    None,
    Bool(bool),
    Int(i64),
    BigInt(Arc<str>),
    Float(f64),
    Complex(f64, f64),
    Str(Arc<str>),
    Bytes(Arc<[u8]>),
    List(Vec<Id>),
    Tuple(Vec<Id>),
    Set(Vec<Id>),
    Dict(Vec<(Id, Id)>),
    OrderedDict(Box<OrderedDictNode>),
    Size(Vec<i64>),
    Device(Arc<str>),
    Layout(Arc<str>),
    Global(Global),
    Storage(StorageView),
    Tensor(Box<TensorNode>),
    /// The type of the elements of an array of NumPy.
    NumpyDType(DType),
    /// An array of NumPy; none before it got its elements.
    NumpyArray(Option<Array>),
}

/// A `collections.OrderedDict` with the `_metadata` that `state_dict()` attaches to it.
#[derive(Clone, Debug, Default)]
pub(crate) struct OrderedDictNode {
    pub(crate) entries: Vec<(Id, Id)>,
    pub(crate) metadata: Option<Id>,
}

/// A range of a declared storage.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StorageView {
    /// Which of the declared storages.
    pub(crate) storage: usize,
    /// The first element.
    pub(crate) offset: u64,
    /// The number of elements; of bytes where the storage has no element type yet.
    pub(crate) elements: u64,
    /// The element type, or `None` for an untyped storage.
    pub(crate) dtype: Option<DType>,
}

/// A tensor whose layout fits the storage it was declared over.
#[derive(Clone, Debug)]
pub(crate) struct TensorNode {
    pub(crate) storage: usize,
    pub(crate) dtype: DType,
    pub(crate) layout: Layout,
    pub(crate) requires_grad: bool,
    pub(crate) is_parameter: bool,
}

impl StorageView {
    /// The view as elements of `dtype`, which an untyped storage leaves to the tensor.
    pub(super) fn read_as(self, dtype: DType) -> Result<StorageView> {
        match self.dtype {
            Some(own) if own == dtype => Ok(self),
            Some(own) => Err(Error::malformed(
                PART,
                format!("a {} storage read as {}", own.name(), dtype.name()),
            )),
            None => {
                let elements = self.elements / dtype.size_in_bytes() as u64;
                Ok(StorageView {
                    dtype: Some(dtype),
                    elements,
                    ..self
                })
            }
        }
    }
}

impl Node {
    /// What Python calls the type.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Node::None => "None",
            Node::Bool(_) => "bool",
            Node::Int(_) | Node::BigInt(_) => "int",
            Node::Float(_) => "float",
            Node::Complex(..) => "complex",
            Node::Str(_) => "str",
            Node::Bytes(_) => "bytes",
            Node::List(_) => "list",
            Node::Tuple(_) => "tuple",
            Node::Set(_) => "set",
            Node::Dict(_) => "dict",
            Node::OrderedDict(_) => "OrderedDict",
            Node::Size(_) => "torch.Size",
            Node::Device(_) => "torch.device",
            Node::Layout(_) => "torch.layout",
            Node::Global(Global::DType(_)) => "torch.dtype",
            Node::Global(_) => "a function or class",
            Node::Storage(_) => "a storage",
            Node::Tensor(_) => "Tensor",
            Node::NumpyDType(_) => "numpy.dtype",
            Node::NumpyArray(_) => "numpy.ndarray",
        }
    }
}

/// All objects of one pickle.
#[derive(Debug, Default)]
pub(crate) struct Heap {
    nodes: Vec<Node>,
    copied: u64,
}

/// The most objects one pickle may build.
const MAX_NODES: usize = 1 << 22;

/// How many elements a pickle may have copied per byte of its own.
///
/// A memoized container can be handed to a constructor again and again, each time by a few bytes;
/// without a bound a short pickle would fill the memory. Honest ones copy less than one.
const COPIES_PER_BYTE: u64 = 8;

impl Heap {
    pub(crate) fn push(&mut self, node: Node) -> Result<Id> {
        if self.nodes.len() == MAX_NODES {
            return Err(Error::Limit {
                part: PART,
                what: "objects",
                limit: MAX_NODES as u64,
            });
        }
        let id = Id(self.nodes.len() as u32);
        self.nodes.push(node);
        Ok(id)
    }

    pub(crate) fn get(&self, id: Id) -> &Node {
        &self.nodes[id.0 as usize]
    }

    pub(crate) fn get_mut(&mut self, id: Id) -> &mut Node {
        &mut self.nodes[id.0 as usize]
    }

    pub(crate) fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// Accounts for `elements` copied by a pickle that is `read` bytes long so far.
    pub(super) fn charge_copy(&mut self, elements: usize, read: u64) -> Result<()> {
        self.copied = self.copied.saturating_add(elements as u64);
        let limit = read.saturating_mul(COPIES_PER_BYTE).saturating_add(1024);
        match self.copied > limit {
            true => Err(Error::Limit {
                part: PART,
                what: "copied elements",
                limit,
            }),
            false => Ok(()),
        }
    }
}

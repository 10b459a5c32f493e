//! What the allowed globals build when a pickle calls them.

use std::sync::Arc;

use rushlight_tensor::DType;

use super::PART;
use super::globals::Global;
use super::heap::{Id, Node, StorageView, TensorNode};
use super::machine::{Machine, ordered_dict};
use super::numpy;
use crate::layout::Layout;
use crate::{Error, Result};

impl Machine<'_, '_> {
    /// The object that calling `function` with the tuple `arguments` makes.
    pub(super) fn call(&mut self, function: Id, arguments: Id) -> Result<Node> {
        let Node::Global(global) = *self.heap.get(function) else {
            let kind = self.heap.get(function).kind();
            return Err(Error::malformed(PART, format!("{kind} is called")));
        };
        let Node::Tuple(arguments) = self.heap.get(arguments) else {
            let kind = self.heap.get(arguments).kind();
            return Err(Error::malformed(
                PART,
                format!("arguments are a {kind}, not a tuple"),
            ));
        };
        let arguments = arguments.clone();
        self.charge_copy(arguments.len())?;
        self.apply(global, &arguments)
    }

    fn apply(&mut self, global: Global, arguments: &[Id]) -> Result<Node> {
        match (global, arguments) {
            (Global::OrderedDict, []) => Ok(ordered_dict(Vec::new())),
            (Global::OrderedDict, [pairs]) => self.pairs(*pairs).map(ordered_dict),
            (Global::Counter, []) => Ok(Node::Dict(Vec::new())),
            (Global::Counter, [entries]) => self.entries(*entries).map(Node::Dict),
            (Global::Set, []) => Ok(Node::Set(Vec::new())),
            (Global::Set, [items]) => self.items(*items).map(Node::Set),
            (Global::Size, [sizes]) => self.integers(*sizes).map(Node::Size),
            (Global::Complex, [real, imaginary]) => {
                Ok(Node::Complex(self.float(*real)?, self.float(*imaginary)?))
            }

            (Global::Bytes | Global::Bytearray, []) => Ok(Node::Bytes(Arc::from([]))),
            (Global::Bytes | Global::Bytearray, [bytes]) => match self.heap.get(*bytes) {
                Node::Bytes(bytes) => Ok(Node::Bytes(bytes.clone())),
                other => Err(wrong("bytes", "bytes", other)),
            },
            (Global::Encode | Global::Bytearray, [text, encoding]) => self.encode(*text, *encoding),

            (Global::Device, [kind]) => Ok(Node::Device(self.text(*kind)?)),
            (Global::Device, [kind, index]) => {
                let (kind, index) = (self.text(*kind)?, self.integer(*index)?);
                self.charge_copy(kind.len())?;
                Ok(Node::Device(Arc::from(format!("{kind}:{index}"))))
            }
            (Global::GetLayout, [name]) => Ok(Node::Layout(self.text(*name)?)),

            // The arguments are those of an empty array, which gets shape and elements afterwards.
            (Global::NumpyReconstruct, [class, _shape, _code]) => match self.heap.get(*class) {
                Node::Global(Global::NumpyArray) => Ok(Node::NumpyArray(None)),
                other => Err(wrong("reconstruct", "numpy.ndarray", other)),
            },
            (Global::NumpyDType, [code, ..]) if arguments.len() <= 3 => {
                numpy::dtype(&self.text(*code)?)
            }

            (Global::RebuildTensor, [storage, offset, shape, strides]) => {
                let storage = self.storage(*storage)?;
                self.tensor(storage, *offset, *shape, *strides, false)
            }
            (
                Global::RebuildTensorV2,
                [
                    storage,
                    offset,
                    shape,
                    strides,
                    requires_grad,
                    _hooks,
                    rest @ ..,
                ],
            ) if rest.len() <= 1 => {
                self.no_tensor_metadata(rest)?;
                let storage = self.storage(*storage)?;
                let requires_grad = self.boolean(*requires_grad)?;
                self.tensor(storage, *offset, *shape, *strides, requires_grad)
            }
            (
                Global::RebuildTensorV3,
                [
                    storage,
                    offset,
                    shape,
                    strides,
                    requires_grad,
                    _hooks,
                    dtype,
                    rest @ ..,
                ],
            ) if rest.len() <= 1 => {
                self.no_tensor_metadata(rest)?;
                let dtype = self.dtype(*dtype)?;
                let storage = self.storage(*storage)?.read_as(dtype)?;
                let requires_grad = self.boolean(*requires_grad)?;
                self.tensor(storage, *offset, *shape, *strides, requires_grad)
            }
            (Global::Parameter, [data]) => self.parameter(*data, true),
            (Global::Parameter, [data, requires_grad])
            | (Global::RebuildParameter, [data, requires_grad, _])
            | (Global::RebuildParameterWithState, [data, requires_grad, _, _]) => {
                let requires_grad = self.boolean(*requires_grad)?;
                self.parameter(*data, requires_grad)
            }
            (Global::RebuildFromType, [function, class, arguments, _state]) => {
                self.rebuild_as(*function, *class, *arguments)
            }
            _ => {
                let count = arguments.len();
                Err(Error::malformed(
                    PART,
                    format!("{global:?} is called with {count} arguments"),
                ))
            }
        }
    }

    fn tensor(
        &mut self,
        storage: StorageView,
        offset: Id,
        shape: Id,
        strides: Id,
        requires_grad: bool,
    ) -> Result<Node> {
        let offset = self.integer(offset)?;
        let (shape, strides) = (self.integers(shape)?, self.integers(strides)?);
        let layout = Layout::checked(&shape, &strides, offset, storage.offset, storage.elements)?;
        let dtype = storage.dtype.ok_or_else(|| {
            Error::malformed(PART, "a tensor over an untyped storage names no dtype")
        })?;
        let storage = storage.storage;
        let is_parameter = false;
        Ok(Node::Tensor(Box::new(TensorNode {
            storage,
            dtype,
            layout,
            requires_grad,
            is_parameter,
        })))
    }

    fn parameter(&mut self, data: Id, requires_grad: bool) -> Result<Node> {
        match self.heap.get(data) {
            Node::Tensor(tensor) => {
                let tensor = TensorNode {
                    requires_grad,
                    is_parameter: true,
                    ..(**tensor).clone()
                };
                self.charge_copy(tensor.layout.shape.len())?;
                Ok(Node::Tensor(Box::new(tensor)))
            }
            other => Err(wrong("parameter", "a tensor", other)),
        }
    }

    /// A tensor that carried Python attributes or a class of its own; the attributes are dropped.
    fn rebuild_as(&mut self, function: Id, class: Id, arguments: Id) -> Result<Node> {
        // The function may not be this one again: its arguments would nest without end.
        let rebuilds = [
            Global::RebuildTensor,
            Global::RebuildTensorV2,
            Global::RebuildTensorV3,
            Global::RebuildParameter,
            Global::RebuildParameterWithState,
        ];
        match self.heap.get(function) {
            Node::Global(global) if rebuilds.contains(global) => {}
            other => {
                return Err(wrong(
                    "rebuild from type",
                    "a function that rebuilds",
                    other,
                ));
            }
        }
        let is_parameter = match self.heap.get(class) {
            Node::Global(Global::Tensor) => false,
            Node::Global(Global::Parameter) => true,
            other => return Err(wrong("rebuild from type", "Tensor or Parameter", other)),
        };
        let mut node = self.call(function, arguments)?;
        if let Node::Tensor(tensor) = &mut node {
            tensor.is_parameter |= is_parameter;
        }
        Ok(node)
    }

    /// A conjugated or negated view has bits that only its metadata shows.
    fn no_tensor_metadata(&self, metadata: &[Id]) -> Result<()> {
        match metadata.first().map(|metadata| self.heap.get(*metadata)) {
            None | Some(Node::None) => Ok(()),
            Some(Node::Dict(entries)) if entries.is_empty() => Ok(()),
            Some(_) => Err(Error::unsupported(PART, "conjugated and negated tensors")),
        }
    }

    /// Text that stands for the bytes of its characters, the way protocol 2 writes bytes.
    fn encode(&mut self, text: Id, encoding: Id) -> Result<Node> {
        let encoding = self.text(encoding)?;
        if !matches!(&*encoding, "latin1" | "latin-1") {
            return Err(Error::unsupported(
                PART,
                format!("bytes in the encoding {encoding:?}"),
            ));
        }
        let text = self.text(text)?;
        self.charge_copy(text.len() / 8)?;
        let bytes: Option<Arc<[u8]>> = text.chars().map(|c| u8::try_from(c).ok()).collect();
        bytes
            .map(Node::Bytes)
            .ok_or_else(|| Error::malformed(PART, "bytes beyond latin-1"))
    }

    /// The keys and values of a dict.
    fn entries(&mut self, id: Id) -> Result<Vec<(Id, Id)>> {
        let entries = match self.heap.get(id) {
            Node::Dict(entries) => entries.clone(),
            other => return Err(wrong("counter", "a dict", other)),
        };
        self.charge_copy(entries.len())?;
        Ok(entries)
    }

    /// The keys and values of a list of pairs.
    fn pairs(&mut self, id: Id) -> Result<Vec<(Id, Id)>> {
        self.items(id)?
            .into_iter()
            .map(|pair| match self.heap.get(pair) {
                Node::Tuple(pair) | Node::List(pair) if pair.len() == 2 => Ok((pair[0], pair[1])),
                other => Err(wrong("ordered dict", "pairs", other)),
            })
            .collect()
    }

    /// The members of a list, tuple or set.
    fn items(&mut self, id: Id) -> Result<Vec<Id>> {
        let items = match self.heap.get(id) {
            Node::List(items) | Node::Tuple(items) | Node::Set(items) => items.clone(),
            other => return Err(wrong("call", "a list", other)),
        };
        self.charge_copy(items.len())?;
        Ok(items)
    }

    pub(super) fn integers(&mut self, id: Id) -> Result<Vec<i64>> {
        if let Node::Size(sizes) = self.heap.get(id) {
            let sizes = sizes.clone();
            self.charge_copy(sizes.len())?;
            return Ok(sizes);
        }
        self.items(id)?
            .into_iter()
            .map(|item| self.integer(item))
            .collect()
    }

    fn integer(&self, id: Id) -> Result<i64> {
        match self.heap.get(id) {
            Node::Int(value) => Ok(*value),
            other => Err(wrong("call", "a 64-bit integer", other)),
        }
    }

    fn float(&self, id: Id) -> Result<f64> {
        match self.heap.get(id) {
            Node::Float(value) => Ok(*value),
            other => Err(wrong("call", "a float", other)),
        }
    }

    pub(super) fn boolean(&self, id: Id) -> Result<bool> {
        match self.heap.get(id) {
            Node::Bool(value) => Ok(*value),
            other => Err(wrong("call", "a bool", other)),
        }
    }

    pub(super) fn text(&self, id: Id) -> Result<Arc<str>> {
        match self.heap.get(id) {
            Node::Str(text) => Ok(text.clone()),
            other => Err(wrong("call", "text", other)),
        }
    }

    fn dtype(&self, id: Id) -> Result<DType> {
        match self.heap.get(id) {
            Node::Global(Global::DType(dtype)) => Ok(*dtype),
            other => Err(wrong("call", "a dtype", other)),
        }
    }

    fn storage(&self, id: Id) -> Result<StorageView> {
        match self.heap.get(id) {
            Node::Storage(storage) => Ok(*storage),
            other => Err(wrong("tensor", "a storage", other)),
        }
    }
}

fn wrong(call: &str, expected: &str, got: &Node) -> Error {
    Error::malformed(
        PART,
        format!("{call}: {expected} expected, {} given", got.kind()),
    )
}

//! What `torch.save` can put into a file, as Rust data.

use std::fmt;
use std::sync::Arc;

use rushlight_tensor::{Array, DType};

/// An object read from a file.
///
/// Text and bytes are shared, so that a key that occurs a thousand times is stored once. Tensors
/// that were views of one storage in Python are views of one storage here.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Value {
    /// `None`.
    None,
    /// `True` or `False`.
    Bool(bool),
    /// An `int` of at most 64 bits.
    Int(i64),
    /// A longer `int`, in decimal.
    BigInt(Arc<str>),
    /// A `float`.
    Float(f64),
    /// A `complex`: the real and the imaginary part.
    Complex(f64, f64),
    /// A `str`.
    Str(Arc<str>),
    /// A `bytes` or `bytearray`.
    Bytes(Arc<[u8]>),
    /// A `list`.
    List(Vec<Value>),
    /// A `tuple`.
    Tuple(Vec<Value>),
    /// A `set`, in the order of the file.
    Set(Vec<Value>),
    /// A `dict` or `Counter`, in the order of the file. No key occurs twice.
    Dict(Vec<(Value, Value)>),
    /// A `collections.OrderedDict`.
    OrderedDict {
        /// The keys and values in order. No key occurs twice.
        entries: Vec<(Value, Value)>,
        /// The keys and values of the attribute `_metadata`, by which `Module.state_dict()` tells
        /// the versions of the modules. Other attributes are not read.
        metadata: Option<Vec<(Value, Value)>>,
    },
    /// A `torch.Size`.
    Size(Vec<i64>),
    /// A `torch.dtype`.
    DType(DType),
    /// A `torch.device` by name, such as `cuda:0`.
    Device(Arc<str>),
    /// A `torch.layout` by name, such as `torch.strided`.
    Layout(Arc<str>),
    /// A `torch.Tensor` or `torch.nn.Parameter`.
    Tensor(Box<LoadedTensor>),
}

/// A tensor read from a file, on the CPU whatever device it was saved from.
#[derive(Clone)]
pub struct LoadedTensor {
    /// The elements, with the strides and the offset of the file.
    pub array: Array,
    /// Whether it required a gradient.
    pub requires_grad: bool,
    /// Whether it was a `torch.nn.Parameter`.
    pub is_parameter: bool,
}

impl fmt::Debug for LoadedTensor {
    /// The layout without the elements, of which a checkpoint has too many to print.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("LoadedTensor")
            .field("dtype", &self.array.dtype())
            .field("shape", self.array.shape())
            .field("strides", &self.array.strides())
            .field("offset", &self.array.offset())
            .field("requires_grad", &self.requires_grad)
            .field("is_parameter", &self.is_parameter)
            .finish()
    }
}

impl Value {
    /// What Python calls the type.
    pub fn kind(&self) -> &'static str {
        match self {
            Value::None => "None",
            Value::Bool(_) => "bool",
            Value::Int(_) | Value::BigInt(_) => "int",
            Value::Float(_) => "float",
            Value::Complex(..) => "complex",
            Value::Str(_) => "str",
            Value::Bytes(_) => "bytes",
            Value::List(_) => "list",
            Value::Tuple(_) => "tuple",
            Value::Set(_) => "set",
            Value::Dict(_) => "dict",
            Value::OrderedDict { .. } => "OrderedDict",
            Value::Size(_) => "torch.Size",
            Value::DType(_) => "torch.dtype",
            Value::Device(_) => "torch.device",
            Value::Layout(_) => "torch.layout",
            Value::Tensor(tensor) if tensor.is_parameter => "Parameter",
            Value::Tensor(_) => "Tensor",
        }
    }

    /// The truth value of a `bool`.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Value::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The value of an `int` of at most 64 bits.
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Value::Int(value) => Some(*value),
            _ => None,
        }
    }

    /// The value of a `float`, or of an `int`.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Value::Float(value) => Some(*value),
            Value::Int(value) => Some(*value as f64),
            _ => None,
        }
    }

    /// The text of a `str`.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The content of a `bytes`.
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match self {
            Value::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// The tensor.
    pub fn as_tensor(&self) -> Option<&LoadedTensor> {
        match self {
            Value::Tensor(tensor) => Some(tensor),
            _ => None,
        }
    }

    /// The items of a `list`, `tuple` or `set`.
    pub fn items(&self) -> Option<&[Value]> {
        match self {
            Value::List(items) | Value::Tuple(items) | Value::Set(items) => Some(items),
            _ => None,
        }
    }

    /// The keys and values of a `dict` or `OrderedDict`.
    pub fn entries(&self) -> Option<&[(Value, Value)]> {
        match self {
            Value::Dict(entries) | Value::OrderedDict { entries, .. } => Some(entries),
            _ => None,
        }
    }

    /// The keys and values of the attribute `_metadata` of an `OrderedDict`.
    pub fn metadata(&self) -> Option<&[(Value, Value)]> {
        match self {
            Value::OrderedDict { metadata, .. } => metadata.as_deref(),
            _ => None,
        }
    }

    /// What a `dict` or `OrderedDict` holds under the text `key`.
    pub fn get(&self, key: &str) -> Option<&Value> {
        let (_, value) = self
            .entries()?
            .iter()
            .find(|(name, _)| name.as_str() == Some(key))?;
        Some(value)
    }
}

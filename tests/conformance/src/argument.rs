//! Arguments as a corpus writes them.

use serde_json::Value;

use crate::tensor::DType;

/// A value that a case passes to a call, or expects from one.
#[derive(Debug, Clone, PartialEq)]
pub enum Argument {
    /// Nothing.
    None,
    /// A boolean.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A float, possibly infinite or not a number.
    Float(f64),
    /// A string.
    Text(String),
    /// A tensor of the case's file.
    Tensor(TensorArgument),
    /// A list.
    List(Vec<Argument>),
    /// A tuple.
    Tuple(Vec<Argument>),
    /// A mapping, in order.
    Dict(Vec<(Argument, Argument)>),
    /// An element type.
    DType(DType),
    /// The name of a device.
    Device(String),
    /// The name of a layout.
    Layout(String),
    /// The name of a memory format.
    MemoryFormat(String),
    /// `start:stop:step` in an index expression.
    Slice(Box<[Argument; 3]>),
    /// `...` in an index expression.
    Ellipsis,
    /// The name of a function.
    Function(String),
    /// A module and the arguments of its constructor.
    Module(String, Arguments),
    /// An expected tensor of which only shape and element type count.
    Uninitialised(Vec<usize>, DType),
}

/// A tensor argument and how it lies in memory.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TensorArgument {
    /// Key of the elements in the file; the same key is the same tensor.
    pub key: String,
    /// Whether the tensor requires a gradient.
    pub requires_grad: bool,
    /// Strides, where the tensor is not contiguous.
    pub stride: Option<Vec<isize>>,
    /// Key of the one-dimensional tensor this one is a view of, and where the view starts.
    pub base: Option<(String, usize)>,
}

/// Positional and keyword arguments of a call.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Arguments {
    /// Arguments by position.
    pub positional: Vec<Argument>,
    /// Arguments by name, in the order of the file.
    pub keyword: Vec<(String, Argument)>,
}

impl Argument {
    /// Reads an argument object.
    pub fn parse(value: &Value) -> Result<Self, String> {
        Self::read(value).ok_or_else(|| format!("not an argument: {value}"))
    }

    fn read(value: &Value) -> Option<Self> {
        let object = value.as_object()?;
        let (kind, content) = object.iter().next()?;
        Some(match kind.as_str() {
            "none" => Self::None,
            "ellipsis" => Self::Ellipsis,
            "b" => Self::Bool(content.as_bool()?),
            "i" => Self::Int(content.as_i64()?),
            "f" => Self::Float(float(content)?),
            "s" => Self::Text(text(content)?),
            "list" => Self::List(sequence(content)?),
            "tuple" => Self::Tuple(sequence(content)?),
            "dict" => Self::Dict(pairs(content)?),
            "dtype" if !object.contains_key("shape") => Self::DType(dtype(content)?),
            "device" => Self::Device(text(content)?),
            "layout" => Self::Layout(text(content)?),
            "memory_format" => Self::MemoryFormat(text(content)?),
            "slice" => Self::Slice(Box::new(sequence(content)?.try_into().ok()?)),
            "fn" => Self::Function(text(content)?),
            _ if object.contains_key("t") => Self::Tensor(TensorArgument::read(value)?),
            _ if object.contains_key("module") => {
                Self::Module(text(&value["module"])?, Arguments::parse(value).ok()?)
            }
            _ if object.contains_key("shape") => {
                Self::Uninitialised(sizes(&value["shape"])?, dtype(&value["dtype"])?)
            }
            _ => return None,
        })
    }

    /// What kind of value this is, for messages.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::None => "None",
            Self::Bool(_) => "a bool",
            Self::Int(_) => "an int",
            Self::Float(_) => "a float",
            Self::Text(_) => "a string",
            Self::Tensor(_) => "a tensor",
            Self::List(_) => "a list",
            Self::Tuple(_) => "a tuple",
            Self::Dict(_) => "a dict",
            Self::DType(_) => "a dtype",
            Self::Device(_) => "a device",
            Self::Layout(_) => "a layout",
            Self::MemoryFormat(_) => "a memory format",
            Self::Slice(_) => "a slice",
            Self::Ellipsis => "an ellipsis",
            Self::Function(_) => "a function",
            Self::Module(..) => "a module",
            Self::Uninitialised(..) => "uninitialised memory",
        }
    }

    /// The items of a list or tuple.
    pub fn items(&self) -> Option<&[Argument]> {
        match self {
            Self::List(items) | Self::Tuple(items) => Some(items),
            _ => None,
        }
    }
}

impl TensorArgument {
    fn read(value: &Value) -> Option<Self> {
        let stride = match &value["stride"] {
            Value::Null => None,
            steps => Some(
                steps
                    .as_array()?
                    .iter()
                    .map(|step| isize::try_from(step.as_i64()?).ok())
                    .collect::<Option<_>>()?,
            ),
        };
        let base = match &value["base"] {
            Value::Null => None,
            key => Some((text(key)?, usize::try_from(value["offset"].as_u64()?).ok()?)),
        };
        let requires_grad = value["grad"].as_bool().unwrap_or(false);
        Some(Self {
            key: text(&value["t"])?,
            requires_grad,
            stride,
            base,
        })
    }
}

impl Arguments {
    /// Reads `args` and `kwargs` of an object; either may be missing.
    pub fn parse(object: &Value) -> Result<Self, String> {
        let positional = match &object["args"] {
            Value::Null => Vec::new(),
            items => sequence(items).ok_or_else(|| format!("not arguments: {items}"))?,
        };
        let keyword = match &object["kwargs"] {
            Value::Null => Vec::new(),
            Value::Object(entries) => entries
                .iter()
                .map(|(name, value)| Ok((name.clone(), Argument::parse(value)?)))
                .collect::<Result<_, String>>()?,
            other => return Err(format!("not keyword arguments: {other}")),
        };
        Ok(Self {
            positional,
            keyword,
        })
    }

    /// Reads keyword arguments that are plain JSON.
    pub fn from_json(object: &Value) -> Result<Self, String> {
        let read = |(name, value): (&String, &Value)| {
            let value = plain(value).ok_or_else(|| format!("not a plain argument: {value}"))?;
            Ok((name.clone(), value))
        };
        let keyword = object.as_object().into_iter().flatten().map(read);
        Ok(Self {
            positional: Vec::new(),
            keyword: keyword.collect::<Result<_, String>>()?,
        })
    }

    /// All arguments, positional first.
    pub fn iter(&self) -> impl Iterator<Item = &Argument> {
        self.positional
            .iter()
            .chain(self.keyword.iter().map(|(_, argument)| argument))
    }
}

/// Reads a list of arguments.
pub fn sequence(value: &Value) -> Option<Vec<Argument>> {
    value.as_array()?.iter().map(Argument::read).collect()
}

/// Reads a list of sizes.
pub fn sizes(value: &Value) -> Option<Vec<usize>> {
    value
        .as_array()?
        .iter()
        .map(|size| usize::try_from(size.as_u64()?).ok())
        .collect()
}

/// Reads a number that may be written as `"nan"`, `"inf"` or `"-inf"`.
pub fn float(value: &Value) -> Option<f64> {
    match value.as_str() {
        Some("nan") => Some(f64::NAN),
        Some("inf") => Some(f64::INFINITY),
        Some("-inf") => Some(f64::NEG_INFINITY),
        Some(_) => None,
        None => value.as_f64(),
    }
}

/// Reads the name of an element type.
pub fn dtype(value: &Value) -> Option<DType> {
    Some(match value.as_str()? {
        "float32" => DType::F32,
        "float64" => DType::F64,
        "float16" => DType::F16,
        "bfloat16" => DType::BF16,
        "int64" => DType::I64,
        "int32" => DType::I32,
        "int16" => DType::I16,
        "int8" => DType::I8,
        "uint8" => DType::U8,
        "bool" => DType::Bool,
        _ => return None,
    })
}

fn plain(value: &Value) -> Option<Argument> {
    Some(match value {
        Value::Null => Argument::None,
        Value::Bool(value) => Argument::Bool(*value),
        Value::Number(number) => match number.as_i64() {
            Some(value) => Argument::Int(value),
            None => Argument::Float(number.as_f64()?),
        },
        Value::String(text) => Argument::Text(text.clone()),
        Value::Array(items) => Argument::List(items.iter().map(plain).collect::<Option<_>>()?),
        Value::Object(entries) => {
            let entry = |(name, value): (&String, &Value)| {
                Some((Argument::Text(name.clone()), plain(value)?))
            };
            Argument::Dict(entries.iter().map(entry).collect::<Option<_>>()?)
        }
    })
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

fn pairs(value: &Value) -> Option<Vec<(Argument, Argument)>> {
    let pair = |item: &Value| Some((Argument::read(item.get(0)?)?, Argument::read(item.get(1)?)?));
    value.as_array()?.iter().map(pair).collect()
}

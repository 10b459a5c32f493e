//! The Python names a pickle may mention.

use rushlight_tensor::DType;

use crate::{Error, Result};

/// What an allowed name stands for. None of these runs anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Global {
    Bytearray,
    Bytes,
    Complex,
    Counter,
    Device,
    DType(DType),
    Encode,
    GetLayout,
    NumpyArray,
    NumpyDType,
    NumpyReconstruct,
    OrderedDict,
    Parameter,
    RebuildFromType,
    RebuildParameter,
    RebuildParameterWithState,
    RebuildTensor,
    RebuildTensorV2,
    RebuildTensorV3,
    Set,
    Size,
    Storage(DType),
    Tensor,
    /// `torch.FloatTensor` and the like, which the oldest files mention.
    TensorClass(DType),
    UntypedStorage,
}

/// Every name that is read, and nothing else is. Pickles of protocol 2 use the module names of
/// Python 2.
const TABLE: &[(&str, &str, Global)] = &[
    ("__builtin__", "bytearray", Global::Bytearray),
    ("__builtin__", "bytes", Global::Bytes),
    ("__builtin__", "complex", Global::Complex),
    ("__builtin__", "set", Global::Set),
    ("_codecs", "encode", Global::Encode),
    ("builtins", "bytearray", Global::Bytearray),
    ("builtins", "bytes", Global::Bytes),
    ("builtins", "complex", Global::Complex),
    ("builtins", "set", Global::Set),
    ("collections", "Counter", Global::Counter),
    ("collections", "OrderedDict", Global::OrderedDict),
    ("numpy", "dtype", Global::NumpyDType),
    ("numpy", "ndarray", Global::NumpyArray),
    (
        "numpy._core.multiarray",
        "_reconstruct",
        Global::NumpyReconstruct,
    ),
    (
        "numpy.core.multiarray",
        "_reconstruct",
        Global::NumpyReconstruct,
    ),
    ("torch", "Size", Global::Size),
    ("torch", "Tensor", Global::Tensor),
    ("torch", "device", Global::Device),
    (
        "torch._tensor",
        "_rebuild_from_type_v2",
        Global::RebuildFromType,
    ),
    (
        "torch._utils",
        "_rebuild_parameter",
        Global::RebuildParameter,
    ),
    (
        "torch._utils",
        "_rebuild_parameter_with_state",
        Global::RebuildParameterWithState,
    ),
    ("torch._utils", "_rebuild_tensor", Global::RebuildTensor),
    (
        "torch._utils",
        "_rebuild_tensor_v2",
        Global::RebuildTensorV2,
    ),
    (
        "torch._utils",
        "_rebuild_tensor_v3",
        Global::RebuildTensorV3,
    ),
    ("torch.nn.parameter", "Parameter", Global::Parameter),
    ("torch.serialization", "_get_layout", Global::GetLayout),
    ("torch.storage", "UntypedStorage", Global::UntypedStorage),
];

/// The beginning of the class names for `dtype`, such as `Float` of `torch.FloatStorage`.
pub(super) fn class_prefix(dtype: DType) -> &'static str {
    match dtype {
        DType::F32 => "Float",
        DType::F64 => "Double",
        DType::F16 => "Half",
        DType::BF16 => "BFloat16",
        DType::I64 => "Long",
        DType::I32 => "Int",
        DType::I16 => "Short",
        DType::I8 => "Char",
        DType::U8 => "Byte",
        DType::Bool => "Bool",
    }
}

impl Global {
    /// Looks `module.name` up in the table; a name outside it is an error that says so.
    pub(super) fn find(module: &str, name: &str) -> Result<Global> {
        let known = TABLE.iter().find(|row| row.0 == module && row.1 == name);
        known
            .map(|row| row.2)
            .or_else(|| Global::find_dtype(module, name))
            .or_else(|| Global::find_class(module, name))
            .ok_or_else(|| Error::Global {
                name: format!("{module}.{name}"),
            })
    }

    fn find_dtype(module: &str, name: &str) -> Option<Global> {
        let mut all = DType::ALL.into_iter().filter(|_| module == "torch");
        all.find(|dtype| dtype.name() == name).map(Global::DType)
    }

    fn find_class(module: &str, name: &str) -> Option<Global> {
        if !matches!(module, "torch" | "torch.cuda") {
            return None;
        }
        let dtype = |prefix| {
            DType::ALL
                .into_iter()
                .find(|dtype| class_prefix(*dtype) == prefix)
        };
        let storage = name.strip_suffix("Storage").and_then(dtype);
        let tensor = name.strip_suffix("Tensor").and_then(dtype);
        storage
            .map(Global::Storage)
            .or(tensor.map(Global::TensorClass))
    }
}

//! Reading the `.safetensors` files of a corpus: tensors by key and the list of cases.

use std::collections::HashMap;
use std::path::Path;

use serde_json::Value;

use crate::tensor::DType;

/// The contents of a tensor: row-major elements little-endian.
#[derive(Debug, Clone, PartialEq)]
pub struct Contents {
    /// Element type.
    pub dtype: DType,
    /// Size of each dimension.
    pub shape: Vec<usize>,
    /// The elements, without gaps.
    pub bytes: Vec<u8>,
}

/// One file of a corpus, read completely.
#[derive(Debug, Default)]
pub struct Container {
    bytes: Vec<u8>,
    tensors: HashMap<String, Span>,
    metadata: Value,
}

#[derive(Debug)]
struct Span {
    dtype: DType,
    shape: Vec<usize>,
    start: usize,
    end: usize,
}

impl Container {
    /// Reads the file at `path`.
    pub fn open(path: &Path) -> Result<Self, String> {
        let bytes = std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
        Self::parse(bytes).map_err(|reason| format!("{}: {reason}", path.display()))
    }

    /// Interprets the bytes of a `.safetensors` file.
    pub fn parse(bytes: Vec<u8>) -> Result<Self, String> {
        let prefix = bytes.first_chunk::<8>().ok_or("shorter than eight bytes")?;
        let length = usize::try_from(u64::from_le_bytes(*prefix)).map_err(|_| "header too long")?;
        let data = length.checked_add(8).filter(|&end| end <= bytes.len());
        let data = data.ok_or("header ends past the file")?;
        let mut header: Value = serde_json::from_slice(&bytes[8..data])
            .map_err(|error| format!("header is not JSON: {error}"))?;
        let header = header.as_object_mut().ok_or("header is not an object")?;
        let metadata = header.remove("__metadata__").unwrap_or(Value::Null);
        let tensors = header
            .iter()
            .map(|(key, entry)| Some((key.clone(), Span::parse(entry, data, bytes.len())?)))
            .collect::<Option<_>>()
            .ok_or("a tensor of the header is malformed")?;
        Ok(Self {
            bytes,
            tensors,
            metadata,
        })
    }

    /// The case objects named by the header's metadata.
    pub fn cases(&self) -> Result<Vec<Value>, String> {
        let text = self.metadata["cases"]
            .as_str()
            .ok_or("metadata has no cases")?;
        serde_json::from_str(text).map_err(|error| format!("cases are not JSON: {error}"))
    }

    /// The tensor stored under `key`.
    pub fn tensor(&self, key: &str) -> Option<Contents> {
        let span = self.tensors.get(key)?;
        Some(Contents {
            dtype: span.dtype,
            shape: span.shape.clone(),
            bytes: self.bytes[span.start..span.end].to_vec(),
        })
    }
}

impl Span {
    fn parse(entry: &Value, data: usize, limit: usize) -> Option<Self> {
        let dtype = match entry["dtype"].as_str()? {
            "F64" => DType::F64,
            "F32" => DType::F32,
            "F16" => DType::F16,
            "BF16" => DType::BF16,
            "I64" => DType::I64,
            "I32" => DType::I32,
            "I16" => DType::I16,
            "I8" => DType::I8,
            "U8" => DType::U8,
            "BOOL" => DType::Bool,
            _ => return None,
        };
        let shape: Vec<usize> = numbers(&entry["shape"])?;
        let [start, end]: [usize; 2] = numbers(&entry["data_offsets"])?.try_into().ok()?;
        let (start, end) = (start.checked_add(data)?, end.checked_add(data)?);
        let count = shape
            .iter()
            .try_fold(1usize, |count, &size| count.checked_mul(size))?;
        let fits = start <= end && end <= limit && end - start == count * dtype.size_in_bytes();
        fits.then_some(Self {
            dtype,
            shape,
            start,
            end,
        })
    }
}

/// Reads a JSON file.
pub fn json(path: &Path) -> Result<Value, String> {
    let text = std::fs::read_to_string(path);
    let text = text.map_err(|error| format!("{}: {error}", path.display()))?;
    serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))
}

fn numbers(value: &Value) -> Option<Vec<usize>> {
    value
        .as_array()?
        .iter()
        .map(|item| usize::try_from(item.as_u64()?).ok())
        .collect()
}

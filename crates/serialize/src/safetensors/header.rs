//! The JSON header.

use std::collections::HashSet;
use std::fmt;

use rushlight_tensor::DType;
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};

use super::PART;
use crate::{Error, Result};

/// The key of the header that holds text instead of a tensor.
pub(super) const METADATA: &str = "__metadata__";

/// A name and what belongs to it, in the order of the file; no name occurs twice.
#[derive(Debug)]
pub(super) struct Ordered<T>(pub(super) Vec<(String, T)>);

/// The whole header.
#[derive(Debug)]
pub(super) struct Header {
    pub(super) metadata: Ordered<String>,
    pub(super) tensors: Ordered<Info>,
}

/// Where a tensor lies in the bytes after the header.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
pub(super) struct Info {
    pub(super) dtype: String,
    pub(super) shape: Vec<u64>,
    pub(super) data_offsets: (u64, u64),
}

/// The names of the element types.
const DTYPES: &[(&str, DType)] = &[
    ("F32", DType::F32),
    ("F64", DType::F64),
    ("F16", DType::F16),
    ("BF16", DType::BF16),
    ("I64", DType::I64),
    ("I32", DType::I32),
    ("I16", DType::I16),
    ("I8", DType::I8),
    ("U8", DType::U8),
    ("BOOL", DType::Bool),
];

pub(super) fn dtype_named(name: &str) -> Result<DType> {
    let known = DTYPES.iter().find(|row| row.0 == name);
    known
        .map(|row| row.1)
        .ok_or_else(|| Error::unsupported(PART, format!("the dtype {name:?}")))
}

pub(super) fn name_of(dtype: DType) -> Result<&'static str> {
    let known = DTYPES.iter().find(|row| row.1 == dtype);
    known
        .map(|row| row.0)
        .ok_or_else(|| Error::unsupported(PART, format!("the dtype {}", dtype.name())))
}

impl<'de> Deserialize<'de> for Header {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Header, D::Error> {
        deserializer.deserialize_map(HeaderVisitor)
    }
}

struct HeaderVisitor;

impl<'de> Visitor<'de> for HeaderVisitor {
    type Value = Header;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a map of tensors")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Header, A::Error> {
        let mut header = Header {
            metadata: Ordered(Vec::new()),
            tensors: Ordered(Vec::new()),
        };
        let mut names = HashSet::new();
        while let Some(name) = map.next_key::<String>()? {
            if !names.insert(name.clone()) {
                return Err(A::Error::custom(format!("the name {name:?} occurs twice")));
            }
            match &*name {
                METADATA => header.metadata = map.next_value()?,
                _ => header.tensors.0.push((name, map.next_value()?)),
            }
        }
        Ok(header)
    }
}

impl<'de> Deserialize<'de> for Ordered<String> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MetadataVisitor)
    }
}

struct MetadataVisitor;

impl<'de> Visitor<'de> for MetadataVisitor {
    type Value = Ordered<String>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a map of text")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Ordered<String>, A::Error> {
        let mut entries = Vec::new();
        let mut names = HashSet::new();
        while let Some((name, text)) = map.next_entry::<String, String>()? {
            if !names.insert(name.clone()) {
                return Err(A::Error::custom(format!("the name {name:?} occurs twice")));
            }
            entries.push((name, text));
        }
        Ok(Ordered(entries))
    }
}

impl Serialize for Header {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if !self.metadata.0.is_empty() {
            map.serialize_entry(METADATA, &self.metadata)?;
        }
        for (name, info) in &self.tensors.0 {
            map.serialize_entry(name, info)?;
        }
        map.end()
    }
}

impl Serialize for Ordered<String> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, text)| (name, text)))
    }
}

//! The safetensors format: a JSON header, then the elements of all tensors.
//!
//! Reading keeps the order of the header and refuses anything the header does not account for:
//! holes, overlaps, trailing bytes, repeated names. Writing keeps the order it is given; the same
//! tensors always give the same bytes.

mod header;
mod read;
mod write;

use rushlight_tensor::Array;

pub use read::{from_bytes, load};
pub use write::{save, to_bytes};

pub(crate) use read::read;

pub(crate) const PART: &str = "safetensors";

/// What a safetensors file holds.
#[derive(Clone, Debug, Default)]
pub struct SafeTensors {
    /// The tensors by name, in the order of the header.
    pub tensors: Vec<(String, Array)>,
    /// The text that came with them, in the order of the header.
    pub metadata: Vec<(String, String)>,
}

impl SafeTensors {
    /// The tensor called `name`.
    pub fn tensor(&self, name: &str) -> Option<&Array> {
        self.tensors
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, array)| array)
    }

    /// The text stored under `key`.
    pub fn metadata(&self, key: &str) -> Option<&str> {
        self.metadata
            .iter()
            .find(|(name, _)| name == key)
            .map(|(_, text)| &**text)
    }
}

//! Writing checkpoints that `torch.load(weights_only=True)` reads.

use std::collections::HashMap;
use std::path::Path;

use rushlight_tensor::Array;

use crate::pickle::{self, Store};
use crate::replace::replace_file;
use crate::zip::ArchiveWriter;
use crate::{Result, Value};

/// The version of the format, as PyTorch writes it.
const VERSION: &[u8] = b"3\n";
/// The folder of all records.
const FOLDER: &str = "archive";

/// Writes `value` to the file at `path` in the form of `torch.save`.
///
/// Tensors that share a storage share it in the file, and all of a storage is written even where
/// only part of it is viewed, as PyTorch does. The file appears complete or not at all: it is
/// written beside its place and then moved there.
pub fn save(path: impl AsRef<Path>, value: &Value) -> Result<()> {
    replace_file(path.as_ref(), |sink| write(value, sink))
}

/// The bytes of a file that holds `value` in the form of `torch.save`.
///
/// ```
/// # use rushlight_serialize::{Result, Value, load_bytes, pth};
/// # fn main() -> Result<()> {
/// let epoch = Value::Dict(vec![(Value::Str("epoch".into()), Value::Int(3))]);
/// let file = pth::to_bytes(&epoch)?;
/// assert_eq!(load_bytes(&file)?.get("epoch").and_then(Value::as_i64), Some(3));
/// # Ok(()) }
/// ```
pub fn to_bytes(value: &Value) -> Result<Vec<u8>> {
    let mut file = Vec::new();
    write(value, |bytes| {
        file.extend_from_slice(bytes);
        Ok(())
    })?;
    Ok(file)
}

fn write(value: &Value, sink: impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
    let mut storages = Storages::default();
    let pickle = pickle::to_bytes(value, &mut storages)?;
    let mut archive = ArchiveWriter::new(sink);
    archive.record(format!("{FOLDER}/data.pkl"), &pickle)?;
    archive.record(format!("{FOLDER}/byteorder"), b"little")?;
    for (key, whole) in storages.whole.iter().enumerate() {
        archive.record(format!("{FOLDER}/data/{key}"), &whole.to_bytes()?)?;
    }
    archive.record(format!("{FOLDER}/version"), VERSION)?;
    archive.finish()
}

/// The storages of the tensors written so far.
#[derive(Default)]
struct Storages {
    /// All elements of each storage, in the order of their names.
    whole: Vec<Array>,
    /// The number of a storage by its address, which `whole` keeps from being used again.
    numbers: HashMap<usize, usize>,
}

impl Store for Storages {
    fn store(&mut self, array: &Array) -> Result<(String, usize)> {
        let elements = array.storage().len_in_bytes() / array.dtype().size_in_bytes();
        let address = std::ptr::from_ref(array.storage()).addr();
        if !self.numbers.contains_key(&address) {
            self.numbers.insert(address, self.whole.len());
            self.whole.push(array.as_strided(&[elements], &[1], 0)?);
        }
        Ok((self.numbers[&address].to_string(), elements))
    }
}

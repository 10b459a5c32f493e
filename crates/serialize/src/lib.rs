//! Reading weights that strangers send, and writing them in the same formats.
//!
//! [`load`] tells the format by the content: `.pth` files as zip archives (PyTorch 1.6 and later),
//! as a series of pickles (before that) and as tar archives (the oldest), safetensors, `.npy` and `.npz`.
//!
//! A file is hostile until proven otherwise. Pickles run on a restricted machine over a fixed table
//! of names, none of which is code; every size is checked against the bytes that are there before
//! anything is allocated; nesting, repetition and counts have limits; whatever the bytes, the
//! result is a [`Value`] or an [`Error`], never a panic. The limits are 256 levels of nesting, four
//! million objects, 64 dimensions, integers of 255 bytes, and safetensors headers of 100 MB.
//!
//! Loading takes the memory of the tensors and of one storage more.

#![forbid(unsafe_code)]

mod error;
mod format;
mod layout;
pub mod npy;
pub mod npz;
mod pickle;
pub mod pth;
mod replace;
pub mod safetensors;
mod state_dict;
mod stream;
mod tar;
mod value;
mod zip;

use std::fs::File;
use std::io::Cursor;
use std::path::Path;

pub use error::{Error, Result};
pub use safetensors::SafeTensors;
pub use state_dict::{StateDict, state_dict};
pub use value::{LoadedTensor, Value};

/// Reads the file at `path`, whatever its format.
///
/// A safetensors or `.npz` file reads as an ordered dict of its tensors, a `.npy` file as a tensor.
pub fn load(path: impl AsRef<Path>) -> Result<Value> {
    format::load(&mut open(path.as_ref())?)
}

/// As [`load`], with tensors that stay in the file: the system reads what is looked at, when it is, and
/// takes the memory back when there is little. What is written to a tensor stays in memory.
///
/// Tensors are copied where the file does not have them as memory does: those of another byte order,
/// booleans, and what does not lie at a multiple of its size, as it happens in the files of PyTorch
/// before 1.6.
///
/// The file must not change while there are tensors over it: where it is shortened, the system ends a
/// program that looks at what is gone. Use it for files that are yours.
#[cfg(feature = "mmap")]
pub fn load_mapped(path: impl AsRef<Path>) -> Result<Value> {
    let path = path.as_ref();
    let mut file = open(path)?;
    let map = rushlight_tensor::MappedFile::new(&file).map_err(|source| Error::File {
        operation: "load",
        path: path.to_owned(),
        source,
    })?;
    format::load_stream(stream::Stream::new("load", &mut file)?.over(map))
}

/// Reads the file at `path`, which is a single pickle, as Python's `pickle.dump` writes.
///
/// It may hold what a checkpoint may, and arrays of NumPy, which become tensors.
pub fn load_pickle(path: impl AsRef<Path>) -> Result<Value> {
    pickle::load(&mut stream::Stream::new(
        pickle::PART,
        &mut open(path.as_ref())?,
    )?)
}

/// As [`load_pickle`], for a file that is in memory.
///
/// ```
/// # use rushlight_serialize::{Result, load_pickle_bytes};
/// # fn main() -> Result<()> {
/// let value = load_pickle_bytes(b"\x80\x02}U\x06labels](K\x03K\x05es.")?;
/// assert_eq!(value.get("labels").unwrap().kind(), "list");
/// # Ok(()) }
/// ```
pub fn load_pickle_bytes(bytes: &[u8]) -> Result<Value> {
    pickle::load(&mut stream::Stream::new(
        pickle::PART,
        &mut Cursor::new(bytes),
    )?)
}

/// Reads a file that is in memory, whatever its format.
///
/// ```
/// # use rushlight_serialize::{Result, Value, load_bytes};
/// let hostile = b"\x80\x02cposix\nsystem\nX\x02\0\0\0id\x85R.";
/// let error = load_bytes(hostile).unwrap_err();
/// assert!(error.to_string().contains("posix.system is not allowed"));
/// ```
pub fn load_bytes(bytes: &[u8]) -> Result<Value> {
    format::load(&mut Cursor::new(bytes))
}

/// Opens the file at `path` for reading.
fn open(path: &Path) -> Result<File> {
    let failed = |source| Error::File {
        operation: "load",
        path: path.to_owned(),
        source,
    };
    let file = File::open(path).map_err(failed)?;
    match file.metadata().map_err(failed)?.is_dir() {
        true => Err(failed(std::io::ErrorKind::IsADirectory.into())),
        false => Ok(file),
    }
}

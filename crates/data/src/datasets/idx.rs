//! The format of MNIST's files: a magic number, sizes, and bytes.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::{Error, Result, files};

/// Sizes and elements of an array of bytes.
pub(super) struct Idx {
    pub(super) sizes: Vec<usize>,
    pub(super) bytes: Vec<u8>,
}

/// Two zeros, the code of bytes, and the number of dimensions.
const MAGIC: [u8; 3] = [0, 0, 8];

impl Idx {
    /// Reads `folder/name`, or `folder/name.gz` where the feature `gzip` is on.
    pub(super) fn read(folder: &Path, name: &str, dimensions: usize) -> Result<Idx> {
        let plain = folder.join(name);
        if plain.exists() {
            return parse(&plain, open(&plain)?, dimensions);
        }
        let packed = folder.join(format!("{name}.gz"));
        match packed.exists() {
            true => unpack(packed, dimensions),
            false => Err(Error::file(&plain, std::io::ErrorKind::NotFound.into())),
        }
    }
}

#[cfg(feature = "gzip")]
fn unpack(path: PathBuf, dimensions: usize) -> Result<Idx> {
    let unpacked = flate2::read::GzDecoder::new(open(&path)?);
    parse(&path, unpacked, dimensions)
}

#[cfg(not(feature = "gzip"))]
fn unpack(path: PathBuf, _dimensions: usize) -> Result<Idx> {
    let problem = "packed, which the feature `gzip` reads";
    Err(Error::malformed(path, problem))
}

fn open(path: &Path) -> Result<File> {
    File::open(path).map_err(|error| Error::file(path, error))
}

fn parse(path: &Path, mut reader: impl Read, dimensions: usize) -> Result<Idx> {
    let mut number = || -> Result<[u8; 4]> {
        let mut bytes = [0; 4];
        let read = reader.read_exact(&mut bytes);
        read.map_err(|error| Error::file(path, error))?;
        Ok(bytes)
    };
    let magic = number()?;
    if magic[..3] != MAGIC || usize::from(magic[3]) != dimensions {
        let problem = format!("begins with {magic:?}, not with [0, 0, 8, {dimensions}]");
        return Err(Error::malformed(path, problem));
    }
    let size = |_| number().map(|bytes| u32::from_be_bytes(bytes) as usize);
    let sizes: Vec<usize> = (0..dimensions).map(size).collect::<Result<_>>()?;
    let length = sizes
        .iter()
        .try_fold(1_usize, |all, &size| all.checked_mul(size));
    let length = length.ok_or_else(|| Error::malformed(path, format!("sizes {sizes:?}")))?;
    let bytes = files::read_at_most(path, reader, length as u64)?;
    if bytes.len() != length {
        let problem = format!("{} bytes for sizes {sizes:?}", bytes.len());
        return Err(Error::malformed(path, problem));
    }
    Ok(Idx { sizes, bytes })
}

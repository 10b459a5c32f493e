//! Files that strangers send, read with their length in view.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

use crate::{Error, Result};

/// The longest file that is read at once.
const MAX_LENGTH: u64 = 1 << 31;

/// The whole content of a file.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>> {
    let failed = |error| Error::file(path, error);
    let file = File::open(path).map_err(failed)?;
    let length = file.metadata().map_err(failed)?.len();
    read_at_most(path, file, length)
}

/// The content of a reader that has no more than `length` bytes.
pub(crate) fn read_at_most(path: &Path, reader: impl Read, length: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if length > MAX_LENGTH {
        return Err(Error::file(path, ErrorKind::FileTooLarge.into()));
    }
    let read = reader.take(length + 1).read_to_end(&mut bytes);
    read.map_err(|error| Error::file(path, error))?;
    match bytes.len() as u64 > length {
        true => Err(Error::malformed(
            path,
            format!("longer than {length} bytes"),
        )),
        false => Ok(bytes),
    }
}

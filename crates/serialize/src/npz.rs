//! The format of `numpy.savez`: a zip archive with an `.npy` file for each array.
//!
//! The packed archives of `numpy.savez_compressed` are refused, as all compressed records are.

use std::io::Cursor;
use std::path::Path;

use rushlight_tensor::Array;

use crate::replace::replace_file;
use crate::stream::Stream;
use crate::zip::{Archive, ArchiveWriter};
use crate::{Error, Result, npy};

pub(crate) const PART: &str = "npz";
/// What the names of records end in, and those of arrays do not.
const EXTENSION: &str = ".npy";

/// Reads the arrays in the file at `path` by name, in order.
pub fn load(path: impl AsRef<Path>) -> Result<Vec<(String, Array)>> {
    let mut file = crate::open(path.as_ref())?;
    read(&mut Archive::open(&mut Stream::new(PART, &mut file)?)?)
}

/// Reads the arrays of a file that is in memory.
pub fn from_bytes(bytes: &[u8]) -> Result<Vec<(String, Array)>> {
    let mut source = Cursor::new(bytes);
    read(&mut Archive::open(&mut Stream::new(PART, &mut source)?)?)
}

/// Writes arrays to the file at `path`, which appears complete or not at all.
///
/// A name that occurs twice, or is longer than zip archives allow, is an error, and so is an array of
/// bfloat16, which NumPy has not.
pub fn save(path: impl AsRef<Path>, arrays: &[(String, Array)]) -> Result<()> {
    replace_file(path.as_ref(), |sink| write(arrays, sink))
}

/// The bytes of a file that holds arrays by name; see [`save`].
///
/// ```
/// # use rushlight_serialize::{Result, npz};
/// # use rushlight_tensor::Array;
/// # fn main() -> Result<()> {
/// let arrays = [("x".to_owned(), Array::from_slice(&[1.0f32, 2.0], &[2])?)];
/// let read = npz::from_bytes(&npz::to_bytes(&arrays)?)?;
/// assert_eq!((&*read[0].0, read[0].1.to_vec::<f32>()?), ("x", vec![1.0, 2.0]));
/// # Ok(()) }
/// ```
pub fn to_bytes(arrays: &[(String, Array)]) -> Result<Vec<u8>> {
    let mut file = Vec::new();
    write(arrays, |bytes| {
        file.extend_from_slice(bytes);
        Ok(())
    })?;
    Ok(file)
}

/// Whether the archive is one of arrays.
pub(crate) fn is_npz(archive: &Archive<'_, '_>) -> bool {
    archive
        .first_name()
        .is_some_and(|name| name.ends_with(EXTENSION))
}

/// Reads all arrays of an archive.
pub(crate) fn read(archive: &mut Archive<'_, '_>) -> Result<Vec<(String, Array)>> {
    let names: Vec<String> = archive.names().map(str::to_owned).collect();
    let array = |name: String| {
        let Some(own) = name.strip_suffix(EXTENSION) else {
            let problem = format!("the record {name:?} is no array");
            return Err(Error::malformed(PART, problem));
        };
        Ok((own.to_owned(), npy::from_bytes(&archive.read(&name)?)?))
    };
    names.into_iter().map(array).collect()
}

fn write(arrays: &[(String, Array)], sink: impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
    let mut archive = ArchiveWriter::new(sink);
    let mut names = std::collections::HashSet::new();
    for (name, array) in arrays {
        let record = format!("{name}{EXTENSION}");
        if !names.insert(name) || record.len() > u16::MAX.into() {
            let start: String = name.chars().take(100).collect();
            let problem = format!("the name {start:?} occurs twice or is too long");
            return Err(Error::malformed(PART, problem));
        }
        archive.record(record, &npy::to_bytes(array)?)?;
    }
    archive.finish()
}

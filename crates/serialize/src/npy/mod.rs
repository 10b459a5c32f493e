//! The format of `numpy.save`: a line of Python that describes an array, then its elements.

mod header;

pub(crate) use header::dtype_of_code;

use std::io::Cursor;
use std::path::Path;

use rushlight_tensor::Array;

use crate::layout::byte_length;
use crate::replace::replace_file;
use crate::stream::Stream;
use crate::{Error, Result};
use header::Header;

pub(crate) const PART: &str = "npy";
/// What every file begins with.
pub(crate) const MAGIC: &[u8] = b"\x93NUMPY";

/// Reads the array in the file at `path`.
pub fn load(path: impl AsRef<Path>) -> Result<Array> {
    read(&mut Stream::new(PART, &mut crate::open(path.as_ref())?)?)
}

/// Reads an array that is in memory.
pub fn from_bytes(bytes: &[u8]) -> Result<Array> {
    read(&mut Stream::new(PART, &mut Cursor::new(bytes))?)
}

/// Writes `array` to the file at `path`, which appears complete or not at all.
///
/// NumPy has no bfloat16: an array of it is an error.
pub fn save(path: impl AsRef<Path>, array: &Array) -> Result<()> {
    let bytes = to_bytes(array)?;
    replace_file(path.as_ref(), |sink| sink(&bytes))
}

/// The bytes of a file that holds `array`.
///
/// ```
/// # use rushlight_serialize::{Result, npy};
/// # use rushlight_tensor::Array;
/// # fn main() -> Result<()> {
/// let array = Array::from_slice(&[1.0f32, 2.0, 3.0], &[3])?;
/// let read = npy::from_bytes(&npy::to_bytes(&array)?)?;
/// assert_eq!(read.to_vec::<f32>()?, [1.0, 2.0, 3.0]);
/// # Ok(()) }
/// ```
pub fn to_bytes(array: &Array) -> Result<Vec<u8>> {
    let mut bytes = Header::of(array).to_bytes()?;
    bytes.extend(array.to_bytes()?);
    Ok(bytes)
}

/// Reads the whole of `stream`.
pub(crate) fn read(stream: &mut Stream<'_>) -> Result<Array> {
    stream.seek(0)?;
    let header = Header::read(stream)?;
    let (size, left) = (header.dtype.size_in_bytes(), stream.remaining());
    if byte_length(&header.shape, header.dtype) != Some(left) {
        let (dtype, shape) = (header.dtype.name(), &header.shape);
        let problem = format!("{left} bytes of elements for {dtype} of shape {shape:?}");
        return Err(Error::malformed(PART, problem));
    }
    let mut bytes = stream.bytes(left)?;
    if header.is_big_endian {
        bytes.chunks_exact_mut(size).for_each(<[u8]>::reverse);
    }
    if !header.is_fortran {
        return Ok(Array::from_bytes(&bytes, &header.shape, header.dtype)?);
    }
    // Column-major elements are the row-major ones of the reversed shape.
    let reversed: Vec<usize> = header.shape.iter().rev().copied().collect();
    let array = Array::from_bytes(&bytes, &reversed, header.dtype)?;
    let strides: Vec<isize> = array.strides().iter().rev().copied().collect();
    Ok(array.as_strided(&header.shape, &strides, 0)?)
}

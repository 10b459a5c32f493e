//! Reading.

use std::io::Cursor;
use std::path::Path;

use rushlight_tensor::Array;

use super::header::{Header, Info, dtype_named};
use super::{PART, SafeTensors};
use crate::layout::{MAX_DIMS, byte_length};
use crate::stream::Stream;
use crate::{Error, Result};

/// The longest header read, as in the reference implementation.
const MAX_HEADER: u64 = 100_000_000;

/// Reads the safetensors file at `path`.
pub fn load(path: impl AsRef<Path>) -> Result<SafeTensors> {
    read(&mut Stream::new(PART, &mut crate::open(path.as_ref())?)?)
}

/// Reads a safetensors file that is in memory.
pub fn from_bytes(bytes: &[u8]) -> Result<SafeTensors> {
    read(&mut Stream::new(PART, &mut Cursor::new(bytes))?)
}

/// Reads the whole of `stream`.
pub(crate) fn read(stream: &mut Stream<'_>) -> Result<SafeTensors> {
    stream.seek(0)?;
    let header = read_header(stream)?;
    let data = stream.position();
    let mut order: Vec<usize> = (0..header.tensors.0.len()).collect();
    order.sort_by_key(|&position| header.tensors.0[position].1.data_offsets);

    let mut arrays: Vec<Option<Array>> = vec![None; order.len()];
    for position in order {
        let (name, info) = &header.tensors.0[position];
        if info.data_offsets.0 != stream.position() - data {
            let expected = stream.position() - data;
            let (start, end) = info.data_offsets;
            return Err(malformed(format!(
                "{name:?} lies at {start}..{end}, not at {expected}"
            )));
        }
        arrays[position] = Some(read_tensor(stream, name, info)?);
    }
    if stream.remaining() != 0 {
        return Err(malformed(format!(
            "{} bytes belong to no tensor",
            stream.remaining()
        )));
    }
    let names = header.tensors.0.into_iter().map(|(name, _)| name);
    let tensors = names.zip(arrays.into_iter().flatten()).collect();
    Ok(SafeTensors {
        tensors,
        metadata: header.metadata.0,
    })
}

fn read_header(stream: &mut Stream<'_>) -> Result<Header> {
    let length = stream.u64()?;
    if length > MAX_HEADER {
        return Err(Error::Limit {
            part: PART,
            what: "bytes in the header",
            limit: MAX_HEADER,
        });
    }
    let json = stream.bytes(length)?;
    if json.first() != Some(&b'{') {
        return Err(malformed("the header is no JSON object"));
    }
    serde_json::from_slice(&json).map_err(|error| malformed(format!("the header: {error}")))
}

fn read_tensor(stream: &mut Stream<'_>, name: &str, info: &Info) -> Result<Array> {
    let dtype = dtype_named(&info.dtype)?;
    if info.shape.len() > MAX_DIMS {
        return Err(Error::Limit {
            part: PART,
            what: "dimensions",
            limit: MAX_DIMS as u64,
        });
    }
    let shape = info.shape.iter().map(|&size| size.try_into().ok());
    let shape: Option<Vec<usize>> = shape.collect();
    let bytes = shape.as_ref().and_then(|shape| byte_length(shape, dtype));
    let (start, end) = info.data_offsets;
    let fits = bytes.is_some() && end.checked_sub(start) == bytes;
    let Some(shape) = shape.filter(|_| fits) else {
        let shape = &info.shape;
        return Err(malformed(format!(
            "{name:?} of shape {shape:?} lies at {start}..{end}"
        )));
    };
    stream.elements(&shape, dtype)
}

fn malformed(problem: impl Into<String>) -> Error {
    Error::malformed(PART, problem)
}

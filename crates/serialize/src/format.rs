//! Telling the formats apart by their content.

use rushlight_tensor::Array;

use crate::stream::{Source, Stream};
use crate::zip::Archive;
use crate::{Error, LoadedTensor, Result, Value, npy, npz, pth, safetensors, tar};

/// How many bytes tell the format.
const START: u64 = 512;

/// The formats of this crate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Zip,
    Legacy,
    Tar,
    SafeTensors,
    Npy,
}

/// Reads the whole of `source` as what it looks like.
pub(crate) fn load(source: &mut dyn Source) -> Result<Value> {
    load_stream(Stream::new("load", source)?)
}

/// Reads the whole of `stream` as what it looks like.
pub(crate) fn load_stream(mut stream: Stream<'_>) -> Result<Value> {
    let start = stream.bytes(START.min(stream.length()))?;
    let format = Format::of(&start, stream.length());
    let format = format.ok_or_else(|| Error::Format {
        start: start[..start.len().min(16)].to_vec(),
    })?;
    stream.restart(format.part())?;
    match format {
        Format::Zip => {
            let mut archive = Archive::open(&mut stream)?;
            match npz::is_npz(&archive) {
                true => npz::read(&mut archive).map(ordered_dict),
                false => pth::zip::load(&mut archive),
            }
        }
        Format::Legacy => pth::legacy::load(&mut stream),
        Format::Tar => pth::tar::load(&mut stream),
        Format::SafeTensors => {
            safetensors::read(&mut stream).map(|contents| ordered_dict(contents.tensors))
        }
        Format::Npy => npy::read(&mut stream).map(tensor),
    }
}

impl Format {
    /// The format of a file of `length` bytes that begins with `start`.
    fn of(start: &[u8], length: u64) -> Option<Format> {
        let has_brace = start.get(8) == Some(&b'{');
        match start {
            // A header length can look like the beginning of a pickle, so the brace decides first.
            _ if has_brace && header_fits(start, length) => Some(Format::SafeTensors),
            [b'P', b'K', 3, 4, ..] => Some(Format::Zip),
            [0x80, 0..=5, ..] => Some(Format::Legacy),
            _ if start.starts_with(npy::MAGIC) => Some(Format::Npy),
            _ if tar::is_header(start) => Some(Format::Tar),
            _ if has_brace => Some(Format::SafeTensors),
            _ => None,
        }
    }

    fn part(self) -> &'static str {
        match self {
            Format::Zip => crate::zip::PART,
            Format::Legacy => pth::legacy::PART,
            Format::Tar => tar::PART,
            Format::SafeTensors => safetensors::PART,
            Format::Npy => npy::PART,
        }
    }
}

/// Whether the first 8 bytes are the length of a header that is there.
fn header_fits(start: &[u8], length: u64) -> bool {
    let header = start.first_chunk().map(|bytes| u64::from_le_bytes(*bytes));
    header
        .and_then(|header| header.checked_add(8))
        .is_some_and(|end| end <= length)
}

fn ordered_dict(tensors: Vec<(String, Array)>) -> Value {
    let entries = tensors.into_iter();
    let entries = entries.map(|(name, array)| (Value::Str(name.into()), tensor(array)));
    Value::OrderedDict {
        entries: entries.collect(),
        metadata: None,
    }
}

fn tensor(array: Array) -> Value {
    let tensor = LoadedTensor {
        array,
        requires_grad: false,
        is_parameter: false,
    };
    Value::Tensor(Box::new(tensor))
}

//! Writing.

use std::collections::HashSet;
use std::path::Path;

use super::header::{Header, Info, METADATA, Ordered, name_of};
use super::{PART, SafeTensors};
use crate::layout::byte_length;
use crate::replace::replace_file;
use crate::{Error, Result};

/// Writes `contents` to the file at `path`.
///
/// The file appears complete or not at all: it is written beside its place and then moved there.
pub fn save(path: impl AsRef<Path>, contents: &SafeTensors) -> Result<()> {
    let laid = lay_out(contents)?;
    replace_file(path.as_ref(), |sink| write(contents, &laid, sink))
}

/// The bytes of a safetensors file that holds `contents`.
pub fn to_bytes(contents: &SafeTensors) -> Result<Vec<u8>> {
    let mut file = Vec::new();
    write(contents, &lay_out(contents)?, |bytes| {
        file.extend_from_slice(bytes);
        Ok(())
    })?;
    Ok(file)
}

/// The header in JSON, and the order in which the tensors follow it.
struct Laid {
    header: Vec<u8>,
    order: Vec<usize>,
}

/// Places wider elements first, so that every tensor is aligned; the header keeps the given order.
fn lay_out(contents: &SafeTensors) -> Result<Laid> {
    let tensors = &contents.tensors;
    check_names(contents)?;
    let mut order: Vec<usize> = (0..tensors.len()).collect();
    order.sort_by_key(|&position| std::cmp::Reverse(tensors[position].1.dtype().size_in_bytes()));

    let mut offsets = vec![(0, 0); tensors.len()];
    let mut end = 0u64;
    for &position in &order {
        let (start, array) = (end, &tensors[position].1);
        end = byte_length(array.shape(), array.dtype())
            .and_then(|length| start.checked_add(length))
            .ok_or_else(|| Error::unsupported(PART, "more than 2^64 bytes"))?;
        offsets[position] = (start, end);
    }
    let infos = tensors
        .iter()
        .zip(offsets)
        .map(|((name, array), data_offsets)| {
            let dtype = name_of(array.dtype())?.to_owned();
            let shape = array.shape().iter().map(|&size| size as u64).collect();
            Ok((
                name.clone(),
                Info {
                    dtype,
                    shape,
                    data_offsets,
                },
            ))
        });
    let tensors = Ordered(infos.collect::<Result<_>>()?);
    let header = Header {
        metadata: Ordered(contents.metadata.clone()),
        tensors,
    };
    let mut header = serde_json::to_vec(&header)
        .map_err(|error| Error::malformed(PART, format!("the header: {error}")))?;
    // Blanks after the JSON keep the elements behind it aligned.
    header.resize(header.len().next_multiple_of(8), b' ');
    Ok(Laid { header, order })
}

fn check_names(contents: &SafeTensors) -> Result<()> {
    let names = contents.tensors.iter().map(|(name, _)| name.as_str());
    let keys = contents.metadata.iter().map(|(key, _)| key.as_str());
    match repeated(names.chain([METADATA])).or_else(|| repeated(keys)) {
        None => Ok(()),
        Some(name) => Err(Error::malformed(
            PART,
            format!("the name {name:?} is taken"),
        )),
    }
}

/// The first name that occurred before.
fn repeated<'a>(mut names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let mut seen = HashSet::new();
    names.find(|name| !seen.insert(*name))
}

/// Hands the parts of the file to `sink` in order.
fn write(
    contents: &SafeTensors,
    laid: &Laid,
    mut sink: impl FnMut(&[u8]) -> Result<()>,
) -> Result<()> {
    sink(&(laid.header.len() as u64).to_le_bytes())?;
    sink(&laid.header)?;
    let mut tensors = laid
        .order
        .iter()
        .map(|&position| &contents.tensors[position].1);
    tensors.try_for_each(|array| sink(&array.to_bytes()?))
}

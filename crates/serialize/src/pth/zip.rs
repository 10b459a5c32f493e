//! The form of PyTorch since 1.6: a zip archive with a pickle and a record per storage.

use rushlight_tensor::{Array, DType};

use super::storage::Storages;
use crate::pickle;
use crate::stream::Stream;
use crate::zip::{Archive, PART};
use crate::{Error, Result, Value};

/// The versions of the format that PyTorch reads.
const VERSIONS: std::ops::RangeInclusive<u64> = 1..=10;

/// Reads the archive.
pub(crate) fn load(archive: &mut Archive<'_, '_>) -> Result<Value> {
    let folder = folder(archive)?;
    let record = |name: &str| format!("{folder}/{name}");
    if archive.contains(&record("constants.pkl")) {
        return Err(Error::unsupported(
            PART,
            "TorchScript archives (only torch.save is read)",
        ));
    }
    check_version(&archive.read(&record("version"))?)?;
    let swap = is_big_endian(archive, &record("byteorder"))?;

    let bytes = archive.read(&record("data.pkl"))?;
    let mut source = std::io::Cursor::new(bytes);
    let mut stream = Stream::new(pickle::PART, &mut source)?;
    let mut storages = Storages::default();
    let object = pickle::run(&mut stream, &mut storages)?;
    if stream.remaining() != 0 {
        let left = stream.remaining();
        return Err(Error::malformed(
            pickle::PART,
            format!("{left} bytes after the end"),
        ));
    }
    storages.settle(&object)?;
    let arrays = read(archive, &storages, swap, record)?;
    pickle::to_value(&object, &arrays)
}

/// All records lie in one folder, named after the file that was saved.
fn folder(archive: &Archive<'_, '_>) -> Result<String> {
    let first = archive.first_name().and_then(|name| name.split_once('/'));
    let (folder, _) = first.ok_or_else(|| Error::malformed(PART, "no folder with records"))?;
    Ok(folder.to_owned())
}

fn check_version(record: &[u8]) -> Result<()> {
    let text = std::str::from_utf8(record).unwrap_or_default().trim_ascii();
    match text.parse() {
        Ok(version) if VERSIONS.contains(&version) => Ok(()),
        _ => Err(Error::unsupported(
            PART,
            format!("version {text:?} of the format"),
        )),
    }
}

fn is_big_endian(archive: &mut Archive<'_, '_>, name: &str) -> Result<bool> {
    if !archive.contains(name) {
        return Ok(false);
    }
    match &archive.read(name)?[..] {
        b"little" => Ok(false),
        b"big" => Ok(true),
        other => Err(Error::malformed(PART, format!("the byte order {other:?}"))),
    }
}

fn read(
    archive: &mut Archive<'_, '_>,
    storages: &Storages,
    swap: bool,
    record: impl Fn(&str) -> String,
) -> Result<Vec<Option<Array>>> {
    let mut arrays = Vec::with_capacity(storages.declared().len());
    for storage in storages.declared() {
        let name = record(&format!("data/{}", storage.key));
        let size = archive.size(&name)?;
        if size != storage.bytes {
            let problem = format!(
                "record {name:?} has {size} bytes, {} declared",
                storage.bytes
            );
            return Err(Error::malformed(PART, problem));
        }
        let dtype = storage.dtype.unwrap_or(DType::U8);
        arrays.push(Some(match swap {
            false => archive.elements(&name, dtype)?,
            true => {
                let mut bytes = archive.read(&name)?;
                let elements = bytes.chunks_exact_mut(dtype.size_in_bytes());
                elements.for_each(<[u8]>::reverse);
                storage.array(&bytes)?
            }
        }));
    }
    Ok(arrays)
}

//! Reading.
//!
//! Neither directory is trusted: the central one and the header in front of every record have to
//! agree, records may not overlap, and names may neither repeat nor leave the archive. Nothing is
//! ever decompressed, so an archive holds no more than its own length. Checksums are not compared;
//! PyTorch can be told not to write them.

use std::collections::HashMap;

use super::{
    CENTRAL, CENTRAL_LENGTH, ELSEWHERE, END, END_64, END_64_LENGTH, END_LENGTH, LOCAL, LOCATOR_64,
    LOCATOR_64_LENGTH, PART, UTF8,
};
use rushlight_tensor::{Array, DType};

use crate::stream::Stream;
use crate::{Error, Result};

/// The sizes follow the record instead of standing in its header.
const SIZES_FOLLOW: u16 = 1 << 3;

/// An opened archive.
pub(crate) struct Archive<'s, 'a> {
    stream: &'s mut Stream<'a>,
    records: Vec<Record>,
    positions: HashMap<String, usize>,
}

/// One record, as both directories describe it.
#[derive(Debug)]
struct Record {
    name: String,
    flags: u16,
    header: u64,
    start: u64,
    size: u64,
}

/// Where the central directory is.
struct Directory {
    start: u64,
    end: u64,
    entries: u64,
}

impl<'s, 'a> Archive<'s, 'a> {
    /// Reads the directory and checks every record against it.
    pub(crate) fn open(stream: &'s mut Stream<'a>) -> Result<Archive<'s, 'a>> {
        let directory = find_directory(stream)?;
        let mut records = read_directory(stream, &directory)?;
        records
            .iter_mut()
            .try_for_each(|record| check_header(stream, record))?;
        check_overlap(&records, directory.start)?;
        let mut positions = HashMap::with_capacity(records.len());
        for (position, record) in records.iter().enumerate() {
            if positions.insert(record.name.clone(), position).is_some() {
                return Err(malformed(format!("two records {:?}", record.name)));
            }
        }
        Ok(Archive {
            stream,
            records,
            positions,
        })
    }

    /// The name of the record that was written first.
    pub(crate) fn first_name(&self) -> Option<&str> {
        self.records.first().map(|record| &*record.name)
    }

    /// The names of all records, in the order of writing.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.records.iter().map(|record| &*record.name)
    }

    pub(crate) fn contains(&self, name: &str) -> bool {
        self.positions.contains_key(name)
    }

    /// The size of the record `name`.
    pub(crate) fn size(&self, name: &str) -> Result<u64> {
        Ok(self.record(name)?.size)
    }

    /// The content of the record `name`.
    pub(crate) fn read(&mut self, name: &str) -> Result<Vec<u8>> {
        let &Record { start, size, .. } = self.record(name)?;
        self.stream.seek(start)?;
        self.stream.bytes(size)
    }

    /// The content of the record `name` as elements of one dimension; its size is a multiple of theirs.
    pub(crate) fn elements(&mut self, name: &str, dtype: DType) -> Result<Array> {
        let &Record { start, size, .. } = self.record(name)?;
        self.stream.seek(start)?;
        let elements = size / dtype.size_in_bytes() as u64;
        let elements = usize::try_from(elements);
        let elements = elements.map_err(|_| malformed(format!("record {name:?} is too large")))?;
        self.stream.elements(&[elements], dtype)
    }

    fn record(&self, name: &str) -> Result<&Record> {
        let position = self.positions.get(name);
        position
            .map(|position| &self.records[*position])
            .ok_or_else(|| malformed(format!("no record {name:?}")))
    }
}

/// Finds the end record, which a comment of up to 64 KiB may follow, and what it points at.
fn find_directory(stream: &mut Stream<'_>) -> Result<Directory> {
    let searched = stream.length().min(END_LENGTH + u64::from(u16::MAX));
    let base = stream.length() - searched;
    stream.seek(base)?;
    let tail = stream.bytes(searched)?;
    let is_end = |at: &usize| {
        let comment = tail
            .get(at + 20..at + 22)
            .map(|bytes| u16::from_le_bytes([bytes[0], bytes[1]]));
        tail[*at..].starts_with(&END)
            && comment.is_some_and(|comment| at + 22 + usize::from(comment) == tail.len())
    };
    let end = (0..tail.len())
        .rev()
        .find(is_end)
        .ok_or_else(|| malformed("no end record"))?;
    let end = base + end as u64;

    stream.seek(end + 4)?;
    let [disk, start_disk] = [stream.u16()?, stream.u16()?];
    let [on_disk, entries] = [stream.u16()?, stream.u16()?];
    let [length, start] = [stream.u32()?, stream.u32()?];
    let directory = match find_directory_64(stream, end)? {
        Some(directory) => directory,
        None if (disk, start_disk, on_disk) != (0, 0, entries) => {
            return Err(Error::unsupported(PART, "archives of several parts"));
        }
        None => {
            let start = u64::from(start);
            if start + u64::from(length) != end {
                return Err(malformed("the directory does not end at the end record"));
            }
            Directory {
                start,
                end,
                entries: entries.into(),
            }
        }
    };
    // The count is only a promise; what it promises has to fit.
    if directory
        .entries
        .checked_mul(CENTRAL_LENGTH)
        .is_none_or(|least| least > directory.end - directory.start)
    {
        return Err(malformed(format!(
            "a directory too short for {} records",
            directory.entries
        )));
    }
    Ok(directory)
}

/// The directory as the 64-bit end record in front of `end` describes it, if there is one.
fn find_directory_64(stream: &mut Stream<'_>, end: u64) -> Result<Option<Directory>> {
    let Some(locator) = end.checked_sub(LOCATOR_64_LENGTH) else {
        return Ok(None);
    };
    stream.seek(locator)?;
    if stream.array()? != LOCATOR_64 {
        return Ok(None);
    }
    let (disk, end, disks) = (stream.u32()?, stream.u64()?, stream.u32()?);
    if disk != 0 || disks > 1 {
        return Err(Error::unsupported(PART, "archives of several parts"));
    }
    if end
        .checked_add(END_64_LENGTH)
        .is_none_or(|after| after > locator)
    {
        return Err(malformed(format!("a 64-bit end record at byte {end}")));
    }
    stream.seek(end)?;
    if stream.array()? != END_64 {
        return Err(malformed(format!("no 64-bit end record at byte {end}")));
    }
    let length = stream.u64()?;
    if end
        .checked_add(12)
        .and_then(|start| start.checked_add(length))
        != Some(locator)
    {
        return Err(malformed(format!("a 64-bit end record of {length} bytes")));
    }
    let (_versions, disk, start_disk) = (stream.u32()?, stream.u32()?, stream.u32()?);
    let (on_disk, entries) = (stream.u64()?, stream.u64()?);
    let (length, start) = (stream.u64()?, stream.u64()?);
    if (disk, start_disk, on_disk) != (0, 0, entries) {
        return Err(Error::unsupported(PART, "archives of several parts"));
    }
    if start.checked_add(length) != Some(end) {
        return Err(malformed(
            "the directory does not end at the 64-bit end record",
        ));
    }
    Ok(Some(Directory {
        start,
        end,
        entries,
    }))
}

fn read_directory(stream: &mut Stream<'_>, directory: &Directory) -> Result<Vec<Record>> {
    stream.seek(directory.start)?;
    let mut records = Vec::new();
    for _ in 0..directory.entries {
        records.push(read_entry(stream)?);
    }
    match stream.position() == directory.end {
        true => Ok(records),
        false => Err(malformed(
            "the directory holds more or less than its records",
        )),
    }
}

fn read_entry(stream: &mut Stream<'_>) -> Result<Record> {
    if stream.array()? != CENTRAL {
        return Err(malformed("a directory entry without its signature"));
    }
    let _versions = stream.u32()?;
    let (flags, method) = (stream.u16()?, stream.u16()?);
    let _time_and_checksum = stream.u64()?;
    let (packed, size) = (stream.u32()?, stream.u32()?);
    let (name, extra, comment) = (stream.u16()?, stream.u16()?, stream.u16()?);
    let disk = stream.u16()?;
    let _attributes: [u8; 6] = stream.array()?;
    let header = stream.u32()?;
    let name = record_name(stream.bytes(name.into())?)?;
    let extra = stream.bytes(extra.into())?;
    stream.bytes(comment.into())?;

    check_method(&name, flags, method)?;
    let mut wide = Wide64::find(&extra);
    let size = wide.resolve(size)?;
    let packed = wide.resolve(packed)?;
    let header = wide.resolve(header)?;
    if disk != 0 {
        return Err(Error::unsupported(PART, "archives of several parts"));
    }
    if packed != size {
        return Err(malformed(format!(
            "record {name:?} stores {size} bytes in {packed}"
        )));
    }
    Ok(Record {
        name,
        flags,
        header,
        start: 0,
        size,
    })
}

/// Compares the header in front of a record with its directory entry and notes where it starts.
fn check_header(stream: &mut Stream<'_>, record: &mut Record) -> Result<()> {
    let name = &record.name;
    let disagree = |what| malformed(format!("the header of {name:?} has another {what}"));
    stream.seek(record.header)?;
    if stream.array()? != LOCAL {
        return Err(malformed(format!("record {name:?} has no header")));
    }
    let _version = stream.u16()?;
    let (flags, method) = (stream.u16()?, stream.u16()?);
    let _time_and_checksum = stream.u64()?;
    let (packed, size) = (stream.u32()?, stream.u32()?);
    let (name_length, extra) = (stream.u16()?, stream.u16()?);
    if stream.bytes(name_length.into())? != name.as_bytes() {
        return Err(disagree("name"));
    }
    let extra = stream.bytes(extra.into())?;
    check_method(name, flags, method)?;
    if flags != record.flags {
        return Err(disagree("kind"));
    }
    let mut wide = Wide64::find(&extra);
    let unset = |field: u32| flags & SIZES_FOLLOW != 0 && (field == 0 || field == ELSEWHERE);
    for field in [size, packed] {
        if !unset(field) && wide.resolve(field)? != record.size {
            return Err(disagree("size"));
        }
    }
    record.start = stream.position();
    Ok(())
}

fn check_method(name: &str, flags: u16, method: u16) -> Result<()> {
    match (flags & !(SIZES_FOLLOW | UTF8), method) {
        (0, 0) => Ok(()),
        (0, _) => Err(Error::unsupported(
            PART,
            format!("compressed records such as {name:?}"),
        )),
        _ => Err(Error::unsupported(
            PART,
            format!("flags {flags:#x} of record {name:?}"),
        )),
    }
}

/// Records may touch, but no byte may belong to two of them or to the directory.
fn check_overlap(records: &[Record], directory: u64) -> Result<()> {
    let mut ordered: Vec<&Record> = records.iter().collect();
    ordered.sort_by_key(|record| record.header);
    let limits = ordered
        .iter()
        .skip(1)
        .map(|next| next.header)
        .chain([directory]);
    for (record, limit) in ordered.iter().zip(limits) {
        if record
            .start
            .checked_add(record.size)
            .is_none_or(|end| end > limit)
        {
            return Err(malformed(format!(
                "record {:?} reaches into what follows",
                record.name
            )));
        }
    }
    Ok(())
}

/// A name that stays inside the archive, wherever it would be unpacked.
fn record_name(bytes: Vec<u8>) -> Result<String> {
    let name = String::from_utf8(bytes).map_err(|_| malformed("a record name is not UTF-8"))?;
    let is_plain = |part: &str| !part.is_empty() && part != "." && part != "..";
    match name.split('/').all(is_plain) && !name.contains(['\\', '\0']) {
        true => Ok(name),
        false => Err(malformed(format!("the record name {name:?}"))),
    }
}

/// The 64-bit numbers in the extra field of a record.
struct Wide64<'a> {
    numbers: &'a [u8],
}

impl<'a> Wide64<'a> {
    fn find(mut extra: &'a [u8]) -> Wide64<'a> {
        while let [id_low, id_high, length_low, length_high, rest @ ..] = extra {
            let length = usize::from(u16::from_le_bytes([*length_low, *length_high]));
            let Some((content, after)) = rest.split_at_checked(length) else {
                break;
            };
            if [*id_low, *id_high] == [1, 0] {
                return Wide64 { numbers: content };
            }
            extra = after;
        }
        Wide64 { numbers: &[] }
    }

    /// The value of a 32-bit `field`: itself, or the next of the 64-bit numbers.
    fn resolve(&mut self, field: u32) -> Result<u64> {
        if field != ELSEWHERE {
            return Ok(field.into());
        }
        let (number, rest) = self
            .numbers
            .split_first_chunk()
            .ok_or_else(|| malformed("a 64-bit number is missing"))?;
        self.numbers = rest;
        Ok(u64::from_le_bytes(*number))
    }
}

fn malformed(problem: impl Into<String>) -> Error {
    Error::malformed(PART, problem)
}

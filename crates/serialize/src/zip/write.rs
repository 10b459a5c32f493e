//! Writing.

use super::{
    CENTRAL, ELSEWHERE, END, END_64, END_64_LENGTH, LOCAL, LOCAL_LENGTH, LOCATOR_64, UTF8,
};
use crate::Result;

/// The content of every record starts at a multiple of this, so that it can be mapped.
const ALIGNMENT: u64 = 64;
/// The versions of the format that know 64-bit numbers, of the writer and of the reader.
const VERSIONS: [u8; 4] = [45, 0, 45, 0];
/// The first of January 1980, at midnight: the same content gives the same bytes.
const TIME: [u8; 4] = [0, 0, 0x21, 0];

/// An archive under way, whose bytes go to a sink.
pub(crate) struct ArchiveWriter<S> {
    sink: S,
    position: u64,
    records: Vec<Record>,
}

struct Record {
    name: String,
    checksum: u32,
    size: u64,
    header: u64,
}

impl<S: FnMut(&[u8]) -> Result<()>> ArchiveWriter<S> {
    pub(crate) fn new(sink: S) -> ArchiveWriter<S> {
        ArchiveWriter {
            sink,
            position: 0,
            records: Vec::new(),
        }
    }

    /// Adds a record; its name is shorter than 64 KiB.
    pub(crate) fn record(&mut self, name: String, content: &[u8]) -> Result<()> {
        let (size, header) = (content.len() as u64, self.position);
        let record = Record {
            name,
            checksum: checksum(content),
            size,
            header,
        };
        let mut extra = wide([size, size].into_iter().filter(|&size| is_wide(size)));
        let start = header + LOCAL_LENGTH + (record.name.len() + extra.len()) as u64 + 4;
        let padding = start.next_multiple_of(ALIGNMENT) - start;
        extra.extend(b"FB");
        extra.extend((padding as u16).to_le_bytes());
        extra.resize(extra.len() + padding as usize, 0);

        let mut bytes = [&LOCAL[..], &VERSIONS[..2]].concat();
        record.put_fields(&mut bytes, &extra);
        bytes.extend(record.name.as_bytes());
        bytes.extend(extra);
        self.put(&bytes)?;
        self.put(content)?;
        self.records.push(record);
        Ok(())
    }

    /// Writes the directory.
    pub(crate) fn finish(mut self) -> Result<()> {
        let (start, records) = (self.position, std::mem::take(&mut self.records));
        for record in &records {
            let numbers = [record.size, record.size, record.header];
            let extra = wide(numbers.into_iter().filter(|&number| is_wide(number)));
            let mut bytes = [&CENTRAL[..], &VERSIONS].concat();
            record.put_fields(&mut bytes, &extra);
            bytes.extend([0; 10]);
            bytes.extend(narrow(record.header).to_le_bytes());
            bytes.extend(record.name.as_bytes());
            bytes.extend(extra);
            self.put(&bytes)?;
        }
        let (end, count) = (self.position, records.len() as u64);
        let mut bytes = Vec::new();
        if is_wide(start) || count >= u64::from(u16::MAX) {
            bytes.extend(END_64);
            bytes.extend((END_64_LENGTH - 12).to_le_bytes());
            bytes.extend(VERSIONS);
            bytes.extend([0; 8]);
            for number in [count, count, end - start, start] {
                bytes.extend(number.to_le_bytes());
            }
            bytes.extend(LOCATOR_64);
            bytes.extend([0; 4]);
            bytes.extend(end.to_le_bytes());
            bytes.extend(1u32.to_le_bytes());
        }
        let count = u16::try_from(count).unwrap_or(u16::MAX).to_le_bytes();
        bytes.extend(END);
        bytes.extend([0; 4]);
        bytes.extend([count, count].concat());
        bytes.extend(narrow(end - start).to_le_bytes());
        bytes.extend(narrow(start).to_le_bytes());
        bytes.extend([0; 2]);
        self.put(&bytes)
    }

    fn put(&mut self, bytes: &[u8]) -> Result<()> {
        self.position += bytes.len() as u64;
        (self.sink)(bytes)
    }
}

impl Record {
    /// The fields that both directories share, from the flags to the length of the extra field.
    fn put_fields(&self, bytes: &mut Vec<u8>, extra: &[u8]) {
        bytes.extend(UTF8.to_le_bytes());
        bytes.extend([0; 2]);
        bytes.extend(TIME);
        bytes.extend(self.checksum.to_le_bytes());
        bytes.extend(narrow(self.size).to_le_bytes());
        bytes.extend(narrow(self.size).to_le_bytes());
        bytes.extend((self.name.len() as u16).to_le_bytes());
        bytes.extend((extra.len() as u16).to_le_bytes());
    }
}

fn is_wide(number: u64) -> bool {
    number >= ELSEWHERE.into()
}

fn narrow(number: u64) -> u32 {
    number.try_into().unwrap_or(ELSEWHERE)
}

/// An extra field with the numbers that do not fit elsewhere; nothing without any.
fn wide(numbers: impl Iterator<Item = u64>) -> Vec<u8> {
    let numbers: Vec<u8> = numbers.flat_map(u64::to_le_bytes).collect();
    match numbers.len() as u16 {
        0 => numbers,
        length => [&[1, 0], &length.to_le_bytes()[..], &numbers].concat(),
    }
}

/// The CRC-32 that zip prescribes.
fn checksum(bytes: &[u8]) -> u32 {
    const TABLE: [u32; 256] = {
        let mut table = [0; 256];
        let mut byte = 0;
        while byte < 256 {
            let mut remainder = byte as u32;
            let mut bit = 0;
            while bit < 8 {
                let carry = if remainder & 1 == 1 { 0xedb8_8320 } else { 0 };
                remainder = remainder >> 1 ^ carry;
                bit += 1;
            }
            table[byte] = remainder;
            byte += 1;
        }
        table
    };
    !bytes.iter().fold(!0, |remainder, &byte| {
        remainder >> 8 ^ TABLE[usize::from(remainder as u8 ^ byte)]
    })
}

#[cfg(test)]
mod tests {
    use super::checksum;

    #[test]
    fn the_checksum_is_the_crc_of_the_standard() {
        assert_eq!(checksum(b"123456789"), 0xcbf4_3926);
        assert_eq!(checksum(b""), 0);
    }
}

//! A seekable source of known length that never allocates for bytes it does not have.

use std::io::{BufReader, Read, Seek, SeekFrom};

#[cfg(feature = "mmap")]
use rushlight_tensor::MappedFile;
use rushlight_tensor::{Array, DType};

use crate::layout::byte_length;
use crate::{Error, Result};

/// Anything that can be read from a position: a file, or bytes in memory.
pub(crate) trait Source: Read + Seek {}

impl<T: Read + Seek> Source for T {}

/// A position in a [`Source`], with every read checked against the length before it happens.
pub(crate) struct Stream<'a> {
    source: BufReader<&'a mut dyn Source>,
    part: &'static str,
    position: u64,
    length: u64,
    #[cfg(feature = "mmap")]
    map: Option<MappedFile>,
}

impl<'a> Stream<'a> {
    /// Starts at the beginning of `source`; errors name `part`.
    pub(crate) fn new(part: &'static str, source: &'a mut dyn Source) -> Result<Stream<'a>> {
        let measured = source.seek(SeekFrom::End(0)).and_then(|length| {
            source.rewind()?;
            Ok(length)
        });
        let length = measured.map_err(|source| Error::Read {
            part,
            offset: 0,
            source,
        })?;
        Ok(Stream {
            source: BufReader::new(source),
            part,
            position: 0,
            length,
            #[cfg(feature = "mmap")]
            map: None,
        })
    }

    /// Takes the elements of arrays from the file itself.
    #[cfg(feature = "mmap")]
    pub(crate) fn over(mut self, map: MappedFile) -> Stream<'a> {
        self.map = Some(map);
        self
    }

    /// Goes back to the beginning; errors name `part` from now on.
    pub(crate) fn restart(&mut self, part: &'static str) -> Result<()> {
        self.part = part;
        self.seek(0)
    }

    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    pub(crate) fn position(&self) -> u64 {
        self.position
    }

    pub(crate) fn remaining(&self) -> u64 {
        self.length - self.position
    }

    /// Moves to `position`, which may be the end but not beyond it.
    pub(crate) fn seek(&mut self, position: u64) -> Result<()> {
        if position > self.length {
            return Err(self.truncated(position, 0));
        }
        self.source
            .seek(SeekFrom::Start(position))
            .map_err(|source| self.failed(source))?;
        self.position = position;
        Ok(())
    }

    /// Reads a part of the source as if it were all of it, but for positions; errors name `part`.
    pub(crate) fn within<T>(
        &mut self,
        part: &'static str,
        start: u64,
        size: u64,
        read: impl FnOnce(&mut Stream<'a>) -> Result<T>,
    ) -> Result<T> {
        self.seek(start)?;
        if size > self.remaining() {
            return Err(self.truncated(start, size));
        }
        let (whole, length) = (self.part, self.length);
        (self.part, self.length) = (part, start + size);
        let result = read(self);
        (self.part, self.length) = (whole, length);
        result
    }

    /// The next `count` bytes.
    pub(crate) fn bytes(&mut self, count: u64) -> Result<Vec<u8>> {
        if count > self.remaining() {
            return Err(self.truncated(self.position, count));
        }
        let mut bytes = Vec::new();
        let capacity = usize::try_from(count).ok();
        if capacity.is_none_or(|capacity| bytes.try_reserve_exact(capacity).is_err()) {
            return Err(Error::Limit {
                part: self.part,
                what: "bytes for memory",
                limit: count,
            });
        }
        let read = self.source.by_ref().take(count).read_to_end(&mut bytes);
        match read.map_err(|source| self.failed(source))? {
            // The file shrank since its length was taken.
            read if read as u64 != count => Err(self.truncated(self.position, count)),
            _ => {
                self.position += count;
                Ok(bytes)
            }
        }
    }

    /// The next elements, in row-major order.
    pub(crate) fn elements(&mut self, shape: &[usize], dtype: DType) -> Result<Array> {
        let length = byte_length(shape, dtype).ok_or(Error::Limit {
            part: self.part,
            what: "elements",
            limit: self.length,
        })?;
        #[cfg(feature = "mmap")]
        if let Some(map) = self.map.as_mut() {
            let start = self.position;
            if length > self.length - start {
                return Err(self.truncated(start, length));
            }
            // Within the file's length, which memory can address.
            let array = map.array(start as usize, shape, dtype)?;
            self.seek(start + length)?;
            return Ok(array);
        }
        Ok(Array::from_bytes(&self.bytes(length)?, shape, dtype)?)
    }

    /// The next `N` bytes.
    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        if N as u64 > self.remaining() {
            return Err(self.truncated(self.position, N as u64));
        }
        let mut bytes = [0; N];
        self.source
            .read_exact(&mut bytes)
            .map_err(|source| self.failed(source))?;
        self.position += N as u64;
        Ok(bytes)
    }

    pub(crate) fn u8(&mut self) -> Result<u8> {
        Ok(self.array::<1>()?[0])
    }

    pub(crate) fn u16(&mut self) -> Result<u16> {
        self.array().map(u16::from_le_bytes)
    }

    pub(crate) fn u32(&mut self) -> Result<u32> {
        self.array().map(u32::from_le_bytes)
    }

    pub(crate) fn u64(&mut self) -> Result<u64> {
        self.array().map(u64::from_le_bytes)
    }

    pub(crate) fn i32(&mut self) -> Result<i32> {
        self.array().map(i32::from_le_bytes)
    }

    pub(crate) fn i64(&mut self) -> Result<i64> {
        self.array().map(i64::from_le_bytes)
    }

    /// The bytes up to the next newline, which is consumed and not returned.
    pub(crate) fn line(&mut self, limit: usize) -> Result<Vec<u8>> {
        let mut line = Vec::new();
        loop {
            match self.u8()? {
                b'\n' => return Ok(line),
                _ if line.len() == limit => {
                    let what = "bytes in a line of text";
                    return Err(Error::Limit {
                        part: self.part,
                        what,
                        limit: limit as u64,
                    });
                }
                byte => line.push(byte),
            }
        }
    }

    fn truncated(&self, offset: u64, wanted: u64) -> Error {
        let left = self.length.saturating_sub(offset);
        Error::Truncated {
            part: self.part,
            offset,
            wanted,
            left,
        }
    }

    fn failed(&self, source: std::io::Error) -> Error {
        Error::Read {
            part: self.part,
            offset: self.position,
            source,
        }
    }
}

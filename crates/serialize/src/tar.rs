//! A reader of the plain files in a tar archive. Nothing is unpacked to disk.

use crate::stream::Stream;
use crate::{Error, Result};

pub(crate) const PART: &str = "tar";

const BLOCK: u64 = 512;
/// The most members looked at; a checkpoint has four.
const MAX_MEMBERS: usize = 64;

/// A file inside the archive.
#[derive(Debug)]
pub(crate) struct Member {
    name: String,
    start: u64,
    size: u64,
}

/// The plain files of the archive, in order.
#[derive(Debug)]
pub(crate) struct Members(Vec<Member>);

/// Whether `block`, the beginning of a file, is a tar header: its checksum has to be right.
pub(crate) fn is_header(block: &[u8]) -> bool {
    block
        .first_chunk()
        .is_some_and(|header| Header(header).has_checksum())
}

impl Members {
    pub(crate) fn read(stream: &mut Stream<'_>) -> Result<Members> {
        let mut members: Vec<Member> = Vec::new();
        stream.seek(0)?;
        while stream.remaining() >= BLOCK {
            let block = stream.array()?;
            if block == [0; BLOCK as usize] {
                return Ok(Members(members));
            }
            if members.len() == MAX_MEMBERS {
                return Err(Error::Limit {
                    part: PART,
                    what: "members",
                    limit: MAX_MEMBERS as u64,
                });
            }
            let header = Header(&block);
            if !header.has_checksum() {
                return Err(malformed("a header with a wrong checksum"));
            }
            let (name, size) = (header.name()?, header.size()?);
            let start = stream.position();
            let end = size
                .checked_next_multiple_of(BLOCK)
                .and_then(|padded| start.checked_add(padded))
                .ok_or_else(|| malformed(format!("{name:?} has {size} bytes")))?;
            stream.seek(end)?;
            if header.is_file() {
                if members.iter().any(|member| member.name == name) {
                    return Err(malformed(format!("two members {name:?}")));
                }
                members.push(Member { name, start, size });
            }
        }
        Err(malformed("no end of the archive"))
    }

    /// Reads the content of the file `name`, in which errors name `part`.
    pub(crate) fn read_member<'a, T>(
        &self,
        stream: &mut Stream<'a>,
        name: &str,
        part: &'static str,
        read: impl FnOnce(&mut Stream<'a>) -> Result<T>,
    ) -> Result<T> {
        let member = self.0.iter().find(|member| member.name == name);
        let member = member.ok_or_else(|| malformed(format!("no member {name:?}")))?;
        stream.within(part, member.start, member.size, read)
    }
}

/// The block in front of a member.
struct Header<'a>(&'a [u8; BLOCK as usize]);

impl Header<'_> {
    /// The sum of all bytes, the checksum itself counting as blanks.
    fn has_checksum(&self) -> bool {
        let sum = |range: &[u8]| range.iter().map(|&byte| u64::from(byte)).sum::<u64>();
        let expected = sum(&self.0[..148]) + 8 * u64::from(b' ') + sum(&self.0[156..]);
        self.octal(148..156) == Some(expected)
    }

    fn name(&self) -> Result<String> {
        let name = self.0[..100]
            .split(|&byte| byte == 0)
            .next()
            .unwrap_or_default();
        let name = std::str::from_utf8(name).map_err(|_| malformed("a name is not UTF-8"))?;
        Ok(name.trim_start_matches("./").to_owned())
    }

    fn size(&self) -> Result<u64> {
        // Sizes of 8 GiB and more are written in binary, which the first bit announces.
        if self.0[124] & 0x80 != 0 {
            let number = &self.0[125..136];
            let (high, low) = number.split_at(3);
            let low = low.first_chunk().map(|low| u64::from_be_bytes(*low));
            let fits = self.0[124] == 0x80 && high == [0; 3];
            return low
                .filter(|_| fits)
                .ok_or_else(|| malformed("a size beyond 64 bits"));
        }
        self.octal(124..136)
            .ok_or_else(|| malformed("a size that is no octal number"))
    }

    fn is_file(&self) -> bool {
        matches!(self.0[156], b'0' | 0)
    }

    fn octal(&self, range: std::ops::Range<usize>) -> Option<u64> {
        let text = std::str::from_utf8(&self.0[range]).ok()?;
        u64::from_str_radix(text.trim_matches([' ', '\0']), 8).ok()
    }
}

fn malformed(problem: impl Into<String>) -> Error {
    Error::malformed(PART, problem)
}

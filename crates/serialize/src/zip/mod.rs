//! Zip archives whose records are stored as they are, as `torch.save` writes them.

mod read;
mod write;

pub(crate) use read::Archive;
pub(crate) use write::ArchiveWriter;

/// What errors of this layer call themselves.
pub(crate) const PART: &str = "zip";

// The signatures of the parts of an archive.
const LOCAL: [u8; 4] = *b"PK\x03\x04";
const CENTRAL: [u8; 4] = *b"PK\x01\x02";
const END: [u8; 4] = *b"PK\x05\x06";
const END_64: [u8; 4] = *b"PK\x06\x06";
const LOCATOR_64: [u8; 4] = *b"PK\x06\x07";

// The lengths of the parts, without names and extra fields.
const LOCAL_LENGTH: u64 = 30;
const CENTRAL_LENGTH: u64 = 46;
const END_LENGTH: u64 = 22;
const END_64_LENGTH: u64 = 56;
const LOCATOR_64_LENGTH: u64 = 20;

/// A field that is too small for its number holds this, and the number is elsewhere.
const ELSEWHERE: u32 = u32::MAX;

/// Names are UTF-8.
const UTF8: u16 = 1 << 11;

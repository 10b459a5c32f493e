//! Hashes of files.

use md5::Md5;
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::fs::File;
use std::io::{self, Read, Seek};

/// A hash by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Algorithm {
    Sha256,
    Md5,
}

impl Algorithm {
    pub(super) fn name(self) -> &'static str {
        match self {
            Algorithm::Sha256 => "SHA-256",
            Algorithm::Md5 => "MD5",
        }
    }

    /// The hash of a whole file, in hexadecimal digits.
    pub(super) fn of(self, file: &mut File) -> io::Result<String> {
        match self {
            Algorithm::Sha256 => digits::<Sha256>(file),
            Algorithm::Md5 => digits::<Md5>(file),
        }
    }
}

fn digits<D: Digest>(file: &mut File) -> io::Result<String> {
    file.rewind()?;
    let mut hasher = D::new();
    let mut buffer = vec![0; 1 << 18];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => hasher.update(&buffer[..count]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    let mut digits = String::new();
    for byte in hasher.finalize() {
        write!(digits, "{byte:02x}").expect("text grows");
    }
    Ok(digits)
}

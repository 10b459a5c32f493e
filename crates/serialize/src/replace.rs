//! Writing a file so that it is complete or not there.

use std::fs::{self, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::{Error, Result};

/// Takes the next bytes of a file.
pub(crate) type Sink<'a> = &'a mut dyn FnMut(&[u8]) -> Result<()>;

/// Lets `write` fill a new file beside `path` and moves it there, replacing what was there.
pub(crate) fn replace_file(path: &Path, write: impl FnOnce(Sink<'_>) -> Result<()>) -> Result<()> {
    let failed = |source| Error::File {
        operation: "save",
        path: path.to_owned(),
        source,
    };
    let temporary = temporary(path).map_err(failed)?;
    let file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&temporary)
        .map_err(failed)?;
    let mut file = BufWriter::new(file);
    let written = write(&mut |bytes| file.write_all(bytes).map_err(failed))
        .and_then(|()| file.flush().map_err(failed))
        .and_then(|()| file.get_ref().sync_all().map_err(failed))
        .and_then(|()| fs::rename(&temporary, path).map_err(failed));
    if written.is_err() {
        // The first error is the one to report.
        let _ = fs::remove_file(&temporary);
    }
    written
}

/// A name in the folder of `path` that no other call uses.
fn temporary(path: &Path) -> io::Result<PathBuf> {
    static CALLS: AtomicU64 = AtomicU64::new(0);
    let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
    let call = CALLS.fetch_add(1, Ordering::Relaxed);
    let mut temporary = std::ffi::OsString::from(".");
    temporary.push(name);
    temporary.push(format!(".{}-{call}.partial", std::process::id()));
    Ok(path.with_file_name(temporary))
}

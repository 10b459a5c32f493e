//! The file that a download fills before it gets its name.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

/// A file beside the wanted one that only this process and thread writes to.
///
/// It is kept when a download fails, and the next one goes on where it ends.
#[derive(Debug)]
pub(super) struct Partial {
    pub(super) file: File,
    path: PathBuf,
}

impl Partial {
    /// Opens the partial file of `path`, after all others that hold it; the folder is made if need be.
    pub(super) fn open(path: &Path, waits: &dyn Fn()) -> io::Result<Partial> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let partial = Partial::at(beside(path, ".partial"))?;
        match partial.file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                waits();
                partial.file.lock()?;
            }
            // A file system that has no locks: a name of our own, which nobody goes on with.
            Err(TryLockError::Error(_)) => {
                let name = format!(".{}.partial", std::process::id());
                return Partial::at(beside(path, &name));
            }
        }
        if partial.path.exists() {
            return Ok(partial);
        }
        // Whoever held it has moved it away; what is open here is the finished file.
        drop(partial);
        Partial::open(path, waits)
    }

    fn at(path: PathBuf) -> io::Result<Partial> {
        let mut options = OpenOptions::new();
        let options = options.read(true).write(true).create(true).truncate(false);
        let file = options.open(&path)?;
        Ok(Partial { file, path })
    }

    /// Gives the file its name, replacing what has it.
    pub(super) fn finish(self, path: &Path) -> io::Result<()> {
        self.file.sync_all()?;
        fs::rename(&self.path, path)
    }

    /// Takes the file away.
    pub(super) fn discard(self) {
        // What is left is found wrong by the next download.
        let _ = fs::remove_file(&self.path);
    }
}

fn beside(path: &Path, extension: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(extension);
    name.into()
}

//! Where PyTorch keeps downloaded files, and downloads into that folder.
//!
//! A download needs the feature `download`; without it, a file that Python has fetched is used.

#[cfg(feature = "download")]
pub use rushlight_data::download::{Download, Failure, MIRROR, PROGRESS};

use crate::Error;
use crate::weights::Published;
use std::env;
use std::path::PathBuf;

/// The folder of `torch.hub`: `hub` in `$TORCH_HOME`, `$XDG_CACHE_HOME/torch` or `~/.cache/torch`,
/// the first that is set.
///
/// ```
/// assert!(rushlight_vision_models::hub::get_dir().ends_with("hub"));
/// ```
pub fn get_dir() -> PathBuf {
    let folder = |name| env::var_os(name).filter(|value| !value.is_empty());
    let home = folder("TORCH_HOME").map(PathBuf::from).unwrap_or_else(|| {
        let cache = folder("XDG_CACHE_HOME").map(PathBuf::from);
        let cache = cache.unwrap_or_else(|| env::home_dir().unwrap_or_default().join(".cache"));
        cache.join("torch")
    });
    home.join("hub")
}

/// Where a file of weights is kept.
pub(crate) fn checkpoint(file: &str) -> PathBuf {
    get_dir().join("checkpoints").join(file)
}

/// Where the file of published weights is, after a download if need be.
#[cfg(feature = "download")]
pub(crate) fn obtain(published: &Published) -> Result<PathBuf, Error> {
    published.download().fetch()?;
    Ok(published.path())
}

/// Where the file of published weights is.
#[cfg(not(feature = "download"))]
pub(crate) fn obtain(published: &Published) -> Result<PathBuf, Error> {
    let path = published.path();
    match path.exists() {
        true => Ok(path),
        false => Err(Error::NotDownloaded {
            path,
            url: published.url(),
        }),
    }
}

//! What can go wrong between a dataset and a batch.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The result of every fallible call of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A mistake in a call, or an item that could not be had.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A tensor operation failed.
    #[error(transparent)]
    Tensor(#[from] rushlight_autograd::Error),
    /// An item was asked for that the dataset does not have.
    #[error("{op}: index {index} is out of range for a dataset of {len} items")]
    Index {
        /// The operation.
        op: &'static str,
        /// The index.
        index: usize,
        /// The number of items.
        len: usize,
    },
    /// Items do not make a batch.
    #[error("collate: {reason}")]
    Collate {
        /// How they differ.
        reason: String,
    },
    /// A file cannot be read.
    #[error("{path:?}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: Arc<io::Error>,
    },
    /// A file holds something else than it should.
    #[error("{path:?}: {problem}")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// A file cannot be fetched.
    #[cfg(feature = "download")]
    #[error(
        "download: {url} to {path:?}: {source}; without a network, put the file there, or name a \
         folder of such files in {MIRROR}",
        MIRROR = crate::download::MIRROR
    )]
    Download {
        /// Where it was asked for.
        url: String,
        /// Where it should be.
        path: PathBuf,
        /// Why it is not.
        source: Arc<crate::download::Failure>,
    },
    /// Reading an item panicked in a worker thread.
    #[error("DataLoader: a worker panicked: {message}")]
    Panicked {
        /// What the panic said.
        message: String,
    },
    /// The workers are gone.
    #[error("DataLoader: a worker could not be started or was lost: {reason}")]
    Worker {
        /// What the system said.
        reason: String,
    },
    /// An error of a dataset, sampler or collate function outside this crate.
    #[error(transparent)]
    Other(Arc<dyn std::error::Error + Send + Sync>),
}

impl Error {
    /// Wraps an error of the caller's own code.
    pub fn other(error: impl std::error::Error + Send + Sync + 'static) -> Error {
        Error::Other(Arc::new(error))
    }

    pub(crate) fn file(path: &Path, error: io::Error) -> Error {
        let (path, source) = (path.to_owned(), Arc::new(error));
        Error::File { path, source }
    }

    pub(crate) fn malformed(path: impl Into<PathBuf>, problem: impl Into<String>) -> Error {
        let (path, problem) = (path.into(), problem.into());
        Error::Malformed { path, problem }
    }

    pub(crate) fn argument(
        op: &'static str,
        name: &'static str,
        got: impl ToString,
        expected: &'static str,
    ) -> Error {
        rushlight_tensor::Error::argument(op, name, got, expected).into()
    }
}

impl From<rushlight_tensor::Error> for Error {
    fn from(error: rushlight_tensor::Error) -> Error {
        Error::Tensor(error.into())
    }
}

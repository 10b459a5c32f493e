//! What can be wrong with a file.

use std::io;
use std::path::PathBuf;

use rushlight_tensor::DType;

/// The result of reading or writing a file.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a file could not be read or written.
///
/// `part` names the layer that objects: `zip`, `pickle`, `legacy`, `tar`, `safetensors`, `npy`, `npz`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The operating system refuses the file.
    #[error("{operation} {path:?}: {source}")]
    File {
        /// `load` or `save`.
        operation: &'static str,
        /// The file asked for.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file is readable, but a read in the middle of it fails.
    #[error("{part}: reading fails at byte {offset}: {source}")]
    Read {
        /// The layer that reads.
        part: &'static str,
        /// Where the read starts.
        offset: u64,
        /// What the system says.
        source: io::Error,
    },
    /// The content is none of the formats this crate reads.
    #[error(
        "load: neither .pth, safetensors, .npy nor .npz: the content starts with \"{}\"",
        .start.escape_ascii()
    )]
    Format {
        /// The first bytes of the content.
        start: Vec<u8>,
    },
    /// The content stops before what it announces.
    #[error("{part}: cut short: {wanted} bytes wanted at byte {offset}, {left} left")]
    Truncated {
        /// The layer that reads.
        part: &'static str,
        /// Where the missing bytes should start.
        offset: u64,
        /// How many bytes are needed there.
        wanted: u64,
        /// How many there are.
        left: u64,
    },
    /// The content contradicts its own format.
    #[error("{part}: {problem}")]
    Malformed {
        /// The layer that objects.
        part: &'static str,
        /// What is wrong, with the values.
        problem: String,
    },
    /// The content is valid but asks for more than a reader of untrusted files grants.
    #[error("{part}: too many {what}: more than {limit}")]
    Limit {
        /// The layer that objects.
        part: &'static str,
        /// What is counted.
        what: &'static str,
        /// The most that is granted.
        limit: u64,
    },
    /// The content is valid but uses a feature this crate does not read.
    #[error("{part}: not supported: {what}")]
    Unsupported {
        /// The layer that objects.
        part: &'static str,
        /// The feature.
        what: String,
    },
    /// A pickle refers to a Python function or class outside the table of known ones.
    #[error(
        "pickle: the global {name} is not allowed: only tensors and plain containers are read \
         (save `model.state_dict()` rather than the model)"
    )]
    Global {
        /// The dotted Python name.
        name: String,
    },
    /// A tensor would reach outside the storage it views.
    #[error(
        "tensor: shape {shape:?} with strides {strides:?} at offset {offset} does not fit a \
         storage of {elements} elements"
    )]
    Layout {
        /// The sizes in the file, which may be negative.
        shape: Vec<i64>,
        /// The strides in the file.
        strides: Vec<i64>,
        /// The offset in the file.
        offset: i64,
        /// What the storage holds.
        elements: u64,
    },
    /// A storage is read as two element types.
    #[error("storage {key}: used as {} and as {}", first.name(), second.name())]
    StorageDType {
        /// The name of the storage.
        key: String,
        /// The element type of its first use.
        first: DType,
        /// The contradicting one.
        second: DType,
    },
    /// The content is no state dict.
    #[error("state_dict: {problem}")]
    StateDict {
        /// What stands where tensors were expected.
        problem: String,
    },
    /// The tensor layer refuses.
    #[error(transparent)]
    Tensor(Box<rushlight_tensor::Error>),
}

impl From<rushlight_tensor::Error> for Error {
    fn from(error: rushlight_tensor::Error) -> Error {
        Error::Tensor(Box::new(error))
    }
}

impl Error {
    pub(crate) fn malformed(part: &'static str, problem: impl Into<String>) -> Error {
        Error::Malformed {
            part,
            problem: problem.into(),
        }
    }

    pub(crate) fn unsupported(part: &'static str, what: impl Into<String>) -> Error {
        Error::Unsupported {
            part,
            what: what.into(),
        }
    }
}

//! What can go wrong between processes.

/// The result of every fallible call of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error of working together.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An environment variable is missing, or not what it should be.
    #[error("{name}: {got} (expected {expected}; torchrun sets it)")]
    Environment {
        /// The variable.
        name: &'static str,
        /// What it holds.
        got: String,
        /// What it should hold.
        expected: String,
    },
    /// The ranks do not do the same.
    #[error("{op}: rank {rank} brings {got}, rank 0 {expected}")]
    Mismatch {
        /// What they do.
        op: &'static str,
        /// The first one that differs.
        rank: usize,
        /// What it brings.
        got: String,
        /// What the first rank brings.
        expected: String,
    },
    /// A rank that others wait for has left.
    #[error("{op}: rank {rank} has left the group")]
    Gone {
        /// What the others do.
        op: &'static str,
        /// The one that is missing.
        rank: usize,
    },
    /// A rank that others wait for does not come.
    #[error("{op}: rank {rank} has not come within {seconds} seconds")]
    Timeout {
        /// What the others do.
        op: &'static str,
        /// The one that is missing.
        rank: usize,
        /// How long they have waited.
        seconds: u64,
    },
    /// A connection that does not come about, or over which something else is sent than ranks send.
    #[error("{op}: no connection with rank {rank}: {reason}")]
    Connection {
        /// What it is needed for.
        op: &'static str,
        /// The rank at its other end.
        rank: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// A rank that is not in the group.
    #[error("{op}: rank {rank} is out of range for {world_size} ranks")]
    Rank {
        /// What was asked for.
        op: &'static str,
        /// The rank.
        rank: usize,
        /// How many there are.
        world_size: usize,
    },
    /// Of a tensor operation or a module.
    #[error(transparent)]
    Tensor(std::sync::Arc<rushlight_autograd::Error>),
}

impl From<rushlight_autograd::Error> for Error {
    fn from(error: rushlight_autograd::Error) -> Error {
        Error::Tensor(error.into())
    }
}

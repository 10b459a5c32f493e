//! One error for a program that uses all parts.

/// The result of every fallible call.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error of any part of the library.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Of a tensor operation or a module.
    #[error(transparent)]
    Tensor(#[from] rushlight_autograd::Error),
    /// Of an array.
    #[error(transparent)]
    Array(#[from] rushlight_tensor::Error),
    /// Of an optimizer or schedule.
    #[error(transparent)]
    Optim(#[from] rushlight_optim::Error),
    /// Of a dataset or loader.
    #[cfg(feature = "data")]
    #[error(transparent)]
    Data(#[from] rushlight_data::Error),
    /// Of processes that work together.
    #[cfg(feature = "distributed")]
    #[error(transparent)]
    Distributed(#[from] rushlight_distributed::Error),
    /// Of reading or writing a file.
    #[error(transparent)]
    Serialize(#[from] rushlight_serialize::Error),
}

//! What can go wrong with models.
//!
//! Calls of this crate return the [`Error`](rushlight_autograd::Error) of tensors; the mistakes below
//! travel inside it and can be found again with [`Error::of`].

use std::path::PathBuf;

/// A mistake about models.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Weights in memory cannot be read.
    #[error("weights from bytes: {0}")]
    Bytes(rushlight_serialize::Error),
    /// A file of weights cannot be read.
    #[error("weights from {path:?}: {source}")]
    Weights {
        /// The file asked for.
        path: PathBuf,
        /// What is wrong with it.
        source: rushlight_serialize::Error,
    },
    /// Published weights are not where they are kept, and this build cannot fetch them.
    #[error("weights: {path:?} is not there; it can be had at {url}, or by the feature `download`")]
    NotDownloaded {
        /// Where they are kept.
        path: PathBuf,
        /// Where they can be had.
        url: String,
    },
    /// A file cannot be fetched.
    #[cfg(feature = "download")]
    #[error(transparent)]
    Download(#[from] rushlight_data::Error),
    /// [`Weights::Default`](crate::Weights::Default) where no function says of which model.
    #[error("weights: `Weights::Default` is for functions of a model, such as `resnet18`")]
    DefaultOfNone,
    /// Weights are published for another model.
    #[error("{model}: {weights} are weights of another model")]
    OtherModel {
        /// The model asked for.
        model: String,
        /// The weights it was given.
        weights: String,
    },
    /// There are no published weights of a name.
    #[error("get_weight: there are no weights named {name:?}, such as `ResNet18_Weights.DEFAULT`")]
    UnknownWeights {
        /// The name asked for.
        name: String,
    },
    /// There is no model of a name.
    #[error("get_model: there is no model named {name:?}, see `list_models()`")]
    UnknownModel {
        /// The name asked for.
        name: String,
    },
}

impl Error {
    /// The mistake about models behind an error, if it is one.
    pub fn of(error: &rushlight_autograd::Error) -> Option<&Error> {
        match error {
            rushlight_autograd::Error::Other(inner) => inner.downcast_ref(),
            _ => None,
        }
    }
}

impl From<Error> for rushlight_autograd::Error {
    fn from(error: Error) -> rushlight_autograd::Error {
        rushlight_autograd::Error::other(error)
    }
}

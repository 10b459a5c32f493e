//! What can go wrong with modules.
//!
//! Calls of this crate return the [`Error`](rushlight_autograd::Error) of tensors, so that a model's
//! code has one error type; the mistakes below travel inside it and can be found again with
//! [`Error::of`].

use crate::StateMismatch;
use std::sync::Arc;

/// A mistake about modules.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An operation failed inside a model; `path` says in which module.
    #[error("{path}: {source}")]
    Inside {
        /// Path of the module, as in `named_modules()`.
        path: Arc<str>,
        /// What went wrong there.
        source: Box<rushlight_autograd::Error>,
    },
    /// An argument is out of its domain.
    #[error("{op}: {name} must be {expected}, got {got}")]
    Argument {
        /// The call.
        op: &'static str,
        /// The argument's name.
        name: &'static str,
        /// The value it had.
        got: String,
        /// The values it may have.
        expected: &'static str,
    },
    /// A shape does not fit.
    #[error("{op}: shape {got} does not fit: expected {expected}")]
    Shape {
        /// The call.
        op: &'static str,
        /// The offending shape.
        got: rushlight_autograd::Shape,
        /// What would have been accepted.
        expected: String,
    },
    /// A state does not fit the model.
    #[error(transparent)]
    State(Box<StateMismatch>),
    /// A name leads to nothing in the model.
    #[error("{op}: {model} has no {what} named `{name}`{hint}")]
    NoSuchName {
        /// The call.
        op: &'static str,
        /// Type of the model.
        model: String,
        /// A module, a parameter, ...
        what: &'static str,
        /// The name that was asked for.
        name: String,
        /// The nearest name there is, in words.
        hint: String,
    },
}

impl Error {
    /// The mistake about modules behind an error, if it is one.
    pub fn of(error: &rushlight_autograd::Error) -> Option<&Error> {
        match error {
            rushlight_autograd::Error::Other(inner) => inner.downcast_ref(),
            _ => None,
        }
    }

    /// An [`Error::Argument`].
    pub fn argument(
        op: &'static str,
        name: &'static str,
        got: impl ToString,
        expected: &'static str,
    ) -> Error {
        let got = got.to_string();
        Error::Argument {
            op,
            name,
            got,
            expected,
        }
    }

    /// An [`Error::Shape`].
    pub fn shape(
        op: &'static str,
        got: impl Into<rushlight_autograd::Shape>,
        expected: impl Into<String>,
    ) -> Error {
        Error::Shape {
            op,
            got: got.into(),
            expected: expected.into(),
        }
    }
}

impl From<Error> for rushlight_autograd::Error {
    fn from(error: Error) -> rushlight_autograd::Error {
        rushlight_autograd::Error::other(error)
    }
}

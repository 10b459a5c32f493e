//! What became of a case.

use crate::tensor::Error;

/// Why a call gave no result.
#[derive(Debug, Clone, PartialEq)]
pub enum Failure {
    /// The library returned an error: its text.
    Library(String),
    /// An argument has a kind that the Rust signature does not accept, so that no such call
    /// can be written.
    Kind(String),
    /// An argument has a value that its Rust type cannot hold, such as a negative size.
    Range(String),
    /// The mapping does not cover the operation or an argument.
    Unsupported(String),
    /// The library's answer breaks a rule that needs no comparison, such as a missing gradient.
    Wrong(String),
    /// The corpus contradicts its own description.
    Corpus(String),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Library(error.to_string())
    }
}

impl From<rushlight_optim::Error> for Failure {
    fn from(error: rushlight_optim::Error) -> Self {
        Self::Library(error.to_string())
    }
}

/// What became of a case.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// The library does what PyTorch does.
    Passed,
    /// It does something else: the first difference, or its error.
    Failed(String),
    /// The case cannot be expressed yet: what is missing.
    Unimplemented(String),
    /// It panicked, aborted or never answered: the message.
    Crashed(String),
}

impl Outcome {
    /// The outcome of a case that expects a result.
    pub fn of_result(result: Result<(), Failure>) -> Self {
        match result {
            Ok(()) => Self::Passed,
            Err(Failure::Library(text)) => Self::Failed(format!("error: {text}")),
            Err(Failure::Wrong(text)) => Self::Failed(text),
            Err(Failure::Corpus(text)) => Self::Failed(format!("the corpus is malformed: {text}")),
            Err(Failure::Kind(text) | Failure::Range(text) | Failure::Unsupported(text)) => {
                Self::Unimplemented(text)
            }
        }
    }

    /// The outcome of a case that PyTorch refuses; `of_kind` tells whether it refuses the
    /// kind of an argument rather than its value.
    ///
    /// A refusal is an error value that names the operation. Where no such call can be written in
    /// Rust (a string for an integer, -1 for a size), the compiler is what refuses.
    pub fn of_refusal(result: Result<(), Failure>, of_kind: bool) -> Self {
        match result {
            Ok(()) => Self::Failed("accepted".into()),
            Err(Failure::Library(text)) if names_operation(&text) => Self::Passed,
            Err(Failure::Library(text)) => {
                Self::Failed(format!("the error does not name the operation: {text}"))
            }
            Err(Failure::Kind(_)) if of_kind => Self::Passed,
            Err(Failure::Range(_)) => Self::Passed,
            Err(other) => Self::of_result(Err(other)),
        }
    }
}

/// Whether an error reads `operation: what is wrong`.
fn names_operation(text: &str) -> bool {
    let Some((operation, rest)) = text.split_once(": ") else {
        return false;
    };
    let is_name = |c: char| c.is_alphanumeric() || "_.".contains(c);
    !operation.is_empty() && operation.chars().all(is_name) && !rest.trim().is_empty()
}

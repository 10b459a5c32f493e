//! Results that are unique only up to a choice, made comparable.

use crate::outcome::Failure;
use crate::output::Output;

/// Applies the projection of a name to a result.
pub fn apply(name: &str, _output: Output) -> Result<Output, Failure> {
    Err(Failure::Unsupported(format!(
        "the projection {name} is not mapped"
    )))
}

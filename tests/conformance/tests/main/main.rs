//! The corpus inside the repository, and how the runner deals with workers that misbehave.

mod corpus;
#[cfg(unix)]
mod workers;

//! The corpus inside the repository, and how the runner deals with workers that misbehave.

mod corpus;
mod forms;
mod variations;
#[cfg(unix)]
mod workers;

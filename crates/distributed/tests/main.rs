//! Tests of the crate through its public interface.

mod data_parallel;
mod launch;
mod processes;
mod tcp;
mod threads;

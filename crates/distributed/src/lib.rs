//! Training one model in several processes, each with its own part of the data.
//!
//! | here | is |
//! |---|---|
//! | [`Communicator`] | what processes do together: sums, and copies from one to all |
//! | [`TcpCommunicator`] | processes, on one machine or several, that are connected by TCP |
//! | [`thread_group`] | communicators of threads, which stand in for processes |
//! | [`Launch`] | which of the processes this is, as `torchrun` tells it |
//! | [`DistributedDataParallel`] | a model whose gradients are averaged over all processes |
//!
//! Averages are those of a single process with all the data, up to rounding, and the same to the bit in
//! every process.
#![forbid(unsafe_code)]

mod bucket;
mod communicator;
mod data_parallel;
mod error;
mod launch;
mod task;
mod tcp;
mod threads;

pub use communicator::Communicator;
pub use data_parallel::{DataParallelOptions, DistributedDataParallel};
pub use error::{Error, Result};
pub use launch::Launch;
pub use tcp::TcpCommunicator;
pub use threads::{ThreadCommunicator, thread_group};

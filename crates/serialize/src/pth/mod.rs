//! The files of `torch.save`, in the form it writes and in those it has written.
//!
//! Reading is part of [`load`](crate::load): whichever container holds them, all pickles go
//! through the one restricted machine.

pub(crate) mod legacy;
mod save;
mod storage;
pub(crate) mod tar;
pub(crate) mod zip;

pub use save::{save, to_bytes};

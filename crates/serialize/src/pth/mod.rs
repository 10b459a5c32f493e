//! The containers `torch.save` writes and has written. All of them hold pickles, and every pickle
//! goes through the one restricted machine.

pub(crate) mod legacy;
mod storage;
pub(crate) mod tar;
pub(crate) mod zip;

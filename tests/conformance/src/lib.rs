//! Replays what PyTorch computes through rushlight's public API and counts what agrees.
//!
//! A corpus is a folder of arguments and expected results, as the `README.md` beside this crate
//! describes. The runner maps PyTorch's names and arguments to calls ([`ops`] and its siblings);
//! it knows no expectations, tolerances or exceptions beyond those of the corpus.

pub mod argument;
pub mod call;
pub mod case;
pub mod compare;
pub mod container;
pub mod device;
pub mod expression;
pub mod fill;
pub mod gradient;
pub mod in_place;
pub mod models;
pub mod modules;
pub mod mutation;
pub mod ops;
pub mod optimizers;
pub mod outcome;
pub mod output;
pub mod parts;
pub mod project;
pub mod ratchet;
pub mod report;
pub mod schedulers;
pub mod supervisor;
pub mod tensor;
pub mod tensors;
pub mod ties;
pub mod worker;

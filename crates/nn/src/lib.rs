//! Modules, layers, losses and initialisation.
//!
//! A [`Module`] is data: a struct whose fields are parameters, buffers, other modules and settings.
//! `#[derive(Module)]` lists the fields, and everything else (parameters, `state_dict`, training
//! mode, conversion, freezing, printing) walks that list.
//!
//! ```
//! use rushlight_autograd::{Result, Tensor};
//! use rushlight_nn::{Forward, Linear, Module};
//!
//! #[derive(Module, Debug)]
//! struct Classifier {
//!     hidden: Linear,
//!     head: Linear,
//! }
//!
//! impl Forward for Classifier {
//!     fn forward(&self, x: &Tensor) -> Result<Tensor> {
//!         self.head.forward(&self.hidden.forward(x)?.relu()?)
//!     }
//! }
//!
//! # fn main() -> Result<()> {
//! let model = Classifier { hidden: Linear::new(784, 128)?, head: Linear::new(128, 10)? };
//! for (name, parameter) in model.named_parameters() {
//!     if !name.starts_with("head") {
//!         parameter.requires_grad_(false);
//!     }
//! }
//! assert_eq!(
//!     model.to_string(),
//!     "Classifier(
//!   (hidden): Linear(in_features=784, out_features=128, bias=True)
//!   (head): Linear(in_features=128, out_features=10, bias=True)
//! )"
//! );
//! # Ok(()) }
//! ```
#![forbid(unsafe_code)]

// The expansion of `#[derive(Module)]` names the crate from outside.
extern crate self as rushlight_nn;

mod backward_hook;
mod builder;
mod chain;
mod checkpoint;
mod containers;
mod error;
mod field;
pub mod functional;
mod functional_call;
mod fusion;
mod hooks;
pub mod init;
mod inventory;
mod layer;
mod load;
mod module;
mod modules;
mod packed_sequence;
mod parameter;
pub mod parametrize;
mod parts;
mod pattern;
mod printing;
mod recurrence;
mod setting;
mod site;
mod size;
mod spatial;
mod state_dict;
mod tree;
mod vector;

pub use backward_hook::{
    FullBackwardHook, FullBackwardHookAll, FullBackwardPreHook, FullBackwardPreHookAll,
};
pub use checkpoint::checkpoint_sequential;
pub use containers::{ModuleDict, ModuleList, Sequential};
pub use error::Error;
pub use field::{Absent, Entry, Field, Fields, Kind};
pub use functional_call::{functional_call, with_tensors};
pub use fusion::{fuse_conv_bn_eval, fuse_conv_transpose_bn_eval, fuse_linear_bn_eval};
pub use hooks::{ForwardHook, ForwardHookAll, ForwardPreHook, ForwardPreHookAll, Outputs};
pub use load::{IncompatibleKeys, ShapeMismatch, StateMismatch};
pub use module::{AsModule, Forward, Loss, Module, Target};
pub use modules::*;
pub use packed_sequence::{
    PackedSequence, pack_padded_sequence, pack_sequence, pad_packed_sequence, pad_sequence,
};
pub use parameter::{Buffer, Parameter};
pub use recurrence::{Nonlinearity, RecurrentWeights, States};
pub use rushlight_autograd::Result;
pub use rushlight_nn_derive::Module;
pub use setting::{Inplace, Setting};
pub use site::{ForwardHookHandle, Site};
pub use size::Size;
pub use spatial::Spatial;
pub use state_dict::StateDict;
pub use vector::{parameters_to_vector, vector_to_parameters};

const _: fn() = || {
    fn shared_between_threads<T: Send + Sync + ?Sized>() {}
    shared_between_threads::<dyn Module>();
    shared_between_threads::<dyn Forward>();
    shared_between_threads::<Parameter>();
};

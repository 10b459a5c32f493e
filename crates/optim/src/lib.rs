//! Optimizers: they change the values of leaf tensors by their gradients.
//!
//! An optimizer is data: a table of options with their defaults, the names of what it keeps for each
//! parameter, and one fused update. Parameter groups, saved state, printing and schedules follow from
//! that and are the same for all.
#![forbid(unsafe_code)]

mod adam;
mod clip;
mod error;
mod group;
mod optimizer;
mod options;
mod schedule;
mod sgd;
mod state;

pub use adam::{Adam, AdamW};
pub use clip::{clip_grad_norm_, clip_grad_value_};
pub use error::{Error, Result};
pub use group::ParamGroup;
pub use optimizer::{Algorithm, Optimizer, OptimizerOf};
pub use options::{OptionValue, Options};
pub use schedule::{CosineAnnealingLR, LRScheduler, SchedulerState, StepLR};
pub use sgd::SGD;
pub use state::{GroupState, OptimizerState, ParameterState};

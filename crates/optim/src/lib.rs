//! Optimizers: they change the values of leaf tensors by their gradients.
//!
//! An optimizer is data: a table of options with their defaults, the names of what it keeps for each
//! parameter, and one fused update. Parameter groups, saved state, printing and schedules follow from
//! that and are the same for all.
//!
//! PyTorch's keyword arguments are settings that one chains, or [`OptimizerOf::set_option`] by name. Those
//! that choose an implementation (`foreach`, `fused`, `capturable`) change nothing; `differentiable` is
//! refused. A scheduler takes its settings first and then the optimizer:
//!
//! | PyTorch | here |
//! |---|---|
//! | `SGD(params, lr=0.1, momentum=0.9)` | `SGD::new(params, 0.1).momentum(0.9)` |
//! | `SGD([{"params": a, "lr": 0.1}, {"params": b}])` | `SGD::with_groups([ParamGroup::new(a).lr(0.1), ParamGroup::new(b)])` |
//! | `optimizer.step(closure)` | `optimizer.step_with(&mut closure)?` |
//! | `StepLR(optimizer, 30, gamma=0.5)` | `StepLR::new(30).gamma(0.5).attach(&mut optimizer)?` |
//! | `scheduler.step()` | `scheduler.step(&mut optimizer)?` |
//! | `SequentialLR(optimizer, [a, b], [5])` | `SequentialLR::new(&mut optimizer, vec![Box::new(a), Box::new(b)], [5])?` |
//!
//! Gradients are never sparse here; [`SparseAdam`] leaves rows alone whose gradient is zero.
#![forbid(unsafe_code)]

mod adadelta;
mod adafactor;
mod adagrad;
mod adam;
mod adamax;
mod asgd;
mod averaging;
mod clip;
mod draft;
mod error;
mod grad_scaler;
mod group;
mod lbfgs;
mod muon;
mod nadam;
mod optimizer;
mod options;
mod radam;
mod rmsprop;
mod rprop;
mod schedule;
mod settings;
mod sgd;
mod slot;
mod sparse_adam;
mod state;

pub use adadelta::Adadelta;
pub use adafactor::Adafactor;
pub use adagrad::Adagrad;
pub use adam::{Adam, AdamW};
pub use adamax::Adamax;
pub use asgd::ASGD;
pub use averaging::{AveragedParameters, Averaging};
pub use clip::{
    NormOptions, clip_grad_norm_, clip_grad_norm_with_, clip_grad_value_, clip_grads_with_norm_,
    get_total_norm,
};
pub use error::{Error, Result};
pub use grad_scaler::{GradScaler, GradScalerState};
pub use group::ParamGroup;
pub use lbfgs::LBFGS;
pub use muon::Muon;
pub use nadam::NAdam;
pub use optimizer::{Algorithm, Closure, Optimizer, OptimizerOf};
pub use options::{OptionValue, Options};
pub use radam::RAdam;
pub use rmsprop::RMSprop;
pub use rprop::Rprop;
pub use schedule::{
    AnnealStrategy, ChainedScheduler, ConstantLR, CosineAnnealingLR, CosineAnnealingWarmRestarts,
    CyclicLR, CyclicMode, ExponentialLR, LRScheduler, LambdaLR, LinearLR, MultiStepLR,
    MultiplicativeLR, OneCycleLR, PerGroup, PlateauMode, PlateauScheduler, PolynomialLR, Position,
    ReduceLROnPlateau, SWALR, ScaleMode, Schedule, Scheduler, SchedulerState, SequentialLR, StepLR,
    ThresholdMode,
};
pub use sgd::SGD;
pub use slot::Slot;
pub use sparse_adam::SparseAdam;
pub use state::{GroupState, OptimizerState, ParameterState, StateValue};

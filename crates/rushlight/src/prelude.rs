//! What most programs use: `use rushlight::prelude::*`.

#[cfg(feature = "data")]
pub use crate::data::transforms::{self, Transform};
#[cfg(feature = "data")]
pub use crate::data::{self, DataLoader, Dataset, TensorDataset, digits, random_split};
#[cfg(feature = "vision")]
pub use crate::models::{self, Weights};
pub use crate::nn::{self, functional as F, *};
pub use crate::optim::{self, LRScheduler, Optimizer, ParamGroup, Schedule};
pub use crate::serialize;
pub use crate::{
    BackwardOptions, DType, Device, Generator, GradOptions, Scalar, Shape, Tensor, cuda, grad,
    inference_mode, manual_seed, no_grad, tensor,
};

//! Deep learning with PyTorch's concepts and names, in pure Rust.
//!
//! ```
//! use rushlight::prelude::*;
//!
//! # fn main() -> rushlight::Result<()> {
//! manual_seed(0);
//! let model = sequential![Linear::new(2, 16)?, Tanh::new(), Linear::new(16, 1)?];
//! let mut optimizer = optim::SGD::new(model.parameters(), 0.2).momentum(0.9);
//! let x = tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])?;
//! let y = tensor([[0.0], [1.0], [1.0], [0.0]])?;
//! for _ in 0..200 {
//!     optimizer.zero_grad();
//!     let loss = F::mse_loss(&model.forward(&x)?, &y)?;
//!     loss.backward()?;
//!     optimizer.step()?;
//! }
//! assert!(F::mse_loss(&model.forward(&x)?, &y)?.item()? < 0.01);
//! # Ok(()) }
//! ```
//!
//! | module | holds |
//! |---|---|
//! | the crate itself | [`Tensor`] and its operations, [`no_grad`], [`grad`], devices, dtypes, random numbers |
//! | [`autograd`] | the same by the crate's name: `autograd::functional` has jacobians and hessians |
//! | [`func`], [`amp`] | gradients as functions of functions; mixed precision |
//! | [`nn`] | [`Module`](nn::Module), parameters, layers, losses, initialisation |
//! | [`optim`] | optimizers, schedules, gradient clipping |
//! | [`serialize`] | saving and loading weights |
//! | [`data`] | datasets, samplers, the loader |
//! | [`models`] | torchvision's models |
//! | [`cuda`] | whether there is a GPU |
//! | `distributed` | with the feature of that name: several processes that train one model |
#![forbid(unsafe_code)]

pub mod cuda;
mod error;
pub mod prelude;
pub mod serialize;

pub use error::{Error, Result};
pub use rushlight_autograd as autograd;
pub use rushlight_autograd::*;
#[cfg(feature = "data")]
pub use rushlight_data as data;
#[cfg(feature = "distributed")]
pub use rushlight_distributed as distributed;
pub use rushlight_nn as nn;
pub use rushlight_optim as optim;
pub use rushlight_tensor as array;
pub use rushlight_tensor::{
    MemoryStats, Winograd, empty_cache, memory_stats, num_threads, reset_peak_memory_stats,
    set_num_threads, set_winograd, winograd,
};
#[cfg(feature = "vision")]
pub use rushlight_vision_models as models;

/// The version of this library.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

//! Tensors that remember how they were computed, and the gradients that follow from it.
//!
//! [`Tensor`] is what users hold: data of the array crate plus a place in a graph that is built while
//! the program runs. Every operation is one method; its derivative is written in the same operations.

pub mod amp;
mod backward;
mod checkpoint;
mod deferred;
mod derivatives;
mod display;
mod error;
pub mod func;
pub mod functional;
mod gradcheck;
mod graph;
pub mod masked;
mod mode;
mod operand;
mod operators;
mod ops;
pub mod signal;
mod substitute;
mod tensor;

pub use amp::{AutocastGuard, autocast, autocast_dtype, autocast_guard, is_autocast_enabled};
pub use backward::{BackwardOptions, GradOptions, backward, grad};
pub use checkpoint::checkpoint;
pub use error::{Error, Result};
pub use gradcheck::{GradcheckOptions, gradcheck, gradgradcheck};
pub use graph::{Backward, Gradients, Output, Saved, Wants};
pub use mode::{
    ModeGuard, detect_anomaly, detect_anomaly_guard, enable_grad, enable_grad_guard,
    inference_mode, inference_mode_guard, is_anomaly_enabled, is_grad_enabled,
    is_inference_mode_enabled, no_grad, no_grad_guard,
};
pub use operand::Operand;
pub use ops::{
    Attended, AvgPoolOptions, Bins, Bound, ConvOptions, ConvTransposeOptions, CovarianceWeights,
    Ellipsis, EmbeddingOptions, Entry, HistogramOptions, Index, Indexing, Indices, Interpolation,
    IscloseOptions, MaxPoolOptions, MemoryFormat, NewAxis, Norm, PadMode, RecurrentLayer,
    ScatterReduce, Sections, Segments, Slice, Spacing, StftOptions, Target, TensorData,
    TensorOptions, Unique, broadcast_shapes, tensor,
};
pub use ops::{fft, linalg};
pub use rushlight_tensor::ops::ctc::CtcTargets;
pub use rushlight_tensor::ops::grid_sample::{
    GridSampleMode, GridSampleOptions, GridSamplePadding,
};
pub use rushlight_tensor::ops::patches::PatchGeometry;
pub use rushlight_tensor::ops::recurrent::Recurrence;
pub use rushlight_tensor::ops::resample::{Resampling, Sampling};
pub use rushlight_tensor::random::{
    Generator, initial_seed, manual_seed, rng_state, seed, set_rng_state,
};
pub use rushlight_tensor::{
    Array, DType, Device, Element, PrintOptions, Scalar, Shape, bf16, f16, print_options,
    set_print_options,
};
pub use substitute::{SubstituteGuard, substitute_guard};
pub use tensor::{HookHandle, Tensor};

const _: fn() = || {
    fn shared_between_threads<T: Send + Sync>() {}
    shared_between_threads::<Tensor>();
};

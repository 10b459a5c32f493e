//! What can go wrong with tensors: the mistakes of the array crate, and those about gradients.

use rushlight_tensor::{DType, Shape};

/// The result of every fallible call of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A mistake in a call, or a gradient that cannot be had.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A mistake about shapes, dtypes, indices, devices or arguments.
    #[error(transparent)]
    Array(#[from] rushlight_tensor::Error),
    /// An operation without a derivative got an input that needs a gradient.
    #[error(
        "{op}: has no derivative, but an input requires a gradient; \
         detach it or call the operation under `no_grad`"
    )]
    NoDerivative {
        /// The operation.
        op: &'static str,
    },
    /// A tensor without a graph was asked for gradients.
    #[error("backward: the tensor does not require a gradient and has no graph")]
    NoGraph,
    /// Gradients start from a single element unless a gradient is given.
    #[error("backward: a gradient must be given for an output of shape {shape}")]
    NotScalar {
        /// Shape of the output.
        shape: Shape,
    },
    /// A given gradient does not match its output.
    #[error("backward: a gradient of shape {gradient} was given for an output of shape {output}")]
    GradientShape {
        /// Shape of the gradient.
        gradient: Shape,
        /// Shape of the output.
        output: Shape,
    },
    /// The graph was walked before and its saved values are gone.
    #[error("{op}: its saved values were freed by an earlier backward; set `retain_graph` there")]
    GraphFreed {
        /// The operation.
        op: &'static str,
    },
    /// An input of `grad` does not take part in the outputs.
    #[error(
        "grad: input {index} is not used by the outputs; set `allow_unused` to get none for it"
    )]
    Unused {
        /// Position among the inputs.
        index: usize,
    },
    /// Only floating-point tensors carry gradients.
    #[error(
        "requires_grad_: {} tensors carry no gradient; only floating-point ones do",
        dtype.name()
    )]
    NotDifferentiable {
        /// The tensor's dtype.
        dtype: DType,
    },
    /// An operation in place on a leaf that records its gradient.
    #[error("{op}: a leaf that requires a gradient cannot change in place; use `no_grad`")]
    LeafInPlace {
        /// The operation.
        op: &'static str,
    },
    /// Something that only a leaf, or only an inner tensor, can do.
    #[error("{op}: {reason}")]
    Leaf {
        /// The operation.
        op: &'static str,
        /// What the tensor would have to be.
        reason: &'static str,
    },
    /// A gradient turned into NaN while anomaly detection was on.
    #[error("backward of {op}: produced NaN; the operation was recorded at:\n{recorded}")]
    Anomaly {
        /// The operation.
        op: &'static str,
        /// Where the forward call stood.
        recorded: String,
    },
    /// An analytic gradient differs from the numeric one.
    #[error(
        "gradcheck: input {input}, output element {row}, input element {column}: \
         analytic {analytic}, numeric {numeric}"
    )]
    Gradcheck {
        /// Position of the input.
        input: usize,
        /// Element of the output.
        row: usize,
        /// Element of the input.
        column: usize,
        /// The derivative that backward computes.
        analytic: f64,
        /// The derivative from finite differences.
        numeric: f64,
    },
    /// A custom function returned the wrong number of gradients.
    #[error("backward of {op}: returned {got} gradients for {expected} inputs")]
    GradientCount {
        /// The operation.
        op: &'static str,
        /// How many came.
        got: usize,
        /// How many inputs there are.
        expected: usize,
    },
    /// An error of the caller's own code, from a hook or a custom function.
    #[error(transparent)]
    Other(std::sync::Arc<dyn std::error::Error + Send + Sync>),
}

impl Error {
    /// Wraps an error of the caller's own code.
    pub fn other(error: impl std::error::Error + Send + Sync + 'static) -> Error {
        Error::Other(std::sync::Arc::new(error))
    }

    pub(crate) fn argument(
        op: &'static str,
        name: &'static str,
        got: impl ToString,
        expected: &'static str,
    ) -> Error {
        rushlight_tensor::Error::argument(op, name, got, expected).into()
    }
}

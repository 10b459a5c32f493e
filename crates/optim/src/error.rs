//! What can go wrong with optimizers.

/// The result of every fallible call of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A mistake in the settings of an optimizer or schedule, or in a tensor operation.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A tensor operation failed.
    #[error(transparent)]
    Tensor(#[from] rushlight_autograd::Error),
    /// An option is out of its domain.
    #[error("{optimizer}: invalid {name} value: {got} (expected {expected})")]
    Option {
        /// The optimizer or schedule.
        optimizer: &'static str,
        /// The option.
        name: String,
        /// Its value.
        got: String,
        /// What would have been accepted.
        expected: &'static str,
    },
    /// The optimizer has no such option.
    #[error("{optimizer}: there is no option {name}; there are {known}")]
    UnknownOption {
        /// The optimizer or schedule.
        optimizer: &'static str,
        /// The name that was given.
        name: String,
        /// The names there are.
        known: String,
    },
    /// There is nothing to optimize.
    #[error("{optimizer}: there are no parameters")]
    Empty {
        /// The optimizer.
        optimizer: &'static str,
    },
    /// Some groups have named parameters, and some have not.
    #[error(
        "{optimizer}: group {group} and group 0 must both have names for their parameters, or neither"
    )]
    Names {
        /// The optimizer.
        optimizer: &'static str,
        /// The group that differs from the first.
        group: usize,
    },
    /// The optimizer treats all parameters alike.
    #[error("{optimizer}: there are {got} parameter groups (expected one)")]
    Groups {
        /// The optimizer.
        optimizer: &'static str,
        /// How many groups there are.
        got: usize,
    },
    /// A parameter has a shape that the optimizer is not made for.
    #[error(
        "{optimizer}: parameter {index} of group {group} has shape {got} (expected {expected})"
    )]
    Shape {
        /// The optimizer.
        optimizer: &'static str,
        /// The parameter group.
        group: usize,
        /// Position in the group.
        index: usize,
        /// The parameter's shape.
        got: rushlight_tensor::Shape,
        /// What would have been accepted.
        expected: &'static str,
    },
    /// The optimizer needs a function that computes the loss.
    #[error("{optimizer}: a step needs a closure that computes the loss; call `step_with`")]
    NoClosure {
        /// The optimizer.
        optimizer: &'static str,
    },
    /// A schedule has no learning rate for a step.
    #[error("{schedule}: {reason}")]
    Schedule {
        /// The schedule.
        schedule: &'static str,
        /// Why not.
        reason: String,
    },
    /// A parameter would be updated twice in a step.
    #[error("{optimizer}: parameter {index} of group {group} appears in more than one place")]
    Repeated {
        /// The optimizer.
        optimizer: &'static str,
        /// The parameter group.
        group: usize,
        /// Position in the group.
        index: usize,
    },
    /// Something that is not a leaf, or carries no gradient, was given as a parameter.
    #[error("{optimizer}: parameter {index} of group {group} is not a floating-point leaf")]
    NotALeaf {
        /// The optimizer.
        optimizer: &'static str,
        /// The parameter group.
        group: usize,
        /// Position in the group.
        index: usize,
    },
    /// A saved state is of another optimizer or other parameters.
    #[error("{optimizer}: the saved state does not fit: {reason}")]
    State {
        /// The optimizer or schedule.
        optimizer: &'static str,
        /// What differs.
        reason: String,
    },
    /// A gradient scaler was used out of order.
    #[error("GradScaler: {reason}")]
    Scaler {
        /// What was out of order.
        reason: &'static str,
    },
    /// The total norm of the gradients is not finite.
    #[error("get_total_norm: the norm of order {norm_type} of the gradients is {norm}")]
    NonFiniteNorm {
        /// The order of the norm.
        norm_type: f64,
        /// The norm.
        norm: f64,
    },
}

impl From<rushlight_tensor::Error> for Error {
    fn from(error: rushlight_tensor::Error) -> Error {
        Error::Tensor(error.into())
    }
}

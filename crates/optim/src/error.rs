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
    /// The total norm of the gradients is not finite.
    #[error("clip_grad_norm_: the total norm of the gradients is {norm}")]
    NonFiniteNorm {
        /// The norm.
        norm: f64,
    },
}

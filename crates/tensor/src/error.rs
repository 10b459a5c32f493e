//! What can go wrong with arrays. Every variant is a kind of mistake, not an operation.

use crate::{DType, Device, Shape};

/// The result of every fallible call of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A mistake in a call: which operation refused which values, and what it expects.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Two shapes have a dimension that differs and is not 1.
    #[error("{op}: shapes {lhs} and {rhs} do not broadcast")]
    Broadcast {
        /// The operation.
        op: &'static str,
        /// Shape of the left operand.
        lhs: Shape,
        /// Shape of the right operand.
        rhs: Shape,
    },
    /// A shape does not fit the operation.
    #[error("{op}: shape {got} does not fit: expected {expected}")]
    Shape {
        /// The operation.
        op: &'static str,
        /// The offending shape.
        got: Shape,
        /// What would have been accepted.
        expected: String,
    },
    /// A dimension number outside `-rank..rank`, or one given twice.
    #[error("{op}: dimension {dim} is out of range or repeated for shape {shape}")]
    Dimension {
        /// The operation.
        op: &'static str,
        /// The dimension as the caller wrote it.
        dim: isize,
        /// Shape of the operand.
        shape: Shape,
    },
    /// An index outside the dimension it selects from.
    #[error("{op}: index {index} is out of range for size {size}")]
    Index {
        /// The operation.
        op: &'static str,
        /// The index as the caller wrote it.
        index: i64,
        /// Size of the indexed dimension.
        size: usize,
    },
    /// The operation is not defined for a dtype.
    #[error("{op}: not defined for {} (expected {expected})", got.name())]
    DType {
        /// The operation.
        op: &'static str,
        /// The dtype it was given.
        got: DType,
        /// The dtypes it takes.
        expected: &'static str,
    },
    /// Operands live on different devices.
    #[error("{op}: operands are on {lhs} and {rhs}; move one of them with `to`")]
    DeviceMismatch {
        /// The operation.
        op: &'static str,
        /// Device of the left operand.
        lhs: Device,
        /// Device of the right operand.
        rhs: Device,
    },
    /// The device is not there, or its backend does not offer the operation.
    #[error("{op}: {device} {reason}")]
    Unavailable {
        /// The operation.
        op: &'static str,
        /// The device that was asked.
        device: Device,
        /// What is missing.
        reason: String,
    },
    /// The device, or its driver, refused a call.
    #[error("{op}: {device} failed: {reason}")]
    Device {
        /// The operation.
        op: &'static str,
        /// The device.
        device: Device,
        /// What the driver says.
        reason: String,
    },
    /// An argument other than a shape, dimension, index or dtype is out of its domain.
    #[error("{op}: {name} must be {expected}, got {got}")]
    Argument {
        /// The operation.
        op: &'static str,
        /// The argument's name.
        name: &'static str,
        /// The value it had.
        got: String,
        /// The values it may have.
        expected: &'static str,
    },
    /// A size does not fit the address space.
    #[error("{op}: a size overflows for shape {shape}")]
    Overflow {
        /// The operation.
        op: &'static str,
        /// The shape whose size overflows.
        shape: Shape,
    },
    /// The allocator refused.
    #[error("{op}: out of memory for {bytes} bytes")]
    OutOfMemory {
        /// The operation.
        op: &'static str,
        /// How much was asked for.
        bytes: usize,
    },
}

impl Error {
    /// An [`Error::Argument`].
    pub fn argument(
        op: &'static str,
        name: &'static str,
        got: impl ToString,
        expected: &'static str,
    ) -> Error {
        Error::Argument {
            op,
            name,
            got: got.to_string(),
            expected,
        }
    }

    /// An [`Error::Shape`].
    pub fn shape(op: &'static str, got: impl Into<Shape>, expected: impl Into<String>) -> Error {
        Error::Shape {
            op,
            got: got.into(),
            expected: expected.into(),
        }
    }
}

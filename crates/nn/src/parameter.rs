//! What a module keeps: parameters, which are trained, and buffers, which are not.

use crate::{Error, Result};
use rushlight_autograd::{DType, Device, Operand, Tensor};
use std::fmt;
use std::ops::Deref;

/// A tensor that is trained: a leaf that requires a gradient.
///
/// A clone is another handle to the same variable. So the module and the optimizer see the same
/// value, and a parameter held by two modules is tied.
///
/// ```
/// # use rushlight_autograd::{tensor, Result};
/// # use rushlight_nn::Parameter;
/// # fn main() -> Result<()> {
/// let weight = Parameter::new(tensor([0.5, 2.0])?)?;
/// weight.square()?.sum()?.backward()?;
/// assert_eq!(weight.grad().unwrap().to_vec::<f32>()?, [1.0, 4.0]);
/// weight.requires_grad_(false);
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Parameter(Tensor);

impl Parameter {
    /// A parameter with the value of `data`, outside of any graph.
    ///
    /// Errors for integers and booleans, which have no gradient.
    pub fn new(data: Tensor) -> Result<Parameter> {
        Ok(Parameter(data.detach().requires_grad_(true)?))
    }

    /// Starts or stops training: whether operations on the parameter are recorded.
    pub fn requires_grad_(&self, requires_grad: bool) -> &Parameter {
        // Only a parameter whose data was since replaced by integers refuses, and it has no gradient.
        let _ = self.0.requires_grad_(requires_grad);
        self
    }
}

/// A tensor that belongs to a module's state but is not trained, such as a running mean.
///
/// A clone is another handle to the same variable.
#[derive(Clone)]
pub struct Buffer {
    tensor: Tensor,
    persistent: bool,
}

impl Buffer {
    /// A buffer that is part of the module's `state_dict`.
    pub fn new(data: Tensor) -> Buffer {
        Buffer {
            tensor: data.detach(),
            persistent: true,
        }
    }

    /// A buffer that moves with the module but is not saved.
    pub fn non_persistent(data: Tensor) -> Buffer {
        Buffer {
            persistent: false,
            ..Buffer::new(data)
        }
    }

    /// Whether the buffer is part of the module's `state_dict`.
    pub fn is_persistent(&self) -> bool {
        self.persistent
    }
}

macro_rules! handle { ($($Handle:ident $field:tt;)*) => { $(
    impl Deref for $Handle {
        type Target = Tensor;
        fn deref(&self) -> &Tensor {
            &self.$field
        }
    }

    impl AsRef<Tensor> for $Handle {
        fn as_ref(&self) -> &Tensor {
            &self.$field
        }
    }

    impl From<$Handle> for Tensor {
        fn from(handle: $Handle) -> Tensor {
            handle.$field
        }
    }

    impl From<&$Handle> for Tensor {
        fn from(handle: &$Handle) -> Tensor {
            handle.$field.clone()
        }
    }

    impl From<&$Handle> for Operand {
        fn from(handle: &$Handle) -> Operand {
            Operand::from(&handle.$field)
        }
    }

    impl fmt::Debug for $Handle {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, concat!(stringify!($Handle), "({} {})"), self.dtype().name(), self.shape())
        }
    }
)* } }
handle! {
    Parameter 0;
    Buffer tensor;
}

/// The value of a leaf and its gradient, converted but not yet assigned: the one can fail, the other
/// cannot.
pub(crate) struct Converted {
    tensor: Tensor,
    value: Tensor,
    grad: Option<Tensor>,
}

impl Converted {
    /// `None` where nothing changes.
    pub(crate) fn of(tensor: &Tensor, dtype: DType, device: Device) -> Result<Option<Converted>> {
        if tensor.dtype() == dtype && tensor.device() == device {
            return Ok(None);
        }
        let converted = |x: &Tensor| x.detach().to_device(device)?.to_dtype(dtype);
        Ok(Some(Converted {
            tensor: tensor.clone(),
            value: converted(tensor)?,
            grad: tensor.grad().as_ref().map(converted).transpose()?,
        }))
    }

    /// Changes the leaf for all handles to it.
    pub(crate) fn assign(self) -> Result<()> {
        self.tensor.set_grad(None)?;
        self.tensor.set_data(&self.value)?;
        self.tensor.set_grad(self.grad)
    }
}

/// Errors unless `dtype` is one a module can be converted to.
pub(crate) fn check_floating(op: &'static str, dtype: DType) -> Result<()> {
    if dtype.is_floating_point() {
        return Ok(());
    }
    Err(Error::argument(op, "dtype", dtype.name(), "a floating-point type").into())
}

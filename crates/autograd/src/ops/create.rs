//! Making tensors.

use crate::{Error, Result, Tensor};
use rushlight_tensor::ops::rules;
use rushlight_tensor::{Array, DType, Device, Element, Scalar, Shape};

/// What [`tensor`] takes: numbers, and arrays, slices and vectors of them, nested to any depth.
pub trait TensorData {
    /// Appends the elements in row-major order.
    fn flatten(&self, into: &mut Vec<Scalar>);
    /// Appends the sizes of the dimensions.
    fn sizes(&self, into: &mut Vec<usize>);
    /// The dtype PyTorch would choose for such numbers.
    const DTYPE: DType;
}

macro_rules! number_data { ($($T:ty => $DTYPE:ident),*) => { $(
    impl TensorData for $T {
        const DTYPE: DType = DType::$DTYPE;
        fn flatten(&self, into: &mut Vec<Scalar>) {
            into.push(Scalar::from(*self));
        }
        fn sizes(&self, _: &mut Vec<usize>) {}
    }
)* } }
number_data!(f64 => F32, f32 => F32, i64 => I64, i32 => I64, bool => Bool);

macro_rules! sequence_data { ($([$($generics:tt)*] $T:ty),*) => { $(
    impl<$($generics)*> TensorData for $T {
        const DTYPE: DType = D::DTYPE;
        fn flatten(&self, into: &mut Vec<Scalar>) {
            self.iter().for_each(|row| row.flatten(into));
        }
        fn sizes(&self, into: &mut Vec<usize>) {
            into.push(self.len());
            if let Some(first) = self.first() {
                first.sizes(into);
            }
        }
    }
)* } }
sequence_data!([D: TensorData, const N: usize] [D; N], [D: TensorData] Vec<D>, [D: TensorData] &[D]);

/// A tensor of the given numbers, as PyTorch's `torch.tensor`: fractions become `f32` and integers
/// `i64`, the types Python's numbers have there. To keep a Rust type, use [`Tensor::from_vec`].
///
/// Errors if nested rows differ in length.
///
/// ```
/// # use rushlight_autograd::{tensor, Result};
/// # fn main() -> Result<()> {
/// let x = tensor([[1.0, 2.0], [3.0, 4.0]])?;
/// assert_eq!(x.shape(), [2, 2]);
/// # Ok(()) }
/// ```
pub fn tensor<D: TensorData>(data: D) -> Result<Tensor> {
    let (mut values, mut sizes) = (Vec::new(), Vec::new());
    data.flatten(&mut values);
    data.sizes(&mut sizes);
    let array = match D::DTYPE {
        DType::F32 => from_scalars::<f32>(&values, &sizes),
        DType::Bool => from_scalars::<bool>(&values, &sizes),
        _ => from_scalars::<i64>(&values, &sizes),
    };
    Ok(Tensor::new(array?))
}

fn from_scalars<T: Element>(values: &[Scalar], sizes: &[usize]) -> Result<Array> {
    let elements: Vec<T> = values.iter().map(|value| value.to_element()).collect();
    Ok(Array::from_slice(&elements, sizes)?)
}

/// Dtype, device and gradient of tensors to be made; PyTorch's keyword arguments of that name.
///
/// ```
/// # use rushlight_autograd::{DType, Result, TensorOptions};
/// # fn main() -> Result<()> {
/// let x = TensorOptions::new().dtype(DType::F64).requires_grad(true).zeros(&[2, 3])?;
/// assert_eq!(x.dtype(), DType::F64);
/// # Ok(()) }
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct TensorOptions {
    pub(crate) dtype: Option<DType>,
    pub(crate) device: Device,
    pub(crate) requires_grad: bool,
}

impl TensorOptions {
    /// The dtype that fits the call, on the CPU, without gradient.
    pub fn new() -> TensorOptions {
        TensorOptions::default()
    }

    /// Sets the dtype.
    pub fn dtype(self, dtype: DType) -> TensorOptions {
        let dtype = Some(dtype);
        TensorOptions { dtype, ..self }
    }

    /// Sets the device.
    pub fn device(self, device: Device) -> TensorOptions {
        TensorOptions { device, ..self }
    }

    /// Sets whether operations on the tensor are recorded.
    pub fn requires_grad(self, requires_grad: bool) -> TensorOptions {
        TensorOptions {
            requires_grad,
            ..self
        }
    }

    /// The dtype, or the one that fits the call.
    pub(crate) fn dtype_or(self, fitting: DType) -> DType {
        self.dtype.unwrap_or(fitting)
    }

    /// The end of every creation.
    pub(crate) fn finish(self, array: Array) -> Result<Tensor> {
        let tensor = Tensor::new(array.to_device(self.device)?);
        match self.requires_grad {
            true => tensor.requires_grad_(true),
            false => Ok(tensor),
        }
    }
}

/// Making tensors with these options.
impl TensorOptions {
    /// One number everywhere; by default in the dtype that fits it.
    pub fn full(self, shape: &[usize], value: impl Into<Scalar>) -> Result<Tensor> {
        let value = value.into();
        let dtype = self.dtype_or(value.dtype());
        self.finish(Array::full(shape, value, dtype, self.device)?)
    }

    /// Zeros.
    pub fn zeros(self, shape: &[usize]) -> Result<Tensor> {
        self.full(shape, 0.0)
    }

    /// Ones.
    pub fn ones(self, shape: &[usize]) -> Result<Tensor> {
        self.full(shape, 1.0)
    }

    /// Elements that are about to be overwritten: at present zeros.
    pub fn empty(self, shape: &[usize]) -> Result<Tensor> {
        self.zeros(shape)
    }

    /// As [`TensorOptions::empty`], with the given strides.
    pub fn empty_strided(self, shape: &[usize], strides: &[isize]) -> Result<Tensor> {
        const OP: &str = "empty_strided";
        let shape = Shape::from(shape);
        let overflow = || rushlight_tensor::Error::Overflow {
            op: OP,
            shape: shape.clone(),
        };
        let mut memory = usize::from(!shape.contains(&0));
        for (&size, &stride) in shape.iter().zip(strides) {
            let span = size.saturating_sub(1).checked_mul(stride.max(0) as usize);
            let end = span.and_then(|span| memory.checked_add(span));
            memory = end.ok_or_else(overflow)?;
        }
        let dtype = self.dtype_or(DType::F32);
        let memory = Array::full(&[memory], 0.into(), dtype, self.device)?;
        self.finish(memory.as_strided(&shape, strides, 0)?)
    }

    /// As [`TensorOptions::empty`], with dimensions nested in memory in the given order, outermost
    /// first.
    pub fn empty_permuted(self, shape: &[usize], physical_layout: &[usize]) -> Result<Tensor> {
        let dtype = self.dtype_or(DType::F32);
        let empty = Array::full(shape, 0.into(), dtype, self.device)?;
        self.finish(empty.in_order(physical_layout)?)
    }

    /// A matrix with ones on its diagonal.
    pub fn eye(self, rows: usize, columns: usize) -> Result<Tensor> {
        let (dtype, ones) = (self.dtype_or(DType::F32), rows.min(columns));
        let zeros = Array::full(&[rows, columns], 0.into(), dtype, self.device)?;
        let ones = Array::full(&[ones], 1.into(), dtype, self.device)?;
        self.finish(zeros.with_written(|zeros| zeros.diagonal(0, 0, 1), &ones)?)
    }

    /// A 0-d tensor.
    pub fn scalar_tensor(self, value: impl Into<Scalar>) -> Result<Tensor> {
        let value = value.into();
        let dtype = self.dtype_or(DType::F32);
        self.finish(Array::scalar(value, dtype, self.device)?)
    }
}

/// Making tensors of Rust data.
impl Tensor {
    /// Row-major elements of any element type, kept as they are.
    pub fn from_vec<T: Element>(data: Vec<T>, shape: &[usize]) -> Result<Tensor> {
        Tensor::from_slice(&data, shape)
    }

    /// Row-major elements of any element type, kept as they are.
    pub fn from_slice<T: Element>(data: &[T], shape: &[usize]) -> Result<Tensor> {
        Ok(Tensor::new(Array::from_slice(data, shape)?))
    }

    /// Row-major elements as little-endian bytes.
    pub fn from_bytes(bytes: &[u8], shape: &[usize], dtype: DType) -> Result<Tensor> {
        Ok(Tensor::new(Array::from_bytes(bytes, shape, dtype)?))
    }
}

/// Making tensors on the CPU, of type `f32`; [`TensorOptions`] has the same for other options.
impl Tensor {
    /// One number everywhere.
    pub fn full(
        shape: &[usize],
        value: impl Into<Scalar>,
        dtype: DType,
        device: Device,
    ) -> Result<Tensor> {
        Ok(Tensor::new(Array::full(
            shape,
            value.into(),
            dtype,
            device,
        )?))
    }

    /// Zeros.
    pub fn zeros(shape: &[usize]) -> Result<Tensor> {
        TensorOptions::new().zeros(shape)
    }

    /// Ones.
    pub fn ones(shape: &[usize]) -> Result<Tensor> {
        TensorOptions::new().ones(shape)
    }

    /// Elements that are about to be overwritten: at present zeros.
    pub fn empty(shape: &[usize]) -> Result<Tensor> {
        TensorOptions::new().empty(shape)
    }

    /// The identity matrix.
    pub fn eye(size: usize) -> Result<Tensor> {
        TensorOptions::new().eye(size, size)
    }
}

/// Making tensors that resemble another one.
impl Tensor {
    /// The dtype and device of `self`, for making more such tensors.
    pub fn options(&self) -> TensorOptions {
        TensorOptions::new()
            .dtype(self.dtype())
            .device(self.device())
    }

    /// One number everywhere, in the shape, dtype and device of `self`.
    pub fn full_like(&self, value: impl Into<Scalar>) -> Result<Tensor> {
        self.new_full(&self.shape(), value)
    }

    /// Zeros in the shape, dtype and device of `self`.
    pub fn zeros_like(&self) -> Result<Tensor> {
        self.full_like(0.0)
    }

    /// Ones in the shape, dtype and device of `self`.
    pub fn ones_like(&self) -> Result<Tensor> {
        self.full_like(1.0)
    }

    /// As [`Tensor::empty`], in the shape, dtype and device of `self`.
    pub fn empty_like(&self) -> Result<Tensor> {
        self.new_empty(&self.shape())
    }

    /// One number everywhere, in the dtype and device of `self`.
    pub fn new_full(&self, shape: &[usize], value: impl Into<Scalar>) -> Result<Tensor> {
        self.options().full(shape, value)
    }

    /// Zeros in the dtype and device of `self`.
    pub fn new_zeros(&self, shape: &[usize]) -> Result<Tensor> {
        self.options().zeros(shape)
    }

    /// Ones in the dtype and device of `self`.
    pub fn new_ones(&self, shape: &[usize]) -> Result<Tensor> {
        self.options().ones(shape)
    }

    /// As [`Tensor::empty`], in the dtype and device of `self`.
    pub fn new_empty(&self, shape: &[usize]) -> Result<Tensor> {
        self.options().empty(shape)
    }

    /// The given data as a tensor in the dtype and device of `self`.
    pub fn new_tensor(&self, data: impl TensorData) -> Result<Tensor> {
        tensor(data)?.to((self.device(), self.dtype()))
    }

    /// A 0-d tensor in the dtype and device of `self`.
    pub(crate) fn scalar_like(&self, value: impl Into<Scalar>) -> Result<Tensor> {
        self.new_full(&[], value)
    }
}

/// Overwriting every element.
impl Tensor {
    /// A number, or a 0-d tensor, everywhere.
    pub fn fill(&self, value: impl Into<crate::Operand>) -> Result<Tensor> {
        const OP: &str = "fill";
        let value = match value.into() {
            crate::Operand::Tensor(value) => value.to((self.device(), self.dtype()))?,
            crate::Operand::Scalar(value) => self.scalar_like(value)?,
        };
        if value.dim() > 0 {
            let expected = "a number or 0-d";
            return Err(rushlight_tensor::Error::shape(OP, value.shape(), expected).into());
        }
        // The tensor itself takes part, with a gradient of zero.
        let everywhere = self.options().dtype(DType::Bool).full(&[], true)?;
        Tensor::select_where(&everywhere, &value, self)
    }

    /// In-place form of [`fill`](Tensor::fill).
    pub fn fill_(&mut self, value: impl Into<crate::Operand>) -> Result<()> {
        self.assign("fill_", self.fill(value)?)
    }

    /// Overwrites every element with zero.
    pub fn zero_(&mut self) -> Result<()> {
        self.assign("zero_", self.fill(0)?)
    }

    /// Overwrites the elements with those of `source`, broadcast and converted.
    pub fn copy_(&mut self, source: &Tensor) -> Result<()> {
        let shape = self.shape();
        let source = source.to((self.device(), self.dtype()))?;
        self.assign("copy_", source.broadcast_to(&shape)?)
    }

    /// Stores a result in a tensor that is there already, PyTorch's `out=`: an empty one takes the
    /// result's shape.
    ///
    /// Errors if the dtypes differ, if a tensor with elements has another shape, if two of its elements
    /// lie at one place in memory, or if one of the two requires a gradient.
    ///
    /// ```
    /// # use rushlight_autograd::{tensor, Result};
    /// # fn main() -> Result<()> {
    /// let x = tensor([1.0, 2.0])?;
    /// let mut y = x.zeros_like()?;
    /// x.exp2()?.store_in(&mut y)?;
    /// assert_eq!(y.to_vec::<f32>()?, [2.0, 4.0]);
    /// # Ok(()) }
    /// ```
    pub fn store_in(&self, out: &mut Tensor) -> Result<()> {
        const OP: &str = "store_in";
        if self.requires_grad() || out.requires_grad() {
            return Err(Error::NoDerivative { op: OP });
        }
        let fits = self.dtype() == out.dtype();
        rules::dtype(OP, out.dtype(), fits, self.dtype().name())?;
        if out.numel() > 0 && out.shape() != self.shape() {
            let expected = format!("{}, the result's shape, or no elements", self.shape());
            return Err(rushlight_tensor::Error::shape(OP, out.shape(), expected).into());
        }
        if out.array().layout().overlaps() {
            let got = format!("{:?}", out.array().strides());
            return Err(Error::argument(
                OP,
                "strides",
                got,
                "a place for each element",
            ));
        }
        *out = self.to_device(out.device())?;
        Ok(())
    }

    /// Gives the tensor another shape, keeping as many elements in row-major order as fit. What is
    /// missing is zero.
    pub fn resize_(&mut self, shape: &[usize]) -> Result<()> {
        const OP: &str = "resize_";
        if self.requires_grad() {
            return Err(Error::NoDerivative { op: OP });
        }
        let numel = rushlight_tensor::ops::rules::numel(OP, &shape.into())?;
        let missing = numel as isize - self.numel() as isize;
        let flat = self.flatten(0, -1)?.constant_pad_nd(&[0, missing], 0)?;
        *self = flat.reshape_to(shape)?;
        Ok(())
    }

    /// As [`Tensor::resize_`], to the shape of another tensor.
    pub fn resize_as_(&mut self, other: &Tensor) -> Result<()> {
        self.resize_(&other.shape())
    }
}

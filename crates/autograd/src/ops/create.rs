//! Making tensors.

use crate::{Result, Tensor};
use rushlight_tensor::{Array, DType, Device, Element, Scalar};

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

    /// Zeros of type `f32` on the CPU.
    pub fn zeros(shape: &[usize]) -> Result<Tensor> {
        Tensor::full(shape, 0.0, DType::F32, Device::Cpu)
    }

    /// Ones of type `f32` on the CPU.
    pub fn ones(shape: &[usize]) -> Result<Tensor> {
        Tensor::full(shape, 1.0, DType::F32, Device::Cpu)
    }

    /// One number everywhere, in the shape, dtype and device of `self`.
    pub fn full_like(&self, value: impl Into<Scalar>) -> Result<Tensor> {
        Tensor::full(&self.shape(), value, self.dtype(), self.device())
    }

    /// Zeros in the shape, dtype and device of `self`.
    pub fn zeros_like(&self) -> Result<Tensor> {
        self.full_like(0.0)
    }

    /// Ones in the shape, dtype and device of `self`.
    pub fn ones_like(&self) -> Result<Tensor> {
        self.full_like(1.0)
    }

    /// A 0-d tensor in the dtype and device of `self`.
    pub(crate) fn scalar_like(&self, value: impl Into<Scalar>) -> Result<Tensor> {
        Tensor::full(&[], value, self.dtype(), self.device())
    }
}

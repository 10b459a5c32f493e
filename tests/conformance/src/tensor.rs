//! The library under test, as the runner sees it. The only file that names its crates.

use crate::container::Contents;
use crate::outcome::Failure;

pub use standin::{DType, Error, Scalar, Tensor, manual_seed};

/// Makes a contiguous tensor that carries no gradient.
pub fn from_contents(contents: &Contents) -> Result<Tensor, Failure> {
    Ok(Tensor::from_bytes(
        &contents.bytes,
        &contents.shape,
        contents.dtype,
    )?)
}

/// Makes a leaf of the same memory that requires a gradient.
pub fn as_leaf(tensor: &Tensor) -> Result<Tensor, Failure> {
    Ok(tensor.detach().requires_grad_(true))
}

/// Runs backward from the sum of each output times its cotangent.
pub fn backward(roots: &[(Tensor, Tensor)]) -> Result<(), Failure> {
    for (output, cotangent) in roots {
        output.backward_with(cotangent)?;
    }
    Ok(())
}

/// The gradient that a leaf has accumulated.
pub fn gradient(leaf: &Tensor) -> Option<Tensor> {
    leaf.grad()
}

/// The tensor as it prints with these changes to the defaults.
pub fn print(_tensor: &Tensor, _options: &serde_json::Value) -> Result<String, Failure> {
    Err(Failure::Unsupported("printing is not mapped".into()))
}

/// Reads a tensor back, elements in row-major order.
pub fn to_contents(tensor: &Tensor) -> Result<Contents, Failure> {
    Ok(Contents {
        dtype: tensor.dtype(),
        shape: tensor.shape().to_vec(),
        bytes: tensor.to_bytes()?,
    })
}

/// Makes a tensor of the given strides whose logical elements are `contents`.
///
/// Elements that share memory because of the strides must be equal, as they are in a corpus.
pub fn with_strides(contents: &Contents, stride: &[isize]) -> Result<Tensor, Failure> {
    let unsupported = || Failure::Corpus(format!("strides {stride:?} do not fit the tensor"));
    let size = contents.dtype.size();
    let mut extent = 1usize;
    for (&count, &step) in contents.shape.iter().zip(stride) {
        let step = usize::try_from(step).map_err(|_| unsupported())?;
        extent += count
            .saturating_sub(1)
            .checked_mul(step)
            .ok_or_else(unsupported)?;
    }
    let mut bytes = vec![0; extent * size];
    let mut index = vec![0usize; contents.shape.len()];
    for element in contents.bytes.chunks_exact(size) {
        let offset: usize = index
            .iter()
            .zip(stride)
            .map(|(&i, &step)| i * step as usize)
            .sum();
        bytes[offset * size..][..size].copy_from_slice(element);
        for (position, &count) in index.iter_mut().zip(&contents.shape).rev() {
            *position += 1;
            if *position < count {
                break;
            }
            *position = 0;
        }
    }
    let base = Tensor::from_bytes(&bytes, &[extent], contents.dtype)?;
    Ok(base.as_strided(&contents.shape, stride, 0)?)
}

#[allow(
    missing_docs,
    missing_debug_implementations,
    reason = "stands in until the crate exists"
)]
mod standin {
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum DType {
        F32,
        F64,
        F16,
        BF16,
        I64,
        I32,
        I16,
        I8,
        U8,
        Bool,
    }
    impl DType {
        pub fn size(self) -> usize {
            match self {
                Self::F64 | Self::I64 => 8,
                Self::F32 | Self::I32 => 4,
                Self::F16 | Self::BF16 | Self::I16 => 2,
                Self::I8 | Self::U8 | Self::Bool => 1,
            }
        }
    }
    #[derive(Debug, Clone, Copy, PartialEq)]
    pub enum Scalar {
        Bool(bool),
        Int(i64),
        Float(f64),
    }
    #[derive(Debug)]
    pub struct Error(pub String);
    impl std::fmt::Display for Error {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str(&self.0)
        }
    }
    impl std::error::Error for Error {}
    type Result<T> = std::result::Result<T, Error>;
    #[derive(Debug, Clone)]
    pub struct Tensor {
        bytes: Vec<u8>,
        shape: Vec<usize>,
        dtype: DType,
        grad: bool,
    }
    impl Tensor {
        pub fn from_bytes(bytes: &[u8], shape: &[usize], dtype: DType) -> Result<Self> {
            Ok(Self {
                bytes: bytes.to_vec(),
                shape: shape.to_vec(),
                dtype,
                grad: false,
            })
        }
        pub fn to_bytes(&self) -> Result<Vec<u8>> {
            Ok(self.bytes.clone())
        }
        pub fn shape(&self) -> &[usize] {
            &self.shape
        }
        pub fn dtype(&self) -> DType {
            self.dtype
        }
        pub fn requires_grad(&self) -> bool {
            self.grad
        }
        pub fn requires_grad_(mut self, on: bool) -> Self {
            self.grad = on;
            self
        }
        pub fn detach(&self) -> Self {
            let mut x = self.clone();
            x.grad = false;
            x
        }
        pub fn grad(&self) -> Option<Self> {
            None
        }
        pub fn backward_with(&self, _: &Self) -> Result<()> {
            Err(Error("no".into()))
        }
        pub fn as_strided(&self, shape: &[usize], _: &[isize], _: usize) -> Result<Self> {
            Ok(Self {
                bytes: self.bytes.clone(),
                shape: shape.to_vec(),
                dtype: self.dtype,
                grad: false,
            })
        }
    }
    pub fn manual_seed(_: u64) {}
}

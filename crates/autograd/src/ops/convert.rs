//! Other dtypes, devices and memory formats.

use crate::{DType, Device, Result, Tensor};

/// Where [`Tensor::to`] brings a tensor: to a dtype, a device or both.
#[derive(Clone, Copy, Debug, Default)]
pub struct Target {
    dtype: Option<DType>,
    device: Option<Device>,
}

impl From<DType> for Target {
    fn from(dtype: DType) -> Target {
        Target {
            dtype: Some(dtype),
            device: None,
        }
    }
}

impl From<Device> for Target {
    fn from(device: Device) -> Target {
        Target {
            dtype: None,
            device: Some(device),
        }
    }
}

impl From<&Device> for Target {
    fn from(device: &Device) -> Target {
        Target::from(*device)
    }
}

impl From<(Device, DType)> for Target {
    fn from((device, dtype): (Device, DType)) -> Target {
        Target {
            dtype: Some(dtype),
            device: Some(device),
        }
    }
}

impl From<&Tensor> for Target {
    fn from(like: &Tensor) -> Target {
        Target::from((like.device(), like.dtype()))
    }
}

/// The order in which dimensions lie in memory. No result depends on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MemoryFormat {
    /// As the tensor lies already.
    #[default]
    Preserve,
    /// Row-major.
    Contiguous,
    /// Channels innermost, `[batch, height, width, channels]`, of a 4-d tensor.
    ChannelsLast,
    /// Channels innermost, `[batch, depth, height, width, channels]`, of a 5-d tensor.
    ChannelsLast3d,
}

/// Conversions.
impl Tensor {
    /// The same elements in another dtype, on another device, or both; free where nothing changes.
    ///
    /// ```
    /// # use rushlight_autograd::{tensor, DType, Device, Result};
    /// # fn main() -> Result<()> {
    /// let x = tensor([1, 2, 3])?;
    /// assert_eq!(x.to(DType::F64)?.dtype(), DType::F64);
    /// assert_eq!(x.to((Device::Cpu, DType::F16))?.dtype(), DType::F16);
    /// # Ok(()) }
    /// ```
    pub fn to(&self, target: impl Into<Target>) -> Result<Tensor> {
        let Target { dtype, device } = target.into();
        let converted = self.to_dtype(dtype.unwrap_or(self.dtype()))?;
        converted.to_device(device.unwrap_or(self.device()))
    }

    /// The same elements in the dtype of another tensor.
    pub fn type_as(&self, other: &Tensor) -> Result<Tensor> {
        self.to_dtype(other.dtype())
    }

    /// The same elements in another memory format; free where they lie so already.
    pub fn to_memory_format(&self, format: MemoryFormat) -> Result<Tensor> {
        const OP: &str = "to_memory_format";
        let order: &[usize] = match format {
            MemoryFormat::Preserve => return Ok(self.clone()),
            MemoryFormat::Contiguous => return self.contiguous(),
            MemoryFormat::ChannelsLast => &[0, 2, 3, 1],
            MemoryFormat::ChannelsLast3d => &[0, 2, 3, 4, 1],
        };
        if self.dim() != order.len() {
            let expected = format!("{} dimensions", order.len());
            return Err(rushlight_tensor::Error::shape(OP, self.shape(), expected).into());
        }
        Ok(self.moved(OP, self.array().in_order(order)?, |g| Ok(g.clone())))
    }

    /// The same elements row-major without gaps; free where they are already.
    pub fn contiguous(&self) -> Result<Tensor> {
        if self.is_contiguous() {
            return Ok(self.clone());
        }
        Ok(self.moved("contiguous", self.array().contiguous()?, |g| Ok(g.clone())))
    }

    /// The same elements in another dtype; the gradient comes back in the original one.
    pub fn to_dtype(&self, dtype: DType) -> Result<Tensor> {
        if self.dtype() == dtype {
            return Ok(self.clone());
        }
        Ok(self.moved("to", self.array().to_dtype(dtype)?, |g| Ok(g.clone())))
    }

    /// The same elements on another device; the gradient comes back to the original one.
    pub fn to_device(&self, device: Device) -> Result<Tensor> {
        let from = self.device();
        if from == device {
            return Ok(self.clone());
        }
        Ok(self.moved("to", self.array().to_device(device)?, move |g| {
            g.to_device(from)
        }))
    }
}

macro_rules! casts { ($($name:ident $DTYPE:ident $text:literal;)*) => {
    /// Casts, under PyTorch's names.
    impl Tensor { $(
        #[doc = concat!("The same elements as ", $text, ".")]
        pub fn $name(&self) -> Result<Tensor> {
            self.to_dtype(DType::$DTYPE)
        }
    )* }
} }
casts! {
    float F32 "32-bit floats";
    double F64 "64-bit floats";
    half F16 "16-bit floats";
    bfloat16 BF16 "16-bit floats of the range of `f32`";
    long I64 "64-bit integers";
    int I32 "32-bit integers";
    short I16 "16-bit integers";
    char I8 "8-bit integers";
    byte U8 "unsigned 8-bit integers";
    bool Bool "booleans: whether they are not zero";
}

//! The library under test: what of it the runner itself needs, apart from the mapping tables.

use serde_json::Value;

use crate::container::Contents;
use crate::device::device;
use crate::outcome::Failure;

pub use rushlight_autograd::masked;
pub use rushlight_autograd::signal::windows;
pub use rushlight_autograd::{
    BackwardOptions, Bins, CovarianceWeights, DType, Device, EmbeddingOptions, Error,
    HistogramOptions, Index, Indexing, Interpolation, IscloseOptions, MemoryFormat, Norm, Operand,
    PadMode, PrintOptions, Scalar, ScatterReduce, Sections, Segments, Shape, Slice, Spacing,
    StftOptions, Target, Tensor, TensorOptions, Unique, backward as run_backward, broadcast_shapes,
    manual_seed,
};

/// Makes a contiguous tensor that carries no gradient, on the device of cases.
pub fn from_contents(contents: &Contents) -> Result<Tensor, Failure> {
    on(device(), contents)
}

/// As [`from_contents`], on any device.
pub fn on(device: Device, contents: &Contents) -> Result<Tensor, Failure> {
    let tensor = Tensor::from_bytes(&contents.bytes, &contents.shape, contents.dtype)?;
    Ok(tensor.to(device)?)
}

/// Reads a tensor back, elements in row-major order.
pub fn to_contents(tensor: &Tensor) -> Result<Contents, Failure> {
    Ok(Contents {
        dtype: tensor.dtype(),
        shape: tensor.shape().to_vec(),
        bytes: tensor.to_bytes()?,
    })
}

/// Makes a leaf of the same memory that requires a gradient.
pub fn as_leaf(tensor: &Tensor) -> Result<Tensor, Failure> {
    Ok(tensor.detach().requires_grad_(true)?)
}

/// Makes a tensor of the given strides whose logical elements are `contents`.
///
/// Elements that share memory because of the strides are equal in a corpus.
pub fn with_strides(
    device: Device,
    contents: &Contents,
    stride: &[isize],
) -> Result<Tensor, Failure> {
    let unfit = || Failure::Corpus(format!("strides {stride:?} do not fit the tensor"));
    let size = contents.dtype.size_in_bytes();
    let mut extent = 1usize;
    for (&count, &step) in contents.shape.iter().zip(stride) {
        let step = usize::try_from(step).map_err(|_| unfit())?;
        extent += count
            .saturating_sub(1)
            .checked_mul(step)
            .ok_or_else(unfit)?;
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
    let base = Tensor::from_bytes(&bytes, &[extent], contents.dtype)?.to(device)?;
    view(&base, &contents.shape, stride, 0)
}

/// A view of a base's memory.
pub fn view(
    base: &Tensor,
    shape: &[usize],
    stride: &[isize],
    offset: usize,
) -> Result<Tensor, Failure> {
    let view = base.array().as_strided(shape, stride, offset);
    Ok(Tensor::new(view.map_err(Error::from)?))
}

/// Runs backward from the sum of each output times its cotangent.
pub fn backward(roots: &[(Tensor, Tensor)]) -> Result<(), Failure> {
    let outputs: Vec<&Tensor> = roots.iter().map(|(output, _)| output).collect();
    let cotangents: Vec<Option<&Tensor>> = roots.iter().map(|(_, it)| Some(it)).collect();
    Ok(run_backward(
        &outputs,
        &cotangents,
        BackwardOptions::default(),
    )?)
}

/// A 0-d zero.
pub fn zero(dtype: DType) -> Result<Tensor, Failure> {
    Ok(Tensor::full(&[], 0.0, dtype, device())?)
}

/// The tensor as it prints with these changes to the defaults.
pub fn print(tensor: &Tensor, changes: &Value) -> Result<String, Failure> {
    let mut options = PrintOptions::default();
    for (name, value) in changes.as_object().into_iter().flatten() {
        let number = || {
            value
                .as_u64()
                .and_then(|number| usize::try_from(number).ok())
        };
        let field = match name.as_str() {
            "precision" => &mut options.precision,
            "threshold" => &mut options.threshold,
            "edgeitems" => &mut options.edgeitems,
            "linewidth" => &mut options.linewidth,
            "sci_mode" => {
                options.sci_mode = value.as_bool();
                continue;
            }
            _ => return Err(Failure::Unsupported(format!("printing with {name}"))),
        };
        *field = number().ok_or_else(|| Failure::Corpus(format!("{name} is {value}")))?;
    }
    Ok(tensor.to_text(&options))
}

//! Pooling.

use crate::{Error, Result};
use rushlight_autograd::{AvgPoolOptions, MaxPoolOptions, Tensor, amp};

macro_rules! pooling { ($(
    $N:literal, $max:ident $max_values:ident $max_with_indices:ident $avg:ident
    $adaptive_max:ident $adaptive_max_with_indices:ident $adaptive_avg:ident;
)*) => { $(
    #[doc = concat!("The maximum of each window over the last ", $N, " dimension(s).")]
    pub fn $max(x: &Tensor, options: &MaxPoolOptions<$N>) -> Result<Tensor> {
        x.$max_values(options)
    }

    #[doc = concat!("As [`", stringify!($max), "`], with the flat positions of the maxima.")]
    pub fn $max_with_indices(
        x: &Tensor,
        options: &MaxPoolOptions<$N>,
    ) -> Result<(Tensor, Tensor)> {
        x.$max(options)
    }

    #[doc = concat!("The mean of each window over the last ", $N, " dimension(s).")]
    pub fn $avg(x: &Tensor, options: &AvgPoolOptions<$N>) -> Result<Tensor> {
        x.$avg(options)
    }

    #[doc = concat!(
        "The maximum of each of the parts into which the last ", $N,
        " dimension(s) are divided; `None` keeps a size."
    )]
    pub fn $adaptive_max(x: &Tensor, output_size: [Option<usize>; $N]) -> Result<Tensor> {
        Ok(x.$adaptive_max(output_size)?.0)
    }

    #[doc = concat!("As [`", stringify!($adaptive_max), "`], with the flat positions of the maxima.")]
    pub fn $adaptive_max_with_indices(
        x: &Tensor,
        output_size: [Option<usize>; $N],
    ) -> Result<(Tensor, Tensor)> {
        x.$adaptive_max(output_size)
    }

    #[doc = concat!(
        "The mean of each of the parts into which the last ", $N,
        " dimension(s) are divided; `None` keeps a size."
    )]
    pub fn $adaptive_avg(x: &Tensor, output_size: [Option<usize>; $N]) -> Result<Tensor> {
        x.$adaptive_avg(output_size)
    }
)* } }
pooling! {
    1, max_pool1d max_pool1d_values max_pool1d_with_indices avg_pool1d
       adaptive_max_pool1d adaptive_max_pool1d_with_indices adaptive_avg_pool1d;
    2, max_pool2d max_pool2d_values max_pool2d_with_indices avg_pool2d
       adaptive_max_pool2d adaptive_max_pool2d_with_indices adaptive_avg_pool2d;
    3, max_pool3d max_pool3d_values max_pool3d_with_indices avg_pool3d
       adaptive_max_pool3d adaptive_max_pool3d_with_indices adaptive_avg_pool3d;
}

/// Settings of [`max_unpool`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MaxUnpoolOptions<const N: usize> {
    /// Sizes of the window.
    pub kernel_size: [usize; N],
    /// Steps between windows. Default: the window's sizes.
    pub stride: Option<[usize; N]>,
    /// How far windows reached over the edges. Default: 0.
    pub padding: [usize; N],
    /// Spatial sizes of the result, less than a step from those that the windows need. Default: those.
    pub output_size: Option<[usize; N]>,
}

impl<const N: usize> MaxUnpoolOptions<N> {
    /// The default settings for windows of a size.
    pub fn new(kernel_size: [usize; N]) -> MaxUnpoolOptions<N> {
        MaxUnpoolOptions {
            kernel_size,
            stride: None,
            padding: [0; N],
            output_size: None,
        }
    }
}

/// Puts maxima back to where they were, and zeros elsewhere: undoes a max pooling as far as that can
/// be. `max_unpool1d`, `max_unpool2d` and `max_unpool3d` of PyTorch.
///
/// Shapes: maxima and their flat positions `[n, channels, size, ...]` or `[channels, size, ...]`; each
/// size becomes `(size - 1) stride - 2 padding + kernel_size`, unless given.
pub fn max_unpool<const N: usize>(
    x: &Tensor,
    indices: &Tensor,
    options: &MaxUnpoolOptions<N>,
) -> Result<Tensor> {
    const OP: &str = "max_unpool";
    let [x] = &amp::operands(OP, [x])?;
    let shape = x.shape();
    let (batch, places) = match shape.split_last_chunk::<N>() {
        Some((batch, places)) if [1, 2].contains(&batch.len()) => (batch, places),
        _ => {
            let expected = format!("{} or {} dimensions", N + 1, N + 2);
            return Err(Error::shape(OP, shape, expected).into());
        }
    };
    let stride = options.stride.unwrap_or(options.kernel_size);
    if stride.contains(&0) {
        let got = format!("{stride:?}");
        return Err(Error::argument(OP, "stride", got, "greater than zero").into());
    }
    if indices.shape() != shape {
        let expected = format!("{shape}, as the maxima have");
        return Err(Error::shape(OP, indices.shape(), expected).into());
    }
    let mut output: Vec<isize> = batch.iter().map(|&size| size as isize).collect();
    let mut area = 1_usize;
    for (dim, &size) in places.iter().enumerate() {
        let size = unpooled_size(options, dim, size)?;
        output.push(size as isize);
        area = area.saturating_mul(size);
    }
    let rows = batch.iter().product::<usize>();
    let flat = [rows, places.iter().product::<usize>()].map(|size| size as isize);
    let positions = indices.reshape(&flat)?;
    x.new_zeros(&[rows, area])?
        .scatter(1, &positions, &x.reshape(&flat)?)?
        .reshape(&output)
}

fn unpooled_size<const N: usize>(
    options: &MaxUnpoolOptions<N>,
    dim: usize,
    size: usize,
) -> Result<usize> {
    let kernel = options.kernel_size[dim] as i128;
    let stride = options.stride.map_or(kernel, |stride| stride[dim] as i128);
    let needed = (size as i128 - 1) * stride + kernel - 2 * options.padding[dim] as i128;
    let wanted = options
        .output_size
        .map_or(needed, |sizes| sizes[dim] as i128);
    let near = wanted == needed || (wanted - needed).abs() < stride;
    match usize::try_from(wanted) {
        Ok(wanted) if near => Ok(wanted),
        _ => {
            let expected = "less than a step from what the windows need";
            let got = format!("{wanted} where they need {needed}");
            Err(Error::argument("max_unpool", "output_size", got, expected).into())
        }
    }
}

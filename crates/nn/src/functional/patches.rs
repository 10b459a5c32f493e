//! The windows of images as columns, and back.

use crate::{Error, Result};
use rushlight_autograd::{PatchGeometry, Tensor};

/// Settings of [`unfold`] and [`fold`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnfoldOptions {
    /// Sizes of the window.
    pub kernel_size: [usize; 2],
    /// Distance between a window's elements. Default: 1.
    pub dilation: [usize; 2],
    /// Zeros around the image. Default: 0.
    pub padding: [usize; 2],
    /// Steps between windows. Default: 1.
    pub stride: [usize; 2],
}

impl UnfoldOptions {
    /// The default settings for windows of a size.
    pub fn new(kernel_size: [usize; 2]) -> UnfoldOptions {
        UnfoldOptions {
            kernel_size,
            dilation: [1; 2],
            padding: [0; 2],
            stride: [1; 2],
        }
    }

    fn geometry(&self) -> PatchGeometry {
        PatchGeometry {
            kernel: self.kernel_size,
            dilation: self.dilation,
            padding: self.padding,
            stride: self.stride,
        }
    }
}

/// The windows of images as columns.
///
/// Shapes: `[n, c, h, w] -> [n, c * kernel elements, windows]`, with or without `n`.
pub fn unfold(x: &Tensor, options: &UnfoldOptions) -> Result<Tensor> {
    match x.dim() {
        3 => x
            .unsqueeze(0)?
            .im2col(options.geometry())?
            .squeeze_dims(&[0]),
        4 => x.im2col(options.geometry()),
        _ => Err(Error::shape("unfold", x.shape(), "three or four dimensions").into()),
    }
}

/// Adds the columns of [`unfold`] up where they came from.
///
/// Shapes: `[n, c * kernel elements, windows] -> [n, c, h, w]`, with or without `n`.
pub fn fold(x: &Tensor, output_size: [usize; 2], options: &UnfoldOptions) -> Result<Tensor> {
    let geometry = options.geometry();
    match x.dim() {
        2 => x
            .unsqueeze(0)?
            .col2im(geometry, output_size)?
            .squeeze_dims(&[0]),
        3 => x.col2im(geometry, output_size),
        _ => Err(Error::shape("fold", x.shape(), "two or three dimensions").into()),
    }
}

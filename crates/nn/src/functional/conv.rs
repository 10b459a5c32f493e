//! Convolutions.

use crate::Result;
use rushlight_autograd::{ConvOptions, ConvTransposeOptions, Tensor};

macro_rules! convolutions { ($($(#[$doc:meta])* $name:ident $Options:ident<$N:literal>;)*) => { $(
    $(#[$doc])*
    pub fn $name(
        x: &Tensor,
        weight: &Tensor,
        bias: Option<&Tensor>,
        options: &$Options<$N>,
    ) -> Result<Tensor> {
        x.$name(weight, bias, options)
    }
)* } }
convolutions! {
    /// Convolves `[n, in, l]` with `[out, in / groups, k]`; see [`Tensor::conv1d`].
    conv1d ConvOptions<1>;
    /// Convolves `[n, in, h, w]` with `[out, in / groups, kh, kw]`; see [`Tensor::conv2d`].
    conv2d ConvOptions<2>;
    /// Convolves `[n, in, d, h, w]` with `[out, in / groups, kd, kh, kw]`; see [`Tensor::conv3d`].
    conv3d ConvOptions<3>;
    /// The gradient of [`conv1d`] with respect to its input; see [`Tensor::conv_transpose1d`].
    conv_transpose1d ConvTransposeOptions<1>;
    /// The gradient of [`conv2d`] with respect to its input; see [`Tensor::conv_transpose2d`].
    conv_transpose2d ConvTransposeOptions<2>;
    /// The gradient of [`conv3d`] with respect to its input; see [`Tensor::conv_transpose3d`].
    conv_transpose3d ConvTransposeOptions<3>;
}

//! Convolution, and the two other maps of the same trilinear form.
//!
//! With `y = forward(x, w)`, `backward_input` maps a gradient of `y` to one of `x`, and
//! `backward_weight` to one of `w`. The derivative of each of the three is made of the other two.

use super::rules;
use crate::layout::Layout;
use crate::{Array, Error, Result, Shape};

/// Spatial dimensions a convolution may have.
pub const SPATIAL: usize = 3;

/// How a kernel moves over an input: one entry per spatial dimension.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ConvGeometry {
    /// Steps of the kernel. Unused leading dimensions have 1.
    pub stride: [usize; SPATIAL],
    /// Zeros around the input. Unused leading dimensions have 0.
    pub padding: [usize; SPATIAL],
    /// Distance between the kernel's taps. Unused leading dimensions have 1.
    pub dilation: [usize; SPATIAL],
    /// Into how many independent parts the channels are divided.
    pub groups: usize,
}

/// The sizes of a convolution whose arguments are checked. Unused leading spatial dimensions have
/// size 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConvShape {
    /// Images in the batch.
    pub batch: usize,
    /// Independent parts of the channels.
    pub groups: usize,
    /// Channels of the input, over all groups.
    pub in_channels: usize,
    /// Channels of the output, over all groups.
    pub out_channels: usize,
    /// Spatial sizes of the input.
    pub input: [usize; SPATIAL],
    /// Spatial sizes of the kernel.
    pub kernel: [usize; SPATIAL],
    /// Steps of the kernel.
    pub stride: [usize; SPATIAL],
    /// Zeros around the input.
    pub padding: [usize; SPATIAL],
    /// Distance between the kernel's taps.
    pub dilation: [usize; SPATIAL],
    /// Spatial sizes of the output.
    pub output: [usize; SPATIAL],
}

impl Array {
    /// Convolves `[n, in, ..]` with `[out, in / groups, ..]`, giving `[n, out, ..]`, and adds a bias
    /// `[out]`. One to three spatial dimensions; all operands have one floating-point or integer dtype.
    pub fn conv(
        &self,
        weight: &Array,
        bias: Option<&Array>,
        geometry: &ConvGeometry,
    ) -> Result<Array> {
        let (shape, mut out) = self.conv_output(weight, bias, geometry)?;
        out.backend("conv")?
            .conv(&shape, self, weight, bias, &mut out)?;
        Ok(out)
    }

    /// The sizes of [`Array::conv`], and memory for what it returns.
    pub(crate) fn conv_output(
        &self,
        weight: &Array,
        bias: Option<&Array>,
        geometry: &ConvGeometry,
    ) -> Result<(ConvShape, Array)> {
        const OP: &str = "conv";
        for operand in [Some(weight), bias].into_iter().flatten() {
            rules::same_device(OP, self, operand)?;
            rules::dtype(
                OP,
                operand.dtype(),
                operand.dtype() == self.dtype(),
                "the input's",
            )?;
        }
        let shape = conv_shape(OP, self.shape(), weight.shape(), geometry)?;
        if let Some(bias) = bias.filter(|bias| *bias.shape() != [shape.out_channels]) {
            let expected = format!("[{}], the output channels", shape.out_channels);
            return Err(Error::shape(OP, bias.shape(), expected));
        }
        let out = output_shape(&shape, self.rank() - 2);
        let out = Array::uninit(OP, Layout::contiguous(out), self.dtype(), self.device())?;
        Ok((shape, out))
    }

    /// The gradient of the input of a convolution with `weight`, for the gradient `self` of its
    /// output. `input` is the whole shape of the input.
    pub fn conv_backward_input(
        &self,
        weight: &Array,
        input: &Shape,
        geometry: &ConvGeometry,
    ) -> Result<Array> {
        const OP: &str = "conv_backward_input";
        rules::same_device(OP, self, weight)?;
        rules::dtype(
            OP,
            weight.dtype(),
            weight.dtype() == self.dtype(),
            "the gradient's",
        )?;
        let shape = conv_shape(OP, input, weight.shape(), geometry)?;
        check_output(OP, &shape, self.shape())?;
        let layout = Layout::contiguous(input.clone());
        let mut out = Array::uninit(OP, layout, self.dtype(), self.device())?;
        out.backend(OP)?
            .conv_backward_input(&shape, self, weight, &mut out)?;
        Ok(out)
    }

    /// The gradient of the weight of a convolution of `x`, for the gradient `self` of its output.
    /// `weight` is the whole shape of the weight.
    pub fn conv_backward_weight(
        &self,
        x: &Array,
        weight: &Shape,
        geometry: &ConvGeometry,
    ) -> Result<Array> {
        const OP: &str = "conv_backward_weight";
        rules::same_device(OP, self, x)?;
        rules::dtype(OP, x.dtype(), x.dtype() == self.dtype(), "the gradient's")?;
        let shape = conv_shape(OP, x.shape(), weight, geometry)?;
        check_output(OP, &shape, self.shape())?;
        let layout = Layout::contiguous(weight.clone());
        let mut out = Array::uninit(OP, layout, self.dtype(), self.device())?;
        out.backend(OP)?
            .conv_backward_weight(&shape, self, x, &mut out)?;
        Ok(out)
    }
}

/// The sizes of a convolution of `x` with `weight`, if they fit.
pub fn conv_shape(
    op: &'static str,
    x: &Shape,
    weight: &Shape,
    geometry: &ConvGeometry,
) -> Result<ConvShape> {
    let rank = x.len();
    if !(3..=2 + SPATIAL).contains(&rank) {
        return Err(Error::shape(
            op,
            x,
            "a batch, channels and one to three spatial dimensions",
        ));
    }
    if weight.len() != rank {
        return Err(Error::shape(
            op,
            weight,
            format!("a weight of {rank} dimensions"),
        ));
    }
    let ConvGeometry {
        stride,
        padding,
        dilation,
        groups,
    } = *geometry;
    let positive = |name, values: &[usize]| match values.contains(&0) {
        true => Err(Error::argument(op, name, format!("{values:?}"), "positive")),
        false => Ok(()),
    };
    positive("stride", &stride)?;
    positive("dilation", &dilation)?;
    positive("groups", &[groups])?;
    let (in_channels, out_channels) = (x[1], weight[0]);
    if in_channels % groups != 0 || weight[1] != in_channels / groups {
        let expected = format!("{} input channels in {groups} groups", in_channels);
        return Err(Error::shape(op, weight, expected));
    }
    if !out_channels.is_multiple_of(groups) {
        return Err(Error::shape(
            op,
            weight,
            format!("output channels in {groups} groups"),
        ));
    }
    let mut shape = ConvShape {
        batch: x[0],
        groups,
        in_channels,
        out_channels,
        input: [1; SPATIAL],
        kernel: [1; SPATIAL],
        stride,
        padding,
        dilation,
        output: [1; SPATIAL],
    };
    let unused = SPATIAL + 2 - rank;
    for dim in unused..SPATIAL {
        shape.input[dim] = x[dim - unused + 2];
        shape.kernel[dim] = weight[dim - unused + 2];
        let size = output_size(shape.input[dim], shape.kernel[dim], geometry, dim);
        shape.output[dim] = size.ok_or_else(|| {
            let kernel = &weight[2..];
            Error::shape(
                op,
                x,
                format!("spatial sizes that hold a kernel of {kernel:?}"),
            )
        })?;
        // Steps that nobody takes could overflow.
        if shape.output[dim] == 1 {
            shape.stride[dim] = 1;
        }
        if shape.kernel[dim] == 1 {
            shape.dilation[dim] = 1;
        }
    }
    let reach = |dim: usize| {
        let steps = (shape.output[dim] - 1).saturating_mul(shape.stride[dim]);
        let taps = (shape.kernel[dim] - 1).saturating_mul(shape.dilation[dim]);
        steps.saturating_add(taps).saturating_add(1)
    };
    let padded = (0..SPATIAL).map(reach).fold(1, usize::saturating_mul);
    rules::room_for(op, padded)?;
    Ok(shape)
}

/// `(input + 2 padding - dilation (kernel - 1) - 1) / stride + 1`, if it is positive.
fn output_size(input: usize, kernel: usize, geometry: &ConvGeometry, dim: usize) -> Option<usize> {
    let padded = input.checked_add(geometry.padding[dim].checked_mul(2)?)?;
    let extent = geometry.dilation[dim]
        .checked_mul(kernel.checked_sub(1)?)?
        .checked_add(1)?;
    Some(padded.checked_sub(extent)? / geometry.stride[dim] + 1)
}

fn output_shape(shape: &ConvShape, spatial: usize) -> Shape {
    let sizes = &shape.output[SPATIAL - spatial..];
    [shape.batch, shape.out_channels]
        .into_iter()
        .chain(sizes.iter().copied())
        .collect()
}

fn check_output(op: &'static str, shape: &ConvShape, got: &Shape) -> Result<()> {
    let expected = output_shape(shape, got.len().saturating_sub(2).min(SPATIAL));
    if *got == expected {
        return Ok(());
    }
    Err(Error::shape(
        op,
        got,
        format!("{expected}, the output's shape"),
    ))
}

//! Convolutions and transposed convolutions in one to three spatial dimensions.

use crate::{Backward, Error, Gradients, Result, Saved, Tensor, Wants, amp, deferred, gradients};
use rushlight_tensor::ops::conv::{ConvGeometry, SPATIAL};
use rushlight_tensor::{Error as ArrayError, Shape};

/// Settings of a convolution over `N` spatial dimensions.
///
/// ```
/// # use rushlight_autograd::{ConvOptions, Result, Tensor};
/// # fn main() -> Result<()> {
/// let x = Tensor::ones(&[1, 3, 8, 8])?;
/// let weight = Tensor::ones(&[4, 3, 3, 3])?;
/// let options = ConvOptions { padding: [1, 1], ..ConvOptions::default() };
/// assert_eq!(x.conv2d(&weight, None, &options)?.shape(), [1, 4, 8, 8]);
/// # Ok(()) }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConvOptions<const N: usize> {
    /// Steps of the kernel. Default: 1.
    pub stride: [usize; N],
    /// Zeros around the input. Default: 0.
    pub padding: [usize; N],
    /// Distance between the kernel's taps. Default: 1.
    pub dilation: [usize; N],
    /// Into how many independent parts the channels are divided. Default: 1.
    pub groups: usize,
}

impl<const N: usize> Default for ConvOptions<N> {
    fn default() -> ConvOptions<N> {
        ConvOptions {
            stride: [1; N],
            padding: [0; N],
            dilation: [1; N],
            groups: 1,
        }
    }
}

/// Settings of a transposed convolution over `N` spatial dimensions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConvTransposeOptions<const N: usize> {
    /// Steps of the kernel over the output. Default: 1.
    pub stride: [usize; N],
    /// How much of the output's edges is cut off. Default: 0.
    pub padding: [usize; N],
    /// What is added to one side of the output, whose size the stride leaves open. Default: 0.
    pub output_padding: [usize; N],
    /// Distance between the kernel's taps. Default: 1.
    pub dilation: [usize; N],
    /// Into how many independent parts the channels are divided. Default: 1.
    pub groups: usize,
}

impl<const N: usize> Default for ConvTransposeOptions<N> {
    fn default() -> ConvTransposeOptions<N> {
        let ConvOptions {
            stride,
            padding,
            dilation,
            groups,
        } = ConvOptions::default();
        ConvTransposeOptions {
            stride,
            padding,
            output_padding: [0; N],
            dilation,
            groups,
        }
    }
}

/// `y = conv(x, w)`.
struct Conv {
    x: Option<Saved>,
    weight: Option<Saved>,
    x_shape: Shape,
    weight_shape: Shape,
    geometry: ConvGeometry,
}

/// `dx = input_gradient(g, w)`, which is also the transposed convolution of `g`.
struct InputGradient {
    g: Option<Saved>,
    weight: Option<Saved>,
    weight_shape: Shape,
    geometry: ConvGeometry,
}

/// `dw = weight_gradient(g, x)`.
struct WeightGradient {
    g: Option<Saved>,
    x: Option<Saved>,
    x_shape: Shape,
    geometry: ConvGeometry,
}

fn kept(saved: &Option<Saved>) -> Tensor {
    saved
        .as_ref()
        .expect("saved where the other operand needs a gradient")
        .get()
}

impl Backward for Conv {
    fn backward(&self, g: &Tensor, wants: Wants<'_>) -> Result<Gradients> {
        gradients![wants;
            g.conv_input_gradient(&kept(&self.weight), &self.x_shape, self.geometry)?,
            g.conv_weight_gradient(&kept(&self.x), &self.weight_shape, self.geometry)?,
            g.sum_over_channels()?]
    }
}

impl Backward for InputGradient {
    fn backward(&self, h: &Tensor, wants: Wants<'_>) -> Result<Gradients> {
        gradients![wants;
            h.conv_geometry(&kept(&self.weight), None, self.geometry)?,
            kept(&self.g).conv_weight_gradient(h, &self.weight_shape, self.geometry)?]
    }
}

impl Backward for WeightGradient {
    fn backward(&self, h: &Tensor, wants: Wants<'_>) -> Result<Gradients> {
        gradients![wants;
            kept(&self.x).conv_geometry(h, None, self.geometry)?,
            kept(&self.g).conv_input_gradient(h, &self.x_shape, self.geometry)?]
    }
}

impl Tensor {
    /// Convolves `[n, in, l]` with `[out, in / groups, k]` and adds a bias `[out]`; the batch may be
    /// left out. The result is `[n, out, (l + 2 padding - dilation (k - 1) - 1) / stride + 1]`.
    pub fn conv1d(
        &self,
        weight: &Tensor,
        bias: Option<&Tensor>,
        options: &ConvOptions<1>,
    ) -> Result<Tensor> {
        self.conv("conv1d", weight, bias, options)
    }

    /// Convolves `[n, in, h, w]` with `[out, in / groups, kh, kw]` and adds a bias `[out]`; the batch
    /// may be left out. Sizes follow as for [`Tensor::conv1d`].
    pub fn conv2d(
        &self,
        weight: &Tensor,
        bias: Option<&Tensor>,
        options: &ConvOptions<2>,
    ) -> Result<Tensor> {
        self.conv("conv2d", weight, bias, options)
    }

    /// Convolves `[n, in, d, h, w]` with `[out, in / groups, kd, kh, kw]` and adds a bias `[out]`; the
    /// batch may be left out. Sizes follow as for [`Tensor::conv1d`].
    pub fn conv3d(
        &self,
        weight: &Tensor,
        bias: Option<&Tensor>,
        options: &ConvOptions<3>,
    ) -> Result<Tensor> {
        self.conv("conv3d", weight, bias, options)
    }

    /// The transposed convolution of `[n, in, l]` with `[in, out / groups, k]`: the gradient of a
    /// convolution with respect to its input. The result is
    /// `[n, out, (l - 1) stride - 2 padding + dilation (k - 1) + output_padding + 1]`.
    pub fn conv_transpose1d(
        &self,
        weight: &Tensor,
        bias: Option<&Tensor>,
        options: &ConvTransposeOptions<1>,
    ) -> Result<Tensor> {
        self.conv_transpose("conv_transpose1d", weight, bias, options)
    }

    /// As [`Tensor::conv_transpose1d`], in two spatial dimensions.
    pub fn conv_transpose2d(
        &self,
        weight: &Tensor,
        bias: Option<&Tensor>,
        options: &ConvTransposeOptions<2>,
    ) -> Result<Tensor> {
        self.conv_transpose("conv_transpose2d", weight, bias, options)
    }

    /// As [`Tensor::conv_transpose1d`], in three spatial dimensions.
    pub fn conv_transpose3d(
        &self,
        weight: &Tensor,
        bias: Option<&Tensor>,
        options: &ConvTransposeOptions<3>,
    ) -> Result<Tensor> {
        self.conv_transpose("conv_transpose3d", weight, bias, options)
    }

    fn conv<const N: usize>(
        &self,
        op: &'static str,
        weight: &Tensor,
        bias: Option<&Tensor>,
        options: &ConvOptions<N>,
    ) -> Result<Tensor> {
        let ConvOptions {
            stride,
            padding,
            dilation,
            groups,
        } = *options;
        let geometry = geometry(stride, padding, dilation, groups);
        amp::run_with_bias(op, [self, weight], bias, |[x, weight], bias| {
            x.batched(op, N, |x| x.conv_geometry(weight, bias, geometry))
        })
    }

    fn conv_transpose<const N: usize>(
        &self,
        op: &'static str,
        weight: &Tensor,
        bias: Option<&Tensor>,
        options: &ConvTransposeOptions<N>,
    ) -> Result<Tensor> {
        amp::run_with_bias(op, [self, weight], bias, |[x, weight], bias| {
            x.conv_transpose_as_is(op, weight, bias, options)
        })
    }

    fn conv_transpose_as_is<const N: usize>(
        &self,
        op: &'static str,
        weight: &Tensor,
        bias: Option<&Tensor>,
        options: &ConvTransposeOptions<N>,
    ) -> Result<Tensor> {
        let ConvTransposeOptions {
            stride,
            padding,
            output_padding,
            dilation,
            groups,
        } = *options;
        let geometry = geometry(stride, padding, dilation, groups);
        for dim in 0..N {
            if output_padding[dim] >= stride[dim].max(dilation[dim]) {
                let expected = "smaller than stride or dilation";
                return Err(Error::argument(
                    op,
                    "output_padding",
                    output_padding[dim],
                    expected,
                ));
            }
        }
        self.batched(op, N, |x| {
            let (shape, kernel) = (x.shape(), weight.shape());
            if kernel.len() != N + 2 || groups == 0 {
                let expected = format!("a weight of {} dimensions, in one group or more", N + 2);
                return Err(ArrayError::shape(op, kernel, expected).into());
            }
            let overflow = || ArrayError::Overflow {
                op,
                shape: shape.clone(),
            };
            let channels = kernel[1].checked_mul(groups).ok_or_else(overflow)?;
            let mut output = Shape::from([shape[0], channels]);
            for dim in 0..N {
                let size = || -> Option<isize> {
                    let reach = (shape[dim + 2] as isize).checked_sub(1)?;
                    let reach = reach.checked_mul(stride[dim].try_into().ok()?)?;
                    let taps = (kernel[dim + 2] as isize).checked_sub(1)?;
                    let taps = taps.checked_mul(dilation[dim].try_into().ok()?)?;
                    let cut = isize::try_from(padding[dim]).ok()?.checked_mul(2)?;
                    let added = isize::try_from(output_padding[dim]).ok()?;
                    reach
                        .checked_sub(cut)?
                        .checked_add(taps)?
                        .checked_add(added)?
                        .checked_add(1)
                };
                let size = usize::try_from(size().ok_or_else(overflow)?).map_err(|_| {
                    ArrayError::shape(op, &shape, "sizes that leave something of the output")
                })?;
                output.push(size);
            }
            // Half types round once, after the bias.
            let (dtype, wide) = (x.dtype(), x.dtype().to_accumulate());
            let (x, weight) = (x.to_dtype(wide)?, weight.to_dtype(wide)?);
            let y = match (0..N).any(|dim| output_padding[dim] >= stride[dim]) {
                false => x.conv_input_gradient(&weight, &output, geometry)?,
                true => x.conv_transpose_uncut(&weight, &output, geometry)?,
            };
            let Some(bias) = bias else {
                return y.to_dtype(dtype);
            };
            let mut sizes = vec![1; N + 1];
            sizes[0] = -1;
            if bias.shape() != [channels] {
                let expected = format!("[{channels}], the output channels");
                return Err(ArrayError::shape(op, bias.shape(), expected).into());
            }
            y.add(&bias.reshape(&sizes)?)?.to_dtype(dtype)
        })
    }

    /// A transposed convolution whose output reaches so far that no convolution has it as its input:
    /// the whole of it, then cut or filled with zeros to the size wanted.
    fn conv_transpose_uncut(
        &self,
        weight: &Tensor,
        output: &Shape,
        geometry: ConvGeometry,
    ) -> Result<Tensor> {
        let (shape, kernel) = (self.shape(), weight.shape());
        let spatial = shape.len() - 2;
        let mut whole = output.clone();
        let mut edges = Vec::new();
        for dim in (0..spatial).rev() {
            let at = SPATIAL - spatial + dim;
            let reach = (shape[dim + 2] - 1) * geometry.stride[at];
            whole[dim + 2] = reach + (kernel[dim + 2] - 1) * geometry.dilation[at] + 1;
            let before = -(geometry.padding[at] as isize);
            let after = output[dim + 2] as isize - whole[dim + 2] as isize - before;
            edges.extend([before, after]);
        }
        let uncut = ConvGeometry {
            padding: [0; SPATIAL],
            ..geometry
        };
        self.conv_input_gradient(weight, &whole, uncut)?
            .constant_pad_nd(&edges, 0.0)
    }

    /// Applies `f` to a batch, or to a batch of one where the batch dimension is left out.
    pub(crate) fn batched(
        &self,
        op: &'static str,
        spatial: usize,
        f: impl FnOnce(&Tensor) -> Result<Tensor>,
    ) -> Result<Tensor> {
        match self.dim() {
            rank if rank == spatial + 2 => f(self),
            rank if rank == spatial + 1 => f(&self.unsqueeze(0)?)?.squeeze_dims(&[0]),
            _ => {
                let expected = format!("{} or {} dimensions", spatial + 1, spatial + 2);
                Err(ArrayError::shape(op, self.shape(), expected).into())
            }
        }
    }

    fn conv_geometry(
        &self,
        weight: &Tensor,
        bias: Option<&Tensor>,
        geometry: ConvGeometry,
    ) -> Result<Tensor> {
        if let Some(y) = deferred::conv(self, weight, bias, &geometry)? {
            return Ok(y);
        }
        let bias_array = bias.map(Tensor::array);
        let y = self
            .array()
            .conv(&weight.array(), bias_array.as_ref(), &geometry)?;
        let rule = || Conv {
            x: weight.requires_grad().then(|| self.save()),
            weight: self.requires_grad().then(|| weight.save()),
            x_shape: self.shape(),
            weight_shape: weight.shape(),
            geometry,
        };
        Ok(match bias {
            Some(bias) => Tensor::record(y, "conv", &[self, weight, bias], rule),
            None => Tensor::record(y, "conv", &[self, weight], rule),
        })
    }

    fn conv_input_gradient(
        &self,
        weight: &Tensor,
        input: &Shape,
        geometry: ConvGeometry,
    ) -> Result<Tensor> {
        let y = self
            .array()
            .conv_backward_input(&weight.array(), input, &geometry)?;
        Ok(Tensor::record(y, "conv_transpose", &[self, weight], || {
            InputGradient {
                g: weight.requires_grad().then(|| self.save()),
                weight: self.requires_grad().then(|| weight.save()),
                weight_shape: weight.shape(),
                geometry,
            }
        }))
    }

    fn conv_weight_gradient(
        &self,
        x: &Tensor,
        weight: &Shape,
        geometry: ConvGeometry,
    ) -> Result<Tensor> {
        let y = self
            .array()
            .conv_backward_weight(&x.array(), weight, &geometry)?;
        Ok(Tensor::record(
            y,
            "conv_weight_gradient",
            &[self, x],
            || WeightGradient {
                g: x.requires_grad().then(|| self.save()),
                x: self.requires_grad().then(|| x.save()),
                x_shape: x.shape(),
                geometry,
            },
        ))
    }

    /// Sums `[n, c, ..]` over all but the channels.
    fn sum_over_channels(&self) -> Result<Tensor> {
        let dims: Vec<isize> = (0..self.dim() as isize).filter(|&dim| dim != 1).collect();
        self.sum_dim(&dims, false)
    }
}

fn geometry<const N: usize>(
    stride: [usize; N],
    padding: [usize; N],
    dilation: [usize; N],
    groups: usize,
) -> ConvGeometry {
    let fill = |unused, used: [usize; N]| {
        let mut all = [unused; SPATIAL];
        all[SPATIAL - N..].copy_from_slice(&used);
        all
    };
    let (stride, padding, dilation) = (fill(1, stride), fill(0, padding), fill(1, dilation));
    ConvGeometry {
        stride,
        padding,
        dilation,
        groups,
    }
}

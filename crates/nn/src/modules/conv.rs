//! Convolutions.

use crate::builder::builder;
use crate::functional::pad;
use crate::modules::lazy::channels;
use crate::spatial::{Spatial, name_for};
use crate::{Error, Forward, LazyBuilder, Module, Parameter, Result, Setting, Site, Size, init};
use rushlight_autograd::{ConvOptions, ConvTransposeOptions, DType, Device, PadMode, Tensor};

/// What a convolution sees beyond the edges of its input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PaddingMode {
    /// Zeros.
    #[default]
    Zeros,
    /// The elements mirrored at the edge, which is not repeated.
    Reflect,
    /// The element at the edge.
    Replicate,
    /// The elements from the other end.
    Circular,
}

impl Setting for PaddingMode {
    fn text(&self) -> String {
        let text = match self {
            PaddingMode::Zeros => "zeros",
            PaddingMode::Reflect => "reflect",
            PaddingMode::Replicate => "replicate",
            PaddingMode::Circular => "circular",
        };
        text.to_string()
    }
}

/// How far a convolution reaches over the edges of its input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Padding<const N: usize> {
    /// By this much.
    Each(Size<N>),
    /// So far that the output has the size of the input.
    Same,
    /// Not at all.
    Valid,
}

impl<const N: usize, T: Into<Size<N>>> From<T> for Padding<N> {
    fn from(size: T) -> Self {
        Padding::Each(size.into())
    }
}

impl<const N: usize> Setting for Padding<N> {
    fn text(&self) -> String {
        match self {
            Padding::Each(size) => size.each().text(),
            Padding::Same => "same".to_string(),
            Padding::Valid => "valid".to_string(),
        }
    }
}

/// Convolves its input with learnable kernels over `N` spatial dimensions:
/// `y[o] = bias[o] + sum over i of weight[o, i] * x[i]`, where `*` is the cross-correlation. Both
/// parameters start uniform in `±1/sqrt(in_channels / groups * kernel elements)`.
///
/// # Shape
///
/// `[n, in_channels, size, ...] -> [n, out_channels, size, ...]`, the batch may be left out; each
/// size becomes `(size + 2 padding - dilation (kernel_size - 1) - 1) / stride + 1`.
///
/// ```
/// # use rushlight_autograd::{Result, Tensor};
/// # use rushlight_nn::{Conv2d, Forward};
/// # fn main() -> Result<()> {
/// let layer = Conv2d::builder(16, 33, [3, 5]).stride([2, 1]).padding([4, 2]).build()?;
/// let y = layer.forward(&Tensor::zeros(&[20, 16, 50, 100])?)?;
/// assert_eq!(y.shape(), [20, 33, 28, 100]);
/// # Ok(()) }
/// ```
#[derive(Module, Debug)]
#[module(name = Self::NAME, repr = Self::text)]
pub struct Conv<const N: usize> {
    /// Channels of the input.
    pub in_channels: usize,
    /// Channels of the output.
    pub out_channels: usize,
    /// Sizes of the kernel.
    pub kernel_size: [usize; N],
    /// Steps of the kernel.
    pub stride: [usize; N],
    /// How far the kernel reaches over the edges.
    #[module(skip)]
    pub padding: Padding<N>,
    /// Distance between the kernel's elements.
    pub dilation: [usize; N],
    /// Into how many independent parts the channels are divided.
    pub groups: usize,
    /// What lies beyond the edges.
    #[module(skip)]
    pub padding_mode: PaddingMode,
    /// `[out_channels, in_channels / groups, kernel_size...]`.
    pub weight: Parameter,
    /// `[out_channels]`.
    pub bias: Option<Parameter>,
    /// The layer's place in a model.
    pub site: Site,
}

/// [`Conv`] of sequences.
pub type Conv1d = Conv<1>;
/// [`Conv`] of images.
pub type Conv2d = Conv<2>;
/// [`Conv`] of volumes.
pub type Conv3d = Conv<3>;

builder! {
    /// Settings of a [`Conv`].
    ConvBuilder<const N> for Conv {
        /// Channels of the input.
        in_channels: usize;
        /// Channels of the output.
        out_channels: usize;
        /// Sizes of the kernel.
        kernel_size: Size<N>, from impl Into<Size<N>>;
    }
    /// Steps of the kernel. Default: 1.
    stride: Size<N> = Size::All(1), from impl Into<Size<N>>;
    /// How far the kernel reaches over the edges, a number or [`Padding::Same`]. Default: 0.
    padding: Padding<N> = Padding::from(0), from impl Into<Padding<N>>;
    /// Distance between the kernel's elements. Default: 1.
    dilation: Size<N> = Size::All(1), from impl Into<Size<N>>;
    /// Into how many independent parts the channels are divided. Default: 1.
    groups: usize = 1;
    /// Whether to add a learnable bias. Default: true.
    bias: bool = true;
    /// What lies beyond the edges. Default: zeros.
    padding_mode: PaddingMode = PaddingMode::Zeros;
}

impl<const N: usize> ConvBuilder<N> {
    /// Makes the layer.
    pub fn build(self) -> Result<Conv<N>> {
        let name = Conv::<N>::NAME;
        if self.padding == Padding::Same && self.stride.each() != [1; N] {
            let expected = "1 where the padding is the same";
            return Err(Error::argument(name, "stride", self.stride.text(), expected).into());
        }
        check_groups(name, self.in_channels, self.out_channels, self.groups)?;
        let kernel_size = self.kernel_size.each();
        let mut shape = vec![self.out_channels, self.in_channels / self.groups];
        shape.extend(kernel_size);
        let bias = self.bias.then_some(self.out_channels);
        let (weight, bias) = parameters(&shape, bias, self.dtype, self.device)?;
        Ok(self.with_parameters(weight, bias))
    }

    fn with_parameters(self, weight: Parameter, bias: Option<Parameter>) -> Conv<N> {
        Conv {
            in_channels: self.in_channels,
            out_channels: self.out_channels,
            kernel_size: self.kernel_size.each(),
            stride: self.stride.each(),
            padding: self.padding,
            dilation: self.dilation.each(),
            groups: self.groups,
            padding_mode: self.padding_mode,
            weight,
            bias,
            site: Site::default(),
        }
    }
}

impl<const N: usize> LazyBuilder for ConvBuilder<N> {
    type Layer = Conv<N>;

    const NAME: &'static str = name_for(N, ["LazyConv1d", "LazyConv2d", "LazyConv3d"]);

    fn inputs(x: &Tensor) -> Option<usize> {
        channels(x, N)
    }

    fn layer_for(mut self, inputs: usize, x: &Tensor) -> Result<Conv<N>> {
        self.in_channels = inputs;
        self.dtype(x.dtype()).device(x.device()).build()
    }

    fn outline(mut self) -> Result<Conv<N>> {
        self.in_channels = 0;
        let none = || Parameter::new(Tensor::zeros(&[0])?);
        let bias = self.bias.then(none).transpose()?;
        Ok(self.with_parameters(none()?, bias))
    }
}

impl<const N: usize> Conv<N> {
    const NAME: &'static str = name_for(N, ["Conv1d", "Conv2d", "Conv3d"]);

    /// What is added before and after each dimension.
    fn edges(&self) -> [(usize, usize); N] {
        match self.padding {
            Padding::Each(size) => size.each().map(|amount| (amount, amount)),
            Padding::Valid => [(0, 0); N],
            Padding::Same => std::array::from_fn(|dim| {
                let reach = self.kernel_size[dim].saturating_sub(1);
                let total = reach.saturating_mul(self.dilation[dim]);
                (total / 2, total - total / 2)
            }),
        }
    }

    fn text(&self) -> String {
        let mut text = format!(
            "{}, {}, kernel_size={}, stride={}",
            self.in_channels,
            self.out_channels,
            self.kernel_size.text(),
            self.stride.text()
        );
        if self.edges() != [(0, 0); N] || !matches!(self.padding, Padding::Each(_)) {
            text += &format!(", padding={}", self.padding.text());
        }
        if self.dilation != [1; N] {
            text += &format!(", dilation={}", self.dilation.text());
        }
        text + &ending(self.groups, self.bias.is_some(), self.padding_mode)
    }
}

impl<const N: usize> Forward for Conv<N>
where
    Tensor: Spatial<N>,
{
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.site.call(x, |x| {
            let mut options = ConvOptions {
                stride: self.stride,
                padding: [0; N],
                dilation: self.dilation,
                groups: self.groups,
            };
            let edges = self.edges();
            let bias = self.bias.as_deref();
            let is_even = edges.iter().all(|(before, after)| before == after);
            if self.padding_mode == PaddingMode::Zeros && is_even {
                options.padding = edges.map(|(before, _)| before);
                return x.conv(&self.weight, bias, &options);
            }
            // The last dimension comes first.
            let sides = edges
                .iter()
                .rev()
                .flat_map(|&(before, after)| [before, after]);
            let sides: Vec<isize> = sides.map(|amount| amount as isize).collect();
            let padded = match self.padding_mode {
                PaddingMode::Zeros => pad(x, &sides)?,
                PaddingMode::Reflect => x.pad(&sides, PadMode::Reflect)?,
                PaddingMode::Replicate => x.pad(&sides, PadMode::Replicate)?,
                PaddingMode::Circular => x.pad(&sides, PadMode::Circular)?,
            };
            padded.conv(&self.weight, bias, &options)
        })
    }
}

/// Transposed convolution with learnable kernels over `N` spatial dimensions: the gradient of a
/// convolution with respect to its input. Both parameters start uniform in
/// `±1/sqrt(out_channels / groups * kernel elements)`.
///
/// # Shape
///
/// `[n, in_channels, size, ...] -> [n, out_channels, size, ...]`, the batch may be left out; each
/// size becomes `(size - 1) stride - 2 padding + dilation (kernel_size - 1) + output_padding + 1`.
///
/// ```
/// # use rushlight_autograd::{Result, Tensor};
/// # use rushlight_nn::{ConvTranspose2d, Forward};
/// # fn main() -> Result<()> {
/// let layer = ConvTranspose2d::builder(16, 33, 3).stride(2).build()?;
/// let y = layer.forward(&Tensor::zeros(&[20, 16, 10, 20])?)?;
/// assert_eq!(y.shape(), [20, 33, 21, 41]);
/// # Ok(()) }
/// ```
#[derive(Module, Debug)]
#[module(name = Self::NAME, repr = Self::text)]
pub struct ConvTranspose<const N: usize> {
    /// Channels of the input.
    pub in_channels: usize,
    /// Channels of the output.
    pub out_channels: usize,
    /// Sizes of the kernel.
    pub kernel_size: [usize; N],
    /// Steps of the kernel over the output.
    pub stride: [usize; N],
    /// How much of the output's edges is cut off.
    pub padding: [usize; N],
    /// What is added to one side of the output.
    pub output_padding: [usize; N],
    /// Distance between the kernel's elements.
    pub dilation: [usize; N],
    /// Into how many independent parts the channels are divided.
    pub groups: usize,
    /// `[in_channels, out_channels / groups, kernel_size...]`.
    pub weight: Parameter,
    /// `[out_channels]`.
    pub bias: Option<Parameter>,
    /// The layer's place in a model.
    pub site: Site,
}

/// [`ConvTranspose`] of sequences.
pub type ConvTranspose1d = ConvTranspose<1>;
/// [`ConvTranspose`] of images.
pub type ConvTranspose2d = ConvTranspose<2>;
/// [`ConvTranspose`] of volumes.
pub type ConvTranspose3d = ConvTranspose<3>;

builder! {
    /// Settings of a [`ConvTranspose`].
    ConvTransposeBuilder<const N> for ConvTranspose {
        /// Channels of the input.
        in_channels: usize;
        /// Channels of the output.
        out_channels: usize;
        /// Sizes of the kernel.
        kernel_size: Size<N>, from impl Into<Size<N>>;
    }
    /// Steps of the kernel over the output. Default: 1.
    stride: Size<N> = Size::All(1), from impl Into<Size<N>>;
    /// How much of the output's edges is cut off. Default: 0.
    padding: Size<N> = Size::All(0), from impl Into<Size<N>>;
    /// What is added to one side of the output, whose size the stride leaves open. Default: 0.
    output_padding: Size<N> = Size::All(0), from impl Into<Size<N>>;
    /// Distance between the kernel's elements. Default: 1.
    dilation: Size<N> = Size::All(1), from impl Into<Size<N>>;
    /// Into how many independent parts the channels are divided. Default: 1.
    groups: usize = 1;
    /// Whether to add a learnable bias. Default: true.
    bias: bool = true;
}

impl<const N: usize> ConvTransposeBuilder<N> {
    /// Makes the layer.
    pub fn build(self) -> Result<ConvTranspose<N>> {
        let name = ConvTranspose::<N>::NAME;
        check_groups(name, self.in_channels, self.out_channels, self.groups)?;
        let kernel_size = self.kernel_size.each();
        let mut shape = vec![self.in_channels, self.out_channels / self.groups];
        shape.extend(kernel_size);
        let bias = self.bias.then_some(self.out_channels);
        let (weight, bias) = parameters(&shape, bias, self.dtype, self.device)?;
        Ok(self.with_parameters(weight, bias))
    }

    fn with_parameters(self, weight: Parameter, bias: Option<Parameter>) -> ConvTranspose<N> {
        ConvTranspose {
            in_channels: self.in_channels,
            out_channels: self.out_channels,
            kernel_size: self.kernel_size.each(),
            stride: self.stride.each(),
            padding: self.padding.each(),
            output_padding: self.output_padding.each(),
            dilation: self.dilation.each(),
            groups: self.groups,
            weight,
            bias,
            site: Site::default(),
        }
    }
}

impl<const N: usize> LazyBuilder for ConvTransposeBuilder<N> {
    type Layer = ConvTranspose<N>;

    const NAME: &'static str = name_for(
        N,
        [
            "LazyConvTranspose1d",
            "LazyConvTranspose2d",
            "LazyConvTranspose3d",
        ],
    );

    fn inputs(x: &Tensor) -> Option<usize> {
        channels(x, N)
    }

    fn layer_for(mut self, inputs: usize, x: &Tensor) -> Result<ConvTranspose<N>> {
        self.in_channels = inputs;
        self.dtype(x.dtype()).device(x.device()).build()
    }

    fn outline(mut self) -> Result<ConvTranspose<N>> {
        self.in_channels = 0;
        let none = || Parameter::new(Tensor::zeros(&[0])?);
        let bias = self.bias.then(none).transpose()?;
        Ok(self.with_parameters(none()?, bias))
    }
}

impl<const N: usize> ConvTranspose<N> {
    const NAME: &'static str =
        name_for(N, ["ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d"]);

    fn options(&self) -> ConvTransposeOptions<N> {
        ConvTransposeOptions {
            stride: self.stride,
            padding: self.padding,
            output_padding: self.output_padding,
            dilation: self.dilation,
            groups: self.groups,
        }
    }

    fn text(&self) -> String {
        let mut text = format!(
            "{}, {}, kernel_size={}, stride={}",
            self.in_channels,
            self.out_channels,
            self.kernel_size.text(),
            self.stride.text()
        );
        if self.padding != [0; N] {
            text += &format!(", padding={}", self.padding.text());
        }
        if self.dilation != [1; N] {
            text += &format!(", dilation={}", self.dilation.text());
        }
        if self.output_padding != [0; N] {
            text += &format!(", output_padding={}", self.output_padding.text());
        }
        text + &ending(self.groups, self.bias.is_some(), PaddingMode::Zeros)
    }
}

impl<const N: usize> ConvTranspose<N>
where
    Tensor: Spatial<N>,
{
    /// Calls the layer such that the output has the given spatial sizes, which must be among those
    /// that the stride leaves open.
    pub fn forward_to_size(&self, x: &Tensor, output_size: [usize; N]) -> Result<Tensor> {
        self.site.call(x, |x| {
            let shape = x.shape();
            if ![N + 1, N + 2].contains(&shape.len()) {
                let expected = format!("{} or {} dimensions", N + 1, N + 2);
                return Err(Error::shape(Self::NAME, shape, expected).into());
            }
            let sizes = &shape[shape.len() - N..];
            let mut options = self.options();
            for dim in 0..N {
                let least = (sizes[dim] as i128 - 1) * self.stride[dim] as i128
                    - 2 * self.padding[dim] as i128
                    + self.dilation[dim] as i128 * (self.kernel_size[dim] as i128 - 1)
                    + 1;
                let more = output_size[dim] as i128 - least;
                if !(0..self.stride[dim].max(self.dilation[dim]) as i128).contains(&more) {
                    let got = format!("{} for an input of size {}", output_size[dim], sizes[dim]);
                    let expected = "a size that the stride allows";
                    return Err(Error::argument(Self::NAME, "output_size", got, expected).into());
                }
                options.output_padding[dim] = more as usize;
            }
            x.conv_transpose(&self.weight, self.bias.as_deref(), &options)
        })
    }
}

impl<const N: usize> Forward for ConvTranspose<N>
where
    Tensor: Spatial<N>,
{
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.site.call(x, |x| {
            x.conv_transpose(&self.weight, self.bias.as_deref(), &self.options())
        })
    }
}

/// Errors unless the groups divide both numbers of channels.
fn check_groups(
    layer: &'static str,
    in_channels: usize,
    out_channels: usize,
    groups: usize,
) -> Result<()> {
    let divides = |channels: usize| groups > 0 && channels.is_multiple_of(groups);
    if divides(in_channels) && divides(out_channels) {
        return Ok(());
    }
    let got = format!("{groups} for {in_channels} and {out_channels} channels");
    let expected = "a divisor of in_channels and out_channels";
    Err(Error::argument(layer, "groups", got, expected).into())
}

/// A weight, and a bias of a size if there is one, as PyTorch initialises them.
fn parameters(
    weight: &[usize],
    bias: Option<usize>,
    dtype: DType,
    device: Device,
) -> Result<(Parameter, Option<Parameter>)> {
    let zeros = |shape: &[usize]| Parameter::new(init::blank(shape, dtype, device)?);
    let weight = zeros(weight)?;
    let bias = bias.map(|channels| zeros(&[channels])).transpose()?;
    init::affine(&weight, bias.as_deref())?;
    Ok((weight, bias))
}

/// What both convolutions print last.
fn ending(groups: usize, has_bias: bool, mode: PaddingMode) -> String {
    let mut text = String::new();
    if groups != 1 {
        text += &format!(", groups={groups}");
    }
    if !has_bias {
        text += ", bias=False";
    }
    if mode != PaddingMode::Zeros {
        text += &format!(", padding_mode={}", mode.text());
    }
    text
}

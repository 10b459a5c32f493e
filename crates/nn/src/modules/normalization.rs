//! Normalisation of each example by itself.

use crate::builder::builder;
use crate::layer::layer;
use crate::{Error, Forward, Module, Parameter, Result, Setting, Site, functional};
use rushlight_autograd::{DType, Device, Scalar, Tensor};

/// A parameter of ones or zeros.
fn constant(shape: &[usize], value: f64, dtype: DType, device: Device) -> Result<Parameter> {
    Parameter::new(Tensor::full(shape, value, dtype, device)?)
}

/// The sizes of the last dimensions that a layer normalises over; a number stands for one dimension.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NormalizedShape(pub Vec<usize>);

impl From<usize> for NormalizedShape {
    fn from(size: usize) -> Self {
        NormalizedShape(vec![size])
    }
}

impl<const N: usize> From<[usize; N]> for NormalizedShape {
    fn from(sizes: [usize; N]) -> Self {
        NormalizedShape(sizes.to_vec())
    }
}

impl From<&[usize]> for NormalizedShape {
    fn from(sizes: &[usize]) -> Self {
        NormalizedShape(sizes.to_vec())
    }
}

impl From<Vec<usize>> for NormalizedShape {
    fn from(sizes: Vec<usize>) -> Self {
        NormalizedShape(sizes)
    }
}

/// Normalises over the last dimensions: `(x - mean) / sqrt(var + eps) * weight + bias`.
///
/// # Shape
///
/// `[..., normalized_shape]`; the result has the same.
///
/// ```
/// # use rushlight_autograd::{Result, tensor};
/// # use rushlight_nn::{Forward, LayerNorm};
/// # fn main() -> Result<()> {
/// let y = LayerNorm::new(2)?.forward(&tensor([[1.0, 3.0]])?)?;
/// assert!((y.to_vec::<f32>()?[1] - 1.0).abs() < 1e-4);
/// # Ok(()) }
/// ```
#[derive(Module, Debug)]
#[module(repr = Self::text)]
pub struct LayerNorm {
    /// Sizes of the dimensions that are normalised over.
    pub normalized_shape: Vec<usize>,
    /// Added to the variance.
    pub eps: f64,
    /// `normalized_shape`, ones at first.
    pub weight: Option<Parameter>,
    /// `normalized_shape`, zeros at first.
    pub bias: Option<Parameter>,
    /// The layer's place in a model.
    pub site: Site,
}

builder! {
    /// Settings of a [`LayerNorm`].
    LayerNormBuilder for LayerNorm {
        /// Sizes of the dimensions that are normalised over.
        normalized_shape: NormalizedShape, from impl Into<NormalizedShape>;
    }
    /// Added to the variance. Default: 1e-5.
    eps: f64 = 1e-5;
    /// Whether to learn a weight, and a bias. Default: true.
    elementwise_affine: bool = true;
    /// Whether to learn a bias where a weight is learned. Default: true.
    bias: bool = true;
}

impl LayerNormBuilder {
    /// Makes the layer.
    pub fn build(self) -> Result<LayerNorm> {
        let parameter = |value| constant(&self.normalized_shape.0, value, self.dtype, self.device);
        let affine = self.elementwise_affine;
        Ok(LayerNorm {
            eps: self.eps,
            weight: affine.then(|| parameter(1.0)).transpose()?,
            bias: (affine && self.bias).then(|| parameter(0.0)).transpose()?,
            site: Site::default(),
            normalized_shape: self.normalized_shape.0,
        })
    }
}

impl LayerNorm {
    fn text(&self) -> String {
        format!(
            "{}, eps={}, elementwise_affine={}, bias={}",
            self.normalized_shape.text(),
            self.eps.text(),
            self.weight.is_some().text(),
            self.bias.is_some().text()
        )
    }
}

impl Forward for LayerNorm {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let (weight, bias) = (self.weight.as_deref(), self.bias.as_deref());
        self.site.call(x, |x| {
            functional::layer_norm(x, &self.normalized_shape, weight, bias, self.eps)
        })
    }
}

/// Divides by the root of the mean square over the last dimensions, and multiplies by a weight:
/// `x / sqrt(mean(x^2) + eps) * weight`.
///
/// # Shape
///
/// `[..., normalized_shape]`; the result has the same.
///
/// ```
/// # use rushlight_autograd::{Result, tensor};
/// # use rushlight_nn::{Forward, RMSNorm};
/// # fn main() -> Result<()> {
/// let y = RMSNorm::new(2)?.forward(&tensor([[1.0, 7.0]])?)?;
/// assert!((y.to_vec::<f32>()?[1] - 1.4).abs() < 1e-6);
/// # Ok(()) }
/// ```
#[derive(Module, Debug)]
#[module(repr = Self::text)]
pub struct RMSNorm {
    /// Sizes of the dimensions that are normalised over.
    pub normalized_shape: Vec<usize>,
    /// Added to the mean square; by default the distance from 1 to the next number of the type.
    pub eps: Option<f64>,
    /// `normalized_shape`, ones at first.
    pub weight: Option<Parameter>,
    /// The layer's place in a model.
    pub site: Site,
}

builder! {
    /// Settings of an [`RMSNorm`].
    RMSNormBuilder for RMSNorm {
        /// Sizes of the dimensions that are normalised over.
        normalized_shape: NormalizedShape, from impl Into<NormalizedShape>;
    }
    /// Added to the mean square. Default: the distance from 1 to the next number of the type.
    eps: Option<f64> = None, from impl Into<Option<f64>>;
    /// Whether to learn a weight. Default: true.
    elementwise_affine: bool = true;
}

impl RMSNormBuilder {
    /// Makes the layer.
    pub fn build(self) -> Result<RMSNorm> {
        let weight = || constant(&self.normalized_shape.0, 1.0, self.dtype, self.device);
        Ok(RMSNorm {
            eps: self.eps,
            weight: self.elementwise_affine.then(weight).transpose()?,
            site: Site::default(),
            normalized_shape: self.normalized_shape.0,
        })
    }
}

impl RMSNorm {
    fn text(&self) -> String {
        format!(
            "{}, eps={}, elementwise_affine={}",
            self.normalized_shape.text(),
            self.eps.text(),
            self.weight.is_some().text()
        )
    }
}

impl Forward for RMSNorm {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.site.call(x, |x| {
            functional::rms_norm(x, &self.normalized_shape, self.weight.as_deref(), self.eps)
        })
    }
}

/// Normalises groups of channels of each example: `(x - mean) / sqrt(var + eps) * weight + bias`.
///
/// # Shape
///
/// `[n, num_channels, ...]`; the result has the same.
///
/// ```
/// # use rushlight_autograd::{Result, tensor};
/// # use rushlight_nn::{Forward, GroupNorm};
/// # fn main() -> Result<()> {
/// let layer = GroupNorm::builder(1, 2).eps(0.0).build()?;
/// let y = layer.forward(&tensor([[1.0, 3.0]])?)?;
/// assert_eq!(y.to_vec::<f32>()?, [-1.0, 1.0]);
/// # Ok(()) }
/// ```
#[derive(Module, Debug)]
#[module(repr = Self::text)]
pub struct GroupNorm {
    /// The number of groups, a divisor of the number of channels.
    pub num_groups: usize,
    /// The number of channels.
    pub num_channels: usize,
    /// Added to the variance.
    pub eps: f64,
    /// `[num_channels]`, ones at first.
    pub weight: Option<Parameter>,
    /// `[num_channels]`, zeros at first.
    pub bias: Option<Parameter>,
    /// The layer's place in a model.
    pub site: Site,
}

builder! {
    /// Settings of a [`GroupNorm`].
    GroupNormBuilder for GroupNorm {
        /// The number of groups, a divisor of the number of channels.
        num_groups: usize;
        /// The number of channels.
        num_channels: usize;
    }
    /// Added to the variance. Default: 1e-5.
    eps: f64 = 1e-5;
    /// Whether to learn a weight, and a bias. Default: true.
    affine: bool = true;
    /// Whether to learn a bias where a weight is learned. Default: true.
    bias: bool = true;
}

impl GroupNormBuilder {
    /// Makes the layer.
    pub fn build(self) -> Result<GroupNorm> {
        if !self.num_channels.is_multiple_of(self.num_groups) {
            let got = format!("{} for {} channels", self.num_groups, self.num_channels);
            let expected = "a divisor of num_channels";
            return Err(Error::argument("GroupNorm", "num_groups", got, expected).into());
        }
        let parameter = |value| constant(&[self.num_channels], value, self.dtype, self.device);
        Ok(GroupNorm {
            num_groups: self.num_groups,
            num_channels: self.num_channels,
            eps: self.eps,
            weight: self.affine.then(|| parameter(1.0)).transpose()?,
            bias: (self.affine && self.bias)
                .then(|| parameter(0.0))
                .transpose()?,
            site: Site::default(),
        })
    }
}

impl GroupNorm {
    fn text(&self) -> String {
        format!(
            "{}, {}, eps={}, affine={}, bias={}",
            self.num_groups,
            self.num_channels,
            self.eps.text(),
            self.weight.is_some().text(),
            self.bias.is_some().text()
        )
    }
}

impl Forward for GroupNorm {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let (weight, bias) = (self.weight.as_deref(), self.bias.as_deref());
        self.site.call(x, |x| {
            functional::group_norm(x, self.num_groups, weight, bias, self.eps)
        })
    }
}

layer! {
    /// Divides each element by `(k + alpha * mean)^beta`, where the mean is over the squares of the same
    /// place in `size` neighbouring channels.
    ///
    /// # Shape
    ///
    /// `[n, channels, ...]`; the result has the same.
    ///
    /// ```
    /// # use rushlight_autograd::{Result, tensor};
    /// # use rushlight_nn::{Forward, LocalResponseNorm};
    /// # fn main() -> Result<()> {
    /// let layer = LocalResponseNorm::new(1).alpha(1.0).beta(1.0);
    /// let y = layer.forward(&tensor([[[1.0, 3.0]]])?)?;
    /// assert_eq!(y.to_string(), "tensor([[[0.5000, 0.3000]]])");
    /// # Ok(()) }
    /// ```
    #[module(repr = Self::text)]
    LocalResponseNorm {
        /// How many channels are neighbours.
        size: usize;
    }
    /// Weight of the mean. Default: 1e-4.
    alpha: f64 = 1e-4;
    /// The power. Default: 0.75.
    beta: f64 = 0.75;
    /// What the divisor is without neighbours. Default: 1.
    k: Scalar = Scalar::Float(1.0), from impl Into<Scalar>;
    |layer, x| {
        functional::local_response_norm(x, layer.size, layer.alpha, layer.beta, layer.k.to_f64())
    }
}

impl LocalResponseNorm {
    fn text(&self) -> String {
        local_text(self.size, self.alpha, self.beta, self.k)
    }
}

layer! {
    /// Divides each element by `(k + alpha / size * sum)^beta`, where the sum is over the squares of the
    /// same place in `(size - 1) / 2` channels on each side; see
    /// [`cross_map_lrn2d`](functional::cross_map_lrn2d) for what PyTorch adds to it.
    ///
    /// # Shape
    ///
    /// `[n, channels, height, width]`; the result has the same.
    ///
    /// ```
    /// # use rushlight_autograd::{Result, tensor};
    /// # use rushlight_nn::{CrossMapLRN2d, Forward};
    /// # fn main() -> Result<()> {
    /// let layer = CrossMapLRN2d::new(1).alpha(1.0).beta(1.0);
    /// let y = layer.forward(&tensor([[[[1.0, 3.0]]]])?)?;
    /// assert_eq!(y.to_string(), "tensor([[[[0.5000, 0.3000]]]])");
    /// # Ok(()) }
    /// ```
    #[module(repr = Self::text)]
    CrossMapLRN2d {
        /// How many channels are neighbours.
        size: usize;
    }
    /// Weight of the mean. Default: 1e-4.
    alpha: f64 = 1e-4;
    /// The power. Default: 0.75.
    beta: f64 = 0.75;
    /// What the divisor is without neighbours. Default: 1.
    k: Scalar = Scalar::Int(1), from impl Into<Scalar>;
    |layer, x| {
        functional::cross_map_lrn2d(x, layer.size, layer.alpha, layer.beta, layer.k.to_f64())
    }
}

impl CrossMapLRN2d {
    fn text(&self) -> String {
        local_text(self.size, self.alpha, self.beta, self.k)
    }
}

fn local_text(size: usize, alpha: f64, beta: f64, k: Scalar) -> String {
    let [alpha, beta] = [alpha, beta].map(|x| x.text());
    format!("{size}, alpha={alpha}, beta={beta}, k={}", k.text())
}

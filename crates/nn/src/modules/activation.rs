//! Activations: functions of each element, and those that normalise along a dimension.

use crate::functional::{self, Approximate, gelu_with};
use crate::layer::layer;
use crate::setting::Inplace;
use crate::{Forward, Module, Parameter, Result, Setting, Site, builder::builder};
use rushlight_autograd::{Scalar, Tensor};

layer! {
    /// Applies `max(x, 0)` to each element.
    ///
    /// # Shape
    ///
    /// Any shape; the result has the same.
    ///
    /// ```
    /// # use rushlight_autograd::{Result, tensor};
    /// # use rushlight_nn::{Forward, ReLU};
    /// # fn main() -> Result<()> {
    /// let y = ReLU::new().forward(&tensor([-1.0, 0.0, 2.0])?)?;
    /// assert_eq!(y.to_string(), "tensor([0., 0., 2.])");
    /// # Ok(()) }
    /// ```
    ReLU {}
    /// Only printed; see [`Inplace`]. Default: false.
    inplace: Inplace = Inplace(false), from impl Into<Inplace>;
    |_layer, x| x.relu()
}

layer! {
    /// Applies `min(max(x, 0), 6)` to each element.
    ///
    /// # Shape
    ///
    /// Any shape; the result has the same.
    ///
    /// ```
    /// # use rushlight_autograd::{Result, tensor};
    /// # use rushlight_nn::{Forward, ReLU6};
    /// # fn main() -> Result<()> {
    /// let y = ReLU6::new().forward(&tensor([-1.0, 3.0, 9.0])?)?;
    /// assert_eq!(y.to_string(), "tensor([0., 3., 6.])");
    /// # Ok(()) }
    /// ```
    ReLU6 {}
    /// Only printed; see [`Inplace`]. Default: false.
    inplace: Inplace = Inplace(false), from impl Into<Inplace>;
    |_layer, x| x.relu6()
}

layer! {
    /// Applies `x` where positive, else `negative_slope * x`.
    ///
    /// # Shape
    ///
    /// Any shape; the result has the same.
    ///
    /// ```
    /// # use rushlight_autograd::{Result, tensor};
    /// # use rushlight_nn::{Forward, LeakyReLU};
    /// # fn main() -> Result<()> {
    /// let y = LeakyReLU::new().negative_slope(0.1).forward(&tensor([-1.0, 0.0, 2.0])?)?;
    /// assert_eq!(y.to_string(), "tensor([-0.1000,  0.0000,  2.0000])");
    /// # Ok(()) }
    /// ```
    LeakyReLU {}
    /// Slope for negative elements. Default: 0.01.
    negative_slope: Scalar = Scalar::Float(0.01), from impl Into<Scalar>;
    /// Only printed; see [`Inplace`]. Default: false.
    inplace: Inplace = Inplace(false), from impl Into<Inplace>;
    |layer, x| x.leaky_relu(layer.negative_slope.to_f64())
}

layer! {
    /// Applies `x` where positive, else `alpha * (exp(x) - 1)`.
    ///
    /// # Shape
    ///
    /// Any shape; the result has the same.
    ///
    /// ```
    /// # use rushlight_autograd::{Result, tensor};
    /// # use rushlight_nn::{ELU, Forward};
    /// # fn main() -> Result<()> {
    /// let y = ELU::new().forward(&tensor([-1.0, 0.0, 2.0])?)?;
    /// assert_eq!(y.to_string(), "tensor([-0.6321,  0.0000,  2.0000])");
    /// # Ok(()) }
    /// ```
    ELU {}
    /// What large negative elements approach, negated. Default: 1.0.
    alpha: Scalar = Scalar::Float(1.0), from impl Into<Scalar>;
    /// Only printed; see [`Inplace`]. Default: false.
    inplace: Inplace = Inplace(false), from impl Into<Inplace>;
    |layer, x| x.elu(layer.alpha.to_f64())
}

layer! {
    /// Applies `max(0, x) + min(0, alpha * (exp(x / alpha) - 1))`.
    ///
    /// # Shape
    ///
    /// Any shape; the result has the same.
    ///
    /// ```
    /// # use rushlight_autograd::{Result, tensor};
    /// # use rushlight_nn::{CELU, Forward};
    /// # fn main() -> Result<()> {
    /// let y = CELU::new().alpha(0.5).forward(&tensor([-1.0, 0.0, 2.0])?)?;
    /// assert_eq!(y.to_string(), "tensor([-0.4323,  0.0000,  2.0000])");
    /// # Ok(()) }
    /// ```
    CELU {}
    /// What large negative elements approach, negated. Default: 1.0.
    alpha: Scalar = Scalar::Float(1.0), from impl Into<Scalar>;
    /// Only printed; see [`Inplace`]. Default: false.
    inplace: Inplace = Inplace(false), from impl Into<Inplace>;
    |layer, x| x.celu(layer.alpha.to_f64())
}

layer! {
    /// Applies `scale * (max(0, x) + min(0, alpha * (exp(x) - 1)))` with `alpha` 1.6733 and `scale`
    /// 1.0507, which keep mean 0 and variance 1 (Klambauer et al. 2017).
    ///
    /// # Shape
    ///
    /// Any shape; the result has the same.
    ///
    /// ```
    /// # use rushlight_autograd::{Result, tensor};
    /// # use rushlight_nn::{Forward, SELU};
    /// # fn main() -> Result<()> {
    /// let y = SELU::new().forward(&tensor([-1.0, 0.0, 2.0])?)?;
    /// assert_eq!(y.to_string(), "tensor([-1.1113,  0.0000,  2.1014])");
    /// # Ok(()) }
    /// ```
    SELU {}
    /// Only printed; see [`Inplace`]. Default: false.
    inplace: Inplace = Inplace(false), from impl Into<Inplace>;
    |_layer, x| x.selu()
}

layer! {
    /// Applies `x * Phi(x)`, where `Phi` is the cumulative distribution of the normal distribution.
    ///
    /// # Shape
    ///
    /// Any shape; the result has the same.
    ///
    /// ```
    /// # use rushlight_autograd::{Result, tensor};
    /// # use rushlight_nn::{Forward, GELU};
    /// # fn main() -> Result<()> {
    /// let y = GELU::new().forward(&tensor([-1.0, 0.0, 2.0])?)?;
    /// assert_eq!(y.to_string(), "tensor([-0.1587,  0.0000,  1.9545])");
    /// # Ok(()) }
    /// ```
    #[module(repr = approximation)]
    GELU {}
    /// Whether to replace `Phi` by a formula with `tanh`. Default: [`Approximate::None`].
    approximate: Approximate = Approximate::None;
    |layer, x| gelu_with(x, layer.approximate)
}

fn approximation(layer: &GELU) -> String {
    format!("approximate='{}'", layer.approximate.text())
}

layer! {
    /// Applies `x * sigmoid(x)`.
    ///
    /// # Shape
    ///
    /// Any shape; the result has the same.
    ///
    /// ```
    /// # use rushlight_autograd::{Result, tensor};
    /// # use rushlight_nn::{Forward, SiLU};
    /// # fn main() -> Result<()> {
    /// let y = SiLU::new().forward(&tensor([-1.0, 0.0, 2.0])?)?;
    /// assert_eq!(y.to_string(), "tensor([-0.2689,  0.0000,  1.7616])");
    /// # Ok(()) }
    /// ```
    SiLU {}
    /// Only printed; see [`Inplace`]. Default: false.
    inplace: Inplace = Inplace(false), from impl Into<Inplace>;
    |_layer, x| x.silu()
}

layer! {
    /// Applies `x * tanh(softplus(x))`.
    ///
    /// # Shape
    ///
    /// Any shape; the result has the same.
    ///
    /// ```
    /// # use rushlight_autograd::{Result, tensor};
    /// # use rushlight_nn::{Forward, Mish};
    /// # fn main() -> Result<()> {
    /// let y = Mish::new().forward(&tensor([-1.0, 0.0, 2.0])?)?;
    /// assert_eq!(y.to_string(), "tensor([-0.3034,  0.0000,  1.9440])");
    /// # Ok(()) }
    /// ```
    Mish {}
    /// Only printed; see [`Inplace`]. Default: false.
    inplace: Inplace = Inplace(false), from impl Into<Inplace>;
    |_layer, x| x.mish()
}

layer! {
    /// Applies `x * relu6(x + 3) / 6`.
    ///
    /// # Shape
    ///
    /// Any shape; the result has the same.
    ///
    /// ```
    /// # use rushlight_autograd::{Result, tensor};
    /// # use rushlight_nn::{Forward, Hardswish};
    /// # fn main() -> Result<()> {
    /// let y = Hardswish::new().forward(&tensor([-1.0, 0.0, 2.0])?)?;
    /// assert_eq!(y.to_string(), "tensor([-0.3333,  0.0000,  1.6667])");
    /// # Ok(()) }
    /// ```
    #[module(repr = nothing)]
    Hardswish {}
    /// Not even printed; see [`Inplace`]. Default: false.
    inplace: Inplace = Inplace(false), from impl Into<Inplace>;
    |_layer, x| x.hardswish()
}

layer! {
    /// Applies `relu6(x + 3) / 6`.
    ///
    /// # Shape
    ///
    /// Any shape; the result has the same.
    ///
    /// ```
    /// # use rushlight_autograd::{Result, tensor};
    /// # use rushlight_nn::{Forward, Hardsigmoid};
    /// # fn main() -> Result<()> {
    /// let y = Hardsigmoid::new().forward(&tensor([-1.0, 0.0, 2.0])?)?;
    /// assert_eq!(y.to_string(), "tensor([0.3333, 0.5000, 0.8333])");
    /// # Ok(()) }
    /// ```
    #[module(repr = nothing)]
    Hardsigmoid {}
    /// Not even printed; see [`Inplace`]. Default: false.
    inplace: Inplace = Inplace(false), from impl Into<Inplace>;
    |_layer, x| x.hardsigmoid()
}

fn nothing<T>(_: &T) -> String {
    String::new()
}

layer! {
    /// Moves elements into `min_val..=max_val`.
    ///
    /// # Shape
    ///
    /// Any shape; the result has the same.
    ///
    /// ```
    /// # use rushlight_autograd::{Result, tensor};
    /// # use rushlight_nn::{Forward, Hardtanh};
    /// # fn main() -> Result<()> {
    /// let y = Hardtanh::new().max_val(0.5).forward(&tensor([-1.0, 0.0, 2.0])?)?;
    /// assert_eq!(y.to_string(), "tensor([-1.0000,  0.0000,  0.5000])");
    /// # Ok(()) }
    /// ```
    Hardtanh {}
    /// The least value. Default: -1.0.
    min_val: Scalar = Scalar::Float(-1.0), from impl Into<Scalar>;
    /// The greatest value. Default: 1.0.
    max_val: Scalar = Scalar::Float(1.0), from impl Into<Scalar>;
    /// Only printed; see [`Inplace`]. Default: false.
    inplace: Inplace = Inplace(false), from impl Into<Inplace>;
    |layer, x| x.hardtanh(layer.min_val.to_f64(), layer.max_val.to_f64())
}

layer! {
    /// Sets elements of magnitude at most `lambd` to 0.
    ///
    /// # Shape
    ///
    /// Any shape; the result has the same.
    ///
    /// ```
    /// # use rushlight_autograd::{Result, tensor};
    /// # use rushlight_nn::{Forward, Hardshrink};
    /// # fn main() -> Result<()> {
    /// let y = Hardshrink::new().forward(&tensor([-1.0, 0.25, 2.0])?)?;
    /// assert_eq!(y.to_string(), "tensor([-1.,  0.,  2.])");
    /// # Ok(()) }
    /// ```
    #[module(repr = hardshrink_lambda)]
    Hardshrink {}
    /// The greatest magnitude that becomes 0. Default: 0.5.
    lambd: Scalar = Scalar::Float(0.5), from impl Into<Scalar>;
    |layer, x| x.hardshrink(layer.lambd.to_f64())
}

fn hardshrink_lambda(layer: &Hardshrink) -> String {
    layer.lambd.text()
}

layer! {
    /// Moves elements towards 0 by `lambd`, and to 0 where they would pass it.
    ///
    /// # Shape
    ///
    /// Any shape; the result has the same.
    ///
    /// ```
    /// # use rushlight_autograd::{Result, tensor};
    /// # use rushlight_nn::{Forward, Softshrink};
    /// # fn main() -> Result<()> {
    /// let y = Softshrink::new().forward(&tensor([-1.0, 0.25, 2.0])?)?;
    /// assert_eq!(y.to_string(), "tensor([-0.5000,  0.0000,  1.5000])");
    /// # Ok(()) }
    /// ```
    #[module(repr = softshrink_lambda)]
    Softshrink {}
    /// How far elements are moved. Default: 0.5.
    lambd: Scalar = Scalar::Float(0.5), from impl Into<Scalar>;
    |layer, x| x.softshrink(layer.lambd.to_f64())
}

fn softshrink_lambda(layer: &Softshrink) -> String {
    layer.lambd.text()
}

layer! {
    /// Applies `x - tanh(x)`.
    ///
    /// # Shape
    ///
    /// Any shape; the result has the same.
    ///
    /// ```
    /// # use rushlight_autograd::{Result, tensor};
    /// # use rushlight_nn::{Forward, Tanhshrink};
    /// # fn main() -> Result<()> {
    /// let y = Tanhshrink::new().forward(&tensor([-1.0, 0.0, 2.0])?)?;
    /// assert_eq!(y.to_string(), "tensor([-0.2384,  0.0000,  1.0360])");
    /// # Ok(()) }
    /// ```
    Tanhshrink {}
    |_layer, x| x.tanhshrink()
}

layer! {
    /// Applies `log(1 + exp(beta x)) / beta`, and `x` where `beta x > threshold`.
    ///
    /// # Shape
    ///
    /// Any shape; the result has the same.
    ///
    /// ```
    /// # use rushlight_autograd::{Result, tensor};
    /// # use rushlight_nn::{Forward, Softplus};
    /// # fn main() -> Result<()> {
    /// let y = Softplus::new().beta(2.0).forward(&tensor([-1.0, 0.0, 2.0])?)?;
    /// assert_eq!(y.to_string(), "tensor([0.0635, 0.3466, 2.0091])");
    /// # Ok(()) }
    /// ```
    Softplus {}
    /// How sharp the bend at 0 is. Default: 1.0.
    beta: Scalar = Scalar::Float(1.0), from impl Into<Scalar>;
    /// From where on the function is the identity. Default: 20.0.
    threshold: Scalar = Scalar::Float(20.0), from impl Into<Scalar>;
    |layer, x| x.softplus(layer.beta.to_f64(), layer.threshold.to_f64())
}

layer! {
    /// Applies `x / (1 + |x|)`.
    ///
    /// # Shape
    ///
    /// Any shape; the result has the same.
    ///
    /// ```
    /// # use rushlight_autograd::{Result, tensor};
    /// # use rushlight_nn::{Forward, Softsign};
    /// # fn main() -> Result<()> {
    /// let y = Softsign::new().forward(&tensor([-1.0, 0.0, 2.0])?)?;
    /// assert_eq!(y.to_string(), "tensor([-0.5000,  0.0000,  0.6667])");
    /// # Ok(()) }
    /// ```
    Softsign {}
    |_layer, x| x.softsign()
}

layer! {
    /// Applies `1 / (1 + exp(-x))`.
    ///
    /// # Shape
    ///
    /// Any shape; the result has the same.
    ///
    /// ```
    /// # use rushlight_autograd::{Result, tensor};
    /// # use rushlight_nn::{Forward, Sigmoid};
    /// # fn main() -> Result<()> {
    /// let y = Sigmoid::new().forward(&tensor([-1.0, 0.0, 2.0])?)?;
    /// assert_eq!(y.to_string(), "tensor([0.2689, 0.5000, 0.8808])");
    /// # Ok(()) }
    /// ```
    Sigmoid {}
    |_layer, x| x.sigmoid()
}

layer! {
    /// Applies `log(1 / (1 + exp(-x)))`.
    ///
    /// # Shape
    ///
    /// Any shape; the result has the same.
    ///
    /// ```
    /// # use rushlight_autograd::{Result, tensor};
    /// # use rushlight_nn::{Forward, LogSigmoid};
    /// # fn main() -> Result<()> {
    /// let y = LogSigmoid::new().forward(&tensor([-1.0, 0.0, 2.0])?)?;
    /// assert_eq!(y.to_string(), "tensor([-1.3133, -0.6931, -0.1269])");
    /// # Ok(()) }
    /// ```
    LogSigmoid {}
    |_layer, x| x.logsigmoid()
}

layer! {
    /// Applies the hyperbolic tangent, `(exp(x) - exp(-x)) / (exp(x) + exp(-x))`.
    ///
    /// # Shape
    ///
    /// Any shape; the result has the same.
    ///
    /// ```
    /// # use rushlight_autograd::{Result, tensor};
    /// # use rushlight_nn::{Forward, Tanh};
    /// # fn main() -> Result<()> {
    /// let y = Tanh::new().forward(&tensor([-1.0, 0.0, 2.0])?)?;
    /// assert_eq!(y.to_string(), "tensor([-0.7616,  0.0000,  0.9640])");
    /// # Ok(()) }
    /// ```
    Tanh {}
    |_layer, x| x.tanh()
}

layer! {
    /// Applies `x` where above `threshold`, else `value`.
    ///
    /// # Shape
    ///
    /// Any shape; the result has the same.
    ///
    /// ```
    /// # use rushlight_autograd::{Result, tensor};
    /// # use rushlight_nn::{Forward, Threshold};
    /// # fn main() -> Result<()> {
    /// let y = Threshold::new(0.5, 20.0).forward(&tensor([-1.0, 0.5, 2.0])?)?;
    /// assert_eq!(y.to_string(), "tensor([20., 20.,  2.])");
    /// # Ok(()) }
    /// ```
    Threshold {
        /// The greatest element that is replaced.
        threshold: Scalar, from impl Into<Scalar>;
        /// What replaces it.
        value: Scalar, from impl Into<Scalar>;
    }
    /// Only printed; see [`Inplace`]. Default: false.
    inplace: Inplace = Inplace(false), from impl Into<Inplace>;
    |layer, x| x.threshold(layer.threshold.to_f64(), layer.value.to_f64())
}

layer! {
    /// Multiplies the first half along `dim` by the sigmoid of the second.
    ///
    /// # Shape
    ///
    /// `[..., 2 n, ...] -> [..., n, ...]`
    ///
    /// ```
    /// # use rushlight_autograd::{Result, tensor};
    /// # use rushlight_nn::{Forward, GLU};
    /// # fn main() -> Result<()> {
    /// let y = GLU::new().forward(&tensor([1.0, 2.0, 0.0, -1.0])?)?;
    /// assert_eq!(y.to_string(), "tensor([0.5000, 0.5379])");
    /// # Ok(()) }
    /// ```
    GLU {}
    /// The dimension that is halved. Default: -1.
    dim: isize = -1;
    |layer, x| x.glu(layer.dim)
}

layer! {
    /// Applies `exp(x) / sum(exp(x))` along `dim`.
    ///
    /// # Shape
    ///
    /// Any shape; the result has the same.
    ///
    /// ```
    /// # use rushlight_autograd::{Result, tensor};
    /// # use rushlight_nn::{Forward, Softmax};
    /// # fn main() -> Result<()> {
    /// let y = Softmax::new(-1).forward(&tensor([[0.0, 0.0, 1.0]])?)?;
    /// assert_eq!(y.to_string(), "tensor([[0.2119, 0.2119, 0.5761]])");
    /// # Ok(()) }
    /// ```
    Softmax {
        /// The dimension that sums to one.
        dim: isize;
    }
    |layer, x| x.softmax(layer.dim)
}

layer! {
    /// Applies `softmax(-x)`, that is `exp(-x) / sum(exp(-x))`, along `dim`.
    ///
    /// # Shape
    ///
    /// Any shape; the result has the same.
    ///
    /// ```
    /// # use rushlight_autograd::{Result, tensor};
    /// # use rushlight_nn::{Forward, Softmin};
    /// # fn main() -> Result<()> {
    /// let y = Softmin::new(-1).forward(&tensor([[0.0, 0.0, 1.0]])?)?;
    /// assert_eq!(y.to_string(), "tensor([[0.4223, 0.4223, 0.1554]])");
    /// # Ok(()) }
    /// ```
    Softmin {
        /// The dimension that sums to one.
        dim: isize;
    }
    |layer, x| x.softmin(layer.dim)
}

layer! {
    /// Applies `log(softmax(x))`, that is `x - log(sum(exp(x)))`, along `dim`.
    ///
    /// # Shape
    ///
    /// Any shape; the result has the same.
    ///
    /// ```
    /// # use rushlight_autograd::{Result, tensor};
    /// # use rushlight_nn::{Forward, LogSoftmax};
    /// # fn main() -> Result<()> {
    /// let y = LogSoftmax::new(-1).forward(&tensor([[0.0, 0.0, 1.0]])?)?;
    /// assert_eq!(y.to_string(), "tensor([[-1.5514, -1.5514, -0.5514]])");
    /// # Ok(()) }
    /// ```
    LogSoftmax {
        /// The dimension whose exponentials sum to one.
        dim: isize;
    }
    |layer, x| x.log_softmax(layer.dim)
}

layer! {
    /// Applies `exp(x) / sum(exp(x))` over the channels at each place.
    ///
    /// # Shape
    ///
    /// `[n, channels, height, width]` or `[channels, height, width]`; the result has the same.
    ///
    /// ```
    /// # use rushlight_autograd::{Result, tensor};
    /// # use rushlight_nn::{Forward, Softmax2d};
    /// # fn main() -> Result<()> {
    /// let y = Softmax2d::new().forward(&tensor([[[1.0, 0.0]], [[1.0, 2.0]]])?)?;
    /// assert_eq!(y.select(0, 0)?.to_string(), "tensor([[0.5000, 0.1192]])");
    /// # Ok(()) }
    /// ```
    Softmax2d {}
    |_layer, x| match x.dim() {
        3 | 4 => x.softmax(-3),
        _ => Err(crate::Error::shape("softmax2d", x.shape(), "three or four dimensions").into()),
    }
}

/// Applies `x` where positive, else `weight * x`, with a learnable weight for all channels or for
/// each.
///
/// # Shape
///
/// `[n, channels, ...]`; the result has the same.
///
/// ```
/// # use rushlight_autograd::{Result, tensor};
/// # use rushlight_nn::{Forward, PReLU};
/// # fn main() -> Result<()> {
/// let y = PReLU::new()?.forward(&tensor([-1.0, 2.0])?)?;
/// assert_eq!(y.to_vec::<f32>()?, [-0.25, 2.0]);
/// # Ok(()) }
/// ```
#[derive(Module, Debug)]
pub struct PReLU {
    /// 1, or the number of channels.
    pub num_parameters: usize,
    /// `[num_parameters]`.
    pub weight: Parameter,
    /// The layer's place in a model.
    pub site: Site,
}

builder! {
    /// Settings of a [`PReLU`] layer.
    PReLUBuilder for PReLU {}
    /// 1, or the number of channels. Default: 1.
    num_parameters: usize = 1;
    /// The value the weights start with. Default: 0.25.
    init: f64 = 0.25;
}

impl PReLUBuilder {
    /// Makes the layer.
    pub fn build(self) -> Result<PReLU> {
        let shape = [self.num_parameters];
        let weight = Tensor::full(&shape, self.init, self.dtype, self.device)?;
        Ok(PReLU {
            num_parameters: self.num_parameters,
            weight: Parameter::new(weight)?,
            site: Site::default(),
        })
    }
}

impl Forward for PReLU {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.site.call(x, |x| x.prelu(&self.weight))
    }
}

layer! {
    /// Applies `x` where positive, else `a * x`, with `a` drawn for each element between `lower`
    /// and `upper` while training and their mean in evaluation mode; see
    /// [`rrelu`](functional::rrelu).
    ///
    /// # Shape
    ///
    /// Any shape; the result has the same.
    ///
    /// ```
    /// # use rushlight_autograd::{Result, tensor};
    /// # use rushlight_nn::{Forward, Module, RReLU};
    /// # fn main() -> Result<()> {
    /// let layer = RReLU::new().lower(0.25).upper(0.75);
    /// layer.eval();
    /// assert_eq!(layer.forward(&tensor([-1.0, 2.0])?)?.to_vec::<f32>()?, [-0.5, 2.0]);
    /// # Ok(()) }
    /// ```
    #[module(repr = Self::text)]
    RReLU {}
    /// The least slope of negative inputs. Default: 1 / 8.
    lower: f64 = 1.0 / 8.0;
    /// The greatest. Default: 1 / 3.
    upper: f64 = 1.0 / 3.0;
    /// Whether PyTorch would overwrite its input. Default: false.
    inplace: Inplace = Inplace(false), from impl Into<Inplace>;
    |layer, x| functional::rrelu(x, layer.lower, layer.upper, layer.site.is_training())
}

impl RReLU {
    fn text(&self) -> String {
        let inplace = if self.inplace.0 { ", inplace=True" } else { "" };
        format!(
            "lower={}, upper={}{inplace}",
            self.lower.text(),
            self.upper.text()
        )
    }
}

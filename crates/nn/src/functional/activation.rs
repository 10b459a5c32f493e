//! Functions of each element, and those that normalise along a dimension.

use crate::{Error, Result, Setting};
use rushlight_autograd::{DType, Tensor, no_grad};

/// Functions that are methods of [`Tensor`] too.
macro_rules! methods { ($($(#[$doc:meta])* $name:ident($($argument:ident: $T:ty),*);)*) => { $(
    $(#[$doc])*
    pub fn $name(x: &Tensor $(, $argument: $T)*) -> Result<Tensor> {
        x.$name($($argument),*)
    }
)* } }

methods! {
    /// `max(x, 0)`.
    relu();
    /// `min(max(x, 0), 6)`.
    relu6();
    /// `x` where positive, else `negative_slope * x`.
    leaky_relu(negative_slope: f64);
    /// `x` where positive, else `weight * x`, with one weight or one for each channel.
    prelu(weight: &Tensor);
    /// `x` where positive, else `alpha * (exp(x) - 1)`.
    elu(alpha: f64);
    /// `scale * elu(x, alpha)` with the constants that keep mean 0 and variance 1.
    selu();
    /// `max(0, x) + min(0, alpha * (exp(x / alpha) - 1))`.
    celu(alpha: f64);
    /// The first half along `dim` times the sigmoid of the second.
    glu(dim: isize);
    /// `x * sigmoid(x)`.
    silu();
    /// `x * tanh(softplus(x))`.
    mish();
    /// `x * relu6(x + 3) / 6`.
    hardswish();
    /// `relu6(x + 3) / 6`.
    hardsigmoid();
    /// `x` moved into `min..=max`.
    hardtanh(min: f64, max: f64);
    /// `x` where its magnitude exceeds `lambda`, else 0.
    hardshrink(lambda: f64);
    /// `x` moved towards 0 by `lambda`.
    softshrink(lambda: f64);
    /// `x / (1 + |x|)`.
    softsign();
    /// `log(1 + exp(beta x)) / beta`, and `x` where `beta x > threshold`.
    softplus(beta: f64, threshold: f64);
    /// `x` where above `threshold`, else `value`.
    threshold(threshold: f64, value: f64);
    /// `1 / (1 + exp(-x))`.
    sigmoid();
    /// `log(sigmoid(x))`.
    logsigmoid();
    /// The hyperbolic tangent.
    tanh();
    /// `x - tanh(x)`.
    tanhshrink();
    /// `exp(x)` over its sum along `dim`.
    softmax(dim: isize);
    /// `softmax(-x)`.
    softmin(dim: isize);
    /// `log(softmax(x))`.
    log_softmax(dim: isize);
}

/// How [`gelu_with`] computes the distribution function of the normal distribution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Approximate {
    /// Exactly.
    #[default]
    None,
    /// By `(1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2`.
    Tanh,
}

impl Setting for Approximate {
    fn text(&self) -> String {
        match self {
            Approximate::None => "none".to_string(),
            Approximate::Tanh => "tanh".to_string(),
        }
    }
}
crate::settings!(Approximate);

/// `x * Phi(x)`, where `Phi` is the distribution function of the normal distribution.
pub fn gelu(x: &Tensor) -> Result<Tensor> {
    x.gelu()
}

/// As [`gelu`], or with an approximation of `Phi`.
pub fn gelu_with(x: &Tensor, approximate: Approximate) -> Result<Tensor> {
    match approximate {
        Approximate::None => x.gelu(),
        Approximate::Tanh => x.gelu_tanh(),
    }
}

/// `x` where it is positive, and `x` times a slope elsewhere: while training a slope of each element
/// drawn from `lower..upper`, otherwise their mean. From "Empirical Evaluation of Rectified Activations
/// in Convolutional Network" (Xu et al. 2015).
pub fn rrelu(x: &Tensor, lower: f64, upper: f64, training: bool) -> Result<Tensor> {
    if lower > upper || !lower.is_finite() || !upper.is_finite() {
        let got = format!("{lower} and {upper}");
        let expected = "finite, the lower one first";
        return Err(Error::argument("rrelu", "lower and upper", got, expected).into());
    }
    if !training {
        return x.leaky_relu((lower + upper) / 2.0);
    }
    // A number is drawn only where it is needed.
    let slopes = no_grad(|| {
        let is_scaled = x.le(0.0)?;
        let count = is_scaled.count_nonzero()?.item()? as usize;
        let options = x.options().dtype(DType::F64);
        let drawn = ((options.rand(&[count])? * (upper - lower))? + lower)?;
        x.ones_like()?
            .masked_scatter(&is_scaled, &drawn.to_dtype(x.dtype())?)
    })?;
    x.mul(slopes)
}

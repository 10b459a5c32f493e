//! Activation functions with settings; those without are rows of the op table.

use crate::{Error, Result, Tensor, amp};
use rushlight_tensor::ops::table::ParametricOp;
use rushlight_tensor::{Error as ArrayError, Scalar};

/// Activation functions.
impl Tensor {
    /// `x` where positive, else `negative_slope * x`.
    pub fn leaky_relu(&self, negative_slope: f64) -> Result<Tensor> {
        self.parametric(ParametricOp::LeakyRelu, [negative_slope.into()])
    }

    /// Huber's function of a difference: `x^2 / 2` up to a magnitude of `delta`, then
    /// `delta * (|x| - delta / 2)`.
    pub fn huber(&self, delta: f64) -> Result<Tensor> {
        self.parametric(ParametricOp::Huber, [delta.into()])
    }

    /// `x` where positive, else `alpha * (exp(x) - 1)`.
    pub fn elu(&self, alpha: f64) -> Result<Tensor> {
        self.scaled_elu(alpha, 1.0, 1.0)
    }

    /// `x` where positive, else `alpha * (exp(x / alpha) - 1)`, whose slope is continuous.
    pub fn celu(&self, alpha: f64) -> Result<Tensor> {
        if alpha == 0.0 {
            return Err(Error::argument("celu", "alpha", alpha, "not 0"));
        }
        self.scaled_elu(alpha, 1.0, alpha.recip())
    }

    /// The self-normalising [`elu`](Tensor::elu): `scale * elu(x, alpha)` with the constants that keep
    /// mean 0 and variance 1.
    pub fn selu(&self) -> Result<Tensor> {
        self.scaled_elu(1.6732632423543772, 1.0507009873554805, 1.0)
    }

    fn scaled_elu(&self, alpha: f64, scale: f64, input_scale: f64) -> Result<Tensor> {
        let parameters = [alpha, scale, input_scale].map(Scalar::from);
        self.parametric(ParametricOp::Elu, parameters)
    }

    /// `log(1 + exp(beta x)) / beta`, and `x` where `beta x` exceeds `threshold`.
    pub fn softplus(&self, beta: f64, threshold: f64) -> Result<Tensor> {
        self.parametric(ParametricOp::Softplus, [beta.into(), threshold.into()])
    }

    /// `x` where it exceeds `threshold`, else `value`.
    pub fn threshold(&self, threshold: f64, value: f64) -> Result<Tensor> {
        self.parametric(ParametricOp::Threshold, [threshold.into(), value.into()])
    }

    /// `x` where its magnitude exceeds `lambda`, else 0.
    pub fn hardshrink(&self, lambda: f64) -> Result<Tensor> {
        self.parametric(ParametricOp::Hardshrink, [lambda.into()])
    }

    /// `x` moved towards 0 by `lambda`, and 0 where its magnitude is at most `lambda`.
    pub fn softshrink(&self, lambda: f64) -> Result<Tensor> {
        if lambda.is_nan() || lambda < 0.0 {
            return Err(Error::argument(
                "softshrink",
                "lambda",
                lambda,
                "not negative",
            ));
        }
        self.parametric(ParametricOp::Softshrink, [lambda.into()])
    }

    /// `x` moved into `min..=max`, where the ends themselves get no gradient.
    pub fn hardtanh(&self, min: f64, max: f64) -> Result<Tensor> {
        if min > max {
            let got = format!("{min} above {max}");
            return Err(Error::argument("hardtanh", "min", got, "at most max"));
        }
        self.parametric(ParametricOp::Hardtanh, [min.into(), max.into()])
    }

    /// `x` moved into `0..=6`.
    pub fn relu6(&self) -> Result<Tensor> {
        self.hardtanh(0.0, 6.0)
    }

    /// `x` where positive, else `weight * x`; the weight is one number, or one per channel, which is
    /// dimension 1.
    pub fn prelu(&self, weight: &Tensor) -> Result<Tensor> {
        amp::run("prelu", [self, weight], |[x, weight]| x.prelu_as_is(weight))
    }

    fn prelu_as_is(&self, weight: &Tensor) -> Result<Tensor> {
        let (shape, channels) = (self.shape(), weight.numel());
        let own = shape.get(1).copied().unwrap_or(1);
        if weight.dim() > 1 || (channels != 1 && channels != own) {
            let expected = format!("a weight for each of {own} channels, or one");
            return Err(ArrayError::shape("prelu", weight.shape(), expected).into());
        }
        if weight.dtype() != self.dtype() {
            let (op, got, expected) = ("prelu", weight.dtype(), self.dtype().name());
            return Err(ArrayError::DType { op, got, expected }.into());
        }
        let mut sizes = vec![1; shape.len()];
        if let Some(size) = sizes.get_mut(1) {
            *size = channels as isize;
        }
        let weight = weight.reshape(&sizes)?;
        self.prelu_kernel(&weight)
    }

    /// The first half along `dim` times the [`sigmoid`](Tensor::sigmoid) of the second half.
    pub fn glu(&self, dim: isize) -> Result<Tensor> {
        let size = self.size(dim)?;
        if !size.is_multiple_of(2) {
            let expected = format!("an even size of dimension {dim}");
            return Err(ArrayError::shape("glu", self.shape(), expected).into());
        }
        let half = size / 2;
        let value = self.narrow(dim, 0, half)?;
        let gate = self.narrow(dim, half as i64, half)?;
        value * gate.sigmoid()?
    }
}

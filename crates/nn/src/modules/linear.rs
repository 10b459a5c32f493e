//! Affine maps.

use crate::builder::builder;
use crate::layer::layer;
use crate::{Error, Forward, LazyBuilder, Module, Parameter, Result, Site, functional, init};
use rushlight_autograd::Tensor;

/// Applies `y = x w^T + b` to the last dimension. Both parameters start uniform in
/// `±1/sqrt(in_features)`.
///
/// # Shape
///
/// `[..., in_features] -> [..., out_features]`
///
/// ```
/// # use rushlight_autograd::{Result, Tensor};
/// # use rushlight_nn::{Forward, Linear};
/// # fn main() -> Result<()> {
/// let layer = Linear::builder(20, 30).bias(false).build()?;
/// let y = layer.forward(&Tensor::zeros(&[128, 20])?)?;
/// assert_eq!(y.shape(), [128, 30]);
/// # Ok(()) }
/// ```
#[derive(Module, Debug)]
pub struct Linear {
    /// Size of the last dimension of the input.
    pub in_features: usize,
    /// Size of the last dimension of the output.
    pub out_features: usize,
    /// `[out_features, in_features]`.
    pub weight: Parameter,
    /// `[out_features]`.
    pub bias: Option<Parameter>,
    /// The layer's place in a model.
    pub site: Site,
}

builder! {
    /// Settings of a [`Linear`] layer.
    LinearBuilder for Linear {
        /// Size of the last dimension of the input.
        in_features: usize;
        /// Size of the last dimension of the output.
        out_features: usize;
    }
    /// Whether to add a learnable bias. Default: true.
    bias: bool = true;
}

impl LinearBuilder {
    /// Makes the layer.
    pub fn build(self) -> Result<Linear> {
        let parameter =
            |shape: &[usize]| Parameter::new(init::blank(shape, self.dtype, self.device)?);
        let weight = parameter(&[self.out_features, self.in_features])?;
        let bias = self
            .bias
            .then(|| parameter(&[self.out_features]))
            .transpose()?;
        init::affine(&weight, bias.as_deref())?;
        Ok(self.with_parameters(weight, bias))
    }

    fn with_parameters(self, weight: Parameter, bias: Option<Parameter>) -> Linear {
        Linear {
            in_features: self.in_features,
            out_features: self.out_features,
            weight,
            bias,
            site: Site::default(),
        }
    }
}

impl LazyBuilder for LinearBuilder {
    type Layer = Linear;

    const NAME: &'static str = "LazyLinear";

    fn inputs(x: &Tensor) -> Option<usize> {
        x.shape().last().copied()
    }

    fn layer_for(mut self, inputs: usize, x: &Tensor) -> Result<Linear> {
        self.in_features = inputs;
        self.dtype(x.dtype()).device(x.device()).build()
    }

    fn outline(mut self) -> Result<Linear> {
        self.in_features = 0;
        let none = || Parameter::new(Tensor::zeros(&[0])?);
        let bias = self.bias.then(none).transpose()?;
        Ok(self.with_parameters(none()?, bias))
    }
}

impl Forward for Linear {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.site.call(x, |x| {
            functional::linear(x, &self.weight, self.bias.as_deref())
        })
    }
}

/// Applies `y = x1^T w x2 + b` to the last dimensions of two inputs. Both parameters start uniform
/// in `±1/sqrt(in1_features)`.
///
/// # Shape
///
/// `[..., in1_features]`, `[..., in2_features] -> [..., out_features]`
///
/// ```
/// # use rushlight_autograd::{Result, Tensor};
/// # use rushlight_nn::Bilinear;
/// # fn main() -> Result<()> {
/// let layer = Bilinear::new(20, 30, 40)?;
/// let y = layer.forward(&Tensor::zeros(&[128, 20])?, &Tensor::zeros(&[128, 30])?)?;
/// assert_eq!(y.shape(), [128, 40]);
/// # Ok(()) }
/// ```
#[derive(Module, Debug)]
pub struct Bilinear {
    /// Size of the last dimension of the first input.
    pub in1_features: usize,
    /// Size of the last dimension of the second input.
    pub in2_features: usize,
    /// Size of the last dimension of the output.
    pub out_features: usize,
    /// `[out_features, in1_features, in2_features]`.
    pub weight: Parameter,
    /// `[out_features]`.
    pub bias: Option<Parameter>,
    /// The layer's place in a model.
    pub site: Site,
}

builder! {
    /// Settings of a [`Bilinear`] layer.
    BilinearBuilder for Bilinear {
        /// Size of the last dimension of the first input.
        in1_features: usize;
        /// Size of the last dimension of the second input.
        in2_features: usize;
        /// Size of the last dimension of the output.
        out_features: usize;
    }
    /// Whether to add a learnable bias. Default: true.
    bias: bool = true;
}

impl BilinearBuilder {
    /// Makes the layer.
    pub fn build(self) -> Result<Bilinear> {
        if self.in1_features == 0 {
            let expected = "greater than 0";
            return Err(Error::argument("Bilinear", "in1_features", 0, expected).into());
        }
        let parameter =
            |shape: &[usize]| Parameter::new(init::blank(shape, self.dtype, self.device)?);
        let weight = parameter(&[self.out_features, self.in1_features, self.in2_features])?;
        let bias = self
            .bias
            .then(|| parameter(&[self.out_features]))
            .transpose()?;
        let bound = 1.0 / (self.in1_features as f64).sqrt();
        for parameter in [Some(&weight), bias.as_ref()].into_iter().flatten() {
            init::uniform_(parameter, -bound, bound)?;
        }
        Ok(Bilinear {
            in1_features: self.in1_features,
            in2_features: self.in2_features,
            out_features: self.out_features,
            weight,
            bias,
            site: Site::default(),
        })
    }
}

impl Bilinear {
    /// Calls the layer.
    pub fn forward(&self, x1: &Tensor, x2: &Tensor) -> Result<Tensor> {
        self.site.call_all([x1, x2], |[x1, x2]| {
            functional::bilinear(x1, x2, &self.weight, self.bias.as_deref())
        })
    }
}

layer! {
    /// Returns its input: `y = x`.
    ///
    /// # Shape
    ///
    /// Any shape; the result has the same.
    ///
    /// ```
    /// # use rushlight_autograd::{Result, tensor};
    /// # use rushlight_nn::{Forward, Identity};
    /// # fn main() -> Result<()> {
    /// let x = tensor([1.0, 2.0])?;
    /// assert_eq!(Identity::new().forward(&x)?.to_vec::<f32>()?, [1.0, 2.0]);
    /// # Ok(()) }
    /// ```
    Identity {}
    |_layer, x| Ok(x.clone())
}

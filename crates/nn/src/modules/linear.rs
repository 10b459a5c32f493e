//! Affine maps.

use crate::builder::builder;
use crate::layer::layer;
use crate::{Forward, Module, Parameter, Result, Site, functional, init};
use rushlight_autograd::Tensor;

/// Applies `y = x w^T + b` to the last dimension.
///
/// Shapes: `[..., in_features] -> [..., out_features]`. Both parameters start uniform in
/// `±1/sqrt(in_features)`.
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
        in_features: usize;
        out_features: usize;
    }
    /// Whether to add a learnable bias. Default: true.
    bias: bool = true;
}

impl LinearBuilder {
    /// Makes the layer.
    pub fn build(self) -> Result<Linear> {
        let parameter =
            |shape: &[usize]| Parameter::new(Tensor::full(shape, 0.0, self.dtype, self.device)?);
        let weight = parameter(&[self.out_features, self.in_features])?;
        let bias = self
            .bias
            .then(|| parameter(&[self.out_features]))
            .transpose()?;
        init::affine(&weight, bias.as_deref())?;
        Ok(Linear {
            in_features: self.in_features,
            out_features: self.out_features,
            weight,
            bias,
            site: Site::default(),
        })
    }
}

impl Forward for Linear {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.site.call(x, |x| {
            functional::linear(x, &self.weight, self.bias.as_deref())
        })
    }
}

layer! {
    /// Returns its input.
    Identity {}
    |_layer, x| Ok(x.clone())
}

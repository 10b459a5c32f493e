//! Layers that learn the number of their inputs from the first one.

use crate::field::Fields;
use crate::{
    BatchNormBuilder, ConvBuilder, ConvTransposeBuilder, Error, Forward, InstanceNormBuilder,
    LinearBuilder, Module, Result, Site,
};
use rushlight_autograd::Tensor;
use std::fmt;
use std::sync::OnceLock;

/// The builder of a layer that can learn the number of its inputs.
pub trait LazyBuilder: Clone + fmt::Debug + Send + Sync + 'static {
    /// The layer it makes.
    type Layer: Module;

    /// The name that the layer prints before its first call.
    const NAME: &'static str;

    /// How many inputs `x` has for such a layer, if it has its rank.
    fn inputs(x: &Tensor) -> Option<usize>;

    /// The layer for a number of inputs, with parameters of the type and on the device of `x`.
    fn layer_for(self, inputs: usize, x: &Tensor) -> Result<Self::Layer>;

    /// The layer for no inputs at all, which is only printed.
    fn outline(self) -> Result<Self::Layer>;
}

/// A layer that learns the number of its inputs, and type and device of its parameters, from the first
/// input. Before, it has no parameters; from then on it is the layer.
///
/// # Shape
///
/// As for the layer that it becomes.
///
/// # Arguments
///
/// * `builder`: The builder of the layer; its own number of inputs does not count.
///
/// ```
/// # use rushlight_autograd::{Result, Tensor};
/// # use rushlight_nn::{Forward, LazyLinear, Linear, Module};
/// # fn main() -> Result<()> {
/// let layer = LazyLinear::new(Linear::builder(0, 3));
/// assert_eq!(layer.to_string(), "LazyLinear(in_features=0, out_features=3, bias=True)");
/// layer.forward(&Tensor::zeros(&[2, 5])?)?;
/// assert_eq!(layer.to_string(), "Linear(in_features=5, out_features=3, bias=True)");
/// # Ok(()) }
/// ```
pub struct Lazy<B: LazyBuilder> {
    builder: B,
    layer: OnceLock<B::Layer>,
    site: Site,
}

/// A [`Linear`](crate::Linear) layer that learns `in_features`.
pub type LazyLinear = Lazy<LinearBuilder>;
/// A [`Conv1d`](crate::Conv1d) that learns `in_channels`.
pub type LazyConv1d = Lazy<ConvBuilder<1>>;
/// A [`Conv2d`](crate::Conv2d) that learns `in_channels`.
pub type LazyConv2d = Lazy<ConvBuilder<2>>;
/// A [`Conv3d`](crate::Conv3d) that learns `in_channels`.
pub type LazyConv3d = Lazy<ConvBuilder<3>>;
/// A [`ConvTranspose1d`](crate::ConvTranspose1d) that learns `in_channels`.
pub type LazyConvTranspose1d = Lazy<ConvTransposeBuilder<1>>;
/// A [`ConvTranspose2d`](crate::ConvTranspose2d) that learns `in_channels`.
pub type LazyConvTranspose2d = Lazy<ConvTransposeBuilder<2>>;
/// A [`ConvTranspose3d`](crate::ConvTranspose3d) that learns `in_channels`.
pub type LazyConvTranspose3d = Lazy<ConvTransposeBuilder<3>>;
/// A [`BatchNorm1d`](crate::BatchNorm1d) that learns `num_features`.
pub type LazyBatchNorm1d = Lazy<BatchNormBuilder<1>>;
/// A [`BatchNorm2d`](crate::BatchNorm2d) that learns `num_features`.
pub type LazyBatchNorm2d = Lazy<BatchNormBuilder<2>>;
/// A [`BatchNorm3d`](crate::BatchNorm3d) that learns `num_features`.
pub type LazyBatchNorm3d = Lazy<BatchNormBuilder<3>>;
/// An [`InstanceNorm1d`](crate::InstanceNorm1d) that learns `num_features`.
pub type LazyInstanceNorm1d = Lazy<InstanceNormBuilder<1>>;
/// An [`InstanceNorm2d`](crate::InstanceNorm2d) that learns `num_features`.
pub type LazyInstanceNorm2d = Lazy<InstanceNormBuilder<2>>;
/// An [`InstanceNorm3d`](crate::InstanceNorm3d) that learns `num_features`.
pub type LazyInstanceNorm3d = Lazy<InstanceNormBuilder<3>>;

impl<B: LazyBuilder> Lazy<B> {
    /// The layer that the builder makes, for another number of inputs than the builder's own.
    pub fn new(builder: B) -> Lazy<B> {
        Lazy {
            builder,
            layer: OnceLock::new(),
            site: Site::default(),
        }
    }

    /// The layer, once there was an input.
    pub fn layer(&self) -> Option<&B::Layer> {
        self.layer.get()
    }

    fn layer_for(&self, x: &Tensor) -> Result<&B::Layer> {
        if let Some(layer) = self.layer.get() {
            return Ok(layer);
        }
        let inputs = B::inputs(x).ok_or_else(|| {
            let expected = "the rank that the layer takes";
            rushlight_autograd::Error::from(Error::shape(B::NAME, x.shape(), expected))
        })?;
        let layer = self.builder.clone().layer_for(inputs, x)?;
        let site = layer.site()?;
        site.set_training(self.site.is_training());
        site.set_frozen(self.site.is_frozen());
        site.set_path(&self.site.path());
        Ok(self.layer.get_or_init(|| layer))
    }
}

impl<B: LazyBuilder> Module for Lazy<B> {
    fn type_name(&self) -> &'static str {
        self.layer.get().map_or(B::NAME, Module::type_name)
    }

    fn fields<'a>(&'a self, fields: &mut Fields<'a>) {
        match self.layer.get() {
            Some(layer) => fields.flatten(layer),
            None => fields.add("site", &self.site),
        }
    }

    fn extra_repr(&self) -> Option<String> {
        let text = match self.layer.get() {
            Some(layer) => layer.repr(),
            None => self.builder.clone().outline().ok()?.repr(),
        };
        let inner = text.split_once('(')?.1.strip_suffix(')')?;
        Some(inner.to_string())
    }

    fn version(&self) -> u64 {
        self.layer.get().map_or(1, Module::version)
    }
}

impl<B: LazyBuilder> Forward for Lazy<B>
where
    B::Layer: Forward,
{
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.site.call(x, |x| self.layer_for(x)?.forward(x))
    }
}

impl<B: LazyBuilder> fmt::Debug for Lazy<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.repr())
    }
}

impl<B: LazyBuilder> fmt::Display for Lazy<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.repr())
    }
}

/// The size of the channels before `spatial` dimensions, with or without a batch.
pub(crate) fn channels(x: &Tensor, spatial: usize) -> Option<usize> {
    let shape = x.shape();
    let fits = [spatial + 1, spatial + 2].contains(&shape.len());
    fits.then(|| shape[shape.len() - spatial - 1])
}

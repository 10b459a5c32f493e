//! Layer normalisation: the last dimensions as one row of mean 0 and variance 1.

use super::rules;
use crate::layout::Layout;
use crate::{Array, Error, Result, Shape};

const OP: &str = "layer_norm";

/// What [`Array::layer_norm`] computes.
#[derive(Debug)]
pub struct LayerNorm {
    /// The normalised rows.
    pub y: Array,
    /// The mean of each row; the normalised dimensions have size 1.
    pub mean: Array,
    /// `1 / sqrt(var + eps)` of each row, of the same shape.
    pub rstd: Array,
}

/// The gradients of a layer normalisation.
#[derive(Debug)]
pub struct LayerNormGradients {
    /// That of the operand.
    pub x: Array,
    /// That of the weight, of the normalised shape.
    pub weight: Array,
    /// That of the bias, of the normalised shape.
    pub bias: Array,
}

impl Array {
    /// `(x - mean) / sqrt(var + eps) * weight + bias`, with mean and biased variance over the last
    /// dimensions, which are `normalized_shape`; weight and bias have this shape. `f32` or `f64`.
    pub fn layer_norm(
        &self,
        normalized_shape: &[usize],
        weight: Option<&Array>,
        bias: Option<&Array>,
        eps: f64,
    ) -> Result<LayerNorm> {
        let x = self.as_rows(self)?;
        let [weight, bias] = [weight, bias].map(|given| {
            given
                .map(|given| self.as_parameter(given, normalized_shape))
                .transpose()
        });
        let (weight, bias) = (weight?, bias?);
        let shape = self.statistics_shape(normalized_shape)?;
        let statistic = || match self.numel() {
            0 => Array::full(&shape, f64::NAN.into(), self.dtype(), self.device()),
            _ => self.uninit_dense(&shape),
        };
        let mut out = LayerNorm {
            y: self.uninit_dense(self.shape())?,
            mean: statistic()?,
            rstd: statistic()?,
        };
        if self.numel() > 0 {
            let (weight, bias) = (weight.as_ref(), bias.as_ref());
            self.backend(OP)?
                .layer_norm(eps, &x, weight, bias, &mut out)?;
        }
        Ok(out)
    }

    /// The gradients of [`Array::layer_norm`], of which `self` is the operand and `g` that of the result.
    pub fn layer_norm_backward(
        &self,
        normalized_shape: &[usize],
        weight: Option<&Array>,
        [g, mean, rstd]: [&Array; 3],
    ) -> Result<LayerNormGradients> {
        let [x, g] = [self.as_rows(self)?, self.as_rows(g)?];
        let weight = weight
            .map(|weight| self.as_parameter(weight, normalized_shape))
            .transpose()?;
        let statistics = self.statistics_shape(normalized_shape)?;
        for given in [mean, rstd] {
            rules::same_device(OP, self, given)?;
            if *given.shape() != statistics || given.dtype() != self.dtype() {
                let expected = format!("{statistics} of {}", self.dtype());
                return Err(Error::shape(OP, given.shape(), expected));
            }
        }
        let parameter = || Array::full(normalized_shape, 0.into(), self.dtype(), self.device());
        let mut out = LayerNormGradients {
            x: self.uninit_dense(self.shape())?,
            weight: parameter()?,
            bias: parameter()?,
        };
        let (mean, rstd) = (mean.contiguous()?, rstd.contiguous()?);
        if self.numel() > 0 {
            let operands = [&g, &x, &mean, &rstd];
            let backend = self.backend(OP)?;
            backend.layer_norm_backward(operands, weight.as_ref(), &mut out)?;
        }
        Ok(out)
    }

    /// A contiguous operand of the shape of `self`.
    fn as_rows(&self, x: &Array) -> Result<Array> {
        rules::same_device(OP, self, x)?;
        let fits = self.dtype() == self.dtype().to_accumulate() && self.dtype().is_floating_point();
        rules::dtype(
            OP,
            x.dtype(),
            fits && x.dtype() == self.dtype(),
            "f32 or f64",
        )?;
        if x.shape() != self.shape() {
            return Err(Error::shape(OP, x.shape(), self.shape().to_string()));
        }
        x.contiguous()
    }

    /// A contiguous weight or bias.
    fn as_parameter(&self, given: &Array, normalized_shape: &[usize]) -> Result<Array> {
        rules::same_device(OP, self, given)?;
        let fits = given.dtype() == self.dtype();
        rules::dtype(OP, given.dtype(), fits, self.dtype().name())?;
        if **given.shape() != *normalized_shape {
            let expected = Shape::from(normalized_shape).to_string();
            return Err(Error::shape(OP, given.shape(), expected));
        }
        given.contiguous()
    }

    fn statistics_shape(&self, normalized_shape: &[usize]) -> Result<Shape> {
        let mut shape = self.shape().clone();
        if normalized_shape.is_empty() || !shape.ends_with(normalized_shape) {
            let expected = format!("last dimensions {}", Shape::from(normalized_shape));
            return Err(Error::shape(OP, shape, expected));
        }
        let leading = shape.len() - normalized_shape.len();
        shape[leading..].fill(1);
        Ok(shape)
    }

    fn uninit_dense(&self, shape: &Shape) -> Result<Array> {
        let layout = Layout::contiguous(shape.clone());
        Array::uninit(OP, layout, self.dtype(), self.device())
    }
}

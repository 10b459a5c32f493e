//! Dropout: elements, or whole channels, are zeroed at random while training.

use crate::{Error, Result, Tensor};
use rushlight_tensor::Array;
use rushlight_tensor::ops::random::Distribution;

/// Where alpha dropout puts what it drops: the limit of SELU at minus infinity, negated.
const ALPHA: f64 = 1.7580993408473766;

impl Tensor {
    /// Zeroes elements with probability `p` and divides the others by `1 - p`, if training.
    pub fn dropout(&self, p: f64, training: bool) -> Result<Tensor> {
        self.dropped("dropout", p, training, Noise::PerElement)
    }

    /// The gradient of what dropout was applied to, where `self` is that of its output, `mask` is
    /// true at elements that were kept, and `scale` is what those were multiplied by.
    pub fn native_dropout_backward(&self, mask: &Tensor, scale: f64) -> Result<Tensor> {
        self.mul(mask)?.mul(scale)
    }

    /// Zeroes whole channels with probability `p` and divides the others by `1 - p`, if training.
    ///
    /// Shape: `[batch, channels, ...]`.
    pub fn feature_dropout(&self, p: f64, training: bool) -> Result<Tensor> {
        self.dropped("feature_dropout", p, training, Noise::PerChannel)
    }

    /// Sets elements to the negative saturation of SELU with probability `p`, and scales and shifts
    /// all so that mean and variance stay as they were, if training.
    pub fn alpha_dropout(&self, p: f64, training: bool) -> Result<Tensor> {
        self.alpha_dropped("alpha_dropout", p, training, Noise::PerElement)
    }

    /// As [`Tensor::alpha_dropout`], for whole channels.
    ///
    /// Shape: `[batch, channels, ...]`.
    pub fn feature_alpha_dropout(&self, p: f64, training: bool) -> Result<Tensor> {
        self.alpha_dropped("feature_alpha_dropout", p, training, Noise::PerChannel)
    }

    fn dropped(&self, op: &'static str, p: f64, training: bool, noise: Noise) -> Result<Tensor> {
        if !drops(op, p, training, self)? {
            return Ok(self.clone());
        }
        if p == 1.0 {
            return self.mul(0.0);
        }
        self.mul(noise.drawn(op, p, self)?.div(1.0 - p)?)
    }

    fn alpha_dropped(
        &self,
        op: &'static str,
        p: f64,
        training: bool,
        noise: Noise,
    ) -> Result<Tensor> {
        if !drops(op, p, training, self)? {
            return Ok(self.clone());
        }
        if p == 1.0 {
            return self.mul(0.0);
        }
        let noise = noise.drawn(op, p, self)?;
        let scale = 1.0 / ((ALPHA * ALPHA * p + 1.0) * (1.0 - p)).sqrt();
        let shift = ((noise.sub(1.0)? * (ALPHA * scale))? + (ALPHA * scale * p))?;
        self.mul(noise.mul(scale)?)? + shift
    }
}

/// What is kept or dropped as one.
#[derive(Clone, Copy)]
enum Noise {
    PerElement,
    PerChannel,
}

impl Noise {
    /// Ones for what is kept, zeros for what is dropped.
    fn drawn(self, op: &'static str, p: f64, x: &Tensor) -> Result<Tensor> {
        let keep = Distribution::Bernoulli { p: 1.0 - p };
        let array = match self {
            Noise::PerElement => x.array().random_like(keep, x.dtype())?,
            Noise::PerChannel => {
                let mut shape = x.shape();
                if shape.len() < 2 {
                    let expected = "at least two dimensions";
                    return Err(rushlight_tensor::Error::shape(op, shape, expected).into());
                }
                shape[2..].fill(1);
                Array::random(&shape, keep, x.dtype(), x.device())?
            }
        };
        Ok(Tensor::new(array))
    }
}

fn drops(op: &'static str, p: f64, training: bool, x: &Tensor) -> Result<bool> {
    if !(0.0..=1.0).contains(&p) {
        return Err(Error::argument(op, "p", p, "between 0 and 1"));
    }
    Ok(training && p > 0.0 && x.numel() > 0)
}

//! Special functions with settings; those without are rows of the op table.

use crate::{Error, Result, Tensor};
use rushlight_tensor::Scalar;
use rushlight_tensor::ops::table::ParametricOp;
use std::f64::consts::PI;

/// Special functions.
impl Tensor {
    /// `log(x / (1 - x))`, of `x` moved into `eps..=1 - eps` where one is given.
    pub fn logit(&self, eps: Option<f64>) -> Result<Tensor> {
        let (low, high) = match eps {
            Some(eps) => (eps, 1.0 - eps),
            None => (f64::NEG_INFINITY, f64::INFINITY),
        };
        self.parametric(ParametricOp::Logit, [low.into(), high.into()])
    }

    /// In-place form of [`logit`](Tensor::logit).
    pub fn logit_(&mut self, eps: Option<f64>) -> Result<()> {
        self.assign("logit_", self.logit(eps)?)
    }

    /// The n-th derivative of [`digamma`](Tensor::digamma).
    pub fn polygamma(&self, n: i64) -> Result<Tensor> {
        match n {
            ..0 => Err(Error::argument("polygamma", "n", n, "not negative")),
            0 => self.digamma(),
            n => self.parametric(ParametricOp::Polygamma, [Scalar::Int(n)]),
        }
    }

    /// The logarithm of the multivariate gamma function of dimension `p`.
    pub fn mvlgamma(&self, p: i64) -> Result<Tensor> {
        if p < 1 {
            return Err(Error::argument("mvlgamma", "p", p, "at least 1"));
        }
        let dtype = self.dtype().to_float();
        let halves = (Tensor::arange(0, p, 1)?.to((self.device(), dtype))? * 0.5)?;
        let sum = (self.unsqueeze(-1)? - halves)?
            .lgamma()?
            .sum_dim(&[-1], false)?;
        sum + 0.25 * PI.ln() * (p as f64 * (p as f64 - 1.0))
    }
}

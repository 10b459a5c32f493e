//! Variance and standard deviation.
//!
//! The sum of squared distances from the mean is divided by the number of elements less a
//! correction: 1, as where none can be given, estimates the variance of what a sample was drawn from.
//! PyTorch's `unbiased` is a correction of 1 or 0.

use super::reduce::Reduced;
use crate::{Backward, Error, Gradients, Result, Saved, Tensor, Wants, gradients};
use rushlight_tensor::ops::reduce::SpreadOp;

/// The backward of a variance or standard deviation and of the mean that came with it.
struct Spread {
    x: Saved,
    op: SpreadOp,
    correction: f64,
    reduced: Reduced,
}

impl Spread {
    /// The gradient that comes through the variance or standard deviation.
    fn through_spread(&self, g: &Tensor) -> Result<Tensor> {
        let x = self.x.get();
        let dims = self.reduced.dims();
        let g = self.reduced.restore(g)?;
        let distance = (&x - x.mean_dim(dims, true)?)?;
        let freedom = self.reduced.count()? as f64 - self.correction;
        if freedom <= 0.0 {
            let infinite = distance.full_like(f64::INFINITY)?;
            return g * (infinite * distance.sign()?.abs()?)?;
        }
        match self.op {
            SpreadOp::Variance => (g * (2.0 / freedom))? * distance,
            SpreadOp::Deviation => {
                let deviation = x.std_dim(dims, self.correction, true)?;
                let slope = (g / (&deviation * freedom)?)?;
                slope.masked_where(&deviation.ne(0.0)?)? * distance
            }
        }
    }

    /// The gradient that comes through the mean.
    fn through_mean(&self, g: &Tensor) -> Result<Tensor> {
        self.reduced.repeat(&(g / self.reduced.count()? as f64)?)
    }
}

impl Backward for Spread {
    fn backward(&self, g: &Tensor, wants: Wants<'_>) -> Result<Gradients> {
        gradients![wants; self.through_spread(g)?]
    }

    fn backward_many(&self, g: &[Option<Tensor>], wants: Wants<'_>) -> Result<Gradients> {
        let [spread, mean] = g else {
            let got = format!("{} gradients", g.len());
            return Err(Error::argument("var_mean", "gradients", got, "two"));
        };
        let spread = spread
            .as_ref()
            .map(|g| self.through_spread(g))
            .transpose()?;
        let mean = mean.as_ref().map(|g| self.through_mean(g)).transpose()?;
        match (spread, mean) {
            (Some(spread), Some(mean)) => gradients![wants; (spread + mean)?],
            (Some(only), None) | (None, Some(only)) => gradients![wants; only],
            (None, None) => Ok(Gradients::new()),
        }
    }
}

impl Tensor {
    /// The variance of all elements, with a correction of 1.
    pub fn var(&self) -> Result<Tensor> {
        self.var_dim(&[], 1.0, false)
    }

    /// The variance over the given dimensions.
    ///
    /// ```
    /// # use rushlight_autograd::{tensor, Result};
    /// # fn main() -> Result<()> {
    /// let x = tensor([1.0, 2.0, 3.0])?;
    /// assert_eq!(x.var()?.item()?, 1.0);
    /// assert_eq!(x.var_dim(&[0], 0.0, true)?.to_vec::<f32>()?, [2.0 / 3.0]);
    /// # Ok(()) }
    /// ```
    pub fn var_dim(&self, dims: &[isize], correction: f64, keepdim: bool) -> Result<Tensor> {
        self.spread_as(SpreadOp::Variance, dims, correction, keepdim)
    }

    /// The standard deviation of all elements, with a correction of 1.
    pub fn std(&self) -> Result<Tensor> {
        self.std_dim(&[], 1.0, false)
    }

    /// The standard deviation over the given dimensions.
    pub fn std_dim(&self, dims: &[isize], correction: f64, keepdim: bool) -> Result<Tensor> {
        self.spread_as(SpreadOp::Deviation, dims, correction, keepdim)
    }

    /// The variance of all elements, with a correction of 1, and their mean.
    pub fn var_mean(&self) -> Result<(Tensor, Tensor)> {
        self.var_mean_dim(&[], 1.0, false)
    }

    /// The variance and the mean over the given dimensions.
    pub fn var_mean_dim(
        &self,
        dims: &[isize],
        correction: f64,
        keepdim: bool,
    ) -> Result<(Tensor, Tensor)> {
        self.spread_and_mean("var_mean", SpreadOp::Variance, dims, correction, keepdim)
    }

    /// The standard deviation of all elements, with a correction of 1, and their mean.
    pub fn std_mean(&self) -> Result<(Tensor, Tensor)> {
        self.std_mean_dim(&[], 1.0, false)
    }

    /// The standard deviation and the mean over the given dimensions.
    pub fn std_mean_dim(
        &self,
        dims: &[isize],
        correction: f64,
        keepdim: bool,
    ) -> Result<(Tensor, Tensor)> {
        self.spread_and_mean("std_mean", SpreadOp::Deviation, dims, correction, keepdim)
    }

    fn spread_as(
        &self,
        op: SpreadOp,
        dims: &[isize],
        correction: f64,
        keepdim: bool,
    ) -> Result<Tensor> {
        let reduced = Reduced::new(self, dims, keepdim);
        let (y, _) = self.array().spread(op, dims, correction)?;
        let y = reduced.finish(y)?;
        Ok(Tensor::record(y, op.name(), &[self], || Spread {
            x: self.save(),
            op,
            correction,
            reduced,
        }))
    }

    fn spread_and_mean(
        &self,
        name: &'static str,
        op: SpreadOp,
        dims: &[isize],
        correction: f64,
        keepdim: bool,
    ) -> Result<(Tensor, Tensor)> {
        let reduced = Reduced::new(self, dims, keepdim);
        let (spread, mean) = self.array().spread(op, dims, correction)?;
        let outputs = vec![reduced.finish(spread)?, reduced.finish(mean)?];
        let rule = || Spread {
            x: self.save(),
            op,
            correction,
            reduced,
        };
        let mut outputs = Tensor::record_many(outputs, name, &[self], rule).into_iter();
        match (outputs.next(), outputs.next()) {
            (Some(spread), Some(mean)) => Ok((spread, mean)),
            _ => unreachable!("two arrays are recorded as two tensors"),
        }
    }
}

//! Quantiles, covariance and histograms.

use crate::{Error, Operand, Result, Tensor, amp};
use rushlight_tensor::DType;
use rushlight_tensor::ops::rules;

/// What a quantile is that falls between two elements.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Interpolation {
    /// As far between them as it falls.
    #[default]
    Linear,
    /// The lower one.
    Lower,
    /// The higher one.
    Higher,
    /// The nearest one.
    Nearest,
    /// Halfway between them.
    Midpoint,
}

/// Weights of observations for [`Tensor::cov`].
#[derive(Clone, Copy, Debug, Default)]
pub struct CovarianceWeights<'a> {
    /// How often each observation was made.
    pub fweights: Option<&'a Tensor>,
    /// How much each observation counts.
    pub aweights: Option<&'a Tensor>,
}

/// Quantiles.
impl Tensor {
    /// The quantiles `q`, between 0 and 1, of all elements; NaN if any is.
    ///
    /// `q` is a number, or a tensor of at most one dimension, which comes first in the result.
    ///
    /// ```
    /// # use rushlight_autograd::{tensor, Interpolation, Result};
    /// # fn main() -> Result<()> {
    /// let x = tensor([0.0, 1.0, 2.0, 3.0])?;
    /// assert_eq!(x.quantile(0.5, Interpolation::Linear)?.item()?, 1.5);
    /// # Ok(()) }
    /// ```
    pub fn quantile(&self, q: impl Into<Operand>, mode: Interpolation) -> Result<Tensor> {
        self.reshape(&[-1])?.quantile_dim(q, 0, false, mode)
    }

    /// The quantiles `q` along a dimension; NaN if any element is.
    pub fn quantile_dim(
        &self,
        q: impl Into<Operand>,
        dim: isize,
        keepdim: bool,
        mode: Interpolation,
    ) -> Result<Tensor> {
        self.quantiles("quantile", q.into(), dim, keepdim, mode, false)
    }

    /// The quantiles `q` of all elements that are numbers.
    pub fn nanquantile(&self, q: impl Into<Operand>, mode: Interpolation) -> Result<Tensor> {
        self.reshape(&[-1])?.nanquantile_dim(q, 0, false, mode)
    }

    /// The quantiles `q` of the elements along a dimension that are numbers.
    pub fn nanquantile_dim(
        &self,
        q: impl Into<Operand>,
        dim: isize,
        keepdim: bool,
        mode: Interpolation,
    ) -> Result<Tensor> {
        self.quantiles("nanquantile", q.into(), dim, keepdim, mode, true)
    }

    fn quantiles(
        &self,
        op: &'static str,
        q: Operand,
        dim: isize,
        keepdim: bool,
        mode: Interpolation,
        ignore_nan: bool,
    ) -> Result<Tensor> {
        let [x] = &amp::operands(op, [self])?;
        let [q] = &match q {
            Operand::Tensor(q) => amp::operands(op, [&q])?,
            Operand::Scalar(q) => [x.scalar_like(q)?],
        };
        x.quantiles_at(op, q, dim, keepdim, mode, ignore_nan)
    }

    fn quantiles_at(
        &self,
        op: &'static str,
        q: &Tensor,
        dim: isize,
        keepdim: bool,
        mode: Interpolation,
        ignore_nan: bool,
    ) -> Result<Tensor> {
        let fits = matches!(self.dtype(), DType::F32 | DType::F64);
        rules::dtype(op, self.dtype(), fits, "float32 or float64")?;
        rules::dtype(
            op,
            q.dtype(),
            q.dtype() == self.dtype(),
            self.dtype().name(),
        )?;
        if q.dim() > 1 {
            let expected = "quantiles of at most one dimension";
            return Err(rushlight_tensor::Error::shape(op, q.shape(), expected).into());
        }
        if self.numel() == 0 {
            let expected = "at least one element";
            return Err(rushlight_tensor::Error::shape(op, self.shape(), expected).into());
        }
        let outside = q.lt(0.0)?.logical_or(&q.gt(1.0)?)?.any()?;
        if outside.item()? != 0.0 {
            return Err(Error::argument(
                op,
                "q",
                "a value outside",
                "between 0 and 1",
            ));
        }
        let axis = rules::dim(op, dim, &self.shape())? as isize;
        // [.., 1, length]: the sorted row last, and the dimension it had, with size 1, in its place.
        let sorted = self.unsqueeze(-1)?.transpose(axis, -1)?;
        let sorted = match self.dim() {
            0 => self.reshape(&[1])?,
            _ => sorted.sort(-1, false)?.0,
        };
        let ranks = ranks(&sorted, &q.reshape(&[-1])?, ignore_nan)?; // [.., 1, quantiles]
        let y = interpolate(&sorted, &ranks, mode)?;
        // The quantiles come first where there are several.
        let y = match q.dim() {
            0 => y.squeeze_dims(&[-1])?,
            _ => y.unsqueeze(0)?.transpose(0, -1)?.squeeze_dims(&[-1])?,
        };
        if keepdim || self.dim() == 0 {
            return Ok(y);
        }
        y.squeeze_dims(&[axis + q.dim() as isize])
    }
}

/// Where the quantiles fall among the elements of each row.
fn ranks(sorted: &Tensor, q: &Tensor, ignore_nan: bool) -> Result<Tensor> {
    let last = sorted.shape().last().map_or(0, |&size| size - 1) as f64;
    let is_nan = sorted.detach().isnan()?;
    if ignore_nan {
        let count = is_nan.logical_not()?.sum_dim(&[-1], true)?;
        let ranks = (q * (count - 1i64)?)?;
        return ranks.masked_where(&ranks.ge(0.0)?);
    }
    let spoiled = is_nan.any_dim(&[-1], true)?;
    let ranks = (q * last)?;
    Tensor::select_where(&spoiled, &ranks.scalar_like(last)?, &ranks)
}

/// The values at the given ranks of each row.
fn interpolate(sorted: &Tensor, ranks: &Tensor, mode: Interpolation) -> Result<Tensor> {
    let at = |ranks: Tensor| sorted.gather(-1, &ranks.detach().to_dtype(DType::I64)?);
    let below = ranks.detach().floor()?;
    let weight = match mode {
        Interpolation::Lower => return at(below),
        Interpolation::Higher => return at(ranks.ceil()?),
        Interpolation::Nearest => return at(ranks.round()?),
        Interpolation::Linear => (ranks - &below)?,
        Interpolation::Midpoint => ranks.full_like(0.5)?,
    };
    let (low, high) = (at(below)?, at(ranks.ceil()?)?);
    let distance = (&high - &low)?;
    // Counted from the nearer end, so that both ends are met exactly.
    let from_low = (&low + (&weight * &distance)?)?;
    let from_high = (&high - (&distance * (1.0 - &weight)?)?)?;
    Tensor::select_where(&weight.detach().lt(0.5)?, &from_low, &from_high)
}

/// Covariance.
impl Tensor {
    /// The covariance of the rows of a matrix, whose columns are observations. The sum of products
    /// is divided by the number of observations less `correction`, which PyTorch makes 1.
    pub fn cov(&self, correction: i64, weights: CovarianceWeights<'_>) -> Result<Tensor> {
        let dtype = match weights.aweights {
            Some(aweights) => self.dtype().promote(aweights.dtype()),
            None => self.dtype(),
        };
        self.wide_cov(correction, weights)?
            .to_dtype(dtype.to_float())
    }

    /// The covariance as half types compute it, in `f32`.
    fn wide_cov(&self, correction: i64, weights: CovarianceWeights<'_>) -> Result<Tensor> {
        const OP: &str = "cov";
        rules::dtype(OP, self.dtype(), self.dtype() != DType::Bool, "numbers")?;
        let x = self.to_dtype(self.dtype().to_accumulate())?;
        let x = match self.dim() {
            0 | 1 => x.reshape(&[1, -1])?,
            2 => x,
            _ => {
                let expected = "at most two dimensions";
                return Err(rushlight_tensor::Error::shape(OP, self.shape(), expected).into());
            }
        };
        let observations = x.shape()[1];
        let CovarianceWeights { fweights, aweights } = weights;
        if let Some(weights) = fweights {
            check_weights(
                weights,
                observations,
                weights.dtype().is_integer(),
                "integers",
            )?;
        }
        if let Some(weights) = aweights {
            check_weights(weights, observations, weights.is_floating_point(), "floats")?;
        }
        let weight = match (fweights, aweights) {
            (Some(f), Some(a)) => Some((f * a)?),
            (Some(w), None) | (None, Some(w)) => Some(w.clone()),
            (None, None) => None,
        };
        let weighted = |x: &Tensor| match &weight {
            Some(weight) => x * weight,
            None => Ok(x.clone()),
        };
        let total = match &weight {
            Some(weight) => weight.sum()?,
            None => Tensor::full(&[], observations as i64, DType::I64, x.device())?,
        };
        if weight.is_some() && total.item()? == 0.0 {
            return Err(Error::argument(
                OP,
                "weights",
                "a sum of zero",
                "a sum that is not zero",
            ));
        }
        let mean = (weighted(&x)?.sum_dim(&[1], true)? / &total)?;
        let divisor = match (&weight, aweights) {
            (Some(weight), Some(aweights)) if correction != 0 => {
                let squares = ((weight * aweights)?.sum()? / &total)?;
                (&total - (squares * correction)?)?
            }
            _ => (&total - correction)?,
        };
        let divisor = divisor.masked_where(&divisor.gt(0.0)?)?;
        let distance = (x - mean)?;
        let products = distance.matmul(&weighted(&distance)?.transpose(0, 1)?)?;
        (products / divisor)?.squeeze()
    }

    /// The correlation coefficients of the rows of a matrix, whose columns are observations.
    pub fn corrcoef(&self) -> Result<Tensor> {
        let covariance = self.wide_cov(1, CovarianceWeights::default())?;
        let dtype = self.dtype().to_float();
        if covariance.dim() == 0 {
            return covariance.div(&covariance)?.to_dtype(dtype);
        }
        let deviation = covariance.diagonal(0, 0, 1)?.sqrt()?;
        let by_row = (covariance / deviation.reshape(&[-1, 1])?)?;
        let coefficients = (by_row / deviation.reshape(&[1, -1])?)?;
        coefficients.to_dtype(dtype)?.clamp(-1.0, 1.0)
    }
}

fn check_weights(
    weights: &Tensor,
    observations: usize,
    fits: bool,
    expected: &'static str,
) -> Result<()> {
    const OP: &str = "cov";
    rules::dtype(OP, weights.dtype(), fits, expected)?;
    if weights.dim() > 1 || weights.numel() != observations {
        let expected = format!("one dimension of {observations} weights");
        return Err(rushlight_tensor::Error::shape(OP, weights.shape(), expected).into());
    }
    if weights.lt(0.0)?.any()?.item()? != 0.0 {
        return Err(Error::argument(
            OP,
            "weights",
            "a negative one",
            "non-negative",
        ));
    }
    Ok(())
}

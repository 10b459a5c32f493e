//! Comparing whole tensors.

use crate::{Error, Result, Tensor};
use rushlight_tensor::ops::rules;

impl Tensor {
    /// Whether both have the same shape and elements; NaN equals nothing.
    pub fn equal(&self, other: &Tensor) -> Result<bool> {
        if self.shape() != other.shape() {
            return Ok(false);
        }
        is_true(&self.eq(other)?.all()?)
    }

    /// Where `abs(self - other) <= atol + rtol * abs(other)`, or both are the same infinity; with
    /// `equal_nan` also where both are NaN.
    ///
    /// PyTorch's defaults are `rtol` 1e-5, `atol` 1e-8 and `equal_nan` false.
    pub fn isclose(&self, other: &Tensor, rtol: f64, atol: f64, equal_nan: bool) -> Result<Tensor> {
        const OP: &str = "isclose";
        for (name, tolerance) in [("rtol", rtol), ("atol", atol)] {
            if tolerance < 0.0 || tolerance.is_nan() {
                return Err(Error::argument(OP, name, tolerance, "non-negative"));
            }
        }
        let (x, other) = (self.detach(), other.detach());
        let fits = x.dtype() == other.dtype();
        rules::dtype(OP, other.dtype(), fits, x.dtype().name())?;
        let mut close = x.eq(&other)?;
        if equal_nan {
            close = close.logical_or(&x.isnan()?.logical_and(&other.isnan()?)?)?;
        }
        if rtol == 0.0 && atol == 0.0 {
            return Ok(close);
        }
        let x = x.to_dtype(x.dtype().to_float())?;
        let other = other.to_dtype(other.dtype().to_float())?;
        let allowed = ((&other * rtol)?.abs()? + atol)?;
        let distance = (x - other)?.abs()?;
        let within = distance.le(&allowed)?.logical_and(&distance.isfinite()?)?;
        close.logical_or(&within)
    }

    /// Whether all elements are close, as [`isclose`](Tensor::isclose) says.
    pub fn allclose(&self, other: &Tensor, rtol: f64, atol: f64, equal_nan: bool) -> Result<bool> {
        is_true(&self.isclose(other, rtol, atol, equal_nan)?.all()?)
    }
}

fn is_true(condition: &Tensor) -> Result<bool> {
    Ok(condition.item()? != 0.0)
}

//! Evenly spaced numbers.

use super::create::TensorOptions;
use crate::{Error, Result, Tensor};
use rushlight_tensor::{Array, DType, Scalar};

impl TensorOptions {
    /// `start`, `start + step`, ... before `end`, 1-d; integers by default if all three are.
    pub fn arange(
        self,
        start: impl Into<Scalar>,
        end: impl Into<Scalar>,
        step: impl Into<Scalar>,
    ) -> Result<Tensor> {
        let (start, end, step) = (start.into(), end.into(), step.into());
        let is_float = [start, end, step]
            .iter()
            .any(|x| x.dtype().is_floating_point());
        let dtype = self.dtype_or(if is_float { DType::F32 } else { DType::I64 });
        let length = count(start, end, step)?;
        self.finish(Array::ramp(length, start, step, dtype, self.device)?)
    }

    /// `steps` numbers from `start` to `end`, both included, 1-d.
    pub fn linspace(
        self,
        start: impl Into<Scalar>,
        end: impl Into<Scalar>,
        steps: usize,
    ) -> Result<Tensor> {
        let dtype = self.dtype_or(DType::F32);
        let bounds = [start.into(), end.into()];
        self.finish(levels("linspace", bounds, steps, dtype, dtype)?)
    }

    /// `base` raised to `steps` exponents from `start` to `end`, both included, 1-d.
    pub fn logspace(
        self,
        start: impl Into<Scalar>,
        end: impl Into<Scalar>,
        steps: usize,
        base: f64,
    ) -> Result<Tensor> {
        let dtype = self.dtype_or(DType::F32);
        let bounds = [start.into(), end.into()];
        let mut numbers = levels("logspace", bounds, steps, dtype, DType::F64)?.to_vec()?;
        numbers.iter_mut().for_each(|x| *x = base.powf(*x));
        self.numbers(&numbers, dtype)
    }

    /// Numbers computed in `f64`, 1-d.
    pub(crate) fn numbers(self, numbers: &[f64], dtype: DType) -> Result<Tensor> {
        let wide = Array::from_slice(numbers, &[numbers.len()])?;
        self.finish(wide.to_dtype(dtype)?)
    }
}

impl Tensor {
    /// `start`, `start + step`, ... before `end`, 1-d: integers if all three are, else `f32`.
    ///
    /// ```
    /// # use rushlight_autograd::{Result, Tensor};
    /// # fn main() -> Result<()> {
    /// assert_eq!(Tensor::arange(0, 5, 2)?.to_vec::<i64>()?, [0, 2, 4]);
    /// # Ok(()) }
    /// ```
    pub fn arange(
        start: impl Into<Scalar>,
        end: impl Into<Scalar>,
        step: impl Into<Scalar>,
    ) -> Result<Tensor> {
        TensorOptions::new().arange(start, end, step)
    }

    /// `steps` numbers of type `f32` from `start` to `end`, both included, 1-d.
    pub fn linspace(
        start: impl Into<Scalar>,
        end: impl Into<Scalar>,
        steps: usize,
    ) -> Result<Tensor> {
        TensorOptions::new().linspace(start, end, steps)
    }

    /// 10 raised to `steps` exponents of type `f32` from `start` to `end`, both included, 1-d.
    pub fn logspace(
        start: impl Into<Scalar>,
        end: impl Into<Scalar>,
        steps: usize,
    ) -> Result<Tensor> {
        TensorOptions::new().logspace(start, end, steps, 10.0)
    }
}

/// How many numbers a range has.
fn count(start: Scalar, end: Scalar, step: Scalar) -> Result<usize> {
    const OP: &str = "arange";
    let (from, to, by) = (start.to_f64(), end.to_f64(), step.to_f64());
    if !from.is_finite() || !to.is_finite() {
        let got = format!("{from} and {to}");
        return Err(Error::argument(OP, "start and end", got, "finite"));
    }
    if by == 0.0 || by.is_nan() || (to - from) * by.signum() < 0.0 {
        let expected = "other than zero, and towards the end";
        return Err(Error::argument(OP, "step", by, expected));
    }
    let length = match (start, end, step) {
        (Scalar::Int(start), Scalar::Int(end), Scalar::Int(step)) => {
            let span = i128::from(end) - i128::from(start);
            let step = i128::from(step);
            usize::try_from((span + step - step.signum()) / step).ok()
        }
        _ => {
            let length = ((to - from) / by).ceil();
            (length < usize::MAX as f64).then_some(length as usize)
        }
    };
    length
        .ok_or_else(|| Error::argument(OP, "end", to, "near enough for the range to fit in memory"))
}

/// Evenly spaced numbers, between bounds that are integers where the dtype is.
fn levels(
    op: &'static str,
    bounds: [Scalar; 2],
    steps: usize,
    dtype: DType,
    computed: DType,
) -> Result<Array> {
    let [start, end] = bounds.map(|x| match dtype.is_floating_point() {
        true => x.to_f64(),
        false => x.to_i64() as f64,
    });
    Ok(Array::spaced(op, start, end, steps, computed)?)
}

//! Arithmetic with optional settings, and operations made of rows of the op table.

use crate::{Error, Operand, Result, Tensor, deferred};
use rushlight_tensor::ops::rules;
use rushlight_tensor::ops::table::{ParametricOp, TernaryOp};
use rushlight_tensor::{DType, Scalar, bf16, f16};

/// Sums and products.
impl Tensor {
    /// `self + alpha * other`; of booleans, `self or (alpha and other)`.
    pub fn add_alpha(&self, other: impl Into<Operand>, alpha: impl Into<Scalar>) -> Result<Tensor> {
        let (other, alpha) = (other.into(), alpha.into());
        match (self.dtype(), other.dtype(), alpha) {
            (DType::Bool, DType::Bool, Scalar::Bool(_) | Scalar::Int(_)) => {
                self.bitwise_or(other.bitwise_and(alpha.to_i64() != 0)?)
            }
            _ => self.plus_scaled("add", other, alpha),
        }
    }

    /// `self - alpha * other`.
    pub fn sub_alpha(&self, other: impl Into<Operand>, alpha: impl Into<Scalar>) -> Result<Tensor> {
        let alpha = match alpha.into() {
            Scalar::Bool(alpha) => Scalar::Int(-i64::from(alpha)),
            Scalar::Int(alpha) => Scalar::Int(alpha.wrapping_neg()),
            Scalar::Float(alpha) => Scalar::Float(-alpha),
        };
        self.plus_scaled("sub", other.into(), alpha)
    }

    /// `other - self`.
    pub fn rsub(&self, other: impl Into<Operand>) -> Result<Tensor> {
        other.into().sub(self)
    }

    /// `other - alpha * self`.
    pub fn rsub_alpha(
        &self,
        other: impl Into<Operand>,
        alpha: impl Into<Scalar>,
    ) -> Result<Tensor> {
        let (other, this) = Operand::beside_each_other(other.into(), self.into(), self.device())?;
        other.sub_alpha(this, alpha)
    }

    fn plus_scaled(&self, op: &'static str, other: Operand, alpha: Scalar) -> Result<Tensor> {
        let (this, other) = Operand::beside_each_other(self.into(), other, self.device())?;
        let common = rules::common_dtype(&[&this.array(), &other.array()]);
        refuse_fraction(op, "alpha", alpha, common)?;
        let one = Tensor::full(&[], 1, common, this.device())?;
        Tensor::ternary(TernaryOp::Addcmul, alpha, [&this, &other, &one])
    }

    /// `self + value * a * b`.
    pub fn addcmul(&self, a: &Tensor, b: &Tensor, value: impl Into<Scalar>) -> Result<Tensor> {
        let value = value.into();
        if value == Scalar::Int(1)
            && let Some(y) = deferred::affine(a, b, self)?
        {
            return Ok(y);
        }
        let common = rules::common_dtype(&[&self.array(), &a.array(), &b.array()]);
        refuse_fraction("addcmul", "value", value, common)?;
        Tensor::ternary(TernaryOp::Addcmul, value, [self, a, b])
    }

    /// In-place form of [`addcmul`](Tensor::addcmul).
    pub fn addcmul_(&mut self, a: &Tensor, b: &Tensor, value: impl Into<Scalar>) -> Result<()> {
        let value = value.into();
        let common = rules::common_dtype(&[&self.array(), &a.array(), &b.array()]);
        refuse_fraction("addcmul_", "value", value, common)?;
        self.ternary_(TernaryOp::Addcmul, "addcmul_", value, [a, b])
    }

    /// `self + value * a / b`.
    pub fn addcdiv(&self, a: &Tensor, b: &Tensor, value: impl Into<Scalar>) -> Result<Tensor> {
        Tensor::ternary(TernaryOp::Addcdiv, value.into(), [self, a, b])
    }

    /// In-place form of [`addcdiv`](Tensor::addcdiv).
    pub fn addcdiv_(&mut self, a: &Tensor, b: &Tensor, value: impl Into<Scalar>) -> Result<()> {
        self.ternary_(TernaryOp::Addcdiv, "addcdiv_", value.into(), [a, b])
    }

    /// `self` moved towards `end`: `self + weight * (end - self)`.
    ///
    /// Errors if the dtypes differ.
    pub fn lerp(&self, end: &Tensor, weight: impl Into<Operand>) -> Result<Tensor> {
        let weight = self.lerp_weight(end, weight.into())?;
        Tensor::ternary(TernaryOp::Lerp, Scalar::Int(1), [self, end, &weight])
    }

    /// In-place form of [`lerp`](Tensor::lerp).
    pub fn lerp_(&mut self, end: &Tensor, weight: impl Into<Operand>) -> Result<()> {
        let weight = self.lerp_weight(end, weight.into())?;
        self.ternary_(TernaryOp::Lerp, "lerp_", Scalar::Int(1), [end, &weight])
    }

    fn lerp_weight(&self, end: &Tensor, weight: Operand) -> Result<Tensor> {
        let same = |x: &Tensor| {
            rules::dtype(
                "lerp",
                x.dtype(),
                x.dtype() == self.dtype(),
                self.dtype().name(),
            )
        };
        same(end)?;
        match weight {
            // Half types keep a number in the type in which they compute.
            Operand::Scalar(weight) => {
                Tensor::full(&[], weight, self.dtype().to_accumulate(), self.device())
            }
            Operand::Tensor(weight) => {
                same(&weight)?;
                Ok(weight)
            }
        }
    }

    /// `self * 2^other`; an integer exponent leaves a floating-point dtype as it is.
    pub fn ldexp(&self, other: impl Into<Operand>) -> Result<Tensor> {
        let other = other.into();
        if !self.is_floating_point() || other.dtype().is_floating_point() {
            return self * Operand::from(2.0).pow(other)?;
        }
        let dtype = self.dtype().to_accumulate();
        let mut exponent = match other {
            Operand::Tensor(exponent) => exponent.to_dtype(dtype)?,
            Operand::Scalar(exponent) => Tensor::full(&[], exponent, dtype, self.device())?,
        };
        // Parts of the exponent whose powers are numbers, applied from the smallest on: only the last product
        // can round to a result that is not zero, and nothing overflows that the result does not.
        let (lowest, highest) = match dtype {
            DType::F64 => (-1074.0, 1023.0),
            _ => (-149.0, 127.0),
        };
        let mut powers = Vec::new();
        for _ in 0..3 {
            let part = exponent.clamp(lowest, highest)?;
            exponent = (exponent - &part)?;
            powers.push(part.exp2()?);
        }
        let powers = powers.into_iter().rev();
        let y = powers.fold(self.to_dtype(dtype), |y, power| y? * power)?;
        y.to_dtype(self.dtype())
    }

    /// The mantissa in `0.5..1`, and the exponent of 2 as `i32`, whose product each element is.
    pub fn frexp(&self) -> Result<(Tensor, Tensor)> {
        let exponent = self.frexp_exponent()?.detach().to_dtype(DType::I32)?;
        Ok((self.frexp_mantissa()?, exponent))
    }

    /// `self` raised to the power `exponent`, both as `f64`.
    pub fn float_power(&self, exponent: impl Into<Operand>) -> Result<Tensor> {
        let exponent = match exponent.into() {
            Operand::Tensor(exponent) => exponent.to_dtype(DType::F64)?.into(),
            scalar => scalar,
        };
        self.to_dtype(DType::F64)?.pow(exponent)
    }

    pub(crate) fn pow_scalar(&self, exponent: Scalar) -> Result<Tensor> {
        let x = self.met_by(&[exponent])?;
        if let (Scalar::Int(..0), false) = (exponent, x.is_floating_point()) {
            let expected = "not negative for integers";
            return Err(Error::argument(
                "pow",
                "exponent",
                exponent.to_i64(),
                expected,
            ));
        }
        match (x.dtype(), exponent.to_i64()) {
            (DType::Bool, 0) => x.ones_like(),
            (DType::Bool, _) => Ok(x.detach()),
            _ => x.parametric(ParametricOp::PowScalar, [exponent]),
        }
    }

    /// `self` in the dtype in which it meets the numbers.
    pub(crate) fn met_by(&self, numbers: &[Scalar]) -> Result<Tensor> {
        let array = self.array();
        let met = |&number: &Scalar| rules::common_dtype_with_scalar(&array, number);
        let dtypes = numbers.iter().map(met);
        // Each is the tensor's own or of a higher category, of which the last is floating point.
        let highest = dtypes.fold(array.dtype(), |a, b| {
            if a.is_floating_point() {
                a
            } else {
                a.promote(b)
            }
        });
        self.to_dtype(highest)
    }
}

fn refuse_fraction(
    op: &'static str,
    name: &'static str,
    number: Scalar,
    dtype: DType,
) -> Result<()> {
    match number {
        Scalar::Float(value) if !dtype.is_floating_point() => Err(Error::argument(
            op,
            name,
            value,
            "an integer for integer tensors",
        )),
        _ => Ok(()),
    }
}

/// A limit: a number, a tensor, or none.
#[derive(Clone, Debug)]
pub struct Bound(Option<Operand>);

impl<T> From<T> for Bound
where
    Operand: From<T>,
{
    fn from(bound: T) -> Bound {
        Bound(Some(bound.into()))
    }
}

impl From<Option<Operand>> for Bound {
    fn from(bound: Option<Operand>) -> Bound {
        Bound(bound)
    }
}

/// Limits and rounding.
impl Tensor {
    /// Elements moved into `min..=max`, which are numbers or tensors that broadcast; one of them may be
    /// `None`. NaN stays.
    ///
    /// ```
    /// # use rushlight_autograd::{tensor, Result};
    /// # fn main() -> Result<()> {
    /// let x = tensor([-2.0, 0.5, 2.0])?;
    /// assert_eq!(x.clamp(-1.0, 1.0)?.to_vec::<f32>()?, [-1.0, 0.5, 1.0]);
    /// assert_eq!(x.clamp(0.0, None)?.to_vec::<f32>()?, [0.0, 0.5, 2.0]);
    /// # Ok(()) }
    /// ```
    pub fn clamp(&self, min: impl Into<Bound>, max: impl Into<Bound>) -> Result<Tensor> {
        use Operand::Scalar as Number;
        match (min.into().0, max.into().0) {
            (Some(Number(min)), Some(Number(max))) => self
                .met_by(&[min, max])?
                .parametric(ParametricOp::Clamp, [min, max]),
            (Some(Number(min)), None) => self
                .met_by(&[min])?
                .parametric(ParametricOp::Clamp, [min, f64::INFINITY.into()]),
            (None, Some(Number(max))) => self
                .met_by(&[max])?
                .parametric(ParametricOp::Clamp, [f64::NEG_INFINITY.into(), max]),
            (Some(min), Some(max)) => {
                let (_, min) = Operand::beside_each_other(self.into(), min, self.device())?;
                let (_, max) = Operand::beside_each_other(self.into(), max, self.device())?;
                Tensor::ternary(TernaryOp::Clamp, Scalar::Int(1), [self, &min, &max])
            }
            (Some(min), None) => self.maximum(min),
            (None, Some(max)) => self.minimum(max),
            (None, None) => Err(Error::argument(
                "clamp",
                "min",
                "none",
                "given, unless max is",
            )),
        }
    }

    /// In-place form of [`clamp`](Tensor::clamp).
    pub fn clamp_(&mut self, min: impl Into<Bound>, max: impl Into<Bound>) -> Result<()> {
        self.assign("clamp_", self.clamp(min, max)?)
    }

    /// Elements moved up to at least `min`; NaN stays.
    pub fn clamp_min(&self, min: impl Into<Operand>) -> Result<Tensor> {
        match min.into() {
            Operand::Scalar(min) => self
                .met_by(&[min])?
                .parametric(ParametricOp::ClampMin, [min]),
            min => self.maximum(min),
        }
    }

    /// In-place form of [`clamp_min`](Tensor::clamp_min).
    pub fn clamp_min_(&mut self, min: impl Into<Operand>) -> Result<()> {
        self.assign("clamp_min_", self.clamp_min(min)?)
    }

    /// Elements moved down to at most `max`; NaN stays.
    pub fn clamp_max(&self, max: impl Into<Operand>) -> Result<Tensor> {
        match max.into() {
            Operand::Scalar(max) => self
                .met_by(&[max])?
                .parametric(ParametricOp::ClampMax, [max]),
            max => self.minimum(max),
        }
    }

    /// In-place form of [`clamp_max`](Tensor::clamp_max).
    pub fn clamp_max_(&mut self, max: impl Into<Operand>) -> Result<()> {
        self.assign("clamp_max_", self.clamp_max(max)?)
    }

    /// NaN and the infinities replaced: by 0 and the largest and smallest number of the dtype, where
    /// no other number is given.
    pub fn nan_to_num(
        &self,
        nan: Option<f64>,
        posinf: Option<f64>,
        neginf: Option<f64>,
    ) -> Result<Tensor> {
        let largest = match self.dtype() {
            DType::F32 => f64::from(f32::MAX),
            DType::F16 => f16::MAX.to_f64(),
            DType::BF16 => bf16::MAX.to_f64(),
            _ => f64::MAX,
        };
        let (posinf, neginf) = (posinf.unwrap_or(largest), neginf.unwrap_or(-largest));
        let replacements = [nan.unwrap_or(0.0), posinf, neginf].map(Scalar::from);
        self.parametric(ParametricOp::NanToNum, replacements)
    }

    /// In-place form of [`nan_to_num`](Tensor::nan_to_num).
    pub fn nan_to_num_(
        &mut self,
        nan: Option<f64>,
        posinf: Option<f64>,
        neginf: Option<f64>,
    ) -> Result<()> {
        self.assign("nan_to_num_", self.nan_to_num(nan, posinf, neginf)?)
    }

    /// The nearest number with `decimals` digits behind the point, halves to even; a negative number
    /// of digits rounds in front of the point.
    pub fn round_decimals(&self, decimals: i32) -> Result<Tensor> {
        if decimals == 0 {
            return self.round();
        }
        let power = 10f64.powi(decimals.saturating_abs());
        let (up, down) = if decimals > 0 {
            (power, 1.0)
        } else {
            (1.0, power)
        };
        self.parametric(ParametricOp::RoundScaled, [up.into(), down.into()])
    }
}

/// What complex numbers would need, on real ones.
impl Tensor {
    /// The elements themselves; an error for booleans.
    pub fn positive(&self) -> Result<Tensor> {
        rules::dtype(
            "positive",
            self.dtype(),
            self.dtype() != DType::Bool,
            "a number, not bool",
        )?;
        Ok(self.clone())
    }

    /// The conjugate: a real number is its own.
    pub fn conj(&self) -> Result<Tensor> {
        Ok(self.clone())
    }

    /// The real part, which is all there is.
    pub fn real(&self) -> Result<Tensor> {
        Ok(self.clone())
    }

    /// Where an element is real: everywhere.
    pub fn isreal(&self) -> Result<Tensor> {
        Tensor::full(&self.shape(), true, DType::Bool, self.device())
    }
}

/// Settings of [`Tensor::isclose`].
#[derive(Clone, Copy, Debug)]
pub struct IscloseOptions {
    /// Allowed error relative to the magnitude of the other element.
    pub rtol: f64,
    /// Allowed absolute error.
    pub atol: f64,
    /// Whether two NaN are close.
    pub equal_nan: bool,
}

impl Default for IscloseOptions {
    fn default() -> IscloseOptions {
        IscloseOptions {
            rtol: 1e-5,
            atol: 1e-8,
            equal_nan: false,
        }
    }
}

/// Comparing with a tolerance.
impl Tensor {
    /// Where `|self - other| <= atol + rtol * |other|`. Equal infinities are close.
    ///
    /// Errors if the dtypes differ.
    pub fn isclose(&self, other: &Tensor, options: IscloseOptions) -> Result<Tensor> {
        let IscloseOptions {
            rtol,
            atol,
            equal_nan,
        } = options;
        for (name, tolerance) in [("rtol", rtol), ("atol", atol)] {
            if tolerance.is_nan() || tolerance < 0.0 {
                return Err(Error::argument("isclose", name, tolerance, "not negative"));
            }
        }
        let fits = self.dtype() == other.dtype();
        rules::dtype("isclose", other.dtype(), fits, self.dtype().name())?;
        let (a, b) = (self.detach(), other.detach());
        let mut close = a.eq(&b)?;
        if equal_nan {
            close = close.logical_or(&a.isnan()?.logical_and(&b.isnan()?)?)?;
        }
        let float = a.dtype().to_float();
        let (a, b) = (a.to_dtype(float)?, b.to_dtype(float)?);
        let allowed = (((&b * rtol)?.abs())? + atol)?;
        let error = (a - b)?.abs()?;
        let within = error.isfinite()?.logical_and(&error.le(&allowed)?)?;
        close.logical_or(&within)
    }

    /// Whether all elements are close; see [`isclose`](Tensor::isclose).
    pub fn allclose(&self, other: &Tensor, options: IscloseOptions) -> Result<bool> {
        Ok(!self
            .isclose(other, options)?
            .to_vec::<bool>()?
            .contains(&false))
    }

    /// Whether both have the same shape and equal elements.
    pub fn equal(&self, other: &Tensor) -> Result<bool> {
        if self.shape() != other.shape() {
            return Ok(false);
        }
        Ok(!self.eq(other)?.to_vec::<bool>()?.contains(&false))
    }
}

//! Window functions. A symmetric window ends where it starts; any other is one period of a periodic one.

use crate::{DType, Error, Result, Tensor, TensorOptions};
use std::f64::consts::PI;

/// `w(0), ..., w(m - 1)` of a formula over the position and the last position.
fn window(
    name: &'static str,
    m: usize,
    sym: bool,
    options: TensorOptions,
    w: impl Fn(f64, f64) -> f64,
) -> Result<Tensor> {
    let dtype = options.dtype_or(DType::F32);
    rushlight_tensor::ops::rules::dtype(
        name,
        dtype,
        matches!(dtype, DType::F32 | DType::F64),
        "float32 or float64",
    )?;
    let last = if sym { m.saturating_sub(1) } else { m } as f64;
    let mut numbers = Vec::new();
    numbers
        .try_reserve_exact(m)
        .map_err(|_| Error::argument(name, "m", m, "small enough to fit in memory"))?;
    match m {
        1 => numbers.push(1.0),
        _ => numbers.extend((0..m).map(|i| w(i as f64, last))),
    }
    options.numbers(&numbers, dtype)
}

/// A sum of cosines with the given coefficients: `a[0] - a[1] cos(t) + a[2] cos(2t) - ...`.
pub fn general_cosine(m: usize, a: &[f64], sym: bool, options: TensorOptions) -> Result<Tensor> {
    const OP: &str = "general_cosine";
    if a.is_empty() {
        return Err(Error::argument(OP, "a", "none", "at least one coefficient"));
    }
    window(OP, m, sym, options, |i, last| {
        let angle = 2.0 * PI * i / last;
        let term = |(k, &a): (usize, &f64)| {
            let sign = if k % 2 == 0 { 1.0 } else { -1.0 };
            sign * a * (k as f64 * angle).cos()
        };
        a.iter().enumerate().map(term).sum()
    })
}

/// `alpha - (1 - alpha) cos(t)`.
pub fn general_hamming(m: usize, alpha: f64, sym: bool, options: TensorOptions) -> Result<Tensor> {
    general_cosine(m, &[alpha, 1.0 - alpha], sym, options)
}

/// The Hamming window.
pub fn hamming(m: usize, sym: bool, options: TensorOptions) -> Result<Tensor> {
    general_hamming(m, 0.54, sym, options)
}

/// The Hann window.
pub fn hann(m: usize, sym: bool, options: TensorOptions) -> Result<Tensor> {
    general_hamming(m, 0.5, sym, options)
}

/// The Blackman window.
pub fn blackman(m: usize, sym: bool, options: TensorOptions) -> Result<Tensor> {
    general_cosine(m, &[0.42, 0.5, 0.08], sym, options)
}

/// The minimum 4-term Blackman-Harris window of Nuttall.
pub fn nuttall(m: usize, sym: bool, options: TensorOptions) -> Result<Tensor> {
    general_cosine(
        m,
        &[0.3635819, 0.4891775, 0.1365995, 0.0106411],
        sym,
        options,
    )
}

/// The Bartlett window, a triangle.
pub fn bartlett(m: usize, sym: bool, options: TensorOptions) -> Result<Tensor> {
    window("bartlett", m, sym, options, |i, last| {
        1.0 - (2.0 * i / last - 1.0).abs()
    })
}

/// Half a period of a sine.
pub fn cosine(m: usize, sym: bool, options: TensorOptions) -> Result<Tensor> {
    window("cosine", m, sym, options, |i, last| {
        ((i + 0.5) * PI / (last + 1.0)).sin()
    })
}

/// `exp(-|i - center| / tau)`; by default the centre is the middle, and only a window that is not
/// symmetric may have another.
pub fn exponential(
    m: usize,
    center: Option<f64>,
    tau: f64,
    sym: bool,
    options: TensorOptions,
) -> Result<Tensor> {
    const OP: &str = "exponential";
    if tau.is_nan() || tau <= 0.0 {
        return Err(Error::argument(OP, "tau", tau, "positive"));
    }
    if let Some(center) = center.filter(|_| sym) {
        return Err(Error::argument(
            OP,
            "center",
            center,
            "missing for a symmetric window",
        ));
    }
    window(OP, m, sym, options, |i, last| {
        (-(i - center.unwrap_or(last / 2.0)).abs() / tau).exp()
    })
}

/// `exp(-((i - center) / std)^2 / 2)`.
pub fn gaussian(m: usize, std: f64, sym: bool, options: TensorOptions) -> Result<Tensor> {
    const OP: &str = "gaussian";
    if std.is_nan() || std <= 0.0 {
        return Err(Error::argument(OP, "std", std, "positive"));
    }
    window(OP, m, sym, options, |i, last| {
        let distance = (i - last / 2.0) / std;
        (-0.5 * distance * distance).exp()
    })
}

/// The Kaiser window: `I0(beta sqrt(1 - (i / center - 1)^2)) / I0(beta)`.
pub fn kaiser(m: usize, beta: f64, sym: bool, options: TensorOptions) -> Result<Tensor> {
    const OP: &str = "kaiser";
    if beta.is_nan() || beta < 0.0 {
        return Err(Error::argument(OP, "beta", beta, "not negative"));
    }
    window(OP, m, sym, options, |i, last| {
        let place = 2.0 * i / last - 1.0;
        bessel_i0(beta * (1.0 - place * place).max(0.0).sqrt()) / bessel_i0(beta)
    })
}

/// The modified Bessel function of order 0, by its power series.
fn bessel_i0(x: f64) -> f64 {
    let quarter = x * x / 4.0;
    let (mut term, mut sum, mut k) = (1.0, 1.0, 1.0);
    while term > sum * f64::EPSILON {
        term *= quarter / (k * k);
        sum += term;
        k += 1.0;
    }
    sum
}

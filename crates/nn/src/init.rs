//! Initialisation of parameters, equal to PyTorch's under the same seed.
//!
//! The functions set the value of a leaf for all handles to it and are not recorded.

use crate::{Error, Result};
use rushlight_autograd::{DType, Device, Tensor, no_grad};
use std::cell::Cell;

thread_local! {
    static SKIPS: Cell<bool> = const { Cell::new(false) };
}

/// Runs `f`, in which modules are made whose values will all be loaded: convolutions and linear layers
/// take no memory for them, and uniform and normal numbers are passed over where they would be drawn.
/// The generator goes on as if they were. PyTorch's `nn.utils.skip_init`.
///
/// ```
/// # use rushlight_autograd::Result;
/// # use rushlight_nn::{Linear, Module, init};
/// # fn main() -> Result<()> {
/// let trained = Linear::new(3, 2)?;
/// let layer = init::skip_init(|| Linear::new(3, 2))?;
/// layer.load_state_dict(&trained.state_dict(), true)?;
/// assert_eq!(layer.weight.to_vec::<f32>()?, trained.weight.to_vec::<f32>()?);
/// # Ok(()) }
/// ```
pub fn skip_init<T>(f: impl FnOnce() -> T) -> T {
    /// Ends it, also by a panic.
    struct Restore(bool);
    impl Drop for Restore {
        fn drop(&mut self) {
            SKIPS.set(self.0);
        }
    }
    let _restore = Restore(SKIPS.replace(true));
    f()
}

/// Zeros for a value to be initialised; one for all elements where that is skipped.
pub(crate) fn blank(shape: &[usize], dtype: DType, device: Device) -> Result<Tensor> {
    match SKIPS.get() {
        true => Tensor::full(&[], 0.0, dtype, device)?.broadcast_to(shape),
        false => Tensor::full(shape, 0.0, dtype, device),
    }
}

/// Which way the variance of signals is kept by [`kaiming_uniform_`] and [`kaiming_normal_`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FanMode {
    /// In the forward pass.
    #[default]
    FanIn,
    /// In the backward pass.
    FanOut,
}

/// What follows the layer that is initialised.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Nonlinearity {
    /// Nothing, or a convolution.
    Linear,
    /// The logistic function.
    Sigmoid,
    /// The hyperbolic tangent.
    Tanh,
    /// The rectifier.
    Relu,
    /// The rectifier with a slope for negative values, which is given beside it.
    #[default]
    LeakyRelu,
    /// The scaled exponential unit.
    Selu,
}

/// How much a layer must be scaled up for the nonlinearity that follows.
///
/// `negative_slope` counts for [`Nonlinearity::LeakyRelu`] only.
pub fn calculate_gain(nonlinearity: Nonlinearity, negative_slope: f64) -> f64 {
    match nonlinearity {
        Nonlinearity::Linear | Nonlinearity::Sigmoid => 1.0,
        Nonlinearity::Tanh => 5.0 / 3.0,
        Nonlinearity::Relu => 2.0_f64.sqrt(),
        Nonlinearity::LeakyRelu => (2.0 / (1.0 + negative_slope * negative_slope)).sqrt(),
        Nonlinearity::Selu => 0.75,
    }
}

/// Draws from the uniform distribution over `[a, b)`.
///
/// ```
/// # use rushlight_autograd::{Result, Tensor};
/// # use rushlight_nn::{Parameter, init};
/// # fn main() -> Result<()> {
/// let weight = Parameter::new(Tensor::zeros(&[3, 5])?)?;
/// init::uniform_(&weight, -0.1, 0.1)?;
/// assert!(weight.to_vec::<f32>()?.iter().all(|x| x.abs() <= 0.1));
/// # Ok(()) }
/// ```
pub fn uniform_(tensor: &Tensor, a: f64, b: f64) -> Result<()> {
    match SKIPS.get() {
        true => tensor.skip_uniform(),
        false => draw(tensor, |x| x.uniform_(a, b)),
    }
}

/// Draws from the normal distribution.
pub fn normal_(tensor: &Tensor, mean: f64, std: f64) -> Result<()> {
    match SKIPS.get() {
        true => tensor.skip_normal(),
        false => draw(tensor, |x| x.normal_(mean, std)),
    }
}

/// Draws from the normal distribution cut off below `a` and above `b`.
pub fn trunc_normal_(tensor: &Tensor, mean: f64, std: f64, a: f64, b: f64) -> Result<()> {
    if !(std > 0.0 && a < b) {
        let got = format!("std {std}, a {a}, b {b}");
        let expected = "such that std > 0 and a < b";
        return Err(Error::argument("trunc_normal_", "arguments", got, expected).into());
    }
    // Where little is cut off, numbers outside are drawn anew; else, uniform ones are sifted.
    let inside = normal_cdf((b - mean) / std) - normal_cdf((a - mean) / std);
    match inside > 0.3 {
        true => redraw_outside(tensor, mean, std, a, b),
        false => sift_uniform(tensor, mean, std, a, b),
    }
}

fn redraw_outside(tensor: &Tensor, mean: f64, std: f64, a: f64, b: f64) -> Result<()> {
    // The bounds as the tensor's type represents them.
    let low = tensor.detach().full_like(a)?;
    let high = tensor.detach().full_like(b)?;
    set(tensor, |x| {
        x.normal_(mean, std)?;
        loop {
            let outside = x.lt(&low)?.logical_or(&x.gt(&high)?)?;
            if !is_any(&outside)? {
                return Ok(());
            }
            let mut again = x.zeros_like()?;
            again.normal_(mean, std)?;
            *x = Tensor::select_where(&outside, &again, &*x)?;
        }
    })
}

fn sift_uniform(tensor: &Tensor, mean: f64, std: f64, a: f64, b: f64) -> Result<()> {
    let mode = mean.min(b).max(a);
    let log_peak = -0.5 * ((mode - mean) / std).powi(2);
    // Which candidates the density refuses.
    let refused = |candidates: &Tensor| {
        let distance = ((candidates - mean)? / std)?;
        let log_density = ((distance.square()? * -0.5)? - log_peak)?;
        let mut chance = candidates.zeros_like()?;
        chance.uniform_(0.0, 1.0)?;
        chance.log()?.gt(&log_density)
    };
    set(tensor, |x| {
        x.uniform_(a, b)?;
        let mut pending = refused(x)?;
        while is_any(&pending)? {
            let mut candidates = x.zeros_like()?;
            candidates.uniform_(a, b)?;
            *x = Tensor::select_where(&pending, &candidates, &*x)?;
            pending = pending.logical_and(&refused(&candidates)?)?;
        }
        Ok(())
    })
}

fn is_any(mask: &Tensor) -> Result<bool> {
    Ok(mask.to_vec::<bool>()?.contains(&true))
}

/// The probability that a standard normal number is at most `x`.
fn normal_cdf(x: f64) -> f64 {
    let erf = |x: f64| -> Result<f64> { Tensor::from_vec(vec![x], &[1])?.erf()?.item() };
    // A one-element computation in main memory has nothing to fail by.
    (1.0 + erf(x / std::f64::consts::SQRT_2).unwrap_or(0.0)) / 2.0
}

/// Sets all elements to `value`.
pub fn constant_(tensor: &Tensor, value: f64) -> Result<()> {
    if SKIPS.get() {
        return Ok(());
    }
    set(tensor, |x| {
        *x = x.full_like(value)?;
        Ok(())
    })
}

/// Sets all elements to one.
pub fn ones_(tensor: &Tensor) -> Result<()> {
    constant_(tensor, 1.0)
}

/// Sets all elements to zero.
pub fn zeros_(tensor: &Tensor) -> Result<()> {
    constant_(tensor, 0.0)
}

/// Sets a matrix to the identity: ones on the diagonal.
pub fn eye_(tensor: &Tensor) -> Result<()> {
    let shape = tensor.shape();
    let [rows, columns] = shape[..] else {
        return Err(Error::shape("eye_", shape, "two dimensions").into());
    };
    let ones = (0..rows.min(columns)).map(|i| i * columns + i);
    set_ones(tensor, ones)
}

/// Sets the weight of a convolution such that it preserves as many channels as possible, in each of
/// `groups`.
pub fn dirac_(tensor: &Tensor, groups: usize) -> Result<()> {
    let shape = tensor.shape();
    let (3..=5, Some((&[out_channels, in_channels], kernel))) =
        (shape.len(), shape.split_first_chunk())
    else {
        return Err(Error::shape("dirac_", shape, "three to five dimensions").into());
    };
    if groups == 0 || out_channels % groups != 0 {
        let expected = "a divisor of the number of output channels";
        return Err(Error::argument("dirac_", "groups", groups, expected).into());
    }
    let size: usize = kernel.iter().product();
    let centre = kernel.iter().fold(0, |at, &size| at * size + size / 2);
    let per_group = out_channels / groups;
    let kept = per_group.min(in_channels);
    let ones = (0..groups).flat_map(|group| {
        (0..kept).map(move |d| ((group * per_group + d) * in_channels + d) * size + centre)
    });
    set_ones(tensor, ones)
}

/// Zeros but for ones at the given places in row-major order.
fn set_ones(tensor: &Tensor, places: impl Iterator<Item = usize>) -> Result<()> {
    let mut values = vec![0.0_f32; tensor.numel()];
    // An empty kernel has no places to set.
    places.for_each(|place| values.get_mut(place).into_iter().for_each(|x| *x = 1.0));
    let value = Tensor::from_vec(values, &tensor.shape())?;
    let value = value.to_dtype(tensor.dtype())?.to_device(tensor.device())?;
    tensor.set_data(&value)
}

/// Glorot's uniform initialisation: bounds `gain sqrt(6 / (fan_in + fan_out))`.
pub fn xavier_uniform_(tensor: &Tensor, gain: f64) -> Result<()> {
    let (fan_in, fan_out) = fans("xavier_uniform_", tensor)?;
    let std = gain * (2.0 / (fan_in + fan_out) as f64).sqrt();
    let bound = 3.0_f64.sqrt() * std;
    uniform_(tensor, -bound, bound)
}

/// Glorot's normal initialisation: standard deviation `gain sqrt(2 / (fan_in + fan_out))`.
pub fn xavier_normal_(tensor: &Tensor, gain: f64) -> Result<()> {
    let (fan_in, fan_out) = fans("xavier_normal_", tensor)?;
    let std = gain * (2.0 / (fan_in + fan_out) as f64).sqrt();
    normal_(tensor, 0.0, std)
}

/// He's uniform initialisation: bounds `gain sqrt(3 / fan)`, where `a` is the slope that
/// [`Nonlinearity::LeakyRelu`] has for negative values.
pub fn kaiming_uniform_(
    tensor: &Tensor,
    a: f64,
    mode: FanMode,
    nonlinearity: Nonlinearity,
) -> Result<()> {
    if tensor.numel() == 0 {
        return Ok(());
    }
    let fan = fan("kaiming_uniform_", tensor, mode)?;
    let std = calculate_gain(nonlinearity, a) / (fan as f64).sqrt();
    let bound = 3.0_f64.sqrt() * std;
    uniform_(tensor, -bound, bound)
}

/// He's normal initialisation: standard deviation `gain / sqrt(fan)`, where `a` is the slope that
/// [`Nonlinearity::LeakyRelu`] has for negative values.
pub fn kaiming_normal_(
    tensor: &Tensor,
    a: f64,
    mode: FanMode,
    nonlinearity: Nonlinearity,
) -> Result<()> {
    if tensor.numel() == 0 {
        return Ok(());
    }
    let fan = fan("kaiming_normal_", tensor, mode)?;
    let std = calculate_gain(nonlinearity, a) / (fan as f64).sqrt();
    normal_(tensor, 0.0, std)
}

/// Sets a weight, flattened behind its first dimension, to a matrix whose rows are orthogonal vectors of
/// length `gain`, or whose columns are where there are more rows: the Q of normal numbers.
pub fn orthogonal_(tensor: &Tensor, gain: f64) -> Result<()> {
    let shape = tensor.shape();
    if shape.len() < 2 {
        return Err(Error::shape("orthogonal_", shape, "two or more dimensions").into());
    }
    if tensor.numel() == 0 {
        return Ok(());
    }
    let (rows, columns) = (shape[0], tensor.numel() / shape[0]);
    let mut normal = tensor.new_empty(&[rows, columns])?.detach();
    normal.normal_(0.0, 1.0)?;
    let values = normal.to_dtype(DType::F64)?.to_vec::<f64>()?;
    // The vectors to be made orthogonal, the columns of the taller of the matrix and its transpose.
    let (count, length) = (rows.min(columns), rows.max(columns));
    let place = |vector: usize, i: usize| match rows < columns {
        true => vector * columns + i,
        false => i * columns + vector,
    };
    let vector = |v: usize| (0..length).map(|i| values[place(v, i)]).collect();
    let mut vectors: Vec<Vec<f64>> = (0..count).map(vector).collect();
    orthonormalise(&mut vectors);
    let mut q = vec![0.0; values.len()];
    for (v, vector) in vectors.iter().enumerate() {
        for (i, x) in vector.iter().enumerate() {
            q[place(v, i)] = x * gain;
        }
    }
    let q = Tensor::from_vec(q, &shape)?.to_dtype(tensor.dtype())?;
    tensor.set_data(&q.to_device(tensor.device())?)
}

/// Makes vectors orthogonal to those before them, and of length 1. Twice is enough for full precision.
fn orthonormalise(vectors: &mut [Vec<f64>]) {
    let dot = |a: &[f64], b: &[f64]| -> f64 { a.iter().zip(b).map(|(a, b)| a * b).sum() };
    for v in 0..vectors.len() {
        let (earlier, rest) = vectors.split_at_mut(v);
        let vector = &mut rest[0];
        for _ in 0..2 {
            for other in &*earlier {
                let along = dot(vector, other);
                vector
                    .iter_mut()
                    .zip(other)
                    .for_each(|(x, y)| *x -= along * y);
            }
        }
        let length = dot(vector, vector).sqrt();
        vector.iter_mut().for_each(|x| *x /= length);
    }
}

/// Draws a matrix from the normal distribution, and sets a fraction of each column, at random places, to
/// zero.
pub fn sparse_(tensor: &Tensor, sparsity: f64, std: f64) -> Result<()> {
    let shape = tensor.shape();
    let [rows, columns] = shape[..] else {
        return Err(Error::shape("sparse_", shape, "two dimensions").into());
    };
    if !(0.0..=1.0).contains(&sparsity) {
        let expected = "a fraction from 0 to 1";
        return Err(Error::argument("sparse_", "sparsity", sparsity, expected).into());
    }
    let zeros = (sparsity * rows as f64).ceil() as usize;
    set(tensor, |x| {
        x.normal_(0.0, std)?;
        let mut kept = vec![true; rows * columns];
        for column in 0..columns {
            let order = Tensor::randperm(rows)?.to_vec::<i64>()?;
            for &row in order.iter().take(zeros) {
                kept[row as usize * columns + column] = false;
            }
        }
        let kept = Tensor::from_vec(kept, &shape)?.to_device(x.device())?;
        *x = x.mul(kept.to_dtype(x.dtype())?)?;
        Ok(())
    })
}

/// How many inputs an output of a layer sums, and the reverse, from the shape of its weight.
pub(crate) fn fans(op: &'static str, tensor: &Tensor) -> Result<(usize, usize)> {
    let shape = tensor.shape();
    let Some((&[outputs, inputs], kernel)) = shape.split_first_chunk() else {
        return Err(Error::shape(op, shape, "two or more dimensions").into());
    };
    let size: usize = kernel.iter().product();
    Ok((inputs * size, outputs * size))
}

fn fan(op: &'static str, tensor: &Tensor, mode: FanMode) -> Result<usize> {
    let (fan_in, fan_out) = fans(op, tensor)?;
    Ok(match mode {
        FanMode::FanIn => fan_in,
        FanMode::FanOut => fan_out,
    })
}

/// The initialisation of linear layers and convolutions: both the weight and the bias uniform in
/// `±1/sqrt(fan_in)`.
pub(crate) fn affine(weight: &Tensor, bias: Option<&Tensor>) -> Result<()> {
    kaiming_uniform_(
        weight,
        5.0_f64.sqrt(),
        FanMode::FanIn,
        Nonlinearity::LeakyRelu,
    )?;
    let Some(bias) = bias else {
        return Ok(());
    };
    let (fan_in, _) = fans("init", weight)?;
    let bound = if fan_in > 0 {
        1.0 / (fan_in as f64).sqrt()
    } else {
        0.0
    };
    uniform_(bias, -bound, bound)
}

/// Draws the value of a leaf, in its own memory where it can be: a parameter has one for all handles.
fn draw(tensor: &Tensor, draw: impl FnOnce(&mut Tensor) -> Result<()>) -> Result<()> {
    match tensor.is_leaf() && tensor.requires_grad() {
        true => no_grad(|| draw(&mut tensor.clone())),
        false => set(tensor, draw),
    }
}

/// Gives a leaf the value that `change` makes.
fn set(tensor: &Tensor, change: impl FnOnce(&mut Tensor) -> Result<()>) -> Result<()> {
    let mut value = tensor.detach();
    if SKIPS.get() {
        value = value.contiguous()?;
    }
    change(&mut value)?;
    tensor.set_data(&value)
}

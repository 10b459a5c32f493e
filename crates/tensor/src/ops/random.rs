//! Arrays of random numbers.
//!
//! Numbers are drawn in main memory, in the order of the array's memory, as PyTorch does on a CPU.

use super::rules;
use crate::dtype::with_dtype;
use crate::layout::Layout;
use crate::random::{self, DrawFloat, Generator};
use crate::{Array, DType, Device, Error, Result, Shape, bf16, f16};

/// What random numbers are drawn from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Distribution {
    /// Uniform in `[low, high)`.
    Uniform {
        /// The smallest number.
        low: f64,
        /// All numbers are below.
        high: f64,
    },
    /// Normal.
    Normal {
        /// The centre.
        mean: f64,
        /// The spread.
        std: f64,
    },
    /// Its logarithm is normal.
    LogNormal {
        /// The centre of the logarithm.
        mean: f64,
        /// The spread of the logarithm.
        std: f64,
    },
    /// Cauchy.
    Cauchy {
        /// The centre.
        median: f64,
        /// The spread.
        sigma: f64,
    },
    /// Exponential.
    Exponential {
        /// The inverse of the mean.
        lambda: f64,
    },
    /// How many trials the first success takes.
    Geometric {
        /// The probability of success.
        p: f64,
    },
    /// One with a probability, else zero.
    Bernoulli {
        /// The probability of a one.
        p: f64,
    },
    /// Integers from `low` on and below `high`.
    Integers {
        /// The smallest number.
        low: i64,
        /// All numbers are below.
        high: i64,
    },
    /// Integers from `low` to the largest of the dtype.
    IntegersFrom {
        /// The smallest number.
        low: i64,
    },
    /// Integers from 0 to the largest of the dtype.
    AllIntegers,
}

/// Runs an expression with `$T` bound to the Rust type of a dtype that has fractions; an error for
/// any other.
macro_rules! with_float {
    ($op:expr, $dtype:expr, $T:ident => $body:expr) => {
        match $dtype {
            DType::F32 => with_float!(@as f32, $T => $body),
            DType::F64 => with_float!(@as f64, $T => $body),
            DType::F16 => with_float!(@as f16, $T => $body),
            DType::BF16 => with_float!(@as bf16, $T => $body),
            got => Err(Error::DType { op: $op, got, expected: "a floating-point dtype" }),
        }
    };
    (@as $Type:ty, $T:ident => $body:expr) => {{
        type $T = $Type;
        $body
    }};
}
impl Array {
    /// A contiguous array of random numbers.
    pub fn random(
        shape: &[usize],
        distribution: Distribution,
        dtype: DType,
        device: Device,
    ) -> Result<Array> {
        let layout = Layout::contiguous(shape.into());
        Array::drawn(layout, true, distribution, dtype, device)
    }

    /// Random numbers in the shape and the memory format of `self`.
    pub fn random_like(&self, distribution: Distribution, dtype: DType) -> Result<Array> {
        let layout = Layout::dense_like(self.layout());
        let in_blocks = layout.is_contiguous();
        Array::drawn(layout, in_blocks, distribution, dtype, self.device())
    }

    /// As [`Array::random_like`] in the dtype of `self`, drawn as an operation in place draws them:
    /// normal numbers come in blocks only where the memory of `self` is contiguous.
    pub fn random_over(&self, distribution: Distribution) -> Result<Array> {
        let layout = Layout::dense_like(self.layout());
        let in_blocks = self.is_contiguous();
        Array::drawn(layout, in_blocks, distribution, self.dtype(), self.device())
    }

    /// As [`Array::random_over`] in place; `false`, and nothing is drawn, where the numbers need memory
    /// of their own.
    pub fn random_assign(&mut self, distribution: Distribution) -> Result<bool> {
        if self.device() != Device::Cpu || !self.is_unshared() || !self.layout().is_dense() {
            return Ok(false);
        }
        let in_blocks = self.is_contiguous();
        Generator::current(|generator| distribution.fill(generator, self, in_blocks))?;
        Ok(true)
    }

    /// Goes on with the generator as after drawing an array of the shape, whose numbers nobody wants;
    /// `false` for a distribution that has to be drawn.
    pub fn skip_random(&self, distribution: Distribution) -> Result<bool> {
        let (op, count) = (distribution.name(), self.numel());
        with_float!(op, self.dtype(), T => {
            Ok(Generator::current(|generator| match distribution {
                Distribution::Uniform { .. } => {
                    random::skip_uniform::<T>(generator, count);
                    true
                }
                Distribution::Normal { .. } => {
                    random::skip_normal::<T>(generator, count);
                    true
                }
                _ => false,
            }))
        })
    }

    fn drawn(
        layout: Layout,
        in_blocks: bool,
        distribution: Distribution,
        dtype: DType,
        device: Device,
    ) -> Result<Array> {
        let mut out = Array::uninit("random", layout, dtype, Device::Cpu)?;
        Generator::current(|generator| distribution.fill(generator, &mut out, in_blocks))?;
        out.to_device(device)
    }

    /// Ones, each with the probability at its place in `self`, zeros elsewhere.
    pub fn bernoulli(&self, dtype: DType) -> Result<Array> {
        const OP: &str = "bernoulli";
        let layout = Layout::contiguous(self.shape().clone());
        let mut out = Array::uninit(OP, layout, dtype, Device::Cpu)?;
        let p = self.to_device(Device::Cpu)?.contiguous()?;
        Generator::current(|generator| {
            with_float!(OP, p.dtype(), P => with_dtype!(dtype, T => {
                random::bernoulli_each::<T, P>(generator, out.dense_slice_mut(), p.dense_slice())
            }))
        })?;
        out.to_device(self.device())
    }

    /// Draws categories by their weights, row by row. Without replacement, each at most once.
    ///
    /// Shapes: `[rows, categories] -> [rows, samples]`, of type `i64`; or both without rows.
    pub fn multinomial(&self, samples: usize, replacement: bool) -> Result<Array> {
        const OP: &str = "multinomial";
        let (shape, categories) = match self.shape()[..] {
            [categories] => (Shape::from([samples]), categories),
            [rows, categories] => (Shape::from([rows, samples]), categories),
            _ => return Err(Error::shape(OP, self.shape(), "one or two dimensions")),
        };
        rules::numel(OP, &shape)?;
        if samples == 0 {
            return Err(Error::argument(OP, "num_samples", samples, "positive"));
        }
        let mut out = Array::uninit(OP, Layout::contiguous(shape), DType::I64, Device::Cpu)?;
        let weights = self.to_device(Device::Cpu)?.contiguous()?;
        Generator::current(|generator| {
            with_float!(OP, weights.dtype(), T => random::multinomial::<T>(
                generator,
                out.dense_slice_mut(),
                weights.dense_slice(),
                categories,
                replacement,
            ))
        })?;
        out.to_device(self.device())
    }

    /// The integers below `length` in random order, 1-d, of type `i64`.
    pub fn randperm(length: usize, device: Device) -> Result<Array> {
        let layout = Layout::contiguous(Shape::from([length]));
        let mut out = Array::uninit("randperm", layout, DType::I64, Device::Cpu)?;
        Generator::current(|generator| random::randperm(generator, out.dense_slice_mut()));
        out.to_device(device)
    }
}

impl Distribution {
    /// PyTorch's name of the draw.
    fn name(self) -> &'static str {
        match self {
            Distribution::Uniform { .. } => "uniform_",
            Distribution::Normal { .. } => "normal_",
            Distribution::LogNormal { .. } => "log_normal_",
            Distribution::Cauchy { .. } => "cauchy_",
            Distribution::Exponential { .. } => "exponential_",
            Distribution::Geometric { .. } => "geometric_",
            Distribution::Bernoulli { .. } => "bernoulli_",
            Distribution::Integers { .. }
            | Distribution::IntegersFrom { .. }
            | Distribution::AllIntegers => "random_",
        }
    }

    fn fill(self, generator: &mut Generator, out: &mut Array, in_blocks: bool) -> Result<()> {
        let dtype = out.dtype();
        match self {
            Distribution::Geometric { p } => {
                with_dtype!(dtype, T => random::geometric::<T>(generator, out.dense_slice_mut(), p))
            }
            Distribution::Bernoulli { p } => {
                with_dtype!(dtype, T => random::bernoulli::<T>(generator, out.dense_slice_mut(), p))
            }
            Distribution::Integers { low, high } => {
                with_dtype!(dtype, T => random::randint::<T>(generator, out.dense_slice_mut(), low, high))
            }
            Distribution::IntegersFrom { low } => {
                with_dtype!(dtype, T => random::randint_from::<T>(generator, out.dense_slice_mut(), low))
            }
            Distribution::AllIntegers => {
                with_dtype!(dtype, T => random::random_full::<T>(generator, out.dense_slice_mut()));
                Ok(())
            }
            _ => with_float!(self.name(), dtype, T => {
                self.fill_reals::<T>(generator, out.dense_slice_mut(), in_blocks)
            }),
        }
    }

    fn fill_reals<T: DrawFloat>(
        self,
        generator: &mut Generator,
        out: &mut [T],
        in_blocks: bool,
    ) -> Result<()> {
        match self {
            Distribution::Uniform { low, high } => random::uniform(generator, out, low, high),
            Distribution::Normal { mean, std } if in_blocks => {
                random::normal(generator, out, mean, std)
            }
            Distribution::Normal { mean, std } => random::normal_each(generator, out, mean, std),
            Distribution::LogNormal { mean, std } => random::log_normal(generator, out, mean, std),
            Distribution::Cauchy { median, sigma } => random::cauchy(generator, out, median, sigma),
            Distribution::Exponential { lambda } => random::exponential(generator, out, lambda),
            Distribution::Geometric { .. }
            | Distribution::Bernoulli { .. }
            | Distribution::Integers { .. }
            | Distribution::IntegersFrom { .. }
            | Distribution::AllIntegers => unreachable!("drawn in any dtype"),
        }
    }
}

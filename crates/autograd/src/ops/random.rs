//! Random tensors. With the same seed they hold the numbers that PyTorch's have on a CPU.
//!
//! Draws use the generator of the process, which [`manual_seed`](crate::manual_seed) sets, or inside
//! [`Generator::scope`](crate::Generator::scope) another one.

use super::create::TensorOptions;
use crate::{Backward, DType, Error, Gradients, Operand, Result, Tensor, Wants};
use rushlight_tensor::Array;
use rushlight_tensor::ops::random::Distribution;

const UNIT: Distribution = Distribution::Uniform {
    low: 0.0,
    high: 1.0,
};
const STANDARD: Distribution = Distribution::Normal {
    mean: 0.0,
    std: 1.0,
};

/// Random tensors with these options.
impl TensorOptions {
    fn random(self, shape: &[usize], distribution: Distribution, fitting: DType) -> Result<Tensor> {
        let dtype = self.dtype_or(fitting);
        self.finish(Array::random(shape, distribution, dtype, self.device)?)
    }

    /// Numbers uniform in `[0, 1)`.
    pub fn rand(self, shape: &[usize]) -> Result<Tensor> {
        self.random(shape, UNIT, DType::F32)
    }

    /// Standard normal numbers.
    pub fn randn(self, shape: &[usize]) -> Result<Tensor> {
        self.random(shape, STANDARD, DType::F32)
    }

    /// Normal numbers.
    pub fn normal(self, mean: f64, std: f64, shape: &[usize]) -> Result<Tensor> {
        self.random(shape, Distribution::Normal { mean, std }, DType::F32)
    }

    /// Integers from `low` on and below `high`, by default of type `i64`.
    pub fn randint(self, low: i64, high: i64, shape: &[usize]) -> Result<Tensor> {
        self.random(shape, Distribution::Integers { low, high }, DType::I64)
    }

    /// The integers below `length` in random order, 1-d, by default of type `i64`.
    pub fn randperm(self, length: usize) -> Result<Tensor> {
        let dtype = self.dtype_or(DType::I64);
        self.finish(Array::randperm(length, self.device)?.to_dtype(dtype)?)
    }
}

/// Random tensors on the CPU; [`TensorOptions`] has the same for other options.
impl Tensor {
    /// Numbers of type `f32`, uniform in `[0, 1)`.
    ///
    /// ```
    /// # use rushlight_autograd::{manual_seed, Result, Tensor};
    /// # fn main() -> Result<()> {
    /// manual_seed(0);
    /// assert_eq!(Tensor::rand(&[2])?.to_vec::<f32>()?, [0.4962566, 0.7682218]);
    /// # Ok(()) }
    /// ```
    pub fn rand(shape: &[usize]) -> Result<Tensor> {
        TensorOptions::new().rand(shape)
    }

    /// Standard normal numbers of type `f32`.
    pub fn randn(shape: &[usize]) -> Result<Tensor> {
        TensorOptions::new().randn(shape)
    }

    /// Integers of type `i64` from `low` on and below `high`.
    pub fn randint(low: i64, high: i64, shape: &[usize]) -> Result<Tensor> {
        TensorOptions::new().randint(low, high, shape)
    }

    /// The integers below `length` in random order, 1-d, of type `i64`.
    pub fn randperm(length: usize) -> Result<Tensor> {
        TensorOptions::new().randperm(length)
    }

    /// Normal numbers, of which each has its own mean, deviation or both; a number stands for all.
    /// Tensors broadcast.
    pub fn normal(mean: impl Into<Operand>, std: impl Into<Operand>) -> Result<Tensor> {
        const OP: &str = "normal";
        let (mean, std) = (mean.into(), std.into());
        let like = match (&mean, &std) {
            (Operand::Tensor(mean), Operand::Tensor(std)) => {
                Tensor::broadcast_tensors(&[mean, std])?[0].clone()
            }
            (Operand::Tensor(x), _) | (_, Operand::Tensor(x)) => x.clone(),
            (Operand::Scalar(mean), Operand::Scalar(std)) => {
                return TensorOptions::new().normal(mean.to_f64(), std.to_f64(), &[]);
            }
        };
        refuse_negative(OP, &std)?;
        let noise = match &std {
            Operand::Scalar(std) => Distribution::Normal {
                mean: 0.0,
                std: std.to_f64(),
            },
            Operand::Tensor(_) => STANDARD,
        };
        let shape = like.shape();
        let mut drawn = like.options().random(&shape, noise, like.dtype())?;
        let mut inputs = Vec::new();
        if let Operand::Tensor(std) = &std {
            drawn = drawn.mul(std.detach())?;
            inputs.push(std);
        }
        drawn = match &mean {
            Operand::Tensor(mean) => {
                inputs.push(mean);
                drawn.add(mean.detach())?
            }
            Operand::Scalar(mean) => drawn.add(*mean)?,
        };
        Ok(Tensor::record(drawn.array(), OP, &inputs, || {
            let inputs = inputs.len();
            Unaffected { inputs }
        }))
    }
}

/// Random tensors that resemble another one.
impl Tensor {
    fn random_like(&self, distribution: Distribution) -> Result<Tensor> {
        Ok(Tensor::new(
            self.array().random_like(distribution, self.dtype())?,
        ))
    }

    /// Numbers uniform in `[0, 1)`, in the shape, dtype and device of `self`.
    pub fn rand_like(&self) -> Result<Tensor> {
        self.random_like(UNIT)
    }

    /// Standard normal numbers, in the shape, dtype and device of `self`.
    pub fn randn_like(&self) -> Result<Tensor> {
        self.random_like(STANDARD)
    }

    /// Integers from `low` on and below `high`, in the shape, dtype and device of `self`.
    pub fn randint_like(&self, low: i64, high: i64) -> Result<Tensor> {
        self.random_like(Distribution::Integers { low, high })
    }

    /// Ones, each with the probability at its place in `self`, zeros elsewhere.
    pub fn bernoulli(&self) -> Result<Tensor> {
        let y = self.array().bernoulli(self.dtype())?;
        Ok(Tensor::record(y, "bernoulli", &[self], || Unaffected {
            inputs: 1,
        }))
    }

    /// Draws indices by their weights, row by row; without replacement, each at most once.
    ///
    /// Shapes: `[rows, categories] -> [rows, num_samples]`, or both without rows.
    pub fn multinomial(&self, num_samples: usize, replacement: bool) -> Result<Tensor> {
        Ok(Tensor::new(
            self.array().multinomial(num_samples, replacement)?,
        ))
    }
}

/// Overwriting a tensor with random numbers.
impl Tensor {
    fn draw(&mut self, op: &'static str, distribution: Distribution) -> Result<()> {
        if self.change_in_place(&[], |x| x.random_assign(distribution))? {
            return Ok(());
        }
        let drawn = self.array().random_over(distribution)?;
        self.assign(op, Tensor::new(drawn))
    }

    /// Overwrites every element with a number uniform in `[low, high)`.
    pub fn uniform_(&mut self, low: f64, high: f64) -> Result<()> {
        self.draw("uniform_", Distribution::Uniform { low, high })
    }

    /// Overwrites every element with a normal number.
    pub fn normal_(&mut self, mean: f64, std: f64) -> Result<()> {
        self.draw("normal_", Distribution::Normal { mean, std })
    }

    /// Goes on with the generator as after [`Tensor::uniform_`], and leaves the tensor as it is.
    pub fn skip_uniform(&self) -> Result<()> {
        self.array().skip_random(UNIT)?;
        Ok(())
    }

    /// Goes on with the generator as after [`Tensor::normal_`] on contiguous memory, and leaves the
    /// tensor as it is.
    pub fn skip_normal(&self) -> Result<()> {
        self.array().skip_random(STANDARD)?;
        Ok(())
    }

    /// Overwrites every element with a number whose logarithm is normal.
    pub fn log_normal_(&mut self, mean: f64, std: f64) -> Result<()> {
        self.draw("log_normal_", Distribution::LogNormal { mean, std })
    }

    /// Overwrites every element with a Cauchy number.
    pub fn cauchy_(&mut self, median: f64, sigma: f64) -> Result<()> {
        self.draw("cauchy_", Distribution::Cauchy { median, sigma })
    }

    /// Overwrites every element with an exponential number of rate `lambda`.
    pub fn exponential_(&mut self, lambda: f64) -> Result<()> {
        self.draw("exponential_", Distribution::Exponential { lambda })
    }

    /// Overwrites every element with the number of trials that a first success takes.
    pub fn geometric_(&mut self, p: f64) -> Result<()> {
        self.draw("geometric_", Distribution::Geometric { p })
    }

    /// Overwrites every element with a one of probability `p`, a number or a tensor that broadcasts,
    /// else zero.
    pub fn bernoulli_(&mut self, p: impl Into<Operand>) -> Result<()> {
        const OP: &str = "bernoulli_";
        match p.into() {
            Operand::Scalar(p) => self.draw(OP, Distribution::Bernoulli { p: p.to_f64() }),
            Operand::Tensor(p) => {
                let p = p.broadcast_to(&self.shape())?;
                let drawn = p.array().bernoulli(self.dtype())?;
                self.assign(OP, Tensor::new(drawn))
            }
        }
    }

    /// Overwrites every element with an integer: from `low` on and below `high`, without `high` up to
    /// the largest that the dtype counts to.
    pub fn random_(&mut self, low: i64, high: Option<i64>) -> Result<()> {
        let distribution = match (low, high) {
            (low, Some(high)) => Distribution::Integers { low, high },
            (0, None) => Distribution::AllIntegers,
            (low, None) => Distribution::IntegersFrom { low },
        };
        self.draw("random_", distribution)
    }
}

/// The backward of random numbers: what they were drawn from gets a gradient of zero.
struct Unaffected {
    inputs: usize,
}

impl Backward for Unaffected {
    fn backward(&self, g: &Tensor, _: Wants<'_>) -> Result<Gradients> {
        let zero = g.zeros_like()?;
        Ok(std::iter::repeat_n(Some(zero), self.inputs).collect())
    }
}

fn refuse_negative(op: &'static str, std: &Operand) -> Result<()> {
    let lowest = match std {
        Operand::Scalar(std) => std.to_f64(),
        Operand::Tensor(std) if std.numel() == 0 => 0.0,
        Operand::Tensor(std) => match std.detach().lt(0.0)?.to_vec::<bool>()?.contains(&true) {
            true => -1.0,
            false => 0.0,
        },
    };
    match lowest < 0.0 {
        true => Err(Error::argument(
            op,
            "std",
            "a negative number",
            "not negative",
        )),
        false => Ok(()),
    }
}

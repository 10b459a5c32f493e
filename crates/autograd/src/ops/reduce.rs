//! Reductions: many elements become one.
//!
//! What PyTorch can call without a dimension has two methods: `sum()` combines all elements, and
//! `sum_dim(dims, keepdim)` those along some dimensions, all of them where the list is empty. With
//! `keepdim` a reduced dimension stays, with size 1. Where PyTorch wants a dimension, the plain name
//! takes it (`logsumexp`, `cumsum`, `softmax`, `sort`). PyTorch's argument `dtype` converts before it
//! reduces: `x.to_dtype(dtype)?.sum()`.

use crate::{Backward, Gradients, Result, Saved, Tensor, Wants, amp, gradients};
use rushlight_tensor::ops::reduce::ReduceOp;
use rushlight_tensor::ops::rules;
use rushlight_tensor::ops::scan::{Direction, ScanOp};
use rushlight_tensor::{Array, DType, Shape};

/// The dimensions that a reduction removes from a shape.
#[derive(Clone, Debug)]
pub(crate) struct Reduced {
    shape: Shape,
    dims: Vec<isize>,
    keepdim: bool,
}

impl Reduced {
    /// The given dimensions, all of them where none is given.
    pub(crate) fn new(x: &Tensor, dims: &[isize], keepdim: bool) -> Reduced {
        Reduced {
            shape: x.shape(),
            dims: dims.to_vec(),
            keepdim,
        }
    }

    /// The dimensions as the caller wrote them.
    pub(crate) fn dims(&self) -> &[isize] {
        &self.dims
    }

    /// A result as the caller wants it, from one that has size 1 in the reduced dimensions.
    pub(crate) fn finish(&self, y: Array) -> Result<Array> {
        match self.keepdim || self.shape.is_empty() {
            true => Ok(y),
            false => Ok(y.squeeze(&self.dims)?),
        }
    }

    /// A gradient or result with size 1 in the reduced dimensions.
    pub(crate) fn restore(&self, g: &Tensor) -> Result<Tensor> {
        let reduced = rules::dim_mask("reduce", &self.dims, &self.shape)?;
        let sizes = self.shape.iter().zip(reduced);
        let sizes: Vec<isize> = sizes
            .map(|(&size, gone)| if gone { 1 } else { size as isize })
            .collect();
        g.reshape(&sizes)
    }

    /// A gradient or result repeated for every element that was combined.
    pub(crate) fn repeat(&self, g: &Tensor) -> Result<Tensor> {
        self.restore(g)?.broadcast_to(&self.shape)
    }

    /// How many elements each result combines.
    pub(crate) fn count(&self) -> Result<usize> {
        let reduced = rules::dim_mask("reduce", &self.dims, &self.shape)?;
        let sizes = self.shape.iter().zip(reduced);
        Ok(sizes
            .filter(|(_, gone)| *gone)
            .map(|(&size, _)| size)
            .product())
    }
}

/// The backward of a product: every element gets the product of all others.
struct Prod {
    x: Saved,
    dim: isize,
    reduced: Reduced,
}

impl Backward for Prod {
    fn backward(&self, g: &Tensor, wants: Wants<'_>) -> Result<Gradients> {
        let x = self.x.get();
        let before = x.scan(ScanOp::ProdBefore, self.dim, Direction::Forward)?;
        let after = x.scan(ScanOp::ProdBefore, self.dim, Direction::Backward)?;
        gradients![wants; (self.reduced.restore(g)? * (before * after)?)?]
    }
}

/// The backward of a sum of the elements that are numbers.
struct NanSum {
    x: Saved,
    reduced: Reduced,
}

impl Backward for NanSum {
    fn backward(&self, g: &Tensor, wants: Wants<'_>) -> Result<Gradients> {
        gradients![wants; self.reduced.repeat(g)?.masked_where(&self.x.get().isnan()?.logical_not()?)?]
    }
}

/// The backward of a log-sum-exp: the shares of softmax.
struct LogSumExp {
    x: Saved,
    y: Saved,
    reduced: Reduced,
}

impl Backward for LogSumExp {
    fn backward(&self, g: &Tensor, wants: Wants<'_>) -> Result<Gradients> {
        let y = self.y.get();
        let y = y.masked_where(&y.isneginf()?.logical_not()?)?;
        let share = (self.x.get() - self.reduced.restore(&y)?)?.exp()?;
        gradients![wants; (self.reduced.restore(g)? * share)?]
    }
}

/// Sums and means.
impl Tensor {
    /// The sum of all elements; integers and booleans add up to `i64`.
    pub fn sum(&self) -> Result<Tensor> {
        self.sum_dim(&[], false)
    }

    /// The sum over the given dimensions; integers and booleans add up to `i64`.
    ///
    /// ```
    /// # use rushlight_autograd::{tensor, Result};
    /// # fn main() -> Result<()> {
    /// let x = tensor([[1.0, 2.0], [3.0, 4.0]])?;
    /// assert_eq!(x.sum_dim(&[0], false)?.to_vec::<f32>()?, [4.0, 6.0]);
    /// assert_eq!(x.sum_dim(&[-1], true)?.shape(), [2, 1]);
    /// # Ok(()) }
    /// ```
    pub fn sum_dim(&self, dims: &[isize], keepdim: bool) -> Result<Tensor> {
        if self.dtype() == DType::Bool {
            return self.reduced(ReduceOp::CountNonzero, dims, keepdim);
        }
        amp::run("sum", [self], |[x]| {
            let reduced = Reduced::new(x, dims, keepdim);
            let y = reduced.finish(x.array().reduce(ReduceOp::Sum, dims)?)?;
            Ok(x.moved("sum", y, move |g| reduced.repeat(g)))
        })
    }

    /// The sum of all elements that are numbers.
    pub fn nansum(&self) -> Result<Tensor> {
        self.nansum_dim(&[], false)
    }

    /// The sum over the given dimensions of the elements that are numbers.
    pub fn nansum_dim(&self, dims: &[isize], keepdim: bool) -> Result<Tensor> {
        let reduced = Reduced::new(self, dims, keepdim);
        let y = reduced.finish(self.array().reduce(ReduceOp::NanSum, dims)?)?;
        Ok(Tensor::record(y, "nansum", &[self], || NanSum {
            x: self.save(),
            reduced,
        }))
    }

    /// The mean of all elements, which are floating-point numbers.
    pub fn mean(&self) -> Result<Tensor> {
        self.mean_dim(&[], false)
    }

    /// The mean over the given dimensions.
    ///
    /// ```
    /// # use rushlight_autograd::{tensor, Result};
    /// # fn main() -> Result<()> {
    /// let x = tensor([[1.0, 2.0], [3.0, 4.0]])?;
    /// assert_eq!(x.mean_dim(&[0], false)?.to_vec::<f32>()?, [2.0, 3.0]);
    /// # Ok(()) }
    /// ```
    pub fn mean_dim(&self, dims: &[isize], keepdim: bool) -> Result<Tensor> {
        let reduced = Reduced::new(self, dims, keepdim);
        let y = reduced.finish(self.array().reduce(ReduceOp::Mean, dims)?)?;
        let count = reduced.count()? as f64;
        Ok(self.moved("mean", y, move |g| reduced.repeat(&(g / count)?)))
    }

    /// The mean of all elements that are numbers.
    pub fn nanmean(&self) -> Result<Tensor> {
        self.nanmean_dim(&[], false)
    }

    /// The mean over the given dimensions of the elements that are numbers.
    pub fn nanmean_dim(&self, dims: &[isize], keepdim: bool) -> Result<Tensor> {
        let fits = self.is_floating_point();
        rules::dtype("nanmean", self.dtype(), fits, "a floating-point dtype")?;
        let count = self.isnan()?.logical_not()?.sum_dim(dims, keepdim)?;
        self.nansum_dim(dims, keepdim)? / count
    }

    /// PyTorch's `sum_to_size`: sums over the dimensions that `shape` lacks or has of size 1.
    pub fn sum_to_size(&self, shape: &[usize]) -> Result<Tensor> {
        let target = Shape::from(shape);
        let expands = rules::broadcast("sum_to_size", &target, &self.shape());
        if expands.as_ref() != Ok(&self.shape()) {
            let expected = format!("a shape that {target} broadcasts to");
            return Err(
                rushlight_tensor::Error::shape("sum_to_size", self.shape(), expected).into(),
            );
        }
        match shape {
            // As a sum of all elements, which makes narrow integers wide.
            [] => self.sum(),
            _ => self.sum_to(&target),
        }
    }

    /// Undoes broadcasting: sums over the dimensions that `shape` lacks or has of size 1.
    pub(crate) fn sum_to(&self, shape: &Shape) -> Result<Tensor> {
        if self.read(|x| x.shape() == shape) {
            return Ok(self.clone());
        }
        let own = self.shape();
        let leading = own.len() - shape.len();
        let expanded = |dim: &usize| *dim < leading || shape[*dim - leading] != own[*dim];
        let dims: Vec<isize> = (0..own.len())
            .filter(expanded)
            .map(|dim| dim as isize)
            .collect();
        let sizes: Vec<isize> = shape.iter().map(|&size| size as isize).collect();
        if dims.is_empty() {
            return self.reshape(&sizes);
        }
        self.sum_dim(&dims, true)?.reshape(&sizes)
    }
}

/// Products, counts and logarithms of sums.
impl Tensor {
    /// The product of all elements; that of integers and booleans is `i64`.
    pub fn prod(&self) -> Result<Tensor> {
        self.reshape(&[-1])?.prod_dim(0, false)
    }

    /// The product along a dimension; that of integers and booleans is `i64`.
    pub fn prod_dim(&self, dim: isize, keepdim: bool) -> Result<Tensor> {
        amp::run("prod", [self], |[x]| {
            let reduced = Reduced::new(x, &[dim], keepdim);
            let y = reduced.finish(x.array().reduce(ReduceOp::Prod, &[dim])?)?;
            Ok(Tensor::record(y, "prod", &[x], || Prod {
                x: x.save(),
                dim,
                reduced,
            }))
        })
    }

    /// Whether any element is non-zero.
    pub fn any(&self) -> Result<Tensor> {
        self.any_dim(&[], false)
    }

    /// Whether any element along the given dimensions is non-zero.
    pub fn any_dim(&self, dims: &[isize], keepdim: bool) -> Result<Tensor> {
        self.reduced(ReduceOp::Any, dims, keepdim)
    }

    /// Whether all elements are non-zero.
    pub fn all(&self) -> Result<Tensor> {
        self.all_dim(&[], false)
    }

    /// Whether all elements along the given dimensions are non-zero.
    pub fn all_dim(&self, dims: &[isize], keepdim: bool) -> Result<Tensor> {
        self.reduced(ReduceOp::All, dims, keepdim)
    }

    /// How many elements are non-zero.
    pub fn count_nonzero(&self) -> Result<Tensor> {
        self.count_nonzero_dim(&[])
    }

    /// How many elements along the given dimensions are non-zero.
    pub fn count_nonzero_dim(&self, dims: &[isize]) -> Result<Tensor> {
        self.reduced(ReduceOp::CountNonzero, dims, false)
    }

    /// A reduction without a gradient.
    fn reduced(&self, op: ReduceOp, dims: &[isize], keepdim: bool) -> Result<Tensor> {
        let y = self.array().reduce(op, dims)?;
        Ok(Tensor::new(Reduced::new(self, dims, keepdim).finish(y)?))
    }

    /// `log(sum(exp(x)))` over the given dimensions, without overflow.
    ///
    /// ```
    /// # use rushlight_autograd::{tensor, Result};
    /// # fn main() -> Result<()> {
    /// let x = tensor([1000.0, 1000.0])?;
    /// assert_eq!(x.logsumexp(&[0], false)?.item()? as f32, 1000.0 + 2f32.ln());
    /// # Ok(()) }
    /// ```
    pub fn logsumexp(&self, dims: &[isize], keepdim: bool) -> Result<Tensor> {
        let x = self.to_dtype(self.dtype().to_float())?;
        let reduced = Reduced::new(&x, dims, keepdim);
        let y = reduced.finish(log_sum_exp(&x.detach(), dims)?.array())?;
        Ok(Tensor::record_with_output(y, "logsumexp", &[&x], |y| {
            LogSumExp {
                x: x.save(),
                y: y.save(),
                reduced,
            }
        }))
    }
}

/// Relative to the largest element, so that nothing overflows; size 1 stays.
fn log_sum_exp(x: &Tensor, dims: &[isize]) -> Result<Tensor> {
    if x.numel() == 0 {
        return x.exp()?.sum_dim(dims, true)?.log();
    }
    let max = x.amax_dim(dims, true)?;
    let max = max.masked_where(&max.isinf()?.logical_not()?)?;
    (x - &max)?.exp()?.sum_dim(dims, true)?.log()? + max
}

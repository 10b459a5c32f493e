//! Norms of vectors and matrices, and what is measured with them.

use super::reduce::Reduced;
use crate::{Backward, Error, Gradients, Result, Saved, Tensor, Wants, amp, gradients};
use rushlight_tensor::Array;
use rushlight_tensor::ops::reduce::ReduceOp;
use rushlight_tensor::ops::rules;

/// Which norm to take.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Norm {
    /// The `p`-norm `sum(abs(x)^p)^(1/p)`: the largest magnitude for infinity, the smallest for
    /// negative infinity, the number of non-zero elements for 0.
    P(f64),
    /// Of matrices: the square root of the sum of squares.
    Frobenius,
    /// Of matrices: the sum of the singular values.
    Nuclear,
}

impl From<f64> for Norm {
    fn from(p: f64) -> Norm {
        Norm::P(p)
    }
}

impl From<i32> for Norm {
    fn from(p: i32) -> Norm {
        Norm::P(p as f64)
    }
}

/// The backward of a `p`-norm.
struct VectorNorm {
    p: f64,
    x: Saved,
    y: Saved,
    reduced: Reduced,
}

impl Backward for VectorNorm {
    fn backward(&self, g: &Tensor, wants: Wants<'_>) -> Result<Gradients> {
        let (x, p) = (self.x.get(), self.p);
        // A count does not change with its elements.
        if p == 0.0 {
            return Ok(Gradients::new());
        }
        let (g, y) = (
            self.reduced.restore(g)?,
            self.reduced.restore(&self.y.get())?,
        );
        let where_nonzero = |t: Tensor, condition: &Tensor| t.masked_where(&condition.ne(0.0)?);
        gradients![wants; if p == 1.0 {
            (g * x.sign()?)?
        } else if p == 2.0 {
            (g * where_nonzero((&x / &y)?, &y)?)?
        } else if p.is_infinite() {
            // All elements that attain the extreme share its gradient.
            let magnitude = x.abs()?;
            let attains = magnitude.eq(&y)?.logical_or(&magnitude.isnan()?)?;
            let count = attains.sum_dim(self.reduced.dims(), true)?;
            let share = (g / count)?.broadcast_to(&x.shape())?;
            (x.sign()? * share.masked_where(&attains)?)?
        } else if p < 1.0 {
            let slope = (x.sign()? * where_nonzero(x.abs()?.pow(p - 1.0)?, &x)?)?;
            (slope * (g * y.pow(1.0 - p)?)?)?
        } else {
            let slope = (x.sign()? * x.abs()?.pow(p - 1.0)?)?;
            (slope * where_nonzero((g / y.pow(p - 1.0)?)?, &y)?)?
        }]
    }
}

/// The `p`-norm, size 1 left in the reduced dimensions. Half types compute in `f32` throughout.
fn vector_norm(x: &Array, p: f64, dims: &[isize]) -> Result<Array> {
    if p == 2.0 {
        return Ok(x.reduce(ReduceOp::Euclidean, dims)?);
    } else if p == 1.0 {
        return Ok(x.reduce(ReduceOp::AbsSum, dims)?);
    } else if p == f64::INFINITY {
        return Ok(x.reduce(ReduceOp::AbsMax, dims)?);
    } else if p == f64::NEG_INFINITY {
        return Ok(x.reduce(ReduceOp::AbsMin, dims)?);
    } else if p == 0.0 {
        return Ok(x
            .reduce(ReduceOp::CountNonzero, dims)?
            .to_dtype(x.dtype())?);
    }
    let wide = Tensor::new(x.to_dtype(x.dtype().to_accumulate())?);
    let powers = Tensor::new(wide.abs()?.pow(p)?.array().reduce(ReduceOp::Sum, dims)?);
    Ok(powers.pow(1.0 / p)?.array().to_dtype(x.dtype())?)
}

impl Tensor {
    /// The 2-norm of all elements: the length of the vector they form.
    pub fn norm(&self) -> Result<Tensor> {
        self.vector_norm(2.0, &[], false)
    }

    /// A norm over the given dimensions, all of them where none is given.
    ///
    /// ```
    /// # use rushlight_autograd::{tensor, Result};
    /// # fn main() -> Result<()> {
    /// let x = tensor([[3.0, 4.0], [6.0, 8.0]])?;
    /// assert_eq!(x.norm_dim(2.0, &[1], false)?.to_vec::<f32>()?, [5.0, 10.0]);
    /// # Ok(()) }
    /// ```
    pub fn norm_dim(&self, norm: impl Into<Norm>, dims: &[isize], keepdim: bool) -> Result<Tensor> {
        match norm.into() {
            Norm::P(p) => self.vector_norm(p, dims, keepdim),
            Norm::Frobenius => self.vector_norm(2.0, dims, keepdim),
            Norm::Nuclear if dims.is_empty() => self.matrix_norm(Norm::Nuclear, [0, 1], keepdim),
            Norm::Nuclear => self.matrix_norm(Norm::Nuclear, two(dims)?, keepdim),
        }
    }

    /// The `p`-norm of the vectors along the given dimensions: PyTorch's `linalg.vector_norm`.
    pub fn vector_norm(&self, p: f64, dims: &[isize], keepdim: bool) -> Result<Tensor> {
        const OP: &str = "vector_norm";
        rules::dtype(
            OP,
            self.dtype(),
            self.is_floating_point(),
            "a floating-point dtype",
        )?;
        let reduced = Reduced::new(self, dims, keepdim);
        if (p < 0.0 || p == f64::INFINITY) && reduced.count()? == 0 {
            let expected = format!("at least one element for a norm of order {p}");
            return Err(rushlight_tensor::Error::shape(OP, self.shape(), expected).into());
        }
        amp::run("norm", [self], |[x]| {
            let y = reduced.finish(vector_norm(&x.array(), p, dims)?)?;
            Ok(Tensor::record_with_output(y, OP, &[x], |y| VectorNorm {
                p,
                x: x.save(),
                y: y.save(),
                reduced,
            }))
        })
    }

    /// The norm of the matrices in two dimensions: PyTorch's `linalg.matrix_norm`.
    ///
    /// 1 and infinity stand for the largest sum of magnitudes of a column and of a row, negative
    /// ones for the smallest; 2 and -2 for the largest and the smallest singular value.
    pub fn matrix_norm(
        &self,
        norm: impl Into<Norm>,
        dims: [isize; 2],
        keepdim: bool,
    ) -> Result<Tensor> {
        const OP: &str = "matrix_norm";
        let norm = norm.into();
        rules::dtype(
            OP,
            self.dtype(),
            self.is_floating_point(),
            "a floating-point dtype",
        )?;
        let shape = self.shape();
        if shape.len() < 2 {
            let expected = "at least two dimensions";
            return Err(rushlight_tensor::Error::shape(OP, shape, expected).into());
        }
        rules::dim_mask(OP, &dims, &shape)?;
        let (row, column) = (dims[0], dims[1]);
        let along = |dim| self.vector_norm(1.0, &[dim], true);
        let y = match norm {
            Norm::Frobenius => return self.vector_norm(2.0, &dims, keepdim),
            Norm::P(1.0) => along(row)?.amax_dim(&[column], true)?,
            Norm::P(-1.0) => along(row)?.amin_dim(&[column], true)?,
            Norm::P(f64::INFINITY) => along(column)?.amax_dim(&[row], true)?,
            Norm::P(f64::NEG_INFINITY) => along(column)?.amin_dim(&[row], true)?,
            Norm::P(2.0) => self.of_singular_values(dims, |s| s.amax_dim(&[-1], false))?,
            Norm::P(-2.0) => self.of_singular_values(dims, |s| s.amin_dim(&[-1], false))?,
            Norm::Nuclear => self.of_singular_values(dims, |s| s.sum_dim(&[-1], false))?,
            Norm::P(_) => {
                let expected = "1, -1, 2, -2, infinity, -infinity, Frobenius or nuclear";
                return Err(Error::argument(OP, "norm", format!("{norm:?}"), expected));
            }
        };
        if keepdim {
            Ok(y)
        } else {
            y.squeeze_dims(&dims)
        }
    }

    /// A number made of the singular values of the matrices in two dimensions, which keep size 1.
    fn of_singular_values(
        &self,
        dims: [isize; 2],
        number: impl Fn(&Tensor) -> Result<Tensor>,
    ) -> Result<Tensor> {
        let values = super::linalg::svdvals(&self.movedim(&dims, &[-2, -1])?)?;
        let shape = self.shape();
        let mut sizes: Vec<isize> = shape.iter().map(|&size| size as isize).collect();
        for dim in dims {
            sizes[rules::dim("matrix_norm", dim, &shape)?] = 1;
        }
        number(&values)?.reshape(&sizes)
    }

    /// PyTorch's `linalg.norm`: the 2-norm of all elements where no norm is named; else a matrix
    /// norm over two dimensions and a vector norm over one, which are all where none is given.
    pub fn linalg_norm(&self, norm: Option<Norm>, dims: &[isize], keepdim: bool) -> Result<Tensor> {
        const OP: &str = "linalg.norm";
        let rank = if dims.is_empty() {
            self.dim()
        } else {
            dims.len()
        };
        match (norm, rank) {
            (None, _) => self.vector_norm(2.0, dims, keepdim),
            (Some(Norm::P(p)), 0 | 1) => self.vector_norm(p, dims, keepdim),
            (Some(norm), 2) if dims.is_empty() => self.matrix_norm(norm, [0, 1], keepdim),
            (Some(norm), 2) => self.matrix_norm(norm, two(dims)?, keepdim),
            (Some(norm), _) => {
                let got = format!("{norm:?} over {rank} dimensions");
                Err(Error::argument(
                    OP,
                    "norm",
                    got,
                    "a norm of vectors or of matrices",
                ))
            }
        }
    }

    /// The `p`-norm of the difference.
    pub fn dist(&self, other: &Tensor, p: f64) -> Result<Tensor> {
        let [x, other] = &amp::operands("dist", [self, other])?;
        (x - other)?.vector_norm(p, &[], false)
    }

    /// Slices along a dimension, those of a `p`-norm above `maxnorm` scaled down to it.
    pub fn renorm(&self, p: f64, dim: isize, maxnorm: f64) -> Result<Tensor> {
        const OP: &str = "renorm";
        if p <= 0.0 || p.is_nan() {
            return Err(Error::argument(OP, "p", p, "positive"));
        }
        if maxnorm < 0.0 {
            return Err(Error::argument(OP, "maxnorm", maxnorm, "non-negative"));
        }
        if self.dim() < 2 {
            let expected = "at least two dimensions";
            return Err(rushlight_tensor::Error::shape(OP, self.shape(), expected).into());
        }
        let [x] = &amp::operands(OP, [self])?;
        let dim = rules::dim(OP, dim, &x.shape())? as isize;
        let others: Vec<isize> = (0..x.dim() as isize).filter(|&d| d != dim).collect();
        let norm = x
            .to_dtype(x.dtype().to_accumulate())?
            .vector_norm(p, &others, true)?;
        let scale = (maxnorm / (&norm + 1e-7)?)?;
        let scale = Tensor::select_where(&norm.gt(maxnorm)?, &scale, &scale.ones_like()?)?;
        x * scale.to_dtype(x.dtype())?
    }

    /// In-place form of [`renorm`](Tensor::renorm).
    pub fn renorm_(&mut self, p: f64, dim: isize, maxnorm: f64) -> Result<()> {
        self.assign("renorm_", self.renorm(p, dim, maxnorm)?)
    }

    /// Vectors along a dimension divided by their `p`-norm, or by `eps` where that is larger:
    /// PyTorch's `nn.functional.normalize`.
    pub fn normalize(&self, p: f64, dim: isize, eps: f64) -> Result<Tensor> {
        let norm = self.vector_norm(p, &[dim], true)?;
        let above = Tensor::select_where(&norm.ge(eps)?, &norm, &norm.full_like(eps)?)?;
        self / above
    }
}

fn two(dims: &[isize]) -> Result<[isize; 2]> {
    let got = || Error::argument("norm", "dims", format!("{dims:?}"), "two dimensions");
    dims.try_into().map_err(|_| got())
}

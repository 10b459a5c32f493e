//! Products of matrices and vectors.

use crate::{Backward, Error, Gradients, Result, Saved, Tensor, Wants, amp, gradients};
use rushlight_tensor::ops::table::BinaryOp;
use rushlight_tensor::{Array, Error as ArrayError, Scalar, Shape};

/// What a product keeps of its operands: each where the other one needs a gradient.
struct Factors {
    lhs: Option<Saved>,
    rhs: Option<Saved>,
}

impl Factors {
    fn new(lhs: &Tensor, rhs: &Tensor) -> Factors {
        Factors {
            lhs: rhs.requires_grad().then(|| lhs.save()),
            rhs: lhs.requires_grad().then(|| rhs.save()),
        }
    }

    fn lhs(&self) -> Tensor {
        get(&self.lhs)
    }

    fn rhs(&self) -> Tensor {
        get(&self.rhs)
    }
}

fn get(saved: &Option<Saved>) -> Tensor {
    saved
        .as_ref()
        .expect("saved where the other operand needs a gradient")
        .get()
}

/// Products of matrices in the last two dimensions.
struct Matmul(Factors);

impl Backward for Matmul {
    fn backward(&self, g: &Tensor, wants: Wants<'_>) -> Result<Gradients> {
        gradients![wants;
            g.matrices(&self.0.rhs().transpose(-2, -1)?)?,
            self.0.lhs().transpose(-2, -1)?.matrices(g)?]
    }
}

/// `x w^T + b`: of the bias, every row has the whole gradient.
struct Linear(Factors);

impl Backward for Linear {
    fn backward(&self, g: &Tensor, wants: Wants<'_>) -> Result<Gradients> {
        gradients![wants;
            g.matmul(&self.0.rhs())?,
            g.as_rows()?.transpose(0, 1)?.matrices(&self.0.lhs().as_rows()?)?,
            g.clone()]
    }
}

impl Tensor {
    /// The matrix product, batched over leading dimensions, which broadcast.
    ///
    /// Shapes: `[..., m, k] x [..., k, n] -> [..., m, n]`. A vector on the left counts as one row, on
    /// the right as one column, and its dimension is dropped from the result.
    ///
    /// ```
    /// # use rushlight_autograd::{tensor, Result};
    /// # fn main() -> Result<()> {
    /// let a = tensor([[1.0, 2.0], [3.0, 4.0]])?;
    /// let x = tensor([1.0, 1.0])?;
    /// assert_eq!(a.matmul(&x)?.to_vec::<f32>()?, [3.0, 7.0]);
    /// # Ok(()) }
    /// ```
    pub fn matmul(&self, rhs: &Tensor) -> Result<Tensor> {
        match (self.dim(), rhs.dim()) {
            (0, _) | (_, 0) => {
                let op = "matmul";
                let got = if self.dim() == 0 {
                    self.shape()
                } else {
                    rhs.shape()
                };
                Err(ArrayError::shape(op, got, "at least one dimension").into())
            }
            (1, 1) => self.matrix_of_one(rhs)?.reshape(&[]),
            (1, _) => self.unsqueeze(0)?.matrices(rhs)?.squeeze_dims(&[-2]),
            (_, 1) => self.matrices(&rhs.unsqueeze(1)?)?.squeeze_dims(&[-1]),
            // Rows of all batches meet the same matrix: one product instead of many.
            (rank, 2) if rank > 2 && self.size(-1)? == rhs.size(0)? => {
                let mut sizes: Vec<isize> =
                    self.shape().iter().map(|&size| size as isize).collect();
                sizes[rank - 1] = rhs.size(1)? as isize;
                self.as_rows()?.matrices(rhs)?.reshape(&sizes)
            }
            _ => self.matrices(rhs),
        }
    }

    fn matrices(&self, rhs: &Tensor) -> Result<Tensor> {
        amp::run("matmul", [self, rhs], |[lhs, rhs]| {
            let y = lhs.array().matmul(&rhs.array())?;
            let rule = || Matmul(Factors::new(lhs, rhs));
            Ok(Tensor::record(y, "matmul", &[lhs, rhs], rule))
        })
    }

    /// The product of two matrices: `[m, k] x [k, n] -> [m, n]`.
    pub fn mm(&self, rhs: &Tensor) -> Result<Tensor> {
        self.ranks("mm", 2, rhs, 2)?.matrices(rhs)
    }

    /// The products of a batch of matrices: `[b, m, k] x [b, k, n] -> [b, m, n]`.
    pub fn bmm(&self, rhs: &Tensor) -> Result<Tensor> {
        self.ranks("bmm", 3, rhs, 3)?;
        if self.size(0)? != rhs.size(0)? {
            let expected = format!("the batch of {}", rhs.shape());
            return Err(ArrayError::shape("bmm", self.shape(), expected).into());
        }
        self.matrices(rhs)
    }

    /// The product of a matrix and a vector: `[m, k] x [k] -> [m]`.
    pub fn mv(&self, vector: &Tensor) -> Result<Tensor> {
        self.ranks("mv", 2, vector, 1)?;
        amp::run("mv", [self, vector], |[matrix, vector]| {
            matrix.matmul(vector)
        })
    }

    /// The sum of the products of two vectors' elements, 0-d.
    pub fn dot(&self, rhs: &Tensor) -> Result<Tensor> {
        self.ranks("dot", 1, rhs, 1)?;
        amp::run("dot", [self, rhs], |[lhs, rhs]| {
            lhs.matrix_of_one(rhs)?.reshape(&[])
        })
    }

    /// The product of a row and a column, `[1, 1]`.
    fn matrix_of_one(&self, column: &Tensor) -> Result<Tensor> {
        self.unsqueeze(0)?.matrices(&column.unsqueeze(1)?)
    }

    /// All products of the elements of two vectors: `[m] x [n] -> [m, n]`.
    pub fn outer(&self, rhs: &Tensor) -> Result<Tensor> {
        self.ranks("outer", 1, rhs, 1)?;
        self.unsqueeze(1)?.mul(&rhs.unsqueeze(0)?)
    }

    /// The product along the last dimension of both: `[..., k] x [..., k]`, batched over all leading
    /// dimensions of each.
    pub fn inner(&self, rhs: &Tensor) -> Result<Tensor> {
        if self.dim() == 0 || rhs.dim() == 0 {
            return self.mul(rhs);
        }
        self.tensordot(rhs, &[-1], &[-1])
    }

    /// `beta * self + alpha * (a @ b)` for matrices `a` and `b`; `self` broadcasts.
    pub fn addmm(
        &self,
        a: &Tensor,
        b: &Tensor,
        beta: impl Into<Scalar>,
        alpha: impl Into<Scalar>,
    ) -> Result<Tensor> {
        self.plus_product("addmm", Tensor::mm, [a, b], beta.into(), alpha.into())
    }

    /// `beta * self + alpha * (a @ x)` for a matrix `a` and a vector `x`; `self` broadcasts.
    pub fn addmv(
        &self,
        a: &Tensor,
        x: &Tensor,
        beta: impl Into<Scalar>,
        alpha: impl Into<Scalar>,
    ) -> Result<Tensor> {
        self.plus_product("addmv", Tensor::mv, [a, x], beta.into(), alpha.into())
    }

    /// `beta * self + alpha * outer(x, y)`; `self` broadcasts.
    pub fn addr(
        &self,
        x: &Tensor,
        y: &Tensor,
        beta: impl Into<Scalar>,
        alpha: impl Into<Scalar>,
    ) -> Result<Tensor> {
        self.plus_product("addr", Tensor::outer, [x, y], beta.into(), alpha.into())
    }

    /// `beta * self + alpha * (a @ b)` for batches of matrices; `self` broadcasts.
    pub fn baddbmm(
        &self,
        a: &Tensor,
        b: &Tensor,
        beta: impl Into<Scalar>,
        alpha: impl Into<Scalar>,
    ) -> Result<Tensor> {
        self.plus_product("baddbmm", Tensor::bmm, [a, b], beta.into(), alpha.into())
    }

    /// `beta * self + alpha * sum over the batch of (a @ b)`; `self` broadcasts.
    pub fn addbmm(
        &self,
        a: &Tensor,
        b: &Tensor,
        beta: impl Into<Scalar>,
        alpha: impl Into<Scalar>,
    ) -> Result<Tensor> {
        let sum = |a: &Tensor, b: &Tensor| a.bmm(b)?.sum_dim(&[0], false);
        self.plus_product("addbmm", sum, [a, b], beta.into(), alpha.into())
    }

    /// `beta * self + alpha * product(factors)`, rounded once at the end.
    fn plus_product(
        &self,
        op: &'static str,
        product: impl Fn(&Tensor, &Tensor) -> Result<Tensor>,
        factors: [&Tensor; 2],
        beta: Scalar,
        alpha: Scalar,
    ) -> Result<Tensor> {
        let factors = [self, factors[0], factors[1]];
        amp::run(op, factors, |[x, a, b]| {
            x.plus_product_as_is(op, product, [a, b], beta, alpha)
        })
    }

    fn plus_product_as_is(
        &self,
        op: &'static str,
        product: impl Fn(&Tensor, &Tensor) -> Result<Tensor>,
        factors: [&Tensor; 2],
        beta: Scalar,
        alpha: Scalar,
    ) -> Result<Tensor> {
        let dtype = self.dtype();
        let [a, b] = factors.map(|factor| {
            let wide = factor.dtype().to_accumulate();
            factor.to_dtype(wide)
        });
        let product = product(&a?, &b?)?;
        let shape = product.shape();
        self.array().broadcast_to(op, &shape).map_err(|_| {
            ArrayError::shape(op, self.shape(), format!("one that broadcasts to {shape}"))
        })?;
        // The factors of integers are integers.
        let factor = |scalar: Scalar| match dtype.is_floating_point() {
            true => scalar,
            false => Scalar::Int(scalar.to_i64()),
        };
        let (beta, alpha) = (factor(beta), factor(alpha));
        let scaled = if alpha.to_f64() == 1.0 {
            product
        } else {
            product.mul(alpha)?
        };
        let sum = match beta.to_f64() {
            // NaN and infinities in `self` do not count then.
            0.0 => self.masked_where(&self.nowhere()?)?.add(&scaled)?,
            1.0 => self.to_dtype(dtype.to_accumulate())?.add(&scaled)?,
            _ => self
                .to_dtype(dtype.to_accumulate())?
                .mul(beta)?
                .add(&scaled)?,
        };
        sum.to_dtype(dtype)
    }

    /// Applies `y = x w^T + b` to the last dimension.
    ///
    /// Shapes: `[..., in] -> [..., out]`, with `weight` `[out, in]` or `[in]` and `bias` `[out]`.
    pub fn linear(&self, weight: &Tensor, bias: Option<&Tensor>) -> Result<Tensor> {
        amp::run_with_bias("linear", [self, weight], bias, |[x, weight], bias| {
            if let Some(y) = x.linear_as_one(weight, bias)? {
                return Ok(y);
            }
            let transposed = if weight.dim() == 2 {
                weight.transpose(0, 1)?
            } else {
                weight.clone()
            };
            let y = x.matmul(&transposed)?;
            match bias {
                Some(bias) => y.add(bias),
                None => Ok(y),
            }
        })
    }

    /// [`linear`](Tensor::linear) as a single operation, for operands as it usually has them.
    fn linear_as_one(&self, weight: &Tensor, bias: Option<&Tensor>) -> Result<Option<Tensor>> {
        let (x, w) = (self.array(), weight.array());
        let b = bias.map(Tensor::array);
        let [.., inputs] = x.shape()[..] else {
            return Ok(None);
        };
        let alike = |other: &Array| other.dtype() == x.dtype() && other.device() == x.device();
        let fits = matches!(w.shape()[..], [_, own] if own == inputs) && alike(&w);
        let fits_too = |b: &Array| b.shape()[..] == w.shape()[..1] && alike(b);
        if !fits || !b.as_ref().is_none_or(fits_too) {
            return Ok(None);
        }
        let mut shape = x.shape().clone();
        *shape.last_mut().expect("a dimension of inputs") = w.shape()[0];
        let rows = x.shape()[..x.rank() - 1].iter().product();
        let x = x.reshape(&Shape::from([rows, inputs]))?;
        let mut y = x.matmul(&w.transpose(0, 1)?)?;
        if let Some(b) = b
            && !y.binary_assign(BinaryOp::Add, &b)?
        {
            y = y.binary(BinaryOp::Add, &b)?;
        }
        let (y, rule) = (y.reshape(&shape)?, || Linear(Factors::new(self, weight)));
        Ok(Some(match bias {
            Some(bias) => Tensor::record(y, "linear", &[self, weight, bias], rule),
            None => Tensor::record(y, "linear", &[self, weight], rule),
        }))
    }

    /// All but the last dimension as one.
    fn as_rows(&self) -> Result<Tensor> {
        let shape = self.shape();
        let (last, leading) = shape.split_last().expect("one dimension at least");
        let rows: usize = leading.iter().product();
        self.reshape(&[rows as isize, *last as isize])
    }

    /// Sums products over pairs of dimensions: `dims[i]` of `self` with `rhs_dims[i]` of `rhs`. The
    /// result has the remaining dimensions of `self`, then those of `rhs`.
    pub fn tensordot(&self, rhs: &Tensor, dims: &[isize], rhs_dims: &[isize]) -> Result<Tensor> {
        amp::run("tensordot", [self, rhs], |[lhs, rhs]| {
            lhs.tensordot_as_is(rhs, dims, rhs_dims)
        })
    }

    fn tensordot_as_is(&self, rhs: &Tensor, dims: &[isize], rhs_dims: &[isize]) -> Result<Tensor> {
        const OP: &str = "tensordot";
        if dims.len() != rhs_dims.len() {
            let got = format!("{dims:?} and {rhs_dims:?}");
            return Err(Error::argument(
                OP,
                "dims",
                got,
                "as many for both operands",
            ));
        }
        let (lhs_kept, lhs_summed) = split_dims(OP, self, dims)?;
        let (rhs_kept, rhs_summed) = split_dims(OP, rhs, rhs_dims)?;
        let (lhs_shape, rhs_shape) = (self.shape(), rhs.shape());
        let sizes = |shape: &Shape, kept: &[isize]| -> Vec<isize> {
            kept.iter()
                .map(|&dim| shape[dim as usize] as isize)
                .collect()
        };
        let summed = sizes(&lhs_shape, &lhs_summed);
        let rhs_sizes = sizes(&rhs_shape, &rhs_summed);
        // A size of 1 meets any other, whose elements are then added up.
        let collapsed = |dims: &[isize], own: &[isize], other: &[isize]| -> Vec<isize> {
            let meets_one = |i: &usize| other[*i] == 1 && own[*i] != 1;
            (0..dims.len()).filter(meets_one).map(|i| dims[i]).collect()
        };
        let lhs_collapsed = collapsed(&lhs_summed, &summed, &rhs_sizes);
        let rhs_collapsed = collapsed(&rhs_summed, &rhs_sizes, &summed);
        if !lhs_collapsed.is_empty() || !rhs_collapsed.is_empty() {
            let collapse = |x: &Tensor, dims: &[isize]| match dims.is_empty() {
                true => Ok(x.clone()),
                false => x.sum_dim(dims, true)?.to_dtype(x.dtype()),
            };
            let (lhs, rhs) = (
                collapse(self, &lhs_collapsed)?,
                collapse(rhs, &rhs_collapsed)?,
            );
            return lhs.tensordot(&rhs, dims, rhs_dims);
        }
        if summed != rhs_sizes {
            let expected = format!("sizes that match {rhs_shape} along {dims:?} and {rhs_dims:?}");
            return Err(ArrayError::shape(OP, lhs_shape, expected).into());
        }
        let (rows, columns) = (sizes(&lhs_shape, &lhs_kept), sizes(&rhs_shape, &rhs_kept));
        let k: isize = summed.iter().product();
        let lhs = self.permute(&[lhs_kept, lhs_summed].concat())?;
        let rhs = rhs.permute(&[rhs_summed, rhs_kept].concat())?;
        let lhs = lhs.reshape(&[rows.iter().product(), k])?;
        let rhs = rhs.reshape(&[k, columns.iter().product()])?;
        lhs.matrices(&rhs)?.reshape(&[rows, columns].concat())
    }

    /// Refuses operands of other ranks.
    fn ranks(&self, op: &'static str, lhs: usize, other: &Tensor, rhs: usize) -> Result<&Tensor> {
        for (tensor, rank) in [(self, lhs), (other, rhs)] {
            if tensor.dim() != rank {
                let expected = format!("{rank} dimensions");
                return Err(ArrayError::shape(op, tensor.shape(), expected).into());
            }
        }
        Ok(self)
    }
}

/// The dimensions that stay and those that are summed, in the order given.
fn split_dims(op: &'static str, x: &Tensor, dims: &[isize]) -> Result<(Vec<isize>, Vec<isize>)> {
    let shape = x.shape();
    let mask = match dims.is_empty() {
        true => vec![false; shape.len()],
        false => rushlight_tensor::ops::rules::dim_mask(op, dims, &shape)?,
    };
    let kept = (0..shape.len())
        .filter(|&dim| !mask[dim])
        .map(|dim| dim as isize)
        .collect();
    let summed = dims
        .iter()
        .map(|&dim| dim.rem_euclid(shape.len().max(1) as isize))
        .collect();
    Ok((kept, summed))
}

//! Writing to elements by index.

use crate::{
    Backward, DType, Gradients, Operand, Result, Saved, Scalar, Tensor, Wants, amp, gradients,
};
use rushlight_tensor::ops::rules;
use rushlight_tensor::ops::scatter::ScatterOp;
use rushlight_tensor::{Array, Shape};

/// How values that meet at one place are combined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScatterReduce {
    /// Their sum.
    Sum,
    /// Their product.
    Prod,
    /// Their mean; of integers, rounded down.
    Mean,
    /// The largest.
    Amax,
    /// The smallest.
    Amin,
}

/// The backward of writing elements.
struct Scatter {
    op: ScatterOp,
    dim: isize,
    index: Array,
    /// Shape of the source, unless that is a number.
    source: Option<Shape>,
}

impl Backward for Scatter {
    fn backward(&self, g: &Tensor, wants: Wants<'_>) -> Result<Gradients> {
        let index = Tensor::new(self.index.clone());
        let own = || match self.op {
            ScatterOp::Replace => g.scatter(self.dim, &index, 0),
            _ => Ok(g.clone()),
        };
        match &self.source {
            Some(source) => gradients![wants; own()?, gathered(g, self.dim, &index, source)?],
            None => gradients![wants; own()?],
        }
    }
}

/// What each element of the source receives of a gradient.
fn gathered(g: &Tensor, dim: isize, index: &Tensor, source: &Shape) -> Result<Tensor> {
    match index.numel() {
        0 => g.new_zeros(source),
        _ => g.gather(dim, index)?.reshape_to(source),
    }
}

/// The backward of combining elements. The formulas are those of PyTorch.
struct Reduce {
    reduce: ScatterReduce,
    include_self: bool,
    dim: isize,
    index: Array,
    x: Saved,
    source: Saved,
    y: Saved,
}

impl Reduce {
    fn index(&self) -> Tensor {
        Tensor::new(self.index.clone())
    }

    /// Adds values of the source's shape up where they meet.
    fn total(&self, start: Tensor, values: &Tensor) -> Result<Tensor> {
        start.scatter_add(self.dim, &self.index(), values)
    }

    fn gather(&self, x: &Tensor, source: &Tensor) -> Result<Tensor> {
        gathered(x, self.dim, &self.index(), &source.shape())
    }

    fn mean(&self, g: &Tensor, x: &Tensor, source: &Tensor) -> Result<[Tensor; 2]> {
        let share = (g / self.count(x, source)?)?;
        Ok([share.clone(), self.gather(&share, source)?])
    }

    /// How many values each mean is of, at least 1.
    fn count(&self, x: &Tensor, source: &Tensor) -> Result<Tensor> {
        let own = if self.include_self {
            x.ones_like()?
        } else {
            x.zeros_like()?
        };
        self.total(own, &source.ones_like()?)?.maximum(1)
    }

    /// All that equal the extreme share its gradient.
    fn extreme(&self, g: &Tensor, x: &Tensor, source: &Tensor) -> Result<[Tensor; 2]> {
        let y = self.y.get().detach();
        let own = x.eq(&y)?.to_dtype(g.dtype())?;
        let theirs = source.eq(&self.gather(&y, source)?)?.to_dtype(g.dtype())?;
        let own = match self.include_self {
            true => own,
            false => own.scatter(self.dim, &self.index(), 0)?,
        };
        let share = (g / self.total(own.clone(), &theirs)?.maximum(1)?)?;
        Ok([(own * &share)?, (theirs * self.gather(&share, source)?)?])
    }

    /// A factor's gradient is the product of the others, also where it is the only zero.
    fn product(&self, g: &Tensor, x: &Tensor, source: &Tensor) -> Result<[Tensor; 2]> {
        let of = |x: &Tensor, source: &Tensor| {
            let reduce = ScatterReduce::Prod;
            x.scatter_reduce(self.dim, &self.index(), source, reduce, self.include_self)
        };
        let zero_self = x.eq(0)?;
        let without_zeros = x.masked_fill(&zero_self, 1)?;
        let others = (of(&without_zeros, source)? / &without_zeros)?;
        let zero = source.eq(0)?;
        let zeros = self.total(x.zeros_like()?, &zero.to_dtype(x.dtype())?)?;
        let only_zero = zero.logical_and(&self.gather(&zeros, source)?.eq(1)?)?;
        let around = of(x, &source.masked_fill(&only_zero, 1)?)?;
        let at_zero = self.gather(&(g * around)?, source)?;
        let elsewhere =
            (self.gather(&(g * self.y.get())?, source)? / source.masked_fill(&zero, 1)?)?;
        Ok([
            (g * others)?,
            Tensor::select_where(&only_zero, &at_zero, &elsewhere)?,
        ])
    }
}

impl Backward for Reduce {
    fn backward(&self, g: &Tensor, wants: Wants<'_>) -> Result<Gradients> {
        let (x, source) = (self.x.get(), self.source.get());
        let [own, theirs] = match self.reduce {
            ScatterReduce::Sum => [g.clone(), self.gather(g, &source)?],
            ScatterReduce::Mean => self.mean(g, &x, &source)?,
            ScatterReduce::Prod => self.product(g, &x, &source)?,
            ScatterReduce::Amax | ScatterReduce::Amin => self.extreme(g, &x, &source)?,
        };
        gradients![wants;
            match self.include_self {
                true => own,
                false => own.scatter(self.dim, &self.index(), 0)?,
            },
            theirs]
    }
}

impl Tensor {
    /// Writes along `dim`: element `i` of a line of `source`, a tensor or a number, replaces element
    /// `index[i]` of the line of `self` at the same place. The last of several values stays.
    ///
    /// ```
    /// # use rushlight_autograd::{tensor, Result, Tensor};
    /// # fn main() -> Result<()> {
    /// let x = Tensor::zeros(&[2, 3])?.scatter(1, &tensor([[2], [0]])?, 1.0)?;
    /// assert_eq!(x.to_vec::<f32>()?, [0.0, 0.0, 1.0, 1.0, 0.0, 0.0]);
    /// # Ok(()) }
    /// ```
    pub fn scatter(
        &self,
        dim: isize,
        index: &Tensor,
        source: impl Into<Operand>,
    ) -> Result<Tensor> {
        match source.into() {
            Operand::Tensor(source) => self.scatter_with(ScatterOp::Replace, dim, index, &source),
            Operand::Scalar(value) => {
                let (op, index) = (ScatterOp::Replace, index.array());
                let y = self.array().scatter_value(op, dim, &index, value)?;
                Ok(Tensor::record(y, "scatter", &[self], || Scatter {
                    op,
                    dim,
                    index,
                    source: None,
                }))
            }
        }
    }

    /// In-place form of [`scatter`](Tensor::scatter).
    pub fn scatter_(
        &mut self,
        dim: isize,
        index: &Tensor,
        source: impl Into<Operand>,
    ) -> Result<()> {
        self.assign("scatter_", self.scatter(dim, index, source)?)
    }

    /// Adds along `dim`: element `i` of a line of `source` is added to element `index[i]` of the
    /// line of `self` at the same place.
    pub fn scatter_add(&self, dim: isize, index: &Tensor, source: &Tensor) -> Result<Tensor> {
        amp::run("scatter_add", [self, source], |[x, source]| {
            x.scatter_with(ScatterOp::Add, dim, index, source)
        })
    }

    /// In-place form of [`scatter_add`](Tensor::scatter_add).
    pub fn scatter_add_(&mut self, dim: isize, index: &Tensor, source: &Tensor) -> Result<()> {
        self.assign("scatter_add_", self.scatter_add(dim, index, source)?)
    }

    fn scatter_with(
        &self,
        op: ScatterOp,
        dim: isize,
        index: &Tensor,
        source: &Tensor,
    ) -> Result<Tensor> {
        let source = source.leading_corner(&index.shape())?;
        let index = index.array();
        let y = self.array().scatter(op, dim, &index, &source.array())?;
        Ok(Tensor::record(y, "scatter", &[self, &source], || Scatter {
            op,
            dim,
            index,
            source: Some(source.shape()),
        }))
    }

    /// What of a source an index of the given shape reaches.
    fn leading_corner(&self, index: &Shape) -> Result<Tensor> {
        let own = self.shape();
        if own.len() != index.len() {
            return Ok(self.clone());
        }
        let mut corner = self.clone();
        for (dim, (&size, &reached)) in own.iter().zip(index.iter()).enumerate() {
            if reached < size {
                corner = corner.narrow(dim as isize, 0, reached)?;
            }
        }
        Ok(corner)
    }

    /// Combines along `dim` what `source` brings to each place of `self`, with what is there if
    /// `include_self`. Places that nothing is brought to stay as they are.
    pub fn scatter_reduce(
        &self,
        dim: isize,
        index: &Tensor,
        source: &Tensor,
        reduce: ScatterReduce,
        include_self: bool,
    ) -> Result<Tensor> {
        const OP: &str = "scatter_reduce";
        let source = source.leading_corner(&index.shape())?;
        let index = index.array();
        let combined = combine(
            self.array(),
            dim,
            &index,
            &source.array(),
            reduce,
            include_self,
        )?;
        let inputs = [self, &source];
        Ok(Tensor::record_with_output(combined, OP, &inputs, |y| {
            Reduce {
                reduce,
                include_self,
                dim,
                index,
                x: self.save(),
                source: source.save(),
                y: y.save(),
            }
        }))
    }

    /// In-place form of [`scatter_reduce`](Tensor::scatter_reduce).
    pub fn scatter_reduce_(
        &mut self,
        dim: isize,
        index: &Tensor,
        source: &Tensor,
        reduce: ScatterReduce,
        include_self: bool,
    ) -> Result<()> {
        let y = self.scatter_reduce(dim, index, source, reduce, include_self)?;
        self.assign("scatter_reduce_", y)
    }

    /// Adds `alpha` times slice `i` of `source` to slice `index[i]` of `self` along `dim`.
    pub fn index_add(
        &self,
        dim: isize,
        index: &Tensor,
        source: &Tensor,
        alpha: impl Into<Scalar>,
    ) -> Result<Tensor> {
        let index = self.slices("index_add", dim, index, source)?;
        let alpha = alpha.into();
        match alpha.to_f64() == 1.0 {
            true => self.scatter_add(dim, &index, source),
            false => self.scatter_add(dim, &index, &source.mul(alpha)?.to_dtype(self.dtype())?),
        }
    }

    /// In-place form of [`index_add`](Tensor::index_add).
    pub fn index_add_(
        &mut self,
        dim: isize,
        index: &Tensor,
        source: &Tensor,
        alpha: impl Into<Scalar>,
    ) -> Result<()> {
        self.assign("index_add_", self.index_add(dim, index, source, alpha)?)
    }

    /// Replaces slice `index[i]` of `self` along `dim` by slice `i` of `source`.
    pub fn index_copy(&self, dim: isize, index: &Tensor, source: &Tensor) -> Result<Tensor> {
        const OP: &str = "index_copy";
        let [x, source] = &amp::operands(OP, [self, source])?;
        let index = x.slices(OP, dim, index, source)?;
        x.scatter(dim, &index, source)
    }

    /// In-place form of [`index_copy`](Tensor::index_copy).
    pub fn index_copy_(&mut self, dim: isize, index: &Tensor, source: &Tensor) -> Result<()> {
        self.assign("index_copy_", self.index_copy(dim, index, source)?)
    }

    /// Fills the slices `index` of `self` along `dim` with a number or a 0-d tensor.
    pub fn index_fill(
        &self,
        dim: isize,
        index: &Tensor,
        value: impl Into<Operand>,
    ) -> Result<Tensor> {
        const OP: &str = "index_fill";
        let size = match self.dim() {
            0 => 1,
            _ => self.size_along(OP, dim)?,
        };
        let wrapped = index.wrapped(OP, size)?;
        // Checks the index, and says which slices it names.
        self.array().index_along(OP, dim, &wrapped.array())?;
        let slices = self.options().dtype(DType::Bool).zeros(&[size])?;
        let slices = slices.scatter(0, &wrapped.flatten(0, -1)?, true)?;
        let mut shape = vec![1; self.dim()];
        if let Some(along) = shape.get_mut(rules::dim(OP, dim, &self.shape())?) {
            *along = size as isize;
        }
        self.masked_fill(&slices.reshape(&shape)?, value)
    }

    /// In-place form of [`index_fill`](Tensor::index_fill).
    pub fn index_fill_(
        &mut self,
        dim: isize,
        index: &Tensor,
        value: impl Into<Operand>,
    ) -> Result<()> {
        self.assign("index_fill_", self.index_fill(dim, index, value)?)
    }

    /// Combines slice `index[i]` of `self` along `dim` with slice `i` of `source`, as
    /// [`Tensor::scatter_reduce`] does.
    pub fn index_reduce(
        &self,
        dim: isize,
        index: &Tensor,
        source: &Tensor,
        reduce: ScatterReduce,
        include_self: bool,
    ) -> Result<Tensor> {
        let index = self.slices("index_reduce", dim, index, source)?;
        self.scatter_reduce(dim, &index, source, reduce, include_self)
    }

    /// In-place form of [`index_reduce`](Tensor::index_reduce).
    pub fn index_reduce_(
        &mut self,
        dim: isize,
        index: &Tensor,
        source: &Tensor,
        reduce: ScatterReduce,
        include_self: bool,
    ) -> Result<()> {
        let y = self.index_reduce(dim, index, source, reduce, include_self)?;
        self.assign("index_reduce_", y)
    }

    /// The tensor with `source` at the given row-major positions, added there if `accumulate`.
    pub fn put(&self, index: &Tensor, source: &Tensor, accumulate: bool) -> Result<Tensor> {
        const OP: &str = "put";
        if index.numel() != source.numel() {
            let expected = format!("as many elements as shape {}", index.shape());
            return Err(rushlight_tensor::Error::shape(OP, source.shape(), expected).into());
        }
        let index = index.wrapped(OP, self.numel())?.flatten(0, -1)?;
        let (flat, source) = (self.flatten(0, -1)?, source.flatten(0, -1)?);
        let written = match accumulate {
            true => flat.index_add(0, &index, &source, 1)?,
            false => flat.index_copy(0, &index, &source)?,
        };
        written.reshape_to(&self.shape())
    }

    /// In-place form of [`put`](Tensor::put).
    pub fn put_(&mut self, index: &Tensor, source: &Tensor, accumulate: bool) -> Result<()> {
        self.assign("put_", self.put(index, source, accumulate)?)
    }

    /// Indices of slices as the index of each element of `source`.
    fn slices(
        &self,
        op: &'static str,
        dim: isize,
        index: &Tensor,
        source: &Tensor,
    ) -> Result<Tensor> {
        let along = self.array().index_along(op, dim, &index.array())?;
        let fits = match source.dim() {
            0 => along.numel() == 1,
            _ => source.shape() == *along.shape(),
        };
        if !fits {
            let expected = format!("a source of shape {}", along.shape());
            return Err(rushlight_tensor::Error::shape(op, source.shape(), expected).into());
        }
        Ok(Tensor::new(along))
    }
}

fn combine(
    x: Array,
    dim: isize,
    index: &Array,
    source: &Array,
    reduce: ScatterReduce,
    include_self: bool,
) -> Result<Array, rushlight_tensor::Error> {
    use ScatterReduce::*;
    let start = match reduce {
        _ if include_self => x.clone(),
        Sum | Mean => x
            .clone()
            .scatter_value(ScatterOp::Replace, dim, index, 0.into())?,
        Prod => x
            .clone()
            .scatter_value(ScatterOp::Replace, dim, index, 1.into())?,
        // One of the values itself is as good a start as any.
        Amax | Amin => x.clone().scatter(ScatterOp::Replace, dim, index, source)?,
    };
    let op = match reduce {
        Sum | Mean => ScatterOp::Add,
        Prod => ScatterOp::Multiply,
        Amax => ScatterOp::Maximum,
        Amin => ScatterOp::Minimum,
    };
    let combined = start.scatter(op, dim, index, source)?;
    if reduce != Mean {
        return Ok(combined);
    }
    mean(combined, &x, dim, index, source, include_self)
}

/// Sums divided by how many elements they are of.
fn mean(
    sums: Array,
    x: &Array,
    dim: isize,
    index: &Array,
    source: &Array,
    include_self: bool,
) -> Result<Array, rushlight_tensor::Error> {
    use rushlight_tensor::ops::table::BinaryOp;
    let filled = |like: &Array, value: bool| {
        Array::full(
            like.shape(),
            Scalar::Int(value.into()),
            x.dtype(),
            x.device(),
        )
    };
    let counts = filled(x, include_self)?;
    let counts = counts.scatter(ScatterOp::Add, dim, index, &filled(source, true)?)?;
    let counts = counts.binary_scalar(BinaryOp::Maximum, Scalar::Int(1))?;
    match x.dtype().is_floating_point() {
        true => sums.binary(BinaryOp::Div, &counts),
        false => sums.binary(BinaryOp::FloorDivide, &counts),
    }
}

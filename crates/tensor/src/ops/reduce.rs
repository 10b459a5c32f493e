//! Reductions: many elements become one along some dimensions.

use super::rules;
use crate::layout::Layout;
use crate::{Array, DType, Error, Result};

/// How elements are combined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReduceOp {
    /// Their sum; of nothing, 0.
    Sum,
    /// The sum of those that are numbers; of nothing, 0.
    NanSum,
    /// Their sum divided by their number; of nothing, not a number.
    Mean,
    /// Their product; of nothing, 1.
    Prod,
    /// The largest; NaN if any is.
    Max,
    /// The smallest; NaN if any is.
    Min,
    /// Whether any is non-zero; of nothing, false.
    Any,
    /// Whether all are non-zero; of nothing, true.
    All,
    /// How many are non-zero.
    CountNonzero,
    /// The sum of their magnitudes.
    AbsSum,
    /// The largest magnitude.
    AbsMax,
    /// The smallest magnitude.
    AbsMin,
    /// The square root of the sum of their squares.
    Euclidean,
}

impl ReduceOp {
    /// The name in messages.
    pub fn name(self) -> &'static str {
        match self {
            ReduceOp::Sum => "sum",
            ReduceOp::NanSum => "nansum",
            ReduceOp::Mean => "mean",
            ReduceOp::Prod => "prod",
            ReduceOp::Max => "amax",
            ReduceOp::Min => "amin",
            ReduceOp::Any => "any",
            ReduceOp::All => "all",
            ReduceOp::CountNonzero => "count_nonzero",
            ReduceOp::AbsSum | ReduceOp::AbsMax | ReduceOp::AbsMin | ReduceOp::Euclidean => {
                "vector_norm"
            }
        }
    }

    /// What elements of `dtype` combine to.
    fn output_dtype(self, dtype: DType) -> Result<DType> {
        match self {
            ReduceOp::Sum | ReduceOp::NanSum | ReduceOp::Prod => Ok(sum_dtype(dtype)),
            ReduceOp::Max | ReduceOp::Min => Ok(dtype),
            // PyTorch keeps the booleans of a time before `bool`.
            ReduceOp::Any | ReduceOp::All if dtype == DType::U8 => Ok(DType::U8),
            ReduceOp::Any | ReduceOp::All => Ok(DType::Bool),
            ReduceOp::CountNonzero => Ok(DType::I64),
            ReduceOp::Mean
            | ReduceOp::AbsSum
            | ReduceOp::AbsMax
            | ReduceOp::AbsMin
            | ReduceOp::Euclidean => {
                let fits = dtype.is_floating_point();
                rules::dtype(self.name(), dtype, fits, "a floating-point dtype")?;
                Ok(dtype)
            }
        }
    }

    /// Whether the result needs at least one element.
    fn has_no_identity(self) -> bool {
        matches!(self, ReduceOp::Max | ReduceOp::Min | ReduceOp::AbsMin)
    }
}

/// What to look for among elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ExtremeOp {
    /// The largest.
    Max,
    /// The smallest.
    Min,
}

impl ExtremeOp {
    /// The name in messages.
    pub fn name(self) -> &'static str {
        match self {
            ExtremeOp::Max => "max",
            ExtremeOp::Min => "min",
        }
    }
}

/// How far elements are from their mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SpreadOp {
    /// The variance.
    Variance,
    /// The standard deviation, its square root.
    Deviation,
}

impl SpreadOp {
    /// The name in messages.
    pub fn name(self) -> &'static str {
        match self {
            SpreadOp::Variance => "var",
            SpreadOp::Deviation => "std",
        }
    }
}

impl Array {
    /// Reduces the given dimensions, all of them where none is given, leaving size 1.
    pub fn reduce(&self, op: ReduceOp, dims: &[isize]) -> Result<Array> {
        let reduced = rules::dim_mask(op.name(), dims, self.shape())?;
        let dtype = op.output_dtype(self.dtype())?;
        if op.has_no_identity() {
            self.refuse_empty(op.name(), &reduced)?;
        }
        let mut out = self.uninit_reduced(op.name(), &reduced, dtype)?;
        let op = match op {
            ReduceOp::NanSum if !dtype.is_floating_point() => ReduceOp::Sum,
            op => op,
        };
        out.backend(op.name())?
            .reduce(op, &reduced, self, &mut out)?;
        Ok(out)
    }

    /// The largest or smallest elements along a dimension, leaving size 1, and their indices: the
    /// first among equals, and NaN before all others.
    pub fn extreme(&self, op: ExtremeOp, dim: isize) -> Result<(Array, Array)> {
        let reduced = rules::dim_mask(op.name(), &[dim], self.shape())?;
        self.refuse_empty(op.name(), &reduced)?;
        let mut values = self.uninit_reduced(op.name(), &reduced, self.dtype())?;
        let mut indices = self.uninit_reduced(op.name(), &reduced, DType::I64)?;
        let backend = self.backend(op.name())?;
        backend.extreme(op, &reduced, self, &mut values, &mut indices)?;
        Ok((values, indices))
    }

    /// The variance or standard deviation over the given dimensions, all of them where none is
    /// given, leaving size 1, and the mean.
    ///
    /// The sum of squared distances is divided by the number of elements less `correction`.
    pub fn spread(&self, op: SpreadOp, dims: &[isize], correction: f64) -> Result<(Array, Array)> {
        let reduced = rules::dim_mask(op.name(), dims, self.shape())?;
        let dtype = self.dtype();
        let fits = dtype.is_floating_point();
        rules::dtype(op.name(), dtype, fits, "a floating-point dtype")?;
        let mut spread = self.uninit_reduced(op.name(), &reduced, dtype)?;
        let mut mean = self.uninit_reduced(op.name(), &reduced, dtype)?;
        let backend = self.backend(op.name())?;
        backend.spread(op, correction, &reduced, self, &mut spread, &mut mean)?;
        Ok((spread, mean))
    }

    /// An output with size 1 in the reduced dimensions. The others are nested as in `self`, so that
    /// the kernel walks both in the order of memory.
    fn uninit_reduced(&self, op: &'static str, reduced: &[bool], dtype: DType) -> Result<Array> {
        let sizes = self.shape().iter().zip(reduced);
        let shape = sizes.map(|(&size, &gone)| if gone { 1 } else { size });
        let mut order: Vec<usize> = (0..self.rank()).collect();
        if !self.strides().contains(&0) {
            order.sort_by_key(|&dim| std::cmp::Reverse((!reduced[dim], self.strides()[dim])));
        }
        let layout = Layout::in_order(shape.collect(), &order);
        Array::uninit(op, layout, dtype, self.device())
    }

    /// Refuses to choose an element where there is none.
    fn refuse_empty(&self, op: &'static str, reduced: &[bool]) -> Result<()> {
        let mut sizes = self.shape().iter().zip(reduced);
        if sizes.any(|(&size, &gone)| gone && size == 0) {
            let expected = "at least one element in each reduced dimension";
            return Err(Error::shape(op, self.shape(), expected));
        }
        Ok(())
    }
}

/// Integers and booleans are added up in `i64`.
pub(crate) fn sum_dtype(dtype: DType) -> DType {
    if dtype.is_floating_point() {
        dtype
    } else {
        DType::I64
    }
}

//! Scans: every element meets those before it along a dimension.

use super::reduce::{ExtremeOp, sum_dtype};
use super::rules;
use crate::layout::Layout;
use crate::{Array, DType, Result};

/// How an element meets those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ScanOp {
    /// The sum up to and including it.
    Sum,
    /// The product up to and including it.
    Prod,
    /// The product of those before it; 1 for the first.
    ProdBefore,
    /// The logarithm of the sum of exponentials up to and including it.
    LogSumExp,
}

impl ScanOp {
    /// The name in messages.
    pub fn name(self) -> &'static str {
        match self {
            ScanOp::Sum => "cumsum",
            ScanOp::Prod | ScanOp::ProdBefore => "cumprod",
            ScanOp::LogSumExp => "logcumsumexp",
        }
    }
}

/// The direction of a scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From the first element to the last.
    Forward,
    /// From the last element to the first.
    Backward,
}

impl Direction {
    /// The other one.
    pub fn reversed(self) -> Direction {
        match self {
            Direction::Forward => Direction::Backward,
            Direction::Backward => Direction::Forward,
        }
    }
}

impl Array {
    /// Scans a dimension; the shape stays.
    pub fn scan(&self, op: ScanOp, dim: isize, direction: Direction) -> Result<Array> {
        let dim = rules::dim(op.name(), dim, self.shape())?;
        let dtype = self.dtype();
        let dtype = match op {
            ScanOp::LogSumExp => {
                let fits = dtype.is_floating_point();
                rules::dtype(op.name(), dtype, fits, "a floating-point dtype")?;
                dtype
            }
            _ => sum_dtype(dtype),
        };
        let mut out = self.uninit_like(op.name(), dtype)?;
        if out.numel() > 0 {
            let backend = out.backend(op.name())?;
            backend.scan(op, dim, direction, self, &mut out)?;
        }
        Ok(out)
    }

    /// The largest or smallest element so far along a dimension, and the index of the last such.
    pub fn scan_extreme(&self, op: ExtremeOp, dim: isize) -> Result<(Array, Array)> {
        let name = match op {
            ExtremeOp::Max => "cummax",
            ExtremeOp::Min => "cummin",
        };
        let dim = rules::dim(name, dim, self.shape())?;
        let mut values = self.uninit_like(name, self.dtype())?;
        let mut indices = self.uninit_like(name, DType::I64)?;
        if values.numel() > 0 {
            let backend = self.backend(name)?;
            backend.scan_extreme(op, dim, self, &mut values, &mut indices)?;
        }
        Ok((values, indices))
    }

    /// The linear recurrence `y[i] = b[i - 1] + a[i - 1] * y[i - 1]` along a dimension, from 0.
    ///
    /// All arrays have one shape. It turns up in the derivatives of scans.
    pub fn recurrence(a: &Array, b: &Array, dim: isize, direction: Direction) -> Result<Array> {
        const OP: &str = "recurrence";
        rules::same_device(OP, a, b)?;
        let shape = rules::broadcast(OP, a.shape(), b.shape())?;
        let (a, b) = (a.broadcast_to(OP, &shape)?, b.broadcast_to(OP, &shape)?);
        let dim = rules::dim(OP, dim, &shape)?;
        let dtype = rules::common_dtype(&[&a, &b]);
        let layout = Layout::dense_like(b.layout());
        let mut out = Array::uninit(OP, layout, dtype, a.device())?;
        if out.numel() > 0 {
            out.backend(OP)?
                .recurrence(dim, direction, &a, &b, &mut out)?;
        }
        Ok(out)
    }
}

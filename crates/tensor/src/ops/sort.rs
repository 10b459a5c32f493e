//! Sorting, and picking elements by their rank. NaN counts as larger than every number.

use super::rules;
use crate::layout::Layout;
use crate::{Array, DType, Error, Result};

/// Which element of a sorted row to pick.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StatisticOp {
    /// The one at this position.
    Rank(usize),
    /// The one in the middle, the lower of two; NaN if any is.
    Median,
    /// The one in the middle of those that are numbers; NaN if none is.
    NanMedian,
    /// The most frequent one, the smallest of several.
    Mode,
}

impl StatisticOp {
    /// The name in messages.
    pub fn name(self) -> &'static str {
        match self {
            StatisticOp::Rank(_) => "kthvalue",
            StatisticOp::Median => "median",
            StatisticOp::NanMedian => "nanmedian",
            StatisticOp::Mode => "mode",
        }
    }
}

impl Array {
    /// The elements sorted along a dimension, and where they were. Equal ones keep their order.
    pub fn sort(&self, dim: isize, descending: bool) -> Result<(Array, Array)> {
        const OP: &str = "sort";
        let dim = rules::dim(OP, dim, self.shape())?;
        let length = self.shape().get(dim).copied().unwrap_or(1);
        rules::room_for(OP, length)?;
        let [mut values, mut indices] = self.uninit_rows(OP, dim, length)?;
        let backend = self.backend(OP)?;
        backend.sort(dim, descending, self, &mut values, &mut indices)?;
        Ok((values, indices))
    }

    /// The `k` largest or smallest elements along a dimension, and where they are.
    pub fn topk(
        &self,
        k: usize,
        dim: isize,
        largest: bool,
        sorted: bool,
    ) -> Result<(Array, Array)> {
        const OP: &str = "topk";
        let dim = rules::dim(OP, dim, self.shape())?;
        let length = self.shape().get(dim).copied().unwrap_or(1);
        if k > length {
            let expected = "at most the size of the dimension";
            return Err(Error::argument(
                OP,
                "k",
                format!("{k} of {length}"),
                expected,
            ));
        }
        rules::room_for(OP, length)?;
        let [mut values, mut indices] = self.uninit_rows(OP, dim, k)?;
        if values.numel() > 0 {
            let backend = self.backend(OP)?;
            backend.topk(dim, largest, sorted, self, &mut values, &mut indices)?;
        }
        Ok((values, indices))
    }

    /// One element of each row along a dimension, which is left with size 1, and where it is.
    pub fn statistic(&self, op: StatisticOp, dim: isize) -> Result<(Array, Array)> {
        let name = op.name();
        let dim = rules::dim(name, dim, self.shape())?;
        let length = self.shape().get(dim).copied().unwrap_or(1);
        if length == 0 {
            let expected = format!("at least one element in dimension {dim}");
            return Err(Error::shape(name, self.shape(), expected));
        }
        if let StatisticOp::Rank(rank) = op
            && rank >= length
        {
            let got = format!("{} of {length}", rank.saturating_add(1));
            return Err(Error::argument(
                name,
                "k",
                got,
                "from 1 to the size of the dimension",
            ));
        }
        rules::room_for(name, length)?;
        let [mut values, mut indices] = self.uninit_rows(name, dim, 1)?;
        let backend = self.backend(name)?;
        backend.statistic(op, dim, self, &mut values, &mut indices)?;
        Ok((values, indices))
    }

    /// Outputs of elements and of indices whose rows along `dim`, of the given length, are runs of
    /// memory.
    fn uninit_rows(&self, op: &'static str, dim: usize, length: usize) -> Result<[Array; 2]> {
        let mut shape = self.shape().clone();
        if let Some(size) = shape.get_mut(dim) {
            *size = length;
        }
        let layout = Layout::in_order(shape, &row_order(self.rank(), dim));
        Ok([
            Array::uninit(op, layout.clone(), self.dtype(), self.device())?,
            Array::uninit(op, layout, DType::I64, self.device())?,
        ])
    }
}

/// All dimensions, `dim` last.
pub(crate) fn row_order(rank: usize, dim: usize) -> Vec<usize> {
    let others = (0..rank).filter(|&other| other != dim);
    others
        .chain((0..rank).filter(|&other| other == dim))
        .collect()
}

//! Equal rows as groups, made of sorting, comparing and counting.

use super::device::Cuda;
use crate::ops::reduce::ReduceOp;
use crate::ops::scan::{Direction, ScanOp};
use crate::ops::scatter::ScatterOp;
use crate::ops::table::{BinaryOp, CompareOp};
use crate::ops::unique::Unique;
use crate::{Array, DType, Result, Scalar};

impl Cuda {
    pub(super) fn group_rows(&self, neighbours: bool, x: &Array) -> Result<Unique> {
        let (rows, device) = (x.shape()[0], x.device());
        let order = match neighbours {
            true => places(rows, x)?,
            false => lexicographic(x)?,
        };
        let sorted = x.index_select(0, &order)?;
        // Not a number is equal to nothing, so every one begins a group.
        let first = Array::full(&[rows.min(1)], Scalar::Bool(true), DType::Bool, device)?;
        let others = rows.saturating_sub(1);
        let (row, before) = (
            sorted.narrow(0, rows - others, others)?,
            sorted.narrow(0, 0, others)?,
        );
        let differs = row.compare(CompareOp::Ne, &before)?;
        let differs = differs.reduce(ReduceOp::Any, &[1])?.squeeze(&[1])?;
        let begins = Array::cat(&[first, differs], 0)?;
        let groups = begins.scan(ScanOp::Sum, 0, Direction::Forward)?;
        let groups = groups.binary_scalar(BinaryOp::Sub, Scalar::Int(1))?;
        let starts = begins.nonzero_positions()?;
        let count = starts.numel();
        let end = Array::full(
            &[count.min(1)],
            Scalar::Int(rows as i64),
            DType::I64,
            device,
        )?;
        let later = starts.narrow(0, count.min(1), count.saturating_sub(1))?;
        let ends = Array::cat(&[later, end], 0)?;
        let zeros = Array::full(&[rows], Scalar::Int(0), DType::I64, device)?;
        Ok(Unique {
            values: sorted.index_select(0, &starts)?,
            inverse: zeros.scatter(ScatterOp::Replace, 0, &order, &groups)?,
            counts: ends.binary(BinaryOp::Sub, &starts)?,
        })
    }
}

/// The numbers of the rows in ascending order of the rows: sorted by the last column first, since
/// equal elements keep their order.
fn lexicographic(x: &Array) -> Result<Array> {
    let mut order = places(x.shape()[0], x)?;
    for column in (0..x.shape()[1] as i64).rev() {
        let column = x.select(1, column)?.index_select(0, &order)?;
        order = order.index_select(0, &column.sort(0, false)?.1)?;
    }
    Ok(order)
}

/// The numbers of the rows.
fn places(rows: usize, x: &Array) -> Result<Array> {
    Array::ramp(rows, Scalar::Int(0), Scalar::Int(1), DType::I64, x.device())
}

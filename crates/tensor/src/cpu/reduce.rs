//! Reduction kernels.

use super::elementwise::with_number;
use super::number::{Int, Number};
use super::walk::{BLOCK, Buffer, Source, Target};
use crate::layout::Layout;
use crate::ops::reduce::ReduceOp;
use crate::{Array, DType, Result};

pub(crate) fn reduce(op: ReduceOp, reduced: &[bool], x: &Array, out: &mut Array) -> Result<()> {
    let kept = (0..x.rank()).filter(|&dim| !reduced[dim]);
    let order: Vec<usize> = kept
        .chain((0..x.rank()).filter(|&dim| reduced[dim]))
        .collect();
    let rows = x.with_layout(x.layout().permute(&order));
    with_number!(out.dtype(), real C => rows_to::<C>(op, &rows, out), int => rows_to::<C>(op, &rows, out));
    Ok(())
}

/// Combines runs of elements, one run per output.
fn rows_to<C: Number>(op: ReduceOp, rows: &Array, out: &mut Array) {
    let outputs = out.numel();
    if outputs == 0 {
        return;
    }
    let length = rows.numel() / outputs;
    let order = rows.with_layout(Layout::contiguous(rows.shape().clone()));
    let source = Source::new(rows, &order);
    let target = Target::new(out);
    let mut buffer = Buffer::<C>::new();
    for row in 0..outputs {
        let mut total = C::from_f64(0.0);
        for start in (0..length).step_by(BLOCK) {
            let block = source.block(row * length + start, BLOCK.min(length - start), &mut buffer);
            match op {
                ReduceOp::Sum => {
                    total = total + block.iter().fold(C::from_f64(0.0), |sum, &x| sum + x)
                }
            }
        }
        // SAFETY: one thread writes each output once.
        unsafe { target.write(row, 1, |out| out[0] = total) };
    }
}

//! Products of integers, which wrap around.

use num_traits::{WrappingAdd, WrappingMul, Zero};

use super::{Operand, Output, Shape};
use crate::cpu::parallel::for_each_chunk;

/// Multiplications that are worth a thread's attention.
const SHARED_WORK: usize = 1 << 14;

/// Computes `C (+)= A B` for every matrix of the batch.
///
/// # Safety
///
/// As for [`Multiply::multiply`](super::Multiply::multiply).
pub(super) unsafe fn multiply<T>(
    shape: Shape,
    a: Operand<T>,
    b: Operand<T>,
    c: Output<T>,
    accumulate: bool,
) where
    T: Copy + Zero + WrappingAdd + WrappingMul + Send + Sync,
{
    let Shape { batch, m, n, k } = shape;
    let (a, b, c) = (&a, &b, &c);
    let grain = SHARED_WORK / n.saturating_mul(k).max(1);
    for_each_chunk(batch * m, grain, |rows| {
        for (product, row) in rows.map(|row| (row / m, row % m)) {
            // SAFETY: each row of the output is one thread's; the caller vouches for the sizes.
            unsafe {
                let left = a.start.add(product * a.batch + row * a.row);
                let right = b.start.add(product * b.batch);
                let sums = c.start.add(product * c.batch + row * c.row);
                let sums = std::slice::from_raw_parts_mut(sums, n);
                if !accumulate {
                    sums.fill(T::zero());
                }
                for depth in 0..k {
                    add_row(
                        *left.add(depth * a.column),
                        right.add(depth * b.row),
                        b.column,
                        sums,
                    );
                }
            }
        }
    });
}

/// Adds `left` times a row, whose elements are `stride` apart, to `sums`.
unsafe fn add_row<T: Copy + WrappingAdd + WrappingMul>(
    left: T,
    right: *const T,
    stride: usize,
    sums: &mut [T],
) {
    let add = |sum: &mut T, right: &T| *sum = sum.wrapping_add(&left.wrapping_mul(right));
    // SAFETY: the caller vouches for an element of the row for each sum.
    unsafe {
        if stride == 1 {
            let right = std::slice::from_raw_parts(right, sums.len());
            sums.iter_mut()
                .zip(right)
                .for_each(|(sum, right)| add(sum, right));
        } else {
            for (column, sum) in sums.iter_mut().enumerate() {
                add(sum, &*right.add(column * stride));
            }
        }
    }
}

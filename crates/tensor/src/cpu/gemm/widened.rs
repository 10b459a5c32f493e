//! Products of half-precision floats, summed in `f32`.

use std::ops::Range;

use num_traits::AsPrimitive;

use super::blocked::{Product, Target, split};
use super::kernel::Finish;
use super::pack::{Lines, Strided};
use super::{Operand, Output, Shape};
use crate::cpu::finish::Tail;
use crate::cpu::parallel::for_each_chunk;
use crate::cpu::scratch::Scratch;
use crate::cpu::simd::{Level, Simd};

/// Elements of the result that are summed before they are rounded.
const ROUNDED_AT_ONCE: usize = 1 << 20;
/// Multiplications that are worth a thread's attention.
const SHARED_WORK: usize = 1 << 16;
/// Multiplications of one product above which the product, not the batch, is shared among threads.
const LARGE_PRODUCT: usize = 1 << 22;

/// Computes `C (+)= A B` for every matrix of the batch.
///
/// # Safety
///
/// As for [`Multiply::multiply`](super::Multiply::multiply).
pub(super) unsafe fn multiply<H>(
    shape: Shape,
    a: Operand<H>,
    b: Operand<H>,
    c: Output<H>,
    accumulate: bool,
) where
    H: AsPrimitive<f32> + Send + Sync,
    f32: AsPrimitive<H>,
{
    let Shape { batch, m, n, k } = shape;
    let work = m.saturating_mul(n).saturating_mul(k).max(1);
    let grain = if work < LARGE_PRODUCT {
        SHARED_WORK / work
    } else {
        batch
    };
    let (a, b, c, level) = (&a, &b, &c, Level::current());
    for_each_chunk(batch, grain, |products| {
        for product in products {
            for rows in split(0..m, (ROUNDED_AT_ONCE / n.max(1)).max(1)) {
                // SAFETY: the caller vouches for every matrix of the batch.
                unsafe {
                    let start = a.start.add(product * a.batch + rows.start * a.row);
                    let a = Halves(Strided {
                        start,
                        line: a.row,
                        depth: a.column,
                    });
                    let start = b.start.add(product * b.batch);
                    let b = Halves(Strided {
                        start,
                        line: b.column,
                        depth: b.row,
                    });
                    let start = c.start.add(product * c.batch + rows.start * c.row);
                    let sizes = Shape {
                        batch: 1,
                        m: rows.len(),
                        ..shape
                    };
                    multiply_rows(sizes, &a, &b, start, c.row, accumulate, level);
                }
            }
        }
    });
}

unsafe fn multiply_rows<H>(
    shape: Shape,
    a: &Halves<H>,
    b: &Halves<H>,
    c: *mut H,
    c_row: usize,
    accumulate: bool,
    level: Level,
) where
    H: AsPrimitive<f32> + Send + Sync,
    f32: AsPrimitive<H>,
{
    let Shape { m, n, k, .. } = shape;
    let sums = Scratch::filled(m * n, 0.0);
    let places = (0..m * n).map(|i| (i, i / n * c_row + i % n));
    // SAFETY: the sums have `m * n` elements; the caller vouches for the operands and for `c`.
    unsafe {
        if accumulate {
            for (i, place) in places.clone() {
                *sums.as_ptr().add(i) = (*c.add(place)).as_();
            }
        }
        if k > 0 {
            let (c, finish) = (Target::matrix(sums.as_ptr(), n), Finish::NONE);
            Product {
                m,
                n,
                k,
                a,
                b,
                c,
                accumulate: true,
                finish,
                tail: Tail::NONE,
            }
            .run(level);
        }
        for (i, place) in places {
            *c.add(place) = (*sums.as_ptr().add(i)).as_();
        }
    }
}

/// Lines that are widened as they are packed.
struct Halves<H>(Strided<H>);

impl<H: AsPrimitive<f32> + Sync> Lines<f32> for Halves<H> {
    #[inline(always)]
    unsafe fn pack<S: Simd>(
        &self,
        lines: Range<usize>,
        depths: Range<usize>,
        width: usize,
        panel: *mut f32,
    ) {
        // SAFETY: the caller vouches for the part and the panel.
        unsafe {
            let from = self.0.start.add(self.0.offset(lines.start, depths.start));
            for depth in 0..depths.len() {
                let row = panel.add(depth * width);
                for line in 0..lines.len() {
                    *row.add(line) = (*from.add(self.0.offset(line, depth))).as_();
                }
                for line in lines.len()..width {
                    *row.add(line) = 0.0;
                }
            }
        }
    }
}

//! The averages.

use std::ops::Range;

use super::parts::{Mask, Matrices, scale};
use super::{KEYS, TILES};
use crate::DType;
use crate::cpu::gemm::{Kernels, MOST_ROWS, split, split_evenly};
use crate::cpu::lanes;
use crate::cpu::number::Real;
use crate::cpu::parallel::for_each_chunk;
use crate::cpu::simd::{Level, Simd, Task};
use crate::cpu::tiles::{Float, Left, Right, constant, cut, memory, multiply};
use crate::cpu::walk::{Buffer, Target};
use crate::ops::attention::{Attention, AttentionOperands, AttentionSizes};

/// Queries of a task: enough that copying keys and values costs little beside using them.
const QUERIES: usize = 512;

pub(crate) fn attention(
    sizes: &AttentionSizes,
    operands: &AttentionOperands<'_>,
    out: &mut Attention,
) {
    match out.y.dtype() {
        DType::F64 => attend::<f64>(sizes, operands, out),
        _ => attend::<f32>(sizes, operands, out),
    }
}

fn attend<C: Float>(sizes: &AttentionSizes, operands: &AttentionOperands<'_>, out: &mut Attention) {
    let [query, key, value] = [operands.query, operands.key, operands.value].map(Matrices::<C>::of);
    let (mask, scale) = (Mask::new(operands.mask), constant(operands.scale));
    let (y, logsumexp) = (
        Matrices::of_output(&mut out.y),
        Target::new(&mut out.logsumexp),
    );
    let parts = sizes.queries.div_ceil(QUERIES);
    let level = Level::current();
    for_each_chunk(sizes.matrices * sizes.sharing * parts, 1, |units| {
        for unit in units {
            let (matrix, start) = (unit / parts, unit % parts * QUERIES);
            level.run(Average {
                sizes,
                scale,
                mask: &mask,
                query: &query,
                key: &key,
                value: &value,
                y: &y,
                logsumexp: &logsumexp,
                matrix,
                queries: start..sizes.queries.min(start + QUERIES),
            });
        }
    });
}

/// Some queries of one matrix.
struct Average<'a, C> {
    sizes: &'a AttentionSizes,
    scale: C,
    mask: &'a Mask,
    query: &'a Matrices<C>,
    key: &'a Matrices<C>,
    value: &'a Matrices<C>,
    y: &'a Matrices<C>,
    logsumexp: &'a Target,
    matrix: usize,
    queries: Range<usize>,
}

impl<C: Float> Task for Average<'_, C> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let kernels = Kernels::<C>::of(S::LEVEL);
        let AttentionSizes {
            sharing,
            keys,
            features,
            values,
            ..
        } = *self.sizes;
        let (block, width) = (TILES * kernels.rows(), kernels.columns());
        let value_width = values.next_multiple_of(kernels.lanes);
        let lengths = [
            keys.next_multiple_of(width) * features,
            keys * value_width,
            block * features,
            block * value_width,
            kernels.rows() * KEYS,
        ];
        let mut memory = memory(&lengths);
        let [panels, value_rows, queries, sums, scores] = cut(&mut memory, lengths);
        let shared = self.matrix / sharing;
        // SAFETY: this runs at the level, and the operands have these sizes.
        unsafe {
            self.key
                .copy_panels::<S>(shared, keys, features, width, panels);
            self.value
                .copy_rows::<S>(shared, 0..keys, values, value_width, value_rows);
        }
        let mut buffer = Buffer::new();
        for rows in split(self.queries.clone(), block) {
            // SAFETY: as above.
            unsafe {
                self.query
                    .copy_rows::<S>(self.matrix, rows.clone(), features, features, queries);
            }
            scale(&mut queries[..rows.len() * features], self.scale);
            sums.fill(constant(0.0));
            let mut softmax = [Softmax::<C>::empty(); TILES * MOST_ROWS];
            for block in split(0..self.mask.reach(rows.end, keys), KEYS) {
                for tile in split_evenly(0..rows.len(), kernels.rows()) {
                    // SAFETY: the parts have room for the block, and nothing else uses them.
                    unsafe {
                        multiply(
                            kernels,
                            [tile.len(), block.len().next_multiple_of(width), features],
                            Left {
                                start: queries.as_ptr().add(tile.start * features),
                                row: features,
                                depth: 1,
                            },
                            Right {
                                start: panels.as_ptr().add(block.start * features),
                                group: width * features,
                                depth: width,
                            },
                            scores.as_mut_ptr(),
                            KEYS,
                            false,
                        );
                    }
                    for (scores, row) in scores.chunks_exact_mut(KEYS).zip(tile.clone()) {
                        let scores = &mut scores[..block.len()];
                        let query = rows.start + row;
                        let place = self.matrix * self.sizes.queries + query;
                        let place = [place, query, block.start, keys];
                        self.mask.apply(scores, place, &mut buffer);
                        let sums = &mut sums[row * value_width..(row + 1) * value_width];
                        weigh(scores, &mut softmax[row], sums);
                    }
                    // SAFETY: as above.
                    unsafe {
                        multiply(
                            kernels,
                            [tile.len(), value_width, block.len()],
                            Left {
                                start: scores.as_ptr(),
                                row: KEYS,
                                depth: 1,
                            },
                            Right {
                                start: value_rows.as_ptr().add(block.start * value_width),
                                group: width,
                                depth: value_width,
                            },
                            sums.as_mut_ptr().add(tile.start * value_width),
                            value_width,
                            true,
                        );
                    }
                }
            }
            for (index, (row, softmax)) in rows.zip(&softmax).enumerate() {
                let sums = &sums[index * value_width..][..values];
                // SAFETY: no other task has these queries.
                let (y, logsumexp) = unsafe {
                    let place = self.matrix * self.sizes.queries + row;
                    (
                        self.y.row(self.matrix, row, values),
                        self.logsumexp.slice_mut(place, 1),
                    )
                };
                logsumexp[0] = softmax.finish(sums, y);
            }
        }
    }
}

/// The softmax of the scores of a query that have been seen.
#[derive(Clone, Copy)]
struct Softmax<C> {
    largest: C,
    /// The sum of exponentials, relative to that of the largest.
    total: C,
}

impl<C: Real> Softmax<C> {
    /// That of no scores.
    #[inline(always)]
    fn empty() -> Softmax<C> {
        Softmax {
            largest: constant(f64::NEG_INFINITY),
            total: constant(0.0),
        }
    }

    /// Divides the sums by the total, whose logarithm it returns.
    #[inline(always)]
    fn finish(&self, sums: &[C], y: &mut [C]) -> C {
        let zero = constant(0.0);
        if self.total == zero {
            y.fill(zero);
            return constant(f64::INFINITY);
        }
        let factor = self.total.recip();
        for (y, &sum) in y.iter_mut().zip(sums) {
            *y = sum * factor;
        }
        self.largest + self.total.ln()
    }
}

/// Turns scores into weights relative to the largest so far, to which earlier sums are adapted.
#[inline(always)]
fn weigh<C: Real>(scores: &mut [C], softmax: &mut Softmax<C>, sums: &mut [C]) {
    let larger = |a: C, b: C| if b > a { b } else { a };
    let raise = |top: &mut C, score, _| *top = larger(*top, score);
    let earlier = softmax.largest;
    let largest = larger(
        earlier,
        lanes::combine(scores, constant(f64::NEG_INFINITY), raise, larger),
    );
    // Without a score there is nothing to relate to.
    let base = match largest == constant(f64::NEG_INFINITY) {
        true => constant(0.0),
        false => largest,
    };
    softmax.largest = largest;
    if largest > earlier {
        let factor = (earlier - base).exp();
        softmax.total = softmax.total * factor;
        scale(sums, factor);
    }
    for score in &mut *scores {
        *score = (*score - base).exp_of_negative();
    }
    softmax.total = softmax.total + lanes::sum(scores, constant(0.0));
}

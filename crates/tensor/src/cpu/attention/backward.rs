//! The gradients.

use super::parts::{Mask, Matrices, scale};
use super::{KEYS, TILES};
use crate::cpu::gemm::{Kernels, split};
use crate::cpu::lanes;
use crate::cpu::number::Real;
use crate::cpu::parallel::for_each_chunk;
use crate::cpu::simd::{Level, Simd, Task};
use crate::cpu::tiles::{Float, Left, Right, constant, cut, memory, multiply};
use crate::cpu::walk::Buffer;
use crate::ops::attention::{Attention, AttentionGradients, AttentionOperands, AttentionSizes};
use crate::{Array, DType};

pub(crate) fn attention_backward(
    sizes: &AttentionSizes,
    operands: &AttentionOperands<'_>,
    done: &Attention,
    g: &Array,
    out: &mut AttentionGradients,
) {
    match g.dtype() {
        DType::F64 => differentiate::<f64>(sizes, operands, done, g, out),
        _ => differentiate::<f32>(sizes, operands, done, g, out),
    }
}

fn differentiate<C: Float>(
    sizes: &AttentionSizes,
    operands: &AttentionOperands<'_>,
    done: &Attention,
    g: &Array,
    out: &mut AttentionGradients,
) {
    let task = Gradient {
        sizes,
        scale: constant::<C>(operands.scale),
        mask: Mask::new(operands.mask),
        query: Matrices::of(operands.query),
        key: Matrices::of(operands.key),
        value: Matrices::of(operands.value),
        y: Matrices::of(&done.y),
        g: Matrices::of(g),
        logsumexp: done.logsumexp.dense_slice(),
        query_gradient: Matrices::of_output(&mut out.query),
        key_gradient: Matrices::of_output(&mut out.key),
        value_gradient: Matrices::of_output(&mut out.value),
    };
    let level = Level::current();
    for_each_chunk(sizes.matrices, 1, |matrices| {
        for matrix in matrices {
            level.run(OfKeys(&task, matrix));
        }
    });
}

/// The operands and outputs.
struct Gradient<'a, C> {
    sizes: &'a AttentionSizes,
    scale: C,
    mask: Mask,
    query: Matrices<C>,
    key: Matrices<C>,
    value: Matrices<C>,
    y: Matrices<C>,
    g: Matrices<C>,
    logsumexp: &'a [C],
    query_gradient: Matrices<C>,
    key_gradient: Matrices<C>,
    value_gradient: Matrices<C>,
}

/// One matrix of keys and values, and all of queries that share it.
struct OfKeys<'a, C>(&'a Gradient<'a, C>, usize);

impl<C: Float> Task for OfKeys<'_, C> {
    type Output = ();

    /// With weights `p`, the gradient of the scores is `p * (g value^T - sum(g * y))`.
    #[inline(always)]
    fn run<S: Simd>(self) {
        let OfKeys(of, matrix) = self;
        let kernels = Kernels::<C>::of(S::LEVEL);
        let AttentionSizes {
            sharing,
            queries,
            keys,
            features,
            values,
            ..
        } = *of.sizes;
        let (block, width) = (TILES * kernels.rows(), kernels.columns());
        let [wide, value_wide] = [features, values].map(|n| n.next_multiple_of(kernels.lanes));
        let whole_keys = keys.next_multiple_of(width);
        let lengths = [
            whole_keys * features,
            whole_keys * values,
            keys * wide,
            keys * wide,
            keys * value_wide,
            block * wide,
            block * value_wide,
            block * wide,
            block * KEYS,
            block * KEYS,
        ];
        let mut memory = memory(&lengths);
        let [
            key_panels,
            value_panels,
            key_rows,
            key_gradient,
            value_gradient,
            query_rows,
            g_rows,
            query_gradient,
            weights,
            slopes,
        ] = cut(&mut memory, lengths);
        let zero = constant(0.0);
        key_gradient.fill(zero);
        value_gradient.fill(zero);
        // SAFETY: this runs at the level, and the operands have these sizes.
        unsafe {
            of.key
                .copy_panels::<S>(matrix, keys, features, width, key_panels);
            of.value
                .copy_panels::<S>(matrix, keys, values, width, value_panels);
            of.key
                .copy_rows::<S>(matrix, 0..keys, features, wide, key_rows);
        }
        let panels = |panels: &[C], key: usize, depth: usize| Right {
            start: panels[key * depth..].as_ptr(),
            group: width * depth,
            depth: width,
        };
        let rows_of = |rows: &[C], row: usize, wide: usize| Right {
            start: rows[row * wide..].as_ptr(),
            group: width,
            depth: wide,
        };
        let plain = |rows: &[C], row: usize| Left {
            start: rows.as_ptr(),
            row,
            depth: 1,
        };
        let transposed = |rows: &[C]| Left {
            start: rows.as_ptr(),
            row: 1,
            depth: KEYS,
        };
        let mut buffer = Buffer::new();
        for matrix in matrix * sharing..(matrix + 1) * sharing {
            for rows in split(0..queries, block) {
                let count = rows.len();
                // SAFETY: as above.
                unsafe {
                    of.query
                        .copy_rows::<S>(matrix, rows.clone(), features, wide, query_rows);
                    of.g.copy_rows::<S>(matrix, rows.clone(), values, value_wide, g_rows);
                }
                scale(&mut query_rows[..count * wide], of.scale);
                query_gradient.fill(zero);
                for block in split(0..of.mask.reach(rows.end, keys), KEYS) {
                    let whole = block.len().next_multiple_of(width);
                    // SAFETY: the parts have room for the block, and nothing else uses them.
                    unsafe {
                        multiply(
                            kernels,
                            [count, whole, features],
                            plain(query_rows, wide),
                            panels(key_panels, block.start, features),
                            weights.as_mut_ptr(),
                            KEYS,
                            false,
                        );
                        multiply(
                            kernels,
                            [count, whole, values],
                            plain(g_rows, value_wide),
                            panels(value_panels, block.start, values),
                            slopes.as_mut_ptr(),
                            KEYS,
                            false,
                        );
                    }
                    let parts = weights
                        .chunks_exact_mut(KEYS)
                        .zip(slopes.chunks_exact_mut(KEYS));
                    for (index, (query, (weights, slopes))) in rows.clone().zip(parts).enumerate() {
                        let weights = &mut weights[..block.len()];
                        let place = matrix * queries + query;
                        let at = [place, query, block.start, keys];
                        of.mask.apply(weights, at, &mut buffer);
                        // SAFETY: the result has the row, and is only read.
                        let y = unsafe { of.y.row(matrix, query, values) };
                        let g_row = &g_rows[index * value_wide..][..values];
                        let along = lanes::dot(g_row, y, zero);
                        slope(weights, slopes, of.logsumexp[place], along);
                    }
                    // SAFETY: as above.
                    unsafe {
                        multiply(
                            kernels,
                            [block.len(), value_wide, count],
                            transposed(weights),
                            rows_of(g_rows, 0, value_wide),
                            value_gradient[block.start * value_wide..].as_mut_ptr(),
                            value_wide,
                            true,
                        );
                        multiply(
                            kernels,
                            [block.len(), wide, count],
                            transposed(slopes),
                            rows_of(query_rows, 0, wide),
                            key_gradient[block.start * wide..].as_mut_ptr(),
                            wide,
                            true,
                        );
                        multiply(
                            kernels,
                            [count, wide, block.len()],
                            plain(slopes, KEYS),
                            rows_of(key_rows, block.start, wide),
                            query_gradient.as_mut_ptr(),
                            wide,
                            true,
                        );
                    }
                }
                scale(query_gradient, of.scale);
                // SAFETY: no other task has these queries.
                unsafe {
                    of.query_gradient
                        .put(matrix, rows, features, query_gradient, wide)
                };
            }
        }
        // SAFETY: no other task has this matrix.
        unsafe {
            of.key_gradient
                .put(matrix, 0..keys, features, key_gradient, wide);
            of.value_gradient
                .put(matrix, 0..keys, values, value_gradient, value_wide);
        }
    }
}

/// Turns scores into weights, and the gradients of those into the gradients of the scores.
#[inline(always)]
fn slope<C: Real>(scores: &mut [C], slopes: &mut [C], logsumexp: C, along: C) {
    for (score, slope) in scores.iter_mut().zip(slopes) {
        *score = (*score - logsumexp).exp_of_negative();
        *slope = *score * (*slope - along);
    }
}

//! What both directions work on: the matrices of an operand, masks, and working memory.

use std::ops::Range;

use super::KEYS;
use crate::cpu::gemm::{Lines, Strided, split};
use crate::cpu::matmul::starts;
use crate::cpu::number::{Number, Real};
use crate::cpu::simd::Simd;
use crate::cpu::tiles::Float;
use crate::cpu::walk::{Buffer, Source};
use crate::ops::attention::AttentionMask;
use crate::{Array, DType};

/// The matrices in the last two dimensions of an array.
pub(super) struct Matrices<T> {
    start: *mut T,
    starts: Vec<usize>,
    row: usize,
    column: usize,
}

// SAFETY: operands are only read, and threads write disjoint rows of outputs.
unsafe impl<T: Sync> Sync for Matrices<T> {}

impl<T: Float> Matrices<T> {
    /// The matrices of an operand, which is only read.
    pub(super) fn of(x: &Array) -> Matrices<T> {
        Matrices::at(x, x.cpu_ptr().cast_mut().cast())
    }

    /// The matrices of an output.
    pub(super) fn of_output(x: &mut Array) -> Matrices<T> {
        let start = x.cpu_ptr_mut().cast();
        Matrices::at(x, start)
    }

    fn at(x: &Array, start: *mut T) -> Matrices<T> {
        debug_assert_eq!(x.dtype(), <T as Number>::DTYPE);
        let rank = x.rank();
        let leading: Vec<usize> = (0..rank - 2).collect();
        Matrices {
            start,
            starts: starts(&x.layout().permute(&leading)),
            row: x.strides()[rank - 2] as usize,
            column: x.strides()[rank - 1] as usize,
        }
    }

    /// Copies rows and their first `columns` elements to rows of `width`, padded with zeros.
    ///
    /// # Safety
    ///
    /// The processor has the level `S`, the operand has the rows, and `to` has room for them.
    #[inline(always)]
    pub(super) unsafe fn copy_rows<S: Simd>(
        &self,
        matrix: usize,
        rows: Range<usize>,
        columns: usize,
        width: usize,
        to: &mut [T],
    ) {
        debug_assert!(to.len() >= rows.len() * width);
        // SAFETY: the caller vouches for the operand and the place.
        unsafe {
            let operand = Strided {
                start: self.start.add(self.starts[matrix]).cast_const(),
                line: self.column,
                depth: self.row,
            };
            operand.pack::<S>(0..columns, rows, width, to.as_mut_ptr());
        }
    }

    /// Copies the transpose of a matrix of `rows x columns` into panels of `width` of its rows.
    ///
    /// # Safety
    ///
    /// As for [`Matrices::copy_rows`].
    #[inline(always)]
    pub(super) unsafe fn copy_panels<S: Simd>(
        &self,
        matrix: usize,
        rows: usize,
        columns: usize,
        width: usize,
        to: &mut [T],
    ) {
        debug_assert!(to.len() >= rows.next_multiple_of(width) * columns);
        for rows in split(0..rows, width) {
            // SAFETY: the caller vouches for the operand and the place.
            unsafe {
                let operand = Strided {
                    start: self.start.add(self.starts[matrix]).cast_const(),
                    line: self.row,
                    depth: self.column,
                };
                let panel = to.as_mut_ptr().add(rows.start * columns);
                operand.pack::<S>(rows, 0..columns, width, panel);
            }
        }
    }

    /// Writes rows of `columns` elements, which are `width` apart where they come from.
    ///
    /// # Safety
    ///
    /// The array has the rows, and nothing else uses them.
    #[inline(always)]
    pub(super) unsafe fn put(
        &self,
        matrix: usize,
        rows: Range<usize>,
        columns: usize,
        from: &[T],
        width: usize,
    ) {
        for (index, row) in rows.enumerate() {
            // SAFETY: the caller vouches for the row.
            let to = unsafe { self.row(matrix, row, columns) };
            to.copy_from_slice(&from[index * width..][..columns]);
        }
    }

    /// A row whose elements lie side by side.
    ///
    /// # Safety
    ///
    /// The array has the row, and nothing else uses it while it is written.
    #[inline(always)]
    #[allow(
        clippy::mut_from_ref,
        reason = "rows are disjoint by the caller's promise"
    )]
    pub(super) unsafe fn row(&self, matrix: usize, row: usize, columns: usize) -> &mut [T] {
        debug_assert!(self.column == 1 || columns <= 1);
        // SAFETY: the caller vouches for the row.
        unsafe {
            let start = self.start.add(self.starts[matrix] + row * self.row);
            std::slice::from_raw_parts_mut(start, columns)
        }
    }
}

/// Which keys a query attends to.
pub(super) enum Mask {
    None,
    Causal,
    /// True where it does.
    Allowed(Source),
    /// What is added to the scores.
    Added(Source),
}

impl Mask {
    /// A mask of the shape of the scores.
    pub(super) fn new(mask: AttentionMask<'_>) -> Mask {
        match mask {
            AttentionMask::None => Mask::None,
            AttentionMask::Causal => Mask::Causal,
            AttentionMask::Given(mask) => match mask.dtype() {
                DType::Bool => Mask::Allowed(Source::row_major(mask)),
                _ => Mask::Added(Source::row_major(mask)),
            },
        }
    }

    /// How many keys there are for queries before `end`.
    pub(super) fn reach(&self, end: usize, keys: usize) -> usize {
        match self {
            Mask::Causal => end.min(keys),
            _ => keys,
        }
    }

    /// Masks neighbouring scores of a query: those from `key` on, of `keys`; `row` is the query's among
    /// all matrices.
    #[inline(always)]
    pub(super) fn apply<C: Real>(
        &self,
        scores: &mut [C],
        [row, query, key, keys]: [usize; 4],
        buffer: &mut Buffer<C>,
    ) {
        debug_assert!(scores.len() <= KEYS);
        let lowest = C::from_f64(f64::NEG_INFINITY);
        match self {
            Mask::None => {}
            Mask::Causal => {
                let visible = (query + 1).saturating_sub(key).min(scores.len());
                scores[visible..].fill(lowest);
            }
            Mask::Allowed(source) => {
                let allowed = source.block(row * keys + key, scores.len(), buffer);
                for (score, allowed) in scores.iter_mut().zip(allowed) {
                    *score = if allowed.is_true() { *score } else { lowest };
                }
            }
            Mask::Added(source) => {
                let added = source.block(row * keys + key, scores.len(), buffer);
                for (score, &added) in scores.iter_mut().zip(added) {
                    *score = *score + added;
                }
            }
        }
    }
}

/// Multiplies all elements.
#[inline(always)]
pub(super) fn scale<C: Real>(x: &mut [C], factor: C) {
    x.iter_mut().for_each(|x| *x = *x * factor);
}

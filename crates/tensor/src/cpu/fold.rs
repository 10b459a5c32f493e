//! How many elements become one: the traversal that all reductions share.
//!
//! An input is seen as `[outer, length, inner]`: every output combines `length` elements, and the
//! outputs of one `inner` run lie side by side in memory. Short runs and groups of rows are combined
//! directly, their totals pairwise, so rounding errors grow with the logarithm of the length. The
//! order in which totals meet follows from shapes alone, never from the number of threads.

use super::number::Number;
use super::parallel::{DisjointMut, for_each_chunk};
use super::walk::{BLOCK, Buffer, Source};
use crate::Array;
use std::ops::Range;

/// Elements per parallel chunk: some microseconds of work.
const GRAIN: usize = 1 << 15;
/// Elements of one reduction that are combined by one thread.
const SEGMENT: usize = 1 << 16;
/// Rows that are combined one after another before their totals meet pairwise.
const ROWS: usize = 32;
/// Totals that a run is spread over, so that they can be computed side by side.
const LANES: usize = 32;
/// Columns that are reduced together; their totals stay in the first cache.
const TILE: usize = 2048;

/// How elements combine to a total.
pub(crate) trait Fold<C: Number>: Sync {
    /// What a number of elements amounts to.
    type Total: Copy + Send + Sync;

    /// The total of no elements.
    fn empty(&self) -> Self::Total;

    /// The total of a single element, which is at `index` among those it is combined with.
    fn single(&self, x: C, index: usize) -> Self::Total;

    /// The total of all elements of both.
    fn merge(&self, a: Self::Total, b: Self::Total) -> Self::Total;

    /// Adds an element to a total.
    #[inline(always)]
    fn add(&self, total: &mut Self::Total, x: C, index: usize) {
        *total = self.merge(*total, self.single(x, index));
    }

    /// The total of neighbours, of which the first is at `index`.
    #[inline(always)]
    fn run(&self, run: &[C], index: usize) -> Self::Total {
        let (rows, rest) = run.as_chunks::<LANES>();
        if rows.len() < 2 {
            let mut total = self.empty();
            for (i, &x) in run.iter().enumerate() {
                self.add(&mut total, x, index + i);
            }
            return total;
        }
        let mut lanes = [self.empty(); LANES];
        for (row, xs) in rows.iter().enumerate() {
            for (lane, (total, &x)) in lanes.iter_mut().zip(xs).enumerate() {
                self.add(total, x, index + row * LANES + lane);
            }
        }
        for (lane, (total, &x)) in lanes.iter_mut().zip(rest).enumerate() {
            self.add(total, x, index + rows.len() * LANES + lane);
        }
        let mut width = LANES;
        while width > 1 {
            width /= 2;
            for lane in 0..width {
                lanes[lane] = self.merge(lanes[lane], lanes[lane + width]);
            }
        }
        lanes[0]
    }

    /// Adds rows of elements, the first at `index`, to the totals of their columns.
    #[inline(always)]
    fn rows(&self, totals: &mut [Self::Total], rows: &[C], index: usize) {
        for (row, xs) in rows.chunks_exact(totals.len()).enumerate() {
            for (total, &x) in totals.iter_mut().zip(xs) {
                self.add(total, x, index + row);
            }
        }
    }
}

/// The elements that each output combines.
pub(crate) struct Groups {
    source: Source,
    outer: usize,
    length: usize,
    inner: usize,
}

impl Groups {
    /// The groups that `x` falls into when the marked dimensions, of size 1 in `out`, are reduced.
    pub(crate) fn new(x: &Array, reduced: &[bool], out: &Array) -> Groups {
        let kept = out.layout().memory_order();
        let kept = kept.iter().copied().filter(|&dim| !reduced[dim]);
        let mut order: Vec<usize> = kept.collect();
        let mut along: Vec<usize> = (0..x.rank()).filter(|&dim| reduced[dim]).collect();
        along.sort_by_key(|&dim| std::cmp::Reverse(x.strides()[dim]));
        let size = |dims: &[usize]| dims.iter().map(|&dim| x.shape()[dim]).product();
        let long = along.iter().copied().filter(|&dim| x.shape()[dim] > 1);
        let step = long.map(|dim| x.strides()[dim]).min();
        let is_inner = |dim: &usize| step.is_some_and(|step| x.strides()[*dim] < step);
        let trailing = order.iter().rev().take_while(|&dim| is_inner(dim)).count();
        let split = order.len() - trailing;
        let (outer, inner) = (size(&order[..split]), size(&order[split..]));
        order.splice(split..split, along.iter().copied());
        Groups {
            source: Source::in_order(x, &order),
            outer,
            length: size(&along),
            inner,
        }
    }

    /// How many elements each output combines.
    pub(crate) fn length(&self) -> usize {
        self.length
    }

    /// Computes all totals; `emit` takes those of neighbouring outputs, from the given one on.
    pub(crate) fn fold<C: Number, F: Fold<C>>(
        &self,
        fold: &F,
        emit: impl Fn(usize, &[F::Total]) + Sync,
    ) {
        let outputs = self.outer * self.inner;
        if outputs == 0 {
        } else if self.length == 0 {
            for_each_chunk(outputs, BLOCK, |chunk| {
                emit(chunk.start, &vec![fold.empty(); chunk.len()]);
            });
        } else if self.length * self.inner <= BLOCK {
            self.fold_small(fold, emit);
        } else {
            self.fold_segments(fold, outputs, emit);
        }
    }

    /// Several groups fit into a block.
    fn fold_small<C: Number, F: Fold<C>>(
        &self,
        fold: &F,
        emit: impl Fn(usize, &[F::Total]) + Sync,
    ) {
        let size = self.length * self.inner;
        let per_block = BLOCK / size.max(1);
        for_each_chunk(self.outer, per_block * (GRAIN / BLOCK), |chunk| {
            let mut buffer = Buffer::new();
            let mut totals = vec![fold.empty(); per_block * self.inner];
            for first in chunk.clone().step_by(per_block) {
                let groups = per_block.min(chunk.end - first);
                let block = self.source.block(first * size, groups * size, &mut buffer);
                let totals = &mut totals[..groups * self.inner];
                if self.inner == 1 {
                    for (total, group) in totals.iter_mut().zip(block.chunks_exact(size)) {
                        *total = fold.run(group, 0);
                    }
                } else {
                    totals.fill(fold.empty());
                    let columns = totals.chunks_exact_mut(self.inner);
                    for (totals, group) in columns.zip(block.chunks_exact(size)) {
                        fold.rows(totals, group, 0);
                    }
                }
                emit(first * self.inner, totals);
            }
        });
    }

    /// A group takes many blocks; long ones are cut into segments that threads share.
    fn fold_segments<C: Number, F: Fold<C>>(
        &self,
        fold: &F,
        outputs: usize,
        emit: impl Fn(usize, &[F::Total]) + Sync,
    ) {
        let tile = self.inner.min(TILE);
        let tiles = self.inner.div_ceil(tile);
        let units = self.outer * tiles;
        // Enough units keep all threads busy without cutting.
        let rows = match units {
            0..32 => (SEGMENT / tile).next_multiple_of(ROWS).min(self.length),
            _ => self.length,
        };
        let segments = self.length.div_ceil(rows);
        let grain = (GRAIN / (rows * tile)).max(1);
        let outputs_of = |unit: usize| {
            let start = unit / tiles * self.inner + unit % tiles * tile;
            start..(start + tile).min((unit / tiles + 1) * self.inner)
        };
        if segments == 1 {
            for_each_chunk(units, grain, |chunk| {
                let mut cascade = Cascade::new(fold);
                for outputs in chunk.map(outputs_of) {
                    let totals = self.fold_part(&mut cascade, outputs.clone(), 0..self.length);
                    emit(outputs.start, totals);
                }
            });
            return;
        }
        let mut partial = vec![fold.empty(); segments * outputs];
        let parts = DisjointMut::new(&mut partial);
        for_each_chunk(units * segments, grain, |chunk| {
            let mut cascade = Cascade::new(fold);
            for index in chunk {
                let (segment, outputs_of) = (index / units, outputs_of(index % units));
                let rows = segment * rows..((segment + 1) * rows).min(self.length);
                let totals = self.fold_part(&mut cascade, outputs_of.clone(), rows);
                let start = segment * outputs + outputs_of.start;
                // SAFETY: each segment of each output is computed once.
                unsafe { parts.slice(start..start + totals.len()) }.copy_from_slice(totals);
            }
        });
        for_each_chunk(outputs, GRAIN, |chunk| {
            let mut cascade = Cascade::new(fold);
            cascade.reset(chunk.len());
            for segment in partial.chunks_exact(outputs) {
                cascade.totals().copy_from_slice(&segment[chunk.clone()]);
                cascade.push();
            }
            emit(chunk.start, cascade.finish());
        });
    }

    /// The totals of neighbouring outputs over a part of the length.
    #[inline(never)]
    fn fold_part<'a, C: Number, F: Fold<C>>(
        &self,
        cascade: &'a mut Cascade<'_, C, F>,
        outputs: Range<usize>,
        rows: Range<usize>,
    ) -> &'a [F::Total] {
        let fold = cascade.fold;
        let mut buffer = Buffer::new();
        cascade.reset(outputs.len());
        let (outer, column) = (outputs.start / self.inner, outputs.start % self.inner);
        let first = outer * self.length * self.inner + column;
        if self.inner == 1 {
            for row in rows.clone().step_by(BLOCK) {
                let length = BLOCK.min(rows.end - row);
                let block = self.source.block(first + row, length, &mut buffer);
                cascade.totals()[0] = fold.run(block, row);
                cascade.push();
            }
            return cascade.finish();
        }
        let rows_per_block = (BLOCK / self.inner).max(1);
        for group in rows.clone().step_by(ROWS) {
            let end = (group + ROWS).min(rows.end);
            let totals = cascade.totals();
            for row in (group..end).step_by(rows_per_block) {
                let height = rows_per_block.min(end - row);
                let start = first + row * self.inner;
                for column in (0..totals.len()).step_by(BLOCK) {
                    let width = BLOCK.min(totals.len() - column);
                    let length = height * width;
                    let block = self.source.block(start + column, length, &mut buffer);
                    fold.rows(&mut totals[column..column + width], block, row);
                }
            }
            cascade.push();
        }
        cascade.finish()
    }
}

/// Totals of equal numbers of elements that meet pairwise, as the digits of a binary counter do.
struct Cascade<'a, C, F: Fold<C>>
where
    C: Number,
{
    fold: &'a F,
    /// Totals side by side.
    width: usize,
    pushed: usize,
    /// The waiting totals, the latest last; after them those that come next.
    stack: Vec<F::Total>,
}

impl<'a, C: Number, F: Fold<C>> Cascade<'a, C, F> {
    fn new(fold: &'a F) -> Self {
        Cascade {
            fold,
            width: 0,
            pushed: 0,
            stack: Vec::new(),
        }
    }

    #[inline(always)]
    fn reset(&mut self, width: usize) {
        self.width = width;
        self.pushed = 0;
        self.stack.clear();
        self.stack.resize(width, self.fold.empty());
    }

    /// The totals that come next, empty at first.
    #[inline(always)]
    fn totals(&mut self) -> &mut [F::Total] {
        let start = self.stack.len() - self.width;
        &mut self.stack[start..]
    }

    #[inline(always)]
    fn push(&mut self) {
        let mut count = self.pushed;
        while count & 1 == 1 {
            self.merge_last();
            count >>= 1;
        }
        self.pushed += 1;
        let length = self.stack.len() + self.width;
        self.stack.resize(length, self.fold.empty());
    }

    #[inline(always)]
    fn finish(&mut self) -> &[F::Total] {
        self.stack.truncate(self.stack.len() - self.width);
        while self.stack.len() > self.width {
            self.merge_last();
        }
        &self.stack
    }

    #[inline(always)]
    fn merge_last(&mut self) {
        let split = self.stack.len() - self.width;
        let (earlier, last) = self.stack.split_at_mut(split);
        for (a, &b) in earlier[split - self.width..].iter_mut().zip(&*last) {
            *a = self.fold.merge(*a, b);
        }
        self.stack.truncate(split);
    }
}

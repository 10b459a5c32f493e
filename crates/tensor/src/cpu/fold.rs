//! How many elements become one: the traversal that all reductions share.
//!
//! An input is seen as `[outer, length, inner]`: every output combines `length` elements, and the
//! outputs of one `inner` run lie side by side in memory. Short runs and groups of rows are combined
//! directly, their totals pairwise, so rounding errors grow with the logarithm of the length. The
//! order in which totals meet follows from shapes alone, never from the number of threads.
//!
//! Only the loops over a block are compiled for each fold and SIMD level; the traversal calls them by
//! pointer, and is compiled once for each kind of total.

use super::lanes;
use super::number::Number;
use super::parallel::{DisjointMut, for_each_chunk};
use super::simd::{Level, Simd, Task};
use super::walk::{BLOCK, Buffer, Source};
use crate::Array;
use std::ops::Range;

/// Elements per parallel chunk: some microseconds of work.
const GRAIN: usize = 1 << 15;
/// Elements of one reduction that are combined by one thread.
const SEGMENT: usize = 1 << 16;
/// Rows that are combined one after another before their totals meet pairwise.
const ROWS: usize = 32;
/// Columns that are reduced together; their totals stay in the first cache.
const TILE: usize = 2048;
/// Columns whose totals stay in registers, of 4 bytes and of more.
const STRIP: usize = 64;
const STRIP_OF_LARGE: usize = 32;

/// What a number of elements amounts to.
pub(crate) trait Total: Copy + Send + Sync {}
impl<T: Copy + Send + Sync> Total for T {}

/// How elements combine to a total.
pub(crate) trait Fold<C: Number>: Sync {
    type Total: Total;

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
        let add = |total: &mut _, x, place| self.add(total, x, index + place);
        lanes::combine(run, self.empty(), add, |a, b| self.merge(a, b))
    }
}

/// One loop of a traversal.
enum Step<'a, C, T> {
    /// Every total is that of the next run of neighbours, all of one length; the first is at `index`.
    Runs(&'a mut [T], &'a [C], usize),
    /// Rows of elements are added to the totals of their columns.
    Rows(&'a mut [T], Rows<'a, C>),
    /// Totals are merged with those that come after them.
    Merge(&'a mut [T], &'a [T]),
}

/// Rows of elements, as many as fit, each starting `step` elements after the one before.
struct Rows<'a, C> {
    elements: &'a [C],
    step: usize,
    /// Which one the first row is among all that are combined.
    index: usize,
}

/// A fold that the traversal knows by its totals alone.
trait Steps<C, T>: Sync {
    fn empty(&self) -> T;
    fn step(&self, step: Step<'_, C, T>);
}

/// Runs the loops of a fold at a SIMD level.
struct AtLevel<F>(F, Level);

impl<C: Number, F: Fold<C>> Steps<C, F::Total> for AtLevel<F> {
    fn empty(&self) -> F::Total {
        self.0.empty()
    }

    fn step(&self, step: Step<'_, C, F::Total>) {
        self.1.run_up_to_avx2(Loop(&self.0, step));
    }
}

struct Loop<'a, C: Number, F: Fold<C>>(&'a F, Step<'a, C, F::Total>);

impl<C: Number, F: Fold<C>> Task for Loop<'_, C, F> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let Loop(fold, step) = self;
        match step {
            Step::Runs(totals, elements, index) => {
                let runs = elements.chunks_exact(elements.len() / totals.len());
                for (total, run) in totals.iter_mut().zip(runs) {
                    *total = fold.run(run, index);
                }
            }
            Step::Rows(totals, rows) => add_rows(fold, totals, rows),
            Step::Merge(totals, later) => {
                for (total, &later) in totals.iter_mut().zip(later) {
                    *total = fold.merge(*total, later);
                }
            }
        }
    }
}

/// Adds rows strip by strip, whose totals are kept apart so that they stay in registers.
#[inline(always)]
fn add_rows<C: Number, F: Fold<C>>(fold: &F, totals: &mut [F::Total], rows: Rows<'_, C>) {
    match size_of::<F::Total>() {
        ..=4 => add_strips::<C, F, STRIP>(fold, totals, rows),
        _ => add_strips::<C, F, STRIP_OF_LARGE>(fold, totals, rows),
    }
}

#[inline(always)]
fn add_strips<C: Number, F: Fold<C>, const WIDTH: usize>(
    fold: &F,
    totals: &mut [F::Total],
    rows: Rows<'_, C>,
) {
    let width = totals.len();
    let Rows {
        elements,
        step,
        index,
    } = rows;
    let (strips, rest) = totals.as_chunks_mut::<WIDTH>();
    for (strip, totals) in strips.iter_mut().enumerate() {
        let mut kept = *totals;
        for (row, xs) in elements.chunks(step).enumerate() {
            let Some(xs) = xs
                .get(strip * WIDTH..)
                .and_then(<[C]>::first_chunk::<WIDTH>)
            else {
                break;
            };
            for (total, &x) in kept.iter_mut().zip(xs) {
                fold.add(total, x, index + row);
            }
        }
        *totals = kept;
    }
    let done = width - rest.len();
    for (row, xs) in elements.chunks(step).enumerate() {
        for (total, &x) in rest.iter_mut().zip(xs.get(done..width).unwrap_or_default()) {
            fold.add(total, x, index + row);
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

    /// All elements, if they are truth values of which each output combines neighbours.
    pub(crate) fn truths(&self) -> Option<&[bool]> {
        match self.inner {
            1 => self.source.truths(self.outer * self.length),
            _ => None,
        }
    }

    /// Whether the outputs that lie side by side are enough to be computed so.
    pub(crate) fn are_columns(&self) -> bool {
        self.inner >= STRIP && self.length > 0
    }

    /// Calls `f` with tiles of at most `tile` outputs that lie side by side, on several threads.
    pub(crate) fn for_each_tile(&self, tile: usize, f: impl Fn(Range<usize>) + Sync) {
        let tiles = self.inner.div_ceil(tile);
        let work = self.length * self.inner.min(tile);
        for_each_chunk(self.outer * tiles, (GRAIN / work).max(1), |chunk| {
            for number in chunk {
                let (start, column) = (number / tiles * self.inner, number % tiles * tile);
                f(start + column..start + self.inner.min(column + tile));
            }
        });
    }

    /// Calls `f` with the number and the elements of each row of a tile, of at most a block's width.
    pub(crate) fn for_each_row<C: Number>(
        &self,
        outputs: Range<usize>,
        mut f: impl FnMut(usize, &[C]),
    ) {
        let mut buffer = Buffer::new();
        let (outer, column) = (outputs.start / self.inner, outputs.start % self.inner);
        for row in 0..self.length {
            let start = (outer * self.length + row) * self.inner + column;
            f(row, self.source.block(start, outputs.len(), &mut buffer));
        }
    }

    /// Computes all totals; `emit` takes those of neighbouring outputs, from the given one on.
    pub(crate) fn fold<C: Number, F: Fold<C>>(
        &self,
        fold: F,
        emit: impl Fn(usize, &[F::Total]) + Sync,
    ) {
        self.fold_steps::<C, F::Total>(&AtLevel(fold, Level::current()), &emit);
    }

    fn fold_steps<C: Number, T: Total>(
        &self,
        fold: &dyn Steps<C, T>,
        emit: &(dyn Fn(usize, &[T]) + Sync),
    ) {
        let outputs = self.outer * self.inner;
        if outputs == 0 {
        } else if self.length == 0 {
            for_each_chunk(outputs, BLOCK, |chunk| {
                emit(chunk.start, &vec![fold.empty(); chunk.len()]);
            });
        } else if self.length * self.inner <= self.reach::<C>() {
            self.fold_small(fold, emit);
        } else {
            self.fold_segments(fold, outputs, emit);
        }
    }

    /// Elements that one step takes. Rows are added one after another, so there are not too many.
    fn reach<C: Number>(&self) -> usize {
        match self.inner {
            1 => self.source.reach::<C>(),
            _ => BLOCK,
        }
    }

    /// Several groups fit into a block.
    fn fold_small<C: Number, T: Total>(
        &self,
        fold: &dyn Steps<C, T>,
        emit: &(dyn Fn(usize, &[T]) + Sync),
    ) {
        let size = self.length * self.inner;
        let per_block = self.reach::<C>() / size;
        let grain = (GRAIN / size).next_multiple_of(per_block);
        for_each_chunk(self.outer, grain, |chunk| {
            let mut buffer = Buffer::new();
            let mut totals = vec![fold.empty(); per_block * self.inner];
            for first in chunk.clone().step_by(per_block) {
                let groups = per_block.min(chunk.end - first);
                let block = self.source.block(first * size, groups * size, &mut buffer);
                let totals = &mut totals[..groups * self.inner];
                if self.inner == 1 {
                    fold.step(Step::Runs(totals, block, 0));
                } else {
                    totals.fill(fold.empty());
                    let columns = totals.chunks_exact_mut(self.inner);
                    for (totals, group) in columns.zip(block.chunks_exact(size)) {
                        let rows = Rows {
                            elements: group,
                            step: self.inner,
                            index: 0,
                        };
                        fold.step(Step::Rows(totals, rows));
                    }
                }
                emit(first * self.inner, totals);
            }
        });
    }

    /// A group takes many blocks; long ones are cut into segments that threads share.
    fn fold_segments<C: Number, T: Total>(
        &self,
        fold: &dyn Steps<C, T>,
        outputs: usize,
        emit: &(dyn Fn(usize, &[T]) + Sync),
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
    fn fold_part<'a, C: Number, T: Total>(
        &self,
        cascade: &'a mut Cascade<'_, C, T>,
        outputs: Range<usize>,
        rows: Range<usize>,
    ) -> &'a [T] {
        let fold = cascade.fold;
        let mut buffer = Buffer::new();
        cascade.reset(outputs.len());
        let (outer, column) = (outputs.start / self.inner, outputs.start % self.inner);
        let first = outer * self.length * self.inner + column;
        if self.inner == 1 {
            let reach = self.reach::<C>();
            for row in rows.clone().step_by(reach) {
                let length = reach.min(rows.end - row);
                let block = self.source.block(first + row, length, &mut buffer);
                fold.step(Step::Runs(cascade.totals(), block, row));
                cascade.push();
            }
            return cascade.finish();
        }
        let rows_per_block = (BLOCK / self.inner).max(1);
        for group in rows.clone().step_by(ROWS) {
            let end = (group + ROWS).min(rows.end);
            let totals = cascade.totals();
            let start = first + group * self.inner;
            if let Some(elements) = self
                .source
                .lend(start, (end - group - 1) * self.inner + totals.len())
            {
                let rows = Rows {
                    elements,
                    step: self.inner,
                    index: group,
                };
                fold.step(Step::Rows(totals, rows));
                cascade.push();
                continue;
            }
            for row in (group..end).step_by(rows_per_block) {
                let height = rows_per_block.min(end - row);
                let start = first + row * self.inner;
                for column in (0..totals.len()).step_by(BLOCK) {
                    let width = BLOCK.min(totals.len() - column);
                    let length = height * width;
                    let block = self.source.block(start + column, length, &mut buffer);
                    let rows = Rows {
                        elements: block,
                        step: width,
                        index: row,
                    };
                    fold.step(Step::Rows(&mut totals[column..column + width], rows));
                }
            }
            cascade.push();
        }
        cascade.finish()
    }
}

/// Totals of equal numbers of elements that meet pairwise, as the digits of a binary counter do.
struct Cascade<'a, C, T> {
    fold: &'a dyn Steps<C, T>,
    /// Totals side by side.
    width: usize,
    pushed: usize,
    /// The waiting totals, the latest last; after them those that come next.
    stack: Vec<T>,
}

impl<'a, C: Number, T: Total> Cascade<'a, C, T> {
    fn new(fold: &'a dyn Steps<C, T>) -> Self {
        Cascade {
            fold,
            width: 0,
            pushed: 0,
            stack: Vec::new(),
        }
    }

    fn reset(&mut self, width: usize) {
        self.width = width;
        self.pushed = 0;
        self.stack.clear();
        self.stack.resize(width, self.fold.empty());
    }

    /// The totals that come next, empty at first.
    fn totals(&mut self) -> &mut [T] {
        let start = self.stack.len() - self.width;
        &mut self.stack[start..]
    }

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

    fn finish(&mut self) -> &[T] {
        self.stack.truncate(self.stack.len() - self.width);
        while self.stack.len() > self.width {
            self.merge_last();
        }
        &self.stack
    }

    fn merge_last(&mut self) {
        let split = self.stack.len() - self.width;
        let (earlier, last) = self.stack.split_at_mut(split);
        let earlier = &mut earlier[split - self.width..];
        self.fold.step(Step::Merge(earlier, last));
        self.stack.truncate(split);
    }
}

//! Kernels that find extreme elements, and where they are.

use super::elementwise::with_number;
use super::fold::{Fold, Groups};
use super::lanes;
use super::number::{Int, Number};
use super::reduce::{Bounds, write};
use super::simd::{Level, Simd, Task};
use super::walk::Target;
use crate::ops::reduce::ExtremeOp;
use crate::{Array, DType};
use std::num::Wrapping;

/// Columns that are compared side by side.
const TILE: usize = 256;

/// Writes the extreme element of every group and its index; the first one among equals.
pub(crate) fn extreme(
    op: ExtremeOp,
    reduced: &[bool],
    x: &Array,
    values: &mut Array,
    indices: &mut Array,
) {
    let groups = Groups::new(x, reduced, values);
    with_number!(x.dtype(), C => match op {
        ExtremeOp::Max => locate(&groups, Extreme(C::LOWEST, |a: C, b| a > b), values, indices),
        ExtremeOp::Min => locate(&groups, Extreme(C::HIGHEST, |a: C, b| a < b), values, indices),
    });
}

fn locate<C: Number, B: Fn(C, C) -> bool + Sync>(
    groups: &Groups,
    fold: Extreme<C, B>,
    values: &mut Array,
    indices: &mut Array,
) {
    let (values, indices) = (Target::new(values), Target::new(indices));
    if groups.are_columns() && u32::try_from(groups.length()).is_ok() {
        return locate_in_columns(groups, fold, &values, &indices);
    }
    groups.fold(fold, |start, totals: &[(C, usize)]| {
        write(&values, start, totals, |(value, _)| value);
        write(&indices, start, totals, |(_, index)| Wrapping(index as i64));
    });
}

fn locate_in_columns<C: Number, B: Fn(C, C) -> bool + Sync>(
    groups: &Groups,
    fold: Extreme<C, B>,
    values: &Target,
    indices: &Target,
) {
    let level = Level::current();
    groups.for_each_tile(TILE, |outputs| {
        let (mut best, mut places) = ([fold.0; TILE], [0; TILE]);
        let (best, places) = (&mut best[..outputs.len()], &mut places[..outputs.len()]);
        groups.for_each_row(outputs.clone(), |row, xs: &[C]| match row {
            0 => best.copy_from_slice(xs),
            _ => level.run_up_to_avx2(Row {
                fold: &fold,
                row: row as u32,
                xs,
                best: &mut *best,
                places: &mut *places,
            }),
        });
        write(values, outputs.start, best, |value| value);
        write(indices, outputs.start, places, |place| {
            Wrapping(i64::from(place))
        });
    });
}

/// A row that meets the best of each column so far.
struct Row<'a, C, B> {
    fold: &'a Extreme<C, B>,
    row: u32,
    xs: &'a [C],
    best: &'a mut [C],
    places: &'a mut [u32],
}

impl<C: Number, B: Fn(C, C) -> bool> Task for Row<'_, C, B> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let bests = self.best.iter_mut().zip(self.places);
        for ((best, place), &x) in bests.zip(self.xs) {
            let is_better = self.fold.beats(x, *best);
            *best = if is_better { x } else { *best };
            *place = if is_better { self.row } else { *place };
        }
    }
}

/// The element that beats all others, with its index. Its worst value, and what beats what.
struct Extreme<C, B>(C, B);

impl<C: Number, B: Fn(C, C) -> bool> Extreme<C, B> {
    /// Whether `a` takes the place of `b`: not a number beats everything.
    #[inline(always)]
    fn beats(&self, a: C, b: C) -> bool {
        (self.1)(a, b) | (a.is_nan() & !b.is_nan())
    }
}

impl<C: Number, B: Fn(C, C) -> bool + Sync> Fold<C> for Extreme<C, B> {
    type Total = (C, usize);

    #[inline(always)]
    fn empty(&self) -> (C, usize) {
        (self.0, usize::MAX)
    }

    #[inline(always)]
    fn single(&self, x: C, index: usize) -> (C, usize) {
        (x, index)
    }

    #[inline(always)]
    fn merge(&self, a: (C, usize), b: (C, usize)) -> (C, usize) {
        let ties = !self.beats(a.0, b.0) && !self.beats(b.0, a.0);
        if self.beats(b.0, a.0) || (ties && b.1 < a.1) {
            b
        } else {
            a
        }
    }

    /// Finds the value first, which is quick, and then where it stands.
    #[inline(always)]
    fn run(&self, run: &[C], index: usize) -> (C, usize) {
        let better = |a, b| if self.beats(b, a) { b } else { a };
        let best = lanes::combine(run, self.0, |best, x, _| *best = better(*best, x), better);
        let is_best = |&x: &C| x == best || (x.is_nan() && best.is_nan());
        match run.iter().position(is_best) {
            Some(place) => (best, index + place),
            None => self.empty(),
        }
    }
}

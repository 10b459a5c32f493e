//! Reduction kernels: what the elements of a group combine to.

use super::elementwise::with_number;
use super::fold::{Fold, Groups};
use super::lanes;
use super::nonzero::count_runs;
use super::number::{Int, Number, Real};
use super::walk::Target;
use crate::ops::reduce::{ReduceOp, SpreadOp};
use crate::{Array, DType};
use std::num::Wrapping;

pub(crate) fn reduce(op: ReduceOp, reduced: &[bool], x: &Array, out: &mut Array) {
    let groups = Groups::new(x, reduced, out);
    if op == ReduceOp::CountNonzero
        && let Some(truths) = groups.truths()
    {
        return count_runs(truths, groups.length(), out);
    }
    with_number!(x.dtype(), real C => reals::<C>(op, &groups, out), int => numbers::<C>(op, &groups, out));
}

fn reals<C: Real + Bounds>(op: ReduceOp, groups: &Groups, out: &mut Array) {
    let zero = C::from_f64(0.0);
    let sum = |a, b| a + b;
    let count = C::from_f64(groups.length() as f64);
    match op {
        ReduceOp::Max => {
            let quick = |a, b| if b > a { b } else { a };
            extreme(groups, out, C::LOWEST, quick, C::maximum)
        }
        ReduceOp::Min => {
            let quick = |a, b| if b < a { b } else { a };
            extreme(groups, out, C::HIGHEST, quick, C::minimum)
        }
        ReduceOp::Mean => combine(groups, out, zero, |x: C| x, sum, |total| total / count),
        ReduceOp::NanSum => fold::<C>(groups, out, NanSum),
        ReduceOp::AbsSum => combine(groups, out, zero, |x: C| x.magnitude(), sum, |total| total),
        ReduceOp::Euclidean => combine(groups, out, zero, |x: C| x * x, sum, |total| total.sqrt()),
        _ => numbers::<C>(op, groups, out),
    }
}

fn numbers<C: Number + Bounds>(op: ReduceOp, groups: &Groups, out: &mut Array) {
    let (zero, one) = (C::from_f64(0.0), C::from_f64(1.0));
    let same = |x: C| x;
    let (largest, smallest) = (C::maximum, C::minimum);
    let truth = |x: C| Wrapping(x.is_true() as i64);
    let [none, all] = [Wrapping(0), Wrapping(1)];
    match op {
        ReduceOp::Sum => combine(groups, out, zero, same, |a, b| a + b, same),
        ReduceOp::Prod => combine(groups, out, one, same, |a, b| a * b, same),
        ReduceOp::Max => combine(groups, out, C::LOWEST, same, largest, same),
        ReduceOp::Min => combine(groups, out, C::HIGHEST, same, smallest, same),
        ReduceOp::AbsMax => combine(groups, out, zero, C::magnitude, largest, same),
        ReduceOp::AbsMin => combine(groups, out, C::HIGHEST, C::magnitude, smallest, same),
        ReduceOp::Any => combine(groups, out, none, truth, |a, b| a | b, |total| total),
        ReduceOp::All => combine(groups, out, all, truth, |a, b| a & b, |total| total),
        ReduceOp::CountNonzero => combine(groups, out, none, truth, |a, b| a + b, |total| total),
        ReduceOp::Mean | ReduceOp::NanSum | ReduceOp::AbsSum | ReduceOp::Euclidean => {
            unreachable!("{} of integers", op.name())
        }
    }
}

/// The ends of the range of a type.
pub(super) trait Bounds {
    const LOWEST: Self;
    const HIGHEST: Self;
}

impl Bounds for f32 {
    const LOWEST: f32 = f32::NEG_INFINITY;
    const HIGHEST: f32 = f32::INFINITY;
}

impl Bounds for f64 {
    const LOWEST: f64 = f64::NEG_INFINITY;
    const HIGHEST: f64 = f64::INFINITY;
}

impl Bounds for Int {
    const LOWEST: Int = Wrapping(i64::MIN);
    const HIGHEST: Int = Wrapping(i64::MAX);
}

/// A total that is itself a number.
struct Combine<A, S, M> {
    empty: A,
    single: S,
    merge: M,
}

impl<C, A, S, M> Fold<C> for Combine<A, S, M>
where
    C: Number,
    A: Number,
    S: Fn(C) -> A + Sync,
    M: Fn(A, A) -> A + Sync,
{
    type Total = A;

    #[inline(always)]
    fn empty(&self) -> A {
        self.empty
    }

    #[inline(always)]
    fn single(&self, x: C, _: usize) -> A {
        (self.single)(x)
    }

    #[inline(always)]
    fn merge(&self, a: A, b: A) -> A {
        (self.merge)(a, b)
    }
}

/// The largest or smallest number, or NaN where there is one.
struct Extreme<C, Q, M> {
    empty: C,
    /// As `merge`, where no element is NaN.
    quick: Q,
    merge: M,
}

impl<C, Q, M> Fold<C> for Extreme<C, Q, M>
where
    C: Real,
    Q: Fn(C, C) -> C + Sync,
    M: Fn(C, C) -> C + Sync,
{
    type Total = C;

    #[inline(always)]
    fn empty(&self) -> C {
        self.empty
    }

    #[inline(always)]
    fn single(&self, x: C, _: usize) -> C {
        x
    }

    #[inline(always)]
    fn merge(&self, a: C, b: C) -> C {
        (self.merge)(a, b)
    }

    #[inline(always)]
    fn run(&self, run: &[C], _: usize) -> C {
        if are_numbers(run) {
            let add = |total: &mut C, x: C, _| *total = (self.quick)(*total, x);
            return lanes::combine(run, self.empty, add, &self.quick);
        }
        let add = |total: &mut C, x: C, _| *total = (self.merge)(*total, x);
        lanes::combine(run, self.empty, add, &self.merge)
    }
}

/// A sum that is a number says that all elements are, for less than it costs to ask each. Infinities of both
/// signs, too, leave none.
#[inline(always)]
fn are_numbers<C: Real>(run: &[C]) -> bool {
    !lanes::sum(run, C::from_f64(0.0)).is_nan()
}

/// The sum of the numbers among the elements.
struct NanSum;

impl<C: Real> Fold<C> for NanSum {
    type Total = C;

    #[inline(always)]
    fn empty(&self) -> C {
        C::from_f64(0.0)
    }

    #[inline(always)]
    fn single(&self, x: C, _: usize) -> C {
        if x.is_nan() { self.empty() } else { x }
    }

    #[inline(always)]
    fn merge(&self, a: C, b: C) -> C {
        a + b
    }

    #[inline(always)]
    fn run(&self, run: &[C], _: usize) -> C {
        let total = lanes::sum(run, self.empty());
        if !total.is_nan() {
            return total;
        }
        let add = |total: &mut C, x: C, index| self.add(total, x, index);
        lanes::combine(run, self.empty(), add, |a, b| a + b)
    }
}

/// Writes the largest or smallest elements.
#[inline(always)]
fn extreme<C: Real>(
    groups: &Groups,
    out: &mut Array,
    empty: C,
    quick: impl Fn(C, C) -> C + Sync,
    merge: impl Fn(C, C) -> C + Sync,
) {
    let extreme = Extreme {
        empty,
        quick,
        merge,
    };
    fold(groups, out, extreme);
}

/// Writes the totals of a fold.
#[inline(always)]
fn fold<C: Real>(groups: &Groups, out: &mut Array, fold: impl Fold<C, Total = C>) {
    let target = Target::new(out);
    groups.fold(fold, |start, totals| {
        write(&target, start, totals, |total: C| total)
    });
}

/// Writes `finish` of every total.
#[inline(always)]
fn combine<C: Number, A: Number>(
    groups: &Groups,
    out: &mut Array,
    empty: A,
    single: impl Fn(C) -> A + Sync,
    merge: impl Fn(A, A) -> A + Sync,
    finish: impl Fn(A) -> A + Sync,
) {
    let target = Target::new(out);
    let fold = Combine {
        empty,
        single,
        merge,
    };
    groups.fold(fold, |start, totals| write(&target, start, totals, &finish));
}

/// Writes neighbouring outputs in blocks.
#[inline(always)]
pub(super) fn write<T: Copy, A: Number>(
    target: &Target,
    start: usize,
    totals: &[T],
    finish: impl Fn(T) -> A,
) {
    for (index, totals) in totals.chunks(super::walk::BLOCK).enumerate() {
        let start = start + index * super::walk::BLOCK;
        // SAFETY: each output is written by the thread that computed its total.
        unsafe {
            target.write(start, totals.len(), |out: &mut [A]| {
                for (place, &total) in out.iter_mut().zip(totals) {
                    *place = finish(total);
                }
            });
        }
    }
}

/// Writes the variance or standard deviation of every group, and its mean.
pub(crate) fn spread(
    op: SpreadOp,
    correction: f64,
    reduced: &[bool],
    x: &Array,
    spread: &mut Array,
    mean: &mut Array,
) {
    let groups = Groups::new(x, reduced, spread);
    let freedom = (groups.length() as f64 - correction).max(0.0);
    let (spread, mean) = (Target::new(spread), Target::new(mean));
    with_number!(x.dtype(), real C => groups.fold::<C, _>(Moments, |start, totals| {
        write(&spread, start, totals, |moments: Moment| {
            let variance = moments.squares / freedom;
            match op {
                SpreadOp::Variance => variance,
                SpreadOp::Deviation => variance.sqrt(),
            }
        });
        write(&mean, start, totals, |moments: Moment| moments.mean());
    }), int => unreachable!("the spread of {}", C::DTYPE));
}

/// Mean and spread, in one pass over the data.
struct Moments;

/// How many elements there are, their mean, and the sum of the squared distances from it.
#[derive(Clone, Copy)]
struct Moment {
    count: f64,
    mean: f64,
    squares: f64,
}

impl Moment {
    fn mean(self) -> f64 {
        if self.count == 0.0 {
            f64::NAN
        } else {
            self.mean
        }
    }
}

impl<C: Number> Fold<C> for Moments {
    type Total = Moment;

    #[inline(always)]
    fn empty(&self) -> Moment {
        Moment {
            count: 0.0,
            mean: 0.0,
            squares: 0.0,
        }
    }

    #[inline(always)]
    fn single(&self, x: C, _: usize) -> Moment {
        Moment {
            count: 1.0,
            mean: x.store(),
            squares: 0.0,
        }
    }

    /// Chan, Golub and LeVeque's update.
    #[inline(always)]
    fn merge(&self, a: Moment, b: Moment) -> Moment {
        if a.count == 0.0 {
            return b;
        }
        if b.count == 0.0 {
            return a;
        }
        let count = a.count + b.count;
        let distance = b.mean - a.mean;
        let share = b.count / count;
        Moment {
            count,
            mean: a.mean + distance * share,
            squares: a.squares + b.squares + distance * distance * a.count * share,
        }
    }

    /// Welford's update.
    #[inline(always)]
    fn add(&self, total: &mut Moment, x: C, _: usize) {
        let x: f64 = x.store();
        total.count += 1.0;
        let distance = x - total.mean;
        total.mean += distance / total.count;
        total.squares += distance * (x - total.mean);
    }

    /// A run is in the cache, so its mean comes first.
    #[inline(always)]
    fn run(&self, run: &[C], _: usize) -> Moment {
        let count = run.len() as f64;
        let sum = |total: f64, later| total + later;
        let mean = lanes::combine(run, 0.0, |total, x, _| *total += x.store::<f64>(), sum) / count;
        let square = |total: &mut f64, x: C, _| {
            let distance = x.store::<f64>() - mean;
            *total += distance * distance;
        };
        let squares = lanes::combine(run, 0.0, square, sum);
        Moment {
            count,
            mean,
            squares,
        }
    }
}

//! Python's slices: `start:end:step`, where either bound may be missing or count from the end.

use super::part::Step;
use crate::{Error, Result};
use std::ops::{Range, RangeFrom, RangeFull, RangeInclusive, RangeTo, RangeToInclusive};

/// A range of indices, as Python's `start:end:step`. Bounds past the end are clamped.
///
/// Ranges convert to it: `1..-1`, `2..`, `..`, and with a step `Slice::from(..).step(2)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slice {
    start: Option<i64>,
    end: Option<i64>,
    step: i64,
}

impl Slice {
    /// From `start` to before `end`, each from the respective end where it is missing.
    pub fn new(start: Option<i64>, end: Option<i64>) -> Slice {
        Slice {
            start,
            end,
            step: 1,
        }
    }

    /// Only every `step`-th index.
    pub fn step(self, step: i64) -> Slice {
        Slice { step, ..self }
    }

    /// The indices this means in a dimension of the given size, as a step of a view.
    pub(crate) fn step_along(self, op: &'static str, dim: isize, size: usize) -> Result<Step> {
        let Some(step) = usize::try_from(self.step).ok().filter(|&step| step > 0) else {
            return Err(Error::argument(op, "step", self.step, "positive"));
        };
        let clamp = |bound: i64| {
            let from_start = if bound < 0 {
                bound.saturating_add_unsigned(size as u64)
            } else {
                bound
            };
            usize::try_from(from_start).unwrap_or(0).min(size)
        };
        let start = self.start.map_or(0, clamp);
        let end = self.end.map_or(size, clamp).max(start);
        Ok(Step::Slice {
            dim,
            start,
            end,
            step,
        })
    }
}

/// A start in `-size..=size`, counted from the front.
pub(super) fn start_within(op: &'static str, start: i64, size: usize) -> Result<usize> {
    let length = i64::try_from(size).unwrap_or(i64::MAX);
    let position = if start < 0 {
        start.saturating_add(length)
    } else {
        start
    };
    match usize::try_from(position) {
        Ok(position) if position <= size => Ok(position),
        _ => Err(rushlight_tensor::Error::Index {
            op,
            index: start,
            size,
        }
        .into()),
    }
}

impl From<RangeFull> for Slice {
    fn from(_: RangeFull) -> Slice {
        Slice::new(None, None)
    }
}

/// An inclusive end as an exclusive one; the last index has no successor.
fn after(last: i64) -> Option<i64> {
    match last {
        -1 => None,
        last => last.checked_add(1),
    }
}

macro_rules! slice_from { ($($Int:ty),*) => { $(
    impl From<Range<$Int>> for Slice {
        fn from(range: Range<$Int>) -> Slice {
            Slice::new(Some(range.start as i64), Some(range.end as i64))
        }
    }

    impl From<RangeFrom<$Int>> for Slice {
        fn from(range: RangeFrom<$Int>) -> Slice {
            Slice::new(Some(range.start as i64), None)
        }
    }

    impl From<RangeTo<$Int>> for Slice {
        fn from(range: RangeTo<$Int>) -> Slice {
            Slice::new(None, Some(range.end as i64))
        }
    }

    impl From<RangeInclusive<$Int>> for Slice {
        fn from(range: RangeInclusive<$Int>) -> Slice {
            Slice::new(Some(*range.start() as i64), after(*range.end() as i64))
        }
    }

    impl From<RangeToInclusive<$Int>> for Slice {
        fn from(range: RangeToInclusive<$Int>) -> Slice {
            Slice::new(None, after(range.end as i64))
        }
    }
)* } }
slice_from!(i64, i32, isize, usize);

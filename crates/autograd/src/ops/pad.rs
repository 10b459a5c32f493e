//! Padding, and its opposite.

use super::part::{Part, Step};
use crate::{Error, Result, Scalar, Tensor, amp};
use rushlight_tensor::Array;
use std::ops::Range;

/// What [`Tensor::pad`] puts around a tensor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum PadMode {
    /// A number.
    Constant(Scalar),
    /// The elements mirrored at the edge, which is not repeated.
    Reflect,
    /// The element at the edge.
    Replicate,
    /// The elements from the other end.
    Circular,
}

impl Default for PadMode {
    fn default() -> PadMode {
        PadMode::Constant(Scalar::Int(0))
    }
}

impl PadMode {
    /// Which element stands at a position relative to the first, in a dimension of `size`; one that
    /// goes round does so over the elements `kept`.
    fn source(self, position: i64, size: i64, kept: &Range<i64>) -> i64 {
        match self {
            PadMode::Constant(_) | PadMode::Replicate => position.clamp(0, size - 1),
            PadMode::Circular => {
                kept.start + (position - kept.start).rem_euclid((kept.end - kept.start).max(1))
            }
            PadMode::Reflect if position < 0 => -position,
            PadMode::Reflect if position >= size => 2 * (size - 1) - position,
            PadMode::Reflect => position,
        }
    }

    /// The most that can be added at an end.
    fn limit(self, size: i64) -> i64 {
        match self {
            PadMode::Constant(_) => i64::MAX,
            PadMode::Replicate if size > 0 => i64::MAX,
            PadMode::Circular => size,
            PadMode::Replicate => 0,
            PadMode::Reflect => (size - 1).max(0),
        }
    }
}

impl Tensor {
    /// Adds elements around the tensor, or takes some away where a number is negative.
    ///
    /// `padding` holds two numbers for each dimension, before and after, for the last dimension first.
    ///
    /// ```
    /// # use rushlight_autograd::{tensor, PadMode, Result};
    /// # fn main() -> Result<()> {
    /// let x = tensor([1, 2, 3])?;
    /// assert_eq!(x.pad(&[1, 0], PadMode::default())?.to_vec::<i64>()?, [0, 1, 2, 3]);
    /// assert_eq!(x.pad(&[2, -1], PadMode::Reflect)?.to_vec::<i64>()?, [3, 2, 1, 2]);
    /// # Ok(()) }
    /// ```
    pub fn pad(&self, padding: &[isize], mode: PadMode) -> Result<Tensor> {
        if let PadMode::Constant(value) = mode {
            return self.constant_pad_nd(padding, value);
        }
        let op = match (mode, padding.len()) {
            (PadMode::Reflect, 2 | 4) => "reflection_pad",
            (PadMode::Replicate, 2 | 4 | 6) => "replication_pad",
            _ => "pad",
        };
        amp::run(op, [self], |[x]| x.pad_by_index(padding, mode))
    }

    /// Pads with elements of the tensor itself.
    fn pad_by_index(&self, padding: &[isize], mode: PadMode) -> Result<Tensor> {
        const OP: &str = "pad";
        let mut padded = self.clone();
        for (dim, before, after) in sides(OP, padding, self.dim())? {
            if (before, after) == (0, 0) {
                continue;
            }
            let size = padded.shape()[dim] as i64;
            let end = size.saturating_add(after);
            let fits = before.max(after) <= mode.limit(size) && end >= before.saturating_neg();
            if !fits {
                let (name, expected) = ("padding", "one that the size of the dimension allows");
                let got = format!("{before} and {after} for size {size}");
                return Err(Error::argument(OP, name, got, expected));
            }
            let kept = (-before).max(0)..end.min(size);
            let index = (-before..end).map(|at| mode.source(at, size, &kept));
            let index = Tensor::index_list(OP, end.saturating_add(before) as usize, index)?;
            padded = padded.taken_in_runs(dim, &index)?;
        }
        Ok(padded)
    }

    /// As [`index_select`](Tensor::index_select), for an index of few runs.
    fn taken_in_runs(&self, dim: usize, index: &Tensor) -> Result<Tensor> {
        let (x, along) = (self.array(), dim as isize);
        let mut pieces = Vec::new();
        let places = index.to_vec::<i64>()?;
        let mut rest = &places[..];
        while let Some((&first, later)) = rest.split_first() {
            let step = later.first().map_or(1, |&second| second - first);
            let steps = rest.windows(2).map(|pair| pair[1] - pair[0]);
            let length = match step {
                -1..=1 => 1 + steps.take_while(|&other| other == step).count(),
                _ => 1,
            };
            pieces.push(match step {
                0 => {
                    let mut shape = x.shape().clone();
                    shape[dim] = length;
                    x.narrow(along, first as usize, 1)?
                        .broadcast_to("pad", &shape)?
                }
                -1 => x
                    .narrow(along, first as usize + 1 - length, length)?
                    .flip(&[along])?,
                _ => x.narrow(along, first as usize, length)?,
            });
            rest = &rest[length..];
        }
        let y = match pieces.is_empty() {
            true => x.narrow(along, 0, 0)?,
            false => Array::cat(&pieces, along)?,
        };
        let (shape, index) = (self.shape(), index.to_device(self.device())?);
        Ok(self.moved("pad", y, move |g| {
            g.new_zeros(&shape)?.index_add(along, &index, g, 1)
        }))
    }

    /// As [`Tensor::pad`] with one number everywhere.
    pub fn constant_pad_nd(&self, padding: &[isize], value: impl Into<Scalar>) -> Result<Tensor> {
        const OP: &str = "constant_pad_nd";
        let x = self.array();
        let mut shape = x.shape().clone();
        // The part of the operand that stays, and where it lies in the result.
        let (mut kept, mut place) = (Vec::new(), Vec::new());
        for (dim, before, after) in sides(OP, padding, x.rank())? {
            let size = shape[dim] as i64;
            let length = size
                .checked_add(before)
                .and_then(|length| length.checked_add(after));
            let Some(length) = length.filter(|&length| length >= 0) else {
                let (got, expected) = (format!("{before} and {after}"), "within the size");
                return Err(Error::argument(OP, "padding", got, expected));
            };
            let start = before.saturating_neg().clamp(0, size);
            let end = (size + after.min(0)).max(start);
            kept.push(slice(dim, start, end));
            let first = before.clamp(0, length);
            place.push(slice(dim, first, first + end - start));
            shape[dim] = length as usize;
        }
        let (kept, place) = (Part(kept), Part(place));
        let filled = Array::full(&shape, value.into(), x.dtype(), x.device())?;
        let y = filled.with_written(|filled| place.of(filled), &kept.of(&x)?)?;
        let back: Vec<isize> = padding
            .iter()
            .map(|&amount| amount.saturating_neg())
            .collect();
        Ok(self.moved(OP, y, move |g| g.constant_pad_nd(&back, 0)))
    }
}

fn slice(dim: usize, start: i64, end: i64) -> Step {
    let (dim, start, end) = (dim as isize, start as usize, end as usize);
    Step::Slice {
        dim,
        start,
        end,
        step: 1,
    }
}

/// Dimensions with what is added before and after them.
fn sides(
    op: &'static str,
    padding: &[isize],
    rank: usize,
) -> Result<impl Iterator<Item = (usize, i64, i64)>> {
    if !padding.len().is_multiple_of(2) || padding.len() > 2 * rank {
        let got = format!("{padding:?} for {rank} dimensions");
        return Err(Error::argument(
            op,
            "padding",
            got,
            "two numbers for each of the last dimensions",
        ));
    }
    let pairs: Vec<(usize, i64, i64)> = padding
        .chunks_exact(2)
        .enumerate()
        .map(|(number, pair)| (rank - 1 - number, pair[0] as i64, pair[1] as i64))
        .collect();
    Ok(pairs.into_iter())
}

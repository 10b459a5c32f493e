//! Padding, and its opposite.

use super::part::{Part, Step};
use crate::{Error, Result, Scalar, Tensor, amp};
use rushlight_tensor::Array;
use rushlight_tensor::ops::pad::Sides;
use rushlight_tensor::ops::rules;
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
    /// Which element stands at a position relative to the first, in a dimension of `size`.
    fn source(self, position: i64, size: i64) -> i64 {
        match self {
            PadMode::Constant(_) | PadMode::Replicate => position.clamp(0, size - 1),
            PadMode::Circular => position.rem_euclid(size),
            PadMode::Reflect if position < 0 => -position,
            PadMode::Reflect => 2 * (size - 1) - position,
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
        let sides: Vec<_> = sides(OP, padding, self.dim())?.collect();
        for &(dim, before, after) in &sides {
            let size = self.shape()[dim] as i64;
            let end = size.saturating_add(after);
            let fits = before.max(after) <= mode.limit(size) && end >= before.saturating_neg();
            if !fits {
                let (name, expected) = ("padding", "one that the size of the dimension allows");
                let got = format!("{before} and {after} for size {size}");
                return Err(Error::argument(OP, name, got, expected));
            }
        }
        // What goes round does so over what is kept; the others may repeat what is taken away.
        match mode {
            PadMode::Circular => self.cropped(OP, &sides)?.grown(OP, &sides, mode),
            _ => self.grown(OP, &sides, mode)?.cropped(OP, &sides),
        }
    }

    /// Without what negative numbers take away.
    fn cropped(&self, op: &'static str, sides: &[(usize, i64, i64)]) -> Result<Tensor> {
        if sides
            .iter()
            .all(|&(_, before, after)| before.min(after) >= 0)
        {
            return Ok(self.clone());
        }
        let mut kept = self.clone();
        for &(dim, before, after) in sides {
            let [start, end] = [before, after].map(|amount| amount.min(0).unsigned_abs() as usize);
            let size = kept.shape()[dim];
            let Some(length) = size.checked_sub(start.saturating_add(end)) else {
                let got = format!("{before} and {after} for size {size}");
                let expected = "one that does not take away more than there is";
                return Err(Error::argument(op, "padding", got, expected));
            };
            kept = kept.narrow(dim as isize, start, length)?;
        }
        kept.contiguous()
    }

    /// With what positive numbers add.
    fn grown(
        &self,
        op: &'static str,
        sides: &[(usize, i64, i64)],
        mode: PadMode,
    ) -> Result<Tensor> {
        let mut added = Vec::new();
        for &(dim, before, after) in sides {
            let [before, after] = [before.max(0), after.max(0)];
            if (before, after) == (0, 0) {
                continue;
            }
            let size = self.shape()[dim] as i64;
            if size == 0 {
                let got = format!("{before} and {after}");
                return Err(Error::argument(
                    op,
                    "padding",
                    got,
                    "none where nothing is left",
                ));
            }
            rules::room_for(op, before.saturating_add(after) as usize)?;
            let slices = |places: Range<i64>| {
                let source = |at| mode.source(at, size) as usize;
                places.map(source).collect::<Vec<_>>()
            };
            let (before, after) = (slices(-before..0), slices(size..size + after));
            added.push(Sides { dim, before, after });
        }
        if added.is_empty() {
            return Ok(self.clone());
        }
        let y = self.array().padded(op, &added)?;
        let sizes = self.shape();
        Ok(self.moved(op, y, move |g| {
            let mut g = g.clone();
            for Sides { dim, before, after } in &added {
                let size = sizes[*dim];
                let all = before
                    .iter()
                    .copied()
                    .chain(0..size)
                    .chain(after.iter().copied());
                let index = all.map(|slice| slice as i64);
                let index = Tensor::index_list(op, before.len() + size + after.len(), index)?;
                let mut shape = g.shape();
                shape[*dim] = size;
                let zeros = g.new_zeros(&shape)?;
                g = zeros.index_add(*dim as isize, &index.to_device(g.device())?, &g, 1)?;
            }
            Ok(g)
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

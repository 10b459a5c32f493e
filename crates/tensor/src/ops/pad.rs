//! Padding with elements of the array itself.

use super::rules;
use crate::layout::Layout;
use crate::{Array, Error, Result};

/// What a dimension gets at its ends.
#[derive(Clone, Debug)]
pub struct Sides {
    /// The dimension.
    pub dim: usize,
    /// Which slice of the array each one before the first is equal to.
    pub before: Vec<usize>,
    /// Which slice of the array each one after the last is equal to.
    pub after: Vec<usize>,
}

impl Array {
    /// The array with more slices before and after those of some dimensions.
    pub fn padded(&self, op: &'static str, sides: &[Sides]) -> Result<Array> {
        let mut shape = self.shape().clone();
        for Sides { dim, before, after } in sides {
            let size = shape[*dim].checked_add(before.len());
            let size = size.and_then(|size| size.checked_add(after.len()));
            shape[*dim] = size.ok_or_else(|| Error::Overflow {
                op,
                shape: self.shape().clone(),
            })?;
        }
        rules::numel(op, &shape)?;
        let layout = match self.layout().is_dense() {
            true => Layout::in_order(shape, &self.layout().memory_order()),
            false => Layout::contiguous(shape),
        };
        let out = Array::uninit(op, layout, self.dtype(), self.device())?;
        if out.numel() == 0 {
            return Ok(out);
        }
        let own = |x: &Array, Sides { dim, before, .. }: &Sides| {
            x.narrow(*dim as isize, before.len(), self.shape()[*dim])
        };
        let inside = sides
            .iter()
            .try_fold(out.clone(), |x, side| own(&x, side))?;
        self.write_to(op, inside)?;
        // Each dimension is completed with what is there already, before the next one.
        for (number, side) in sides.iter().enumerate() {
            let later = &sides[number + 1..];
            let area = later
                .iter()
                .try_fold(out.clone(), |x, side| own(&x, side))?;
            let middle = own(&area, side)?;
            let end = side.before.len() + self.shape()[side.dim];
            for (start, slices) in [(0, &side.before), (end, &side.after)] {
                middle.write_slices(op, side.dim, slices, &area, start)?;
            }
        }
        Ok(out)
    }

    /// Writes slices of `self` to those of `out` from `start` on, run by run.
    fn write_slices(
        &self,
        op: &'static str,
        dim: usize,
        slices: &[usize],
        out: &Array,
        mut start: usize,
    ) -> Result<()> {
        let along = dim as isize;
        let mut rest = slices;
        while let [first, later @ ..] = rest {
            let step = later
                .first()
                .map_or(1, |&second| second as isize - *first as isize);
            let steps = rest
                .windows(2)
                .map(|pair| pair[1] as isize - pair[0] as isize);
            let length = match step {
                -1..=1 => 1 + steps.take_while(|&other| other == step).count(),
                _ => 1,
            };
            let mut shape = self.shape().clone();
            shape[dim] = length;
            let run = match step {
                0 => self.narrow(along, *first, 1)?.broadcast_to(op, &shape)?,
                -1 => {
                    let reversed: Vec<bool> = (0..self.rank()).map(|other| other == dim).collect();
                    let run = self.narrow(along, first + 1 - length, length)?;
                    run.with_layout(run.layout().flip(&reversed))
                }
                _ => self.narrow(along, *first, length)?,
            };
            run.write_to(op, out.narrow(along, start, length)?)?;
            start += length;
            rest = &rest[length..];
        }
        Ok(())
    }

    /// Copies the elements to a part of an array that is being made.
    fn write_to(&self, op: &'static str, mut part: Array) -> Result<()> {
        match part.numel() {
            0 => Ok(()),
            _ => part.backend(op)?.copy(self, &mut part),
        }
    }
}

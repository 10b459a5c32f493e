//! Equal elements, or equal slices, as groups.

use super::rules;
use crate::{Array, Result, Shape};

/// Groups of equal rows.
#[derive(Debug)]
pub struct Unique {
    /// One row of each group.
    pub values: Array,
    /// The group of each row.
    pub inverse: Array,
    /// The size of each group.
    pub counts: Array,
}

impl Array {
    /// Groups equal slices along a dimension, or equal elements where none is given.
    ///
    /// Groups come in ascending order; with `neighbours`, only rows next to each other are grouped
    /// and stay where they are.
    pub fn unique(&self, neighbours: bool, dim: Option<isize>) -> Result<Unique> {
        const OP: &str = "unique";
        let backend = self.backend(OP)?;
        let Some(dim) = dim else {
            let rows = self.reshape(&Shape::from([self.numel(), 1]))?;
            let mut found = backend.unique(neighbours, &rows)?;
            found.values = found.values.reshape(found.counts.shape())?;
            found.inverse = found.inverse.reshape(self.shape())?;
            return Ok(found);
        };
        let dim = rules::dim(OP, dim, self.shape())? as isize;
        let slices = self.transpose(dim, 0)?;
        let (count, numel) = (slices.shape().first().copied().unwrap_or(1), self.numel());
        let rows = Shape::from([count, numel.checked_div(count).unwrap_or(0)]);
        let mut found = backend.unique(neighbours, &slices.reshape(&rows)?)?;
        let mut shape = slices.shape().clone();
        match shape.first_mut() {
            Some(size) => *size = found.counts.numel(),
            None => shape.push(found.counts.numel()),
        }
        found.values = found.values.reshape(&shape)?.transpose(dim, 0)?;
        Ok(found)
    }
}

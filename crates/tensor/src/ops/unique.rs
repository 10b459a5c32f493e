//! Equal elements, or equal slices, as groups.

use super::rules;
use crate::{Array, Result, Shape};

const OP: &str = "unique";

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
        self.room_for_groups()?;
        let backend = self.backend(OP)?;
        let Some(dim) = dim else {
            let rows = self.reshape(&Shape::from([self.numel(), 1]))?;
            let mut found = backend.unique(neighbours, &rows)?;
            found.values = found.values.reshape(found.counts.shape())?;
            found.inverse = found.inverse.reshape(self.shape())?;
            return Ok(found);
        };
        let dim = rules::dim(OP, dim, self.shape())?;
        // The dimension comes first, the others keep their order, by which slices are compared.
        let slices = self.at_least_1d();
        let mut order: Vec<usize> = (0..slices.rank()).filter(|&other| other != dim).collect();
        order.insert(0, dim);
        let slices = slices.with_layout(slices.layout().permute(&order));
        let count = slices.shape()[0];
        let width = self.numel().checked_div(count).unwrap_or(0);
        let rows = slices.reshape(&Shape::from([count, width]))?;
        let mut found = backend.unique(neighbours, &rows)?;
        let mut shape = slices.shape().clone();
        shape[0] = found.counts.numel();
        let values = found.values.reshape(&shape)?;
        let mut back: Vec<usize> = (1..slices.rank()).collect();
        back.insert(dim, 0);
        found.values = values.with_layout(values.layout().permute(&back));
        Ok(found)
    }

    /// The values of [`Array::unique`] alone, which take less time.
    pub fn unique_values(&self, neighbours: bool, dim: Option<isize>) -> Result<Array> {
        if dim.is_some() {
            return Ok(self.unique(neighbours, dim)?.values);
        }
        self.room_for_groups()?;
        let rows = self.reshape(&Shape::from([self.numel(), 1]))?;
        let values = self.backend(OP)?.unique_values(neighbours, &rows)?;
        values.reshape(&Shape::from([values.numel()]))
    }

    fn room_for_groups(&self) -> Result<()> {
        let longest = self.shape().iter().copied().max().unwrap_or(0);
        rules::room_for(OP, self.numel().max(longest))
    }
}

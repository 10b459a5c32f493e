//! Cutting tensors into pieces.

use crate::{Backward, Error, Gradients, Result, Tensor, Wants, gradients};
use rushlight_tensor::ops::rules;
use rushlight_tensor::{Array, Shape};

/// The backward of cutting: the gradients of the pieces are joined again.
struct Split {
    dim: isize,
    shapes: Vec<Shape>,
    /// Whether the pieces lack the dimension.
    unbound: bool,
}

impl Backward for Split {
    fn backward(&self, g: &Tensor, wants: Wants<'_>) -> Result<Gradients> {
        self.backward_many(&[Some(g.clone())], wants)
    }

    fn backward_many(&self, g: &[Option<Tensor>], wants: Wants<'_>) -> Result<Gradients> {
        let Some(known) = g.iter().flatten().next() else {
            return Ok(Gradients::new());
        };
        let piece = |(g, shape): (&Option<Tensor>, &Shape)| match g {
            Some(g) => Ok(g.clone()),
            None => known.new_zeros(shape),
        };
        let pieces = g
            .iter()
            .zip(&self.shapes)
            .map(piece)
            .collect::<Result<Vec<_>>>()?;
        gradients![wants; match self.unbound {
            true => Tensor::stack(&pieces, self.dim)?,
            false => Tensor::cat(&pieces, self.dim)?,
        }]
    }
}

/// Where [`Tensor::tensor_split`] cuts.
#[derive(Clone, Debug)]
pub enum Sections {
    /// Into this many pieces, as equal as possible, the longer ones first.
    Count(usize),
    /// Before these positions, which count from the end if negative.
    Before(Vec<i64>),
}

impl From<usize> for Sections {
    fn from(count: usize) -> Sections {
        Sections::Count(count)
    }
}

impl From<Vec<i64>> for Sections {
    fn from(positions: Vec<i64>) -> Sections {
        Sections::Before(positions)
    }
}

impl From<&[i64]> for Sections {
    fn from(positions: &[i64]) -> Sections {
        Sections::Before(positions.to_vec())
    }
}

impl<const N: usize> From<[i64; N]> for Sections {
    fn from(positions: [i64; N]) -> Sections {
        Sections::Before(positions.to_vec())
    }
}

impl Tensor {
    /// Pieces of `split_size` along `dim`, the last one shorter if need be.
    ///
    /// ```
    /// # use rushlight_autograd::{tensor, Result};
    /// # fn main() -> Result<()> {
    /// let pieces = tensor([1, 2, 3, 4, 5])?.split(2, 0)?;
    /// assert_eq!(pieces[2].to_vec::<i64>()?, [5]);
    /// # Ok(()) }
    /// ```
    pub fn split(&self, split_size: usize, dim: isize) -> Result<Vec<Tensor>> {
        const OP: &str = "split";
        let size = self.size_along(OP, dim)?;
        if split_size == 0 && size > 0 {
            return Err(Error::argument(OP, "split_size", split_size, "positive"));
        }
        // An empty dimension makes one empty piece.
        let count = size.div_ceil(split_size.max(1)).max(1);
        let piece = |number: usize| split_size.min(size - number * split_size);
        self.cut(OP, dim, (0..count).map(piece))
    }

    /// Pieces of the given sizes along `dim`, which must add up to its size.
    pub fn split_with_sizes(&self, sizes: &[usize], dim: isize) -> Result<Vec<Tensor>> {
        const OP: &str = "split_with_sizes";
        let size = self.size_along(OP, dim)?;
        let total = sizes
            .iter()
            .try_fold(0usize, |sum, &piece| sum.checked_add(piece));
        if total != Some(size) {
            let expected = format!("sizes that add up to it, not {sizes:?}");
            return Err(rushlight_tensor::Error::shape(OP, self.shape(), expected).into());
        }
        self.cut(OP, dim, sizes.iter().copied())
    }

    /// At most `chunks` pieces of equal size along `dim`, the last one shorter if need be.
    pub fn chunk(&self, chunks: usize, dim: isize) -> Result<Vec<Tensor>> {
        const OP: &str = "chunk";
        if chunks == 0 {
            return Err(Error::argument(OP, "chunks", chunks, "positive"));
        }
        let size = self.size_along(OP, dim)?;
        match size {
            // Empty pieces cannot be told apart by size, so there are as many as asked for.
            0 => self.cut(OP, dim, std::iter::repeat_n(0, chunks)),
            _ => self.split(size.div_ceil(chunks), dim),
        }
    }

    /// Pieces along `dim`: a number of them, or cut before given positions.
    pub fn tensor_split(&self, sections: impl Into<Sections>, dim: isize) -> Result<Vec<Tensor>> {
        const OP: &str = "tensor_split";
        let size = self.size_along(OP, dim)?;
        match sections.into() {
            Sections::Count(0) => Err(Error::argument(OP, "sections", 0, "positive")),
            Sections::Count(count) => {
                let piece = |number: usize| size / count + usize::from(number < size % count);
                self.cut(OP, dim, (0..count).map(piece))
            }
            Sections::Before(positions) => {
                let ends = positions.into_iter().map(Some).chain([None]);
                let mut start = Some(0);
                let mut pieces = Vec::new();
                for end in ends {
                    pieces.push(self.slice(dim, super::Slice::new(start, end))?);
                    start = end;
                }
                Ok(pieces)
            }
        }
    }

    /// Pieces side by side: along dimension 1, or 0 if there is one dimension only.
    pub fn hsplit(&self, sections: impl Into<Sections>) -> Result<Vec<Tensor>> {
        let dim = if self.dim() == 1 { 0 } else { 1 };
        self.split_evenly("hsplit", 1, dim, sections.into())
    }

    /// Pieces of rows, along dimension 0; there must be at least two dimensions.
    pub fn vsplit(&self, sections: impl Into<Sections>) -> Result<Vec<Tensor>> {
        self.split_evenly("vsplit", 2, 0, sections.into())
    }

    /// Pieces in depth, along dimension 2; there must be at least three dimensions.
    pub fn dsplit(&self, sections: impl Into<Sections>) -> Result<Vec<Tensor>> {
        self.split_evenly("dsplit", 3, 2, sections.into())
    }

    fn split_evenly(
        &self,
        op: &'static str,
        rank: usize,
        dim: isize,
        sections: Sections,
    ) -> Result<Vec<Tensor>> {
        let shape = self.shape();
        if shape.len() < rank {
            let expected = format!("at least {rank} dimensions");
            return Err(rushlight_tensor::Error::shape(op, shape, expected).into());
        }
        match sections {
            Sections::Count(count) if count == 0 || !shape[dim as usize].is_multiple_of(count) => {
                let expected = format!("a dimension {dim} that {count} divides");
                Err(rushlight_tensor::Error::shape(op, shape, expected).into())
            }
            sections => self.tensor_split(sections, dim),
        }
    }

    /// The slices along `dim`, without that dimension.
    pub fn unbind(&self, dim: isize) -> Result<Vec<Tensor>> {
        const OP: &str = "unbind";
        let size = self.size_along(OP, dim)?;
        rules::room_for(OP, size.saturating_mul(size_of::<Tensor>()))?;
        let x = self.array();
        let slices = (0..size).map(|index| x.select(dim, index as i64));
        let slices = slices.collect::<Result<Vec<Array>, _>>()?;
        Ok(self.pieces(OP, slices, dim, true))
    }

    /// Consecutive pieces whose sizes add up to that of the dimension.
    fn cut(
        &self,
        op: &'static str,
        dim: isize,
        sizes: impl Iterator<Item = usize>,
    ) -> Result<Vec<Tensor>> {
        let position = rules::dim(op, dim, &self.shape())? as isize;
        let (count, _) = sizes.size_hint();
        rules::room_for(op, count.saturating_mul(size_of::<Array>()))?;
        let x = self.array();
        let mut start = 0;
        let mut pieces = Vec::with_capacity(count);
        for size in sizes {
            pieces.push(x.narrow(position, start, size)?);
            start += size;
        }
        Ok(self.pieces(op, pieces, position, false))
    }

    fn pieces(
        &self,
        op: &'static str,
        pieces: Vec<Array>,
        dim: isize,
        unbound: bool,
    ) -> Vec<Tensor> {
        let shapes: Vec<Shape> = pieces.iter().map(|piece| piece.shape().clone()).collect();
        Tensor::record_many(pieces, op, &[self], || Split {
            dim,
            shapes,
            unbound,
        })
    }
}

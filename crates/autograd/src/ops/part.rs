//! Parts of a tensor: views that strides can describe, and writing into them.

use super::slice::Slice;
use crate::{Backward, Gradients, Result, Tensor, Wants, gradients};
use rushlight_tensor::ops::rules;
use rushlight_tensor::{Array, Error, Shape};
use std::borrow::Cow;

/// How a part lies in its tensor: steps that each make a view of the view before. No step makes an
/// element appear twice.
#[derive(Clone, Debug, Default)]
pub(crate) struct Part(pub(crate) Vec<Step>);

/// One step of a [`Part`].
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Slice {
        dim: isize,
        start: usize,
        end: usize,
        step: usize,
    },
    Select {
        dim: isize,
        index: i64,
    },
    Unsqueeze {
        dim: isize,
    },
    Diagonal {
        offset: isize,
        first: isize,
        second: isize,
    },
}

impl Part {
    /// The part of an array.
    pub(crate) fn of(&self, x: &Array) -> rushlight_tensor::Result<Array> {
        let mut view = Cow::Borrowed(x);
        for step in &self.0 {
            view = Cow::Owned(match *step {
                Step::Slice {
                    dim,
                    start,
                    end,
                    step,
                } => view.slice(dim, start, end, step)?,
                Step::Select { dim, index } => view.select(dim, index)?,
                Step::Unsqueeze { dim } => view.unsqueeze(dim)?,
                Step::Diagonal {
                    offset,
                    first,
                    second,
                } => view.diagonal(offset, first, second)?,
            });
        }
        Ok(view.into_owned())
    }
}

impl From<Step> for Part {
    fn from(step: Step) -> Part {
        Part(vec![step])
    }
}

/// The backward of writing into a part.
struct Written {
    part: Part,
    source: Shape,
}

impl Backward for Written {
    fn backward(&self, g: &Tensor, wants: Wants<'_>) -> Result<Gradients> {
        gradients![wants;
            g.with_part("fill", &self.part, &g.new_zeros(&self.source)?)?,
            g.part("view", self.part.clone())?]
    }
}

impl Tensor {
    /// A view of a part.
    pub(crate) fn part(&self, op: &'static str, part: Part) -> Result<Tensor> {
        let y = part.of(&self.array())?;
        let shape = self.shape();
        Ok(self.moved(op, y, move |g| g.embed(&part, &shape)))
    }

    /// Zeros of the given shape with `self` as one part.
    fn embed(&self, part: &Part, shape: &Shape) -> Result<Tensor> {
        let x = self.array();
        let zeros = Array::full(shape, 0.into(), x.dtype(), x.device())?;
        let y = zeros.with_written(|zeros| part.of(zeros), &x)?;
        let part = part.clone();
        Ok(self.moved("embed", y, move |g| g.part("view", part.clone())))
    }

    /// The tensor with another one, of the part's very shape, in place of a part.
    pub(crate) fn with_part(
        &self,
        op: &'static str,
        part: &Part,
        source: &Tensor,
    ) -> Result<Tensor> {
        let (x, shape) = (self.array(), source.shape());
        let place = part.of(&x)?;
        if *place.shape() != shape {
            let expected = format!("the shape {} of the part it replaces", place.shape());
            return Err(Error::shape(op, shape, expected).into());
        }
        drop(place);
        let y = x.with_written(|x| part.of(x), &source.array())?;
        Ok(Tensor::record(y, op, &[self, source], || Written {
            part: part.clone(),
            source: shape,
        }))
    }

    /// `length` elements of dimension `dim` from `start` on: any integer, which counts from the end
    /// if negative.
    pub fn narrow(&self, dim: isize, start: impl TryInto<i64>, length: usize) -> Result<Tensor> {
        const OP: &str = "narrow";
        let size = self.size_along(OP, dim)?;
        let start = start.try_into().unwrap_or(i64::MAX);
        let start = super::slice::start_within(OP, start, size)?;
        let end = start.saturating_add(length);
        if end > size {
            let index = i64::try_from(end).unwrap_or(i64::MAX);
            return Err(Error::Index {
                op: OP,
                index,
                size,
            }
            .into());
        }
        let step = Step::Slice {
            dim,
            start,
            end,
            step: 1,
        };
        self.part(OP, step.into())
    }

    /// The elements of dimension `dim` in a range, as Python's `x[start:end:step]` picks them.
    ///
    /// ```
    /// # use rushlight_autograd::{tensor, Result};
    /// # fn main() -> Result<()> {
    /// let x = tensor([0, 1, 2, 3, 4])?;
    /// assert_eq!(x.slice(0, 1..-1)?.to_vec::<i64>()?, [1, 2, 3]);
    /// # Ok(()) }
    /// ```
    pub fn slice(&self, dim: isize, range: impl Into<Slice>) -> Result<Tensor> {
        const OP: &str = "slice";
        let step = range
            .into()
            .step_along(OP, dim, self.size_along(OP, dim)?)?;
        self.part(OP, step.into())
    }

    /// Drops dimension `dim`, keeping the elements at `index`, which counts from the end if negative.
    pub fn select(&self, dim: isize, index: i64) -> Result<Tensor> {
        self.part("select", Step::Select { dim, index }.into())
    }

    /// The diagonal `offset` above the main one of two dimensions, as a new last dimension.
    pub fn diagonal(&self, offset: isize, dim1: isize, dim2: isize) -> Result<Tensor> {
        self.part("diagonal", diagonal(offset, dim1, dim2))
    }

    /// The tensor with `source` in place of what [`Tensor::slice`] picks.
    pub fn slice_scatter(
        &self,
        source: &Tensor,
        dim: isize,
        range: impl Into<Slice>,
    ) -> Result<Tensor> {
        const OP: &str = "slice_scatter";
        let step = range
            .into()
            .step_along(OP, dim, self.size_along(OP, dim)?)?;
        self.with_part(OP, &step.into(), source)
    }

    /// The tensor with `source` in place of what [`Tensor::select`] picks.
    pub fn select_scatter(&self, source: &Tensor, dim: isize, index: i64) -> Result<Tensor> {
        let step = Step::Select { dim, index };
        self.with_part("select_scatter", &step.into(), source)
    }

    /// The tensor with `source` in place of what [`Tensor::diagonal`] picks.
    pub fn diagonal_scatter(
        &self,
        source: &Tensor,
        offset: isize,
        dim1: isize,
        dim2: isize,
    ) -> Result<Tensor> {
        self.with_part("diagonal_scatter", &diagonal(offset, dim1, dim2), source)
    }

    /// Zeros with the last dimension of `self` as the diagonal `offset` of two new ones.
    pub fn diag_embed(&self, offset: isize, dim1: isize, dim2: isize) -> Result<Tensor> {
        const OP: &str = "diag_embed";
        let own = self.shape();
        let Some((&length, batch)) = own.split_last() else {
            return Err(Error::shape(OP, own, "at least one dimension").into());
        };
        let size = length.saturating_add(offset.unsigned_abs());
        let rank = Shape::from(vec![0; own.len() + 1]);
        let first = rules::dim(OP, dim1, &rank)?;
        let second = rules::dim(OP, dim2, &rank)?;
        if first == second {
            return Err(Error::Dimension {
                op: OP,
                dim: dim2,
                shape: own,
            }
            .into());
        }
        let mut shape = Shape::from(batch);
        for dim in [first.min(second), first.max(second)] {
            shape.insert(dim, size);
        }
        self.embed(&diagonal(offset, dim1, dim2), &shape)
    }

    /// The size of a dimension that exists.
    pub(crate) fn size_along(&self, op: &'static str, dim: isize) -> Result<usize> {
        let shape = self.shape();
        if shape.is_empty() {
            return Err(Error::Dimension { op, dim, shape }.into());
        }
        Ok(shape[rules::dim(op, dim, &shape)?])
    }
}

fn diagonal(offset: isize, first: isize, second: isize) -> Part {
    let step = Step::Diagonal {
        offset,
        first,
        second,
    };
    step.into()
}

//! Reductions of segments, which follow each other along a dimension.

use super::scatter::ScatterReduce;
use crate::{DType, Error, Result, Tensor, TensorOptions};
use rushlight_tensor::ops::rules;

/// The segments of each line along a dimension.
#[derive(Clone, Copy, Debug)]
pub enum Segments<'a> {
    /// How long each is: `[..., segments]`. Together they are all elements of the line.
    Lengths(&'a Tensor),
    /// Where each begins, and where the last ends: `[..., segments + 1]`. Elements before the first and
    /// behind the last belong to none.
    Offsets(&'a Tensor),
}

impl Tensor {
    /// Combines the elements of each segment along a dimension, and `initial` with them where given.
    ///
    /// Shapes: `[outer..., n, inner...]` with lengths `[outer..., segments]`
    /// `-> [outer..., segments, inner...]`. An empty segment yields `initial`, or what changes
    /// nothing: 0 for a sum, 1 for a product, an infinity for an extreme, and NaN for a mean.
    ///
    /// Errors where lengths do not add up to `n`, where offsets decrease or lie outside of `0..=n`, and
    /// for dtypes other than floating-point ones.
    ///
    /// ```
    /// # use rushlight_autograd::{tensor, Result, ScatterReduce, Segments};
    /// # fn main() -> Result<()> {
    /// let lengths = tensor([2, 1])?;
    /// let segments = Segments::Lengths(&lengths);
    /// let y = tensor([1.0, 2.0, 5.0])?.segment_reduce(ScatterReduce::Sum, segments, 0, None)?;
    /// assert_eq!(y.to_vec::<f32>()?, [3.0, 5.0]);
    /// # Ok(()) }
    /// ```
    pub fn segment_reduce(
        &self,
        reduce: ScatterReduce,
        segments: Segments<'_>,
        axis: isize,
        initial: Option<f64>,
    ) -> Result<Tensor> {
        const OP: &str = "segment_reduce";
        let (dtype, shape) = (self.dtype(), self.shape());
        let fits = self.is_floating_point();
        rules::dtype(OP, dtype, fits, "a floating-point dtype")?;
        let axis = rules::dim(OP, axis, &shape)?;
        let Some(&length) = shape.get(axis) else {
            let expected = "at least one dimension";
            return Err(rushlight_tensor::Error::shape(OP, shape, expected).into());
        };
        let offsets = offsets(segments, &shape[..=axis])?; // [outer.., segments + 1]
        let count = offsets.size(-1)? - 1;
        // What is found for one element of a line holds for all of the inner dimensions.
        let apart = |x: &Tensor| {
            let mut sizes = x.shape().to_vec();
            sizes.resize(shape.len(), 1);
            x.reshape_to(&sizes)
        };
        let numbers = apart(&numbers(&offsets, length)?)?.broadcast_to(&shape)?;

        let neutral = match reduce {
            ScatterReduce::Sum | ScatterReduce::Mean => 0.0,
            ScatterReduce::Prod => 1.0,
            ScatterReduce::Amax => f64::NEG_INFINITY,
            ScatterReduce::Amin => f64::INFINITY,
        };
        let start = initial.unwrap_or(neutral);
        let dim = axis as isize;
        let combine = |start: f64, reduce| {
            // The first and the last place are for what belongs to no segment.
            let mut sizes = shape.to_vec();
            sizes[axis] = count + 2;
            self.new_full(&sizes, start)?
                .scatter_reduce(dim, &numbers, self, reduce, true)?
                .narrow(dim, 1, count)
        };
        match reduce {
            ScatterReduce::Sum | ScatterReduce::Prod => combine(start, reduce),
            // The initial number bounds an extreme, but takes no part of its gradient.
            ScatterReduce::Amax => combine(neutral, reduce)?.clamp_min(start),
            ScatterReduce::Amin => combine(neutral, reduce)?.clamp_max(start),
            ScatterReduce::Mean => {
                let total = combine(start, ScatterReduce::Sum)?;
                let lengths = apart(&offsets.diff(1, -1, None, None)?)?;
                match initial {
                    Some(_) => total / lengths.clamp_min(1)?,
                    None => total / lengths,
                }
            }
        }
    }
}

/// The offsets of segments that fit into the last dimension of `shape`.
fn offsets(segments: Segments<'_>, shape: &[usize]) -> Result<Tensor> {
    const OP: &str = "segment_reduce";
    let (name, given) = match segments {
        Segments::Lengths(given) => ("lengths", given),
        Segments::Offsets(given) => ("offsets", given),
    };
    let integers = matches!(given.dtype(), DType::I64 | DType::I32);
    rules::dtype(OP, given.dtype(), integers, "int64 or int32")?;
    let ([outer @ .., length], own) = (shape, given.shape()) else {
        let expected = "at least one dimension";
        return Err(rushlight_tensor::Error::shape(OP, shape, expected).into());
    };
    if own.len() != shape.len() || own[..outer.len()] != *outer {
        let expected = format!("{outer:?} and a dimension of segments");
        return Err(rushlight_tensor::Error::shape(OP, own, expected).into());
    }
    let given = given.to_dtype(DType::I64)?;
    if let Segments::Lengths(_) = segments {
        let others = given.sum_dim(&[-1], false)?.ne(*length as i64)?;
        if others.any()?.item()? != 0.0 {
            let expected = "lengths that add up to the size of the dimension";
            return Err(Error::argument(OP, name, "others", expected));
        }
    }
    let offsets = match segments {
        Segments::Lengths(_) => {
            let mut sizes = own.to_vec();
            sizes[outer.len()] = 1;
            Tensor::cat(&[&given.new_zeros(&sizes)?, &given.cumsum(-1)?], -1)?
        }
        Segments::Offsets(_) => given,
    };
    if offsets.size(-1)? == 0 {
        return Err(Error::argument(OP, name, "none", "at least one offset"));
    }
    let outside = offsets.lt(0)?.logical_or(&offsets.gt(*length as i64)?)?;
    let backwards = offsets.diff(1, -1, None, None)?.lt(0)?;
    if outside.any()?.item()? != 0.0 || backwards.any()?.item()? != 0.0 {
        let expected = "segments that follow each other within the dimension";
        return Err(Error::argument(OP, name, "others", expected));
    }
    Ok(offsets)
}

/// For each of `length` elements the number of its segment, counted from 1: 0 before the first
/// segment, one more than the last has behind it.
fn numbers(offsets: &Tensor, length: usize) -> Result<Tensor> {
    let mut sizes = offsets.shape().to_vec();
    if let Some(last) = sizes.last_mut() {
        *last = length;
    }
    let positions = TensorOptions::new().device(offsets.device());
    let positions = positions
        .arange(0, length as i64, 1)?
        .broadcast_to(&sizes)?;
    offsets.searchsorted(&positions, true, None)
}

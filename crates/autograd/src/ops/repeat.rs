//! Repeating elements.

use crate::{Error, Operand, Result, Tensor};
use rushlight_tensor::Shape;
use rushlight_tensor::ops::rules;

impl Tensor {
    /// The tensor repeated along each dimension; surplus leading numbers make new dimensions.
    ///
    /// ```
    /// # use rushlight_autograd::{tensor, Result};
    /// # fn main() -> Result<()> {
    /// let x = tensor([1, 2])?.repeat(&[2, 2])?;
    /// assert_eq!(x.to_vec::<i64>()?, [1, 2, 1, 2, 1, 2, 1, 2]);
    /// # Ok(()) }
    /// ```
    pub fn repeat(&self, repeats: &[usize]) -> Result<Tensor> {
        const OP: &str = "repeat";
        let own = self.shape();
        let Some(leading) = repeats.len().checked_sub(own.len()) else {
            let expected = format!("at most {} dimensions", repeats.len());
            return Err(rushlight_tensor::Error::shape(OP, own, expected).into());
        };
        let size = |dim: usize| if dim < leading { 1 } else { own[dim - leading] };
        // Each dimension as a pair: which copy, and the place in it.
        let (mut single, mut copies, mut joined) = (Vec::new(), Vec::new(), Shape::default());
        for (dim, &count) in repeats.iter().enumerate() {
            let size = size(dim);
            single.extend([1, size]);
            copies.extend([count, size]);
            joined.push(size.checked_mul(count).ok_or_else(|| {
                rushlight_tensor::Error::Overflow {
                    op: OP,
                    shape: own.clone(),
                }
            })?);
        }
        self.reshape_to(&single)?
            .broadcast_to(&copies)?
            .reshape_to(&joined)
    }

    /// As [`Tensor::repeat`], where missing leading numbers are 1.
    pub fn tile(&self, dims: &[usize]) -> Result<Tensor> {
        let missing = self.dim().saturating_sub(dims.len());
        self.repeat(&[&vec![1; missing][..], dims].concat())
    }

    /// Each element repeated in place along `dim`: a number of times, or as often as a 1-d tensor of
    /// integers says for its slice. Without a dimension, repeats the elements of the flattened tensor.
    ///
    /// ```
    /// # use rushlight_autograd::{tensor, Result};
    /// # fn main() -> Result<()> {
    /// let x = tensor([1, 2])?.repeat_interleave(2, None)?;
    /// assert_eq!(x.to_vec::<i64>()?, [1, 1, 2, 2]);
    /// # Ok(()) }
    /// ```
    pub fn repeat_interleave(
        &self,
        repeats: impl Into<Operand>,
        dim: Option<isize>,
    ) -> Result<Tensor> {
        const OP: &str = "repeat_interleave";
        let Some(dim) = dim else {
            return self.flatten(0, -1)?.repeat_interleave(repeats, Some(0));
        };
        let size = self.size_along(OP, dim)?;
        rules::room_for(OP, size)?;
        let counts = match repeats.into() {
            Operand::Scalar(count) => vec![count.to_i64(); size],
            Operand::Tensor(counts) if counts.numel() == 1 && counts.dim() <= 1 => {
                integers(OP, &counts)?.repeat(size)
            }
            Operand::Tensor(counts) if counts.dim() == 1 && counts.numel() == size => {
                integers(OP, &counts)?
            }
            Operand::Tensor(counts) => {
                let expected = format!("one number for each of {size} slices");
                return Err(rushlight_tensor::Error::shape(OP, counts.shape(), expected).into());
            }
        };
        let position = rules::dim(OP, dim, &self.shape())?;
        if let Some(&count) = counts.first()
            && counts.iter().all(|&other| other == count)
            && let Ok(count) = usize::try_from(count)
        {
            return self.repeat_each(OP, position, count);
        }
        let counts = counts.into_iter().map(|count| {
            usize::try_from(count)
                .map_err(|_| Error::argument(OP, "repeats", count, "not negative"))
        });
        let counts = counts.collect::<Result<Vec<usize>>>()?;
        let mut shape = self.shape();
        shape[position] = counts
            .iter()
            .try_fold(0usize, |sum, &n| sum.checked_add(n))
            .ok_or_else(|| rushlight_tensor::Error::Overflow {
                op: OP,
                shape: self.shape(),
            })?;
        rules::numel(OP, &shape)?;
        let slices = counts.iter().enumerate();
        let index = slices.flat_map(|(slice, &n)| std::iter::repeat_n(slice as i64, n));
        let index = Tensor::index_list(OP, shape[position], index)?;
        self.index_select(dim, &index.to_device(self.device())?)
    }
}

impl Tensor {
    /// Each slice along a dimension repeated in place.
    fn repeat_each(&self, op: &'static str, dim: usize, count: usize) -> Result<Tensor> {
        let mut shape = self.shape();
        shape.insert(dim + 1, count);
        rules::numel(op, &shape)?;
        let repeated = self.unsqueeze(dim as isize + 1)?.broadcast_to(&shape)?;
        repeated.flatten(dim as isize, dim as isize + 1)
    }
}

fn integers(op: &'static str, counts: &Tensor) -> Result<Vec<i64>> {
    let dtype = counts.dtype();
    rules::dtype(op, dtype, dtype.is_integer(), "integers")?;
    counts.to_dtype(crate::DType::I64)?.to_vec::<i64>()
}

//! Sorting, and picking elements by their rank. NaN counts as larger than every number.

use super::reduce::Reduced;
use crate::{Backward, Error, Gradients, Result, Tensor, Wants, gradients};
use rushlight_tensor::ops::sort::StatisticOp;
use rushlight_tensor::{Array, DType, Shape};

/// The backward of picking elements: gradients return to where they came from.
struct Picked {
    dim: isize,
    indices: Array,
    shape: Shape,
}

impl Backward for Picked {
    fn backward(&self, g: &Tensor, wants: Wants<'_>) -> Result<Gradients> {
        let indices = Tensor::new(self.indices.clone());
        let sizes: Vec<isize> = indices.shape().iter().map(|&size| size as isize).collect();
        let zeros = Tensor::full(&self.shape, 0.0, g.dtype(), g.device())?;
        gradients![wants; zeros.scatter_add(self.dim, &indices, &g.reshape(&sizes)?)?]
    }
}

impl Tensor {
    /// The elements sorted along a dimension, and where they were. Equal ones keep their order.
    ///
    /// ```
    /// # use rushlight_autograd::{tensor, Result};
    /// # fn main() -> Result<()> {
    /// let (values, indices) = tensor([2.0, 3.0, 1.0])?.sort(-1, false)?;
    /// assert_eq!(values.to_vec::<f32>()?, [1.0, 2.0, 3.0]);
    /// assert_eq!(indices.to_vec::<i64>()?, [2, 0, 1]);
    /// # Ok(()) }
    /// ```
    pub fn sort(&self, dim: isize, descending: bool) -> Result<(Tensor, Tensor)> {
        self.picked("sort", self.array().sort(dim, descending)?, dim, true)
    }

    /// The indices that sort a dimension. Equal elements keep their order.
    pub fn argsort(&self, dim: isize, descending: bool) -> Result<Tensor> {
        Ok(Tensor::new(self.array().sort(dim, descending)?.1))
    }

    /// The elements sorted along the first dimension.
    pub fn msort(&self) -> Result<Tensor> {
        Ok(self.sort(0, false)?.0)
    }

    /// The `k` largest or smallest elements along a dimension, and where they are; in order if
    /// `sorted`.
    ///
    /// ```
    /// # use rushlight_autograd::{tensor, Result};
    /// # fn main() -> Result<()> {
    /// let (values, indices) = tensor([2.0, 3.0, 1.0])?.topk(2, -1, true, true)?;
    /// assert_eq!(values.to_vec::<f32>()?, [3.0, 2.0]);
    /// assert_eq!(indices.to_vec::<i64>()?, [1, 0]);
    /// # Ok(()) }
    /// ```
    pub fn topk(
        &self,
        k: usize,
        dim: isize,
        largest: bool,
        sorted: bool,
    ) -> Result<(Tensor, Tensor)> {
        self.picked(
            "topk",
            self.array().topk(k, dim, largest, sorted)?,
            dim,
            true,
        )
    }

    /// The `k`-th smallest elements along a dimension, counted from 1, and where they are.
    pub fn kthvalue(&self, k: usize, dim: isize, keepdim: bool) -> Result<(Tensor, Tensor)> {
        let Some(rank) = k.checked_sub(1) else {
            let expected = "from 1 to the size of the dimension";
            return Err(Error::argument("kthvalue", "k", k, expected));
        };
        self.statistic(StatisticOp::Rank(rank), dim, keepdim)
    }

    /// The middle one of all elements, the lower of two; NaN if any is, or if there is none.
    pub fn median(&self) -> Result<Tensor> {
        self.statistic_of_all(StatisticOp::Median)
    }

    /// The middle elements along a dimension, the lower of two, and where they are; NaN if any is.
    pub fn median_dim(&self, dim: isize, keepdim: bool) -> Result<(Tensor, Tensor)> {
        self.statistic(StatisticOp::Median, dim, keepdim)
    }

    /// The middle one of all elements that are numbers, the lower of two; NaN if there is none.
    pub fn nanmedian(&self) -> Result<Tensor> {
        self.statistic_of_all(StatisticOp::NanMedian)
    }

    /// The middle ones of the elements along a dimension that are numbers, the lower of two, and
    /// where they are.
    pub fn nanmedian_dim(&self, dim: isize, keepdim: bool) -> Result<(Tensor, Tensor)> {
        self.statistic(StatisticOp::NanMedian, dim, keepdim)
    }

    /// The most frequent elements along a dimension, of several the smallest, and where they are.
    pub fn mode(&self, dim: isize, keepdim: bool) -> Result<(Tensor, Tensor)> {
        self.statistic(StatisticOp::Mode, dim, keepdim)
    }

    fn statistic(&self, op: StatisticOp, dim: isize, keepdim: bool) -> Result<(Tensor, Tensor)> {
        if matches!(op, StatisticOp::Median | StatisticOp::NanMedian) {
            let fits = self.dtype() != DType::Bool;
            rushlight_tensor::ops::rules::dtype(op.name(), self.dtype(), fits, "numbers")?;
        }
        self.picked(op.name(), self.array().statistic(op, dim)?, dim, keepdim)
    }

    fn statistic_of_all(&self, op: StatisticOp) -> Result<Tensor> {
        if self.numel() == 0 && self.is_floating_point() {
            return self.scalar_like(f64::NAN);
        }
        Ok(self.reshape(&[-1])?.statistic(op, 0, false)?.0)
    }

    /// Records elements of `self` and where they are along a dimension. Where there is one for each
    /// row, that dimension goes unless `keepdim`.
    pub(crate) fn picked(
        &self,
        op: &'static str,
        (values, indices): (Array, Array),
        dim: isize,
        keepdim: bool,
    ) -> Result<(Tensor, Tensor)> {
        let reduced = Reduced::new(self, &[dim], keepdim);
        let values = reduced.finish(values)?;
        let values = Tensor::record(values, op, &[self], || Picked {
            dim,
            indices: indices.clone(),
            shape: self.shape(),
        });
        Ok((values, Tensor::new(reduced.finish(indices)?)))
    }
}

//! Resampling: other sizes of the last dimensions, by interpolation.

use crate::{Backward, Gradients, Result, Tensor, Wants, gradients};
use rushlight_tensor::Shape;
use rushlight_tensor::ops::resample::{LineMap, Resampling};
use rushlight_tensor::ops::rules;
use std::sync::Arc;

/// The backward of linear maps: their transposes, of which they are the backward again.
struct Resample {
    maps: Arc<[LineMap]>,
}

impl Backward for Resample {
    fn backward(&self, g: &Tensor, wants: Wants<'_>) -> Result<Gradients> {
        let transposed = self.maps.iter().map(LineMap::transposed);
        gradients![wants; g.map_lines(transposed.collect())?]
    }
}

impl Tensor {
    /// Resamples the last dimensions to the given sizes. A scale is the ratio of output to input
    /// where that is not to follow from the sizes.
    ///
    /// ```
    /// # use rushlight_autograd::{Resampling, Result, Sampling, tensor};
    /// # fn main() -> Result<()> {
    /// let linear = Resampling {
    ///     sampling: Sampling::Linear,
    ///     align_corners: true,
    ///     antialias: false,
    /// };
    /// let y = tensor([0.0, 2.0])?.resample(linear, &[5], &[None])?;
    /// assert_eq!(y.to_vec::<f32>()?, [0.0, 0.5, 1.0, 1.5, 2.0]);
    /// # Ok(()) }
    /// ```
    ///
    /// Errors if a size is zero, or if there are more sizes than dimensions or than three.
    pub fn resample(
        &self,
        resampling: Resampling,
        sizes: &[usize],
        scales: &[Option<f64>],
    ) -> Result<Tensor> {
        const OP: &str = "resample";
        let shape = self.shape();
        let refuse = || {
            let expected = format!("at least {} dimensions, at most three of them", sizes.len());
            rushlight_tensor::Error::shape(OP, &shape, expected)
        };
        let leading = shape.len().checked_sub(sizes.len()).ok_or_else(refuse)?;
        if sizes.len() > 3 {
            return Err(refuse().into());
        }
        let inputs = &shape[leading..];
        let output: Shape = shape[..leading].iter().chain(sizes).copied().collect();
        let no_size = sizes.contains(&0) || inputs.contains(&0);
        if rules::numel(OP, &output)? == 0 && !no_size {
            return self.sum()?.to_dtype(self.dtype())?.broadcast_to(&output);
        }
        let map = |(dim, (&input, &size)): (usize, (&usize, &usize))| {
            let scale = scales.get(dim).copied().flatten();
            LineMap::new(resampling, input, size, scale, self.dtype())
        };
        let maps = inputs.iter().zip(sizes).enumerate().map(map);
        self.map_lines(maps.collect::<Result<_, _>>()?)
    }

    fn map_lines(&self, maps: Arc<[LineMap]>) -> Result<Tensor> {
        let y = self.array().map_lines(&maps)?;
        Ok(Tensor::record(y, "resample", &[self], || Resample { maps }))
    }
}

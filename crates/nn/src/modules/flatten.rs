//! Joining and splitting dimensions.

use crate::layer::layer;

layer! {
    /// Joins the dimensions from `start_dim` to `end_dim` into one.
    ///
    /// # Shape
    ///
    /// `[n, a, b, ...] -> [n, a * b * ...]` by default.
    ///
    /// ```
    /// # use rushlight_autograd::{Result, Tensor};
    /// # use rushlight_nn::{Flatten, Forward};
    /// # fn main() -> Result<()> {
    /// let x = Tensor::zeros(&[32, 1, 5, 5])?;
    /// assert_eq!(Flatten::new().forward(&x)?.shape(), [32, 25]);
    /// # Ok(()) }
    /// ```
    Flatten {}
    /// The first dimension to join. Default: 1.
    start_dim: isize = 1;
    /// The last dimension to join. Default: -1.
    end_dim: isize = -1;
    |layer, x| x.flatten(layer.start_dim, layer.end_dim)
}

layer! {
    /// Splits dimension `dim` into several of the given sizes, one of which may be -1.
    ///
    /// # Shape
    ///
    /// `[n, a * b] -> [n, a, b]`, for example.
    ///
    /// ```
    /// # use rushlight_autograd::{Result, Tensor};
    /// # use rushlight_nn::{Forward, Unflatten};
    /// # fn main() -> Result<()> {
    /// let x = Tensor::zeros(&[2, 50])?;
    /// assert_eq!(Unflatten::new(1, [2, 5, -1]).forward(&x)?.shape(), [2, 2, 5, 5]);
    /// # Ok(()) }
    /// ```
    Unflatten {
        /// The dimension to split.
        dim: isize;
        /// The sizes it is split into.
        unflattened_size: Vec<isize>, from impl Into<Vec<isize>>;
    }
    |layer, x| x.unflatten(layer.dim, &layer.unflattened_size)
}

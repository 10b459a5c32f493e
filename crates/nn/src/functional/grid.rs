//! Sampling images and volumes at places that a grid names.

use crate::{Error, Result};
pub use rushlight_autograd::{GridSampleMode, GridSampleOptions, GridSamplePadding};
use rushlight_autograd::{Tensor, amp};

/// Samples `x` at the places of a grid, whose last dimension has a coordinate from -1 to 1 for each
/// spatial dimension, that of the last dimension first.
///
/// Shapes: `[n, c, h, w]`, `[n, h', w', 2] -> [n, c, h', w']`; `[n, c, d, h, w]`,
/// `[n, d', h', w', 3] -> [n, c, d', h', w']`.
pub fn grid_sample(x: &Tensor, grid: &Tensor, options: GridSampleOptions) -> Result<Tensor> {
    let [x, grid] = &amp::operands("grid_sample", [x, grid])?;
    x.grid_sample(grid, options)
}

/// The grid of [`grid_sample`] under affine maps.
///
/// Shapes: `theta` `[n, 2, 3]` for a result of size `[n, c, h, w] -> [n, h, w, 2]`; `[n, 3, 4]` for
/// `[n, c, d, h, w] -> [n, d, h, w, 3]`.
pub fn affine_grid(theta: &Tensor, size: &[usize], align_corners: bool) -> Result<Tensor> {
    const OP: &str = "affine_grid";
    let spatial = size.len().wrapping_sub(2);
    if ![2, 3].contains(&spatial) || size.contains(&0) {
        return Err(Error::shape(OP, size, "[n, c, h, w] or [n, c, d, h, w]").into());
    }
    if theta.shape() != [size[0], spatial, spatial + 1] || !theta.is_floating_point() {
        let expected = format!("[{}, {spatial}, {}] of floats", size[0], spatial + 1);
        return Err(Error::shape(OP, theta.shape(), expected).into());
    }
    let mut columns = Vec::new();
    for (dim, &length) in size[2..].iter().enumerate().rev() {
        let edge = match (length, align_corners) {
            (1, _) => 0.0,
            (_, true) => 1.0,
            (_, false) => (length as f64 - 1.0) / length as f64,
        };
        let line = theta.options().linspace(-edge, edge, length)?;
        let mut shape = vec![1; spatial];
        shape[dim] = length as isize;
        columns.push(line.reshape(&shape)?.broadcast_to(&size[2..])?);
    }
    columns.push(columns[0].ones_like()?);
    let base = Tensor::stack(&columns, -1)?.reshape(&[1, -1, spatial as isize + 1])?;
    let grid = base.matmul(&theta.transpose(1, 2)?)?;
    let sizes: Vec<isize> = size[2..].iter().map(|&size| size as isize).collect();
    grid.unflatten(1, &sizes)
}

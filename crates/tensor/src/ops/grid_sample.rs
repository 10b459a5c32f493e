//! Sampling images and volumes at places that a grid names.

use super::rules;
use crate::layout::Layout;
use crate::{Array, DType, Error, Result, Shape};

const OP: &str = "grid_sample";

/// How far the kernel of cubic interpolation swings below zero.
pub const GRID_SAMPLE_CUBIC: f64 = -0.75;

/// How elements between those of the input are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum GridSampleMode {
    /// On lines along each dimension.
    #[default]
    Bilinear,
    /// The nearest one.
    Nearest,
    /// On cubic curves along each dimension.
    Bicubic,
}

/// What lies outside of the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum GridSamplePadding {
    /// Zeros.
    #[default]
    Zeros,
    /// The nearest element of the border.
    Border,
    /// The input, mirrored again and again.
    Reflection,
}

/// Settings of sampling at the places of a grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct GridSampleOptions {
    /// How elements between those of the input are found. Default: bilinear.
    pub mode: GridSampleMode,
    /// What lies outside of the input. Default: zeros.
    pub padding_mode: GridSamplePadding,
    /// Whether -1 and 1 are the centres of the outermost elements rather than their edges. Default:
    /// false.
    pub align_corners: bool,
}

impl Array {
    /// The elements at the places of a grid, whose last dimension has a coordinate from -1 to 1 for each
    /// spatial dimension, that of the last dimension first. `f32` or `f64`.
    ///
    /// Shapes: `[n, c, h, w]`, `[n, h', w', 2] -> [n, c, h', w']`, or with one dimension more.
    pub fn grid_sample(&self, grid: &Array, options: GridSampleOptions) -> Result<Array> {
        let sizes = self.grid_sample_shape(grid)?;
        let sizes = channels_moved(&sizes);
        let layout = Layout::contiguous(sizes);
        let mut out = Array::uninit(OP, layout, self.dtype(), self.device())?;
        if out.numel() > 0 {
            let (x, grid) = (channels_last(self)?, grid.contiguous()?);
            self.backend(OP)?
                .grid_sample(options, &x, &grid, &mut out)?;
        }
        channels_first(&out)
    }

    /// The gradients of [`Array::grid_sample`] by the input and by the grid, from the gradient `g` of its
    /// result.
    pub fn grid_sample_backward(
        &self,
        grid: &Array,
        options: GridSampleOptions,
        g: &Array,
    ) -> Result<[Array; 2]> {
        let sizes = self.grid_sample_shape(grid)?;
        rules::same_device(OP, self, g)?;
        rules::dtype(
            OP,
            g.dtype(),
            g.dtype() == self.dtype(),
            "that of the input",
        )?;
        if *g.shape() != sizes {
            return Err(Error::shape(OP, g.shape(), sizes.to_string()));
        }
        let zeros = |shape: &Shape| Array::full(shape, 0.into(), self.dtype(), self.device());
        let mut out = [zeros(&channels_moved(self.shape()))?, zeros(grid.shape())?];
        if g.numel() > 0 {
            let operands = [
                &channels_last(self)?,
                &grid.contiguous()?,
                &channels_last(g)?,
            ];
            self.backend(OP)?
                .grid_sample_backward(options, operands, &mut out)?;
        }
        let [dx, dgrid] = out;
        Ok([channels_first(&dx)?, dgrid])
    }

    /// The shape of what is sampled.
    fn grid_sample_shape(&self, grid: &Array) -> Result<Shape> {
        rules::same_device(OP, self, grid)?;
        let fits = matches!(self.dtype(), DType::F32 | DType::F64);
        rules::dtype(OP, self.dtype(), fits, "f32 or f64")?;
        let fits = grid.dtype() == self.dtype();
        rules::dtype(OP, grid.dtype(), fits, "that of the input")?;
        let (shape, places) = (self.shape(), grid.shape());
        let spatial = shape.len().wrapping_sub(2);
        let fits = [2, 3].contains(&spatial)
            && places.len() == shape.len()
            && places.first() == shape.first()
            && places.last() == Some(&spatial);
        if !fits {
            let expected =
                "a grid of the input's rank and batch size with a coordinate per dimension";
            let got = format!("{places} for {shape}");
            return Err(Error::argument(OP, "grid", got, expected));
        }
        if shape[1..].contains(&0) {
            let expected = "sizes that are not zero but for the batch";
            return Err(Error::shape(OP, shape, expected));
        }
        let sizes = shape[..2].iter().chain(&places[1..=spatial]);
        let sizes: Shape = sizes.copied().collect();
        rules::numel(OP, &sizes)?;
        Ok(sizes)
    }
}

/// The sizes with that of the channels at the end.
fn channels_moved(shape: &Shape) -> Shape {
    let mut moved = shape.clone();
    moved[1..].rotate_left(1);
    moved
}

/// `[n, c, ..]` as contiguous `[n, .., c]`.
fn channels_last(x: &Array) -> Result<Array> {
    let mut order: Vec<isize> = (0..x.rank() as isize).collect();
    order[1..].rotate_left(1);
    x.permute(&order)?.contiguous()
}

/// `[n, .., c]` as `[n, c, ..]`.
fn channels_first(x: &Array) -> Result<Array> {
    let mut order: Vec<isize> = (0..x.rank() as isize).collect();
    order[1..].rotate_right(1);
    x.permute(&order)
}

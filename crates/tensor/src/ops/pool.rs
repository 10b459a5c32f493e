//! Pooling: each output is the maximum or the mean of a window of the input.

use super::rules;
use crate::layout::Layout;
use crate::{Array, DType, Error, Result, Scalar, Shape};

/// Spatial dimensions a pooling may have.
pub const SPATIAL: usize = 3;

/// How windows move over an input. Unused leading dimensions have kernel and steps 1, padding 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PoolGeometry {
    /// Sizes of the window.
    pub kernel: [usize; SPATIAL],
    /// Steps between windows.
    pub stride: [usize; SPATIAL],
    /// How far windows reach over the input's edges, where nothing counts.
    pub padding: [usize; SPATIAL],
    /// Distance between a window's elements; averages have 1.
    pub dilation: [usize; SPATIAL],
    /// Whether a last window may start inside and end outside.
    pub ceil_mode: bool,
}

/// How an average counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct AverageCount {
    /// Whether padding counts as elements.
    pub include_padding: bool,
    /// What to divide by, instead of the number of elements.
    pub divisor: Option<isize>,
}

/// What a pooling's windows are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Windows {
    /// Windows of one size at regular steps.
    Sliding(PoolGeometry),
    /// Windows that divide each dimension into as many parts as the output has.
    Adaptive,
}

/// The sizes of a pooling whose arguments are checked. `planes` counts everything before the spatial
/// dimensions; unused leading spatial dimensions have size 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolShape {
    /// Independent planes.
    pub planes: usize,
    /// Spatial sizes of the input.
    pub input: [usize; SPATIAL],
    /// Spatial sizes of the output.
    pub output: [usize; SPATIAL],
    /// The windows.
    pub windows: Windows,
}

impl Array {
    /// The maximum of each window, and its position in the plane as a flat index. NaN wins.
    ///
    /// `spatial` trailing dimensions are pooled.
    pub fn max_pool(&self, spatial: usize, geometry: &PoolGeometry) -> Result<(Array, Array)> {
        const OP: &str = "max_pool";
        let shape = self.sliding(OP, spatial, geometry)?;
        self.max_over(OP, spatial, &shape)
    }

    /// As [`Array::max_pool`], without the positions.
    pub fn max_pool_values(&self, spatial: usize, geometry: &PoolGeometry) -> Result<Array> {
        const OP: &str = "max_pool";
        let shape = self.sliding(OP, spatial, geometry)?;
        let mut out = self.pooled(OP, spatial, &shape, self.dtype())?;
        if out.numel() > 0 {
            out.backend(OP)?.max_pool(&shape, self, &mut out, None)?;
        }
        Ok(out)
    }

    /// As [`Array::max_pool`], over windows that divide the input into `output` parts.
    pub fn adaptive_max_pool(&self, output: &[usize]) -> Result<(Array, Array)> {
        const OP: &str = "adaptive_max_pool";
        let shape = self.adaptive(OP, output)?;
        self.max_over(OP, output.len(), &shape)
    }

    /// The mean of each window.
    pub fn avg_pool(
        &self,
        spatial: usize,
        geometry: &PoolGeometry,
        count: AverageCount,
    ) -> Result<Array> {
        const OP: &str = "avg_pool";
        let shape = self.sliding(OP, spatial, geometry)?;
        if count.divisor == Some(0) {
            return Err(Error::argument(OP, "divisor_override", 0, "not zero"));
        }
        self.average_over(OP, spatial, &shape, count)
    }

    /// As [`Array::avg_pool`], over windows that divide the input into `output` parts.
    pub fn adaptive_avg_pool(&self, output: &[usize]) -> Result<Array> {
        const OP: &str = "adaptive_avg_pool";
        let shape = self.adaptive(OP, output)?;
        self.average_over(OP, output.len(), &shape, AverageCount::default())
    }

    /// The gradient of the input of an average pooling of `input`, for the gradient `self` of its
    /// output. `windows` is [`Windows::Adaptive`] for adaptive pooling.
    pub fn avg_pool_backward(
        &self,
        input: &Shape,
        spatial: usize,
        windows: Windows,
        count: AverageCount,
    ) -> Result<Array> {
        const OP: &str = "avg_pool_backward";
        let fits = self.rank() == input.len() && spatial <= SPATIAL && spatial < input.len();
        if !fits || self.shape()[..input.len() - spatial] != input[..input.len() - spatial] {
            return Err(Error::shape(
                OP,
                self.shape(),
                format!("a pooling of {input}"),
            ));
        }
        let shape = PoolShape {
            planes: input[..input.len() - spatial].iter().product(),
            input: spatial_sizes(input, spatial),
            output: spatial_sizes(self.shape(), spatial),
            windows,
        };
        if self.numel() == 0 {
            return Array::full(input, Scalar::Int(0), self.dtype(), self.device());
        }
        let layout = Layout::contiguous(input.clone());
        let mut out = Array::uninit(OP, layout, self.dtype(), self.device())?;
        out.backend(OP)?
            .avg_pool_backward(&shape, count, self, &mut out)?;
        Ok(out)
    }

    fn max_over(
        &self,
        op: &'static str,
        spatial: usize,
        shape: &PoolShape,
    ) -> Result<(Array, Array)> {
        let mut out = self.pooled(op, spatial, shape, self.dtype())?;
        let mut indices = self.pooled(op, spatial, shape, DType::I64)?;
        if out.numel() > 0 {
            out.backend(op)?
                .max_pool(shape, self, &mut out, Some(&mut indices))?;
        }
        Ok((out, indices))
    }

    fn average_over(
        &self,
        op: &'static str,
        spatial: usize,
        shape: &PoolShape,
        count: AverageCount,
    ) -> Result<Array> {
        let mut out = self.pooled(op, spatial, shape, self.dtype())?;
        if out.numel() > 0 {
            out.backend(op)?.avg_pool(shape, count, self, &mut out)?;
        }
        Ok(out)
    }

    fn pooled(
        &self,
        op: &'static str,
        spatial: usize,
        shape: &PoolShape,
        dtype: DType,
    ) -> Result<Array> {
        let kept = &self.shape()[..self.rank() - spatial];
        let sizes = kept.iter().chain(&shape.output[SPATIAL - spatial..]);
        let layout = Layout::contiguous(sizes.copied().collect());
        Array::uninit(op, layout, dtype, self.device())
    }

    fn sliding(
        &self,
        op: &'static str,
        spatial: usize,
        geometry: &PoolGeometry,
    ) -> Result<PoolShape> {
        self.check_pool(op, spatial)?;
        let PoolGeometry {
            kernel,
            stride,
            padding,
            dilation,
            ceil_mode,
        } = *geometry;
        for (name, values) in [
            ("kernel_size", kernel),
            ("stride", stride),
            ("dilation", dilation),
        ] {
            if values.contains(&0) {
                return Err(Error::argument(op, name, format!("{values:?}"), "positive"));
            }
        }
        let input = spatial_sizes(self.shape(), spatial);
        let mut output = [1; SPATIAL];
        for dim in SPATIAL - spatial..SPATIAL {
            let extent = dilation[dim]
                .checked_mul(kernel[dim] - 1)
                .and_then(|e| e.checked_add(1));
            let overflow = || Error::Overflow {
                op,
                shape: self.shape().clone(),
            };
            let extent = extent.ok_or_else(overflow)?;
            if padding[dim] > extent / 2 {
                let expected = "at most half the kernel size";
                return Err(Error::argument(op, "padding", padding[dim], expected));
            }
            let padded = input[dim]
                .checked_add(2 * padding[dim])
                .ok_or_else(overflow)?;
            let refuse = || {
                let expected = format!("spatial sizes that hold a window of {kernel:?}");
                Error::shape(op, self.shape(), expected)
            };
            let room = match ceil_mode {
                true => (padded.checked_add(stride[dim] - 1))
                    .ok_or_else(overflow)?
                    .checked_sub(extent),
                false => padded.checked_sub(extent),
            };
            let mut size = room.ok_or_else(refuse)? / stride[dim] + 1;
            // A window must not start in the padding at the far end.
            if ceil_mode && (size - 1) * stride[dim] >= input[dim] + padding[dim] {
                size -= 1;
            }
            if size == 0 || input[dim] == 0 {
                return Err(refuse());
            }
            output[dim] = size;
        }
        let planes = self.shape()[..self.rank() - spatial].iter().product();
        Ok(PoolShape {
            planes,
            input,
            output,
            windows: Windows::Sliding(*geometry),
        })
    }

    fn adaptive(&self, op: &'static str, output: &[usize]) -> Result<PoolShape> {
        let spatial = output.len();
        self.check_pool(op, spatial)?;
        let input = spatial_sizes(self.shape(), spatial);
        let output = spatial_sizes(output, spatial);
        if input.contains(&0) {
            return Err(Error::shape(
                op,
                self.shape(),
                "spatial sizes that are not zero",
            ));
        }
        rules::numel(op, &Shape::from(output))?;
        let planes = self.shape()[..self.rank() - spatial].iter().product();
        Ok(PoolShape {
            planes,
            input,
            output,
            windows: Windows::Adaptive,
        })
    }

    fn check_pool(&self, op: &'static str, spatial: usize) -> Result<()> {
        if !(1..=SPATIAL).contains(&spatial) || !(spatial + 1..=spatial + 2).contains(&self.rank())
        {
            let expected =
                format!("channels and {spatial} spatial dimensions, with or without a batch");
            return Err(Error::shape(op, self.shape(), expected));
        }
        if self.shape()[self.rank() - spatial - 1] == 0 {
            return Err(Error::shape(op, self.shape(), "at least one channel"));
        }
        Ok(())
    }
}

/// The trailing sizes, filled up with leading ones.
fn spatial_sizes(shape: &[usize], spatial: usize) -> [usize; SPATIAL] {
    let mut sizes = [1; SPATIAL];
    sizes[SPATIAL - spatial..].copy_from_slice(&shape[shape.len() - spatial..]);
    sizes
}

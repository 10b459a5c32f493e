//! Pooling in one to three spatial dimensions. The batch dimension may be left out.

use crate::graph::needs_graph;
use crate::{Backward, Gradients, Result, Tensor, Wants, amp, gradients};
use rushlight_tensor::ops::pool::{AverageCount, PoolGeometry, SPATIAL, Windows};
use rushlight_tensor::ops::scatter::ScatterOp;
use rushlight_tensor::{Array, Shape};

/// Settings of a maximum pooling over `N` spatial dimensions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MaxPoolOptions<const N: usize> {
    /// Sizes of the window.
    pub kernel_size: [usize; N],
    /// Steps between windows. Default: the window's sizes.
    pub stride: Option<[usize; N]>,
    /// How far windows reach over the edges. Default: 0.
    pub padding: [usize; N],
    /// Distance between a window's elements. Default: 1.
    pub dilation: [usize; N],
    /// Whether a last window may start inside and end outside. Default: false.
    pub ceil_mode: bool,
}

impl<const N: usize> MaxPoolOptions<N> {
    /// Windows of the given sizes, side by side.
    pub fn new(kernel_size: [usize; N]) -> MaxPoolOptions<N> {
        MaxPoolOptions {
            kernel_size,
            stride: None,
            padding: [0; N],
            dilation: [1; N],
            ceil_mode: false,
        }
    }

    fn geometry(&self) -> PoolGeometry {
        let MaxPoolOptions {
            kernel_size,
            stride,
            padding,
            dilation,
            ceil_mode,
        } = *self;
        let stride = stride.unwrap_or(kernel_size);
        geometry(kernel_size, stride, padding, dilation, ceil_mode)
    }
}

/// Settings of an average pooling over `N` spatial dimensions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AvgPoolOptions<const N: usize> {
    /// Sizes of the window.
    pub kernel_size: [usize; N],
    /// Steps between windows. Default: the window's sizes.
    pub stride: Option<[usize; N]>,
    /// Zeros around the input. Default: 0.
    pub padding: [usize; N],
    /// Whether a last window may start inside and end outside. Default: false.
    pub ceil_mode: bool,
    /// Whether padding counts as elements of the mean. Default: true.
    pub count_include_pad: bool,
    /// What to divide by, instead of the number of elements.
    pub divisor_override: Option<isize>,
}

impl<const N: usize> AvgPoolOptions<N> {
    /// Windows of the given sizes, side by side.
    pub fn new(kernel_size: [usize; N]) -> AvgPoolOptions<N> {
        AvgPoolOptions {
            kernel_size,
            stride: None,
            padding: [0; N],
            ceil_mode: false,
            count_include_pad: true,
            divisor_override: None,
        }
    }
}

/// The backward of a maximum: its gradient goes where it was.
struct MaxPool {
    indices: Array,
    input: Shape,
    spatial: usize,
}

impl Backward for MaxPool {
    fn backward(&self, g: &Tensor, wants: Wants<'_>) -> Result<Gradients> {
        gradients![wants; {
            if g.numel() == 0 {
                return gradients![wants; g.sum()?.broadcast_to(&self.input)?];
            }
            let zeros = Tensor::full(&self.input, 0.0, g.dtype(), g.device())?;
            add_at(zeros, &Tensor::new(self.indices.clone()), g, self.spatial)?
        }]
    }
}

/// Adds numbers to the places of a tensor that have the given flat indices within its last
/// dimensions.
fn add_at(x: Tensor, indices: &Tensor, numbers: &Tensor, spatial: usize) -> Result<Tensor> {
    let shape = x.shape();
    let flat = |x: &Tensor| {
        let own = x.shape();
        let (kept, spread) = own.split_at(own.len().saturating_sub(spatial));
        let plane = spread.iter().product();
        x.reshape_to(&[kept, &[plane]].concat())
    };
    let (start, indices, numbers) = (flat(&x)?, flat(indices)?, flat(numbers)?);
    if needs_graph(&[&x, &numbers]) || x.dtype() != numbers.dtype() {
        return start
            .scatter_add(-1, &indices, &numbers)?
            .reshape_to(&shape);
    }
    // Without another view of them the numbers are added to where they lie.
    let own = start.array();
    drop((x, start));
    let sums = own.scatter(ScatterOp::Add, -1, &indices.array(), &numbers.array())?;
    Tensor::new(sums).reshape_to(&shape)
}

/// The backward of an average: its gradient spreads over the window.
struct AvgPool {
    input: Shape,
    spatial: usize,
    windows: Windows,
    count: AverageCount,
}

impl Backward for AvgPool {
    fn backward(&self, g: &Tensor, wants: Wants<'_>) -> Result<Gradients> {
        let AvgPool {
            input,
            spatial,
            windows,
            count,
        } = self;
        gradients![wants; {
            let y = g.array().avg_pool_backward(input, *spatial, *windows, *count)?;
            Tensor::record(y, "avg_pool_backward", &[g], || AvgPoolBackward {
                output: g.shape(),
                spatial: *spatial,
                windows: *windows,
                count: *count,
            })
        }]
    }
}

/// Averaging is linear, so the backward of its backward is the averaging itself.
struct AvgPoolBackward {
    output: Shape,
    spatial: usize,
    windows: Windows,
    count: AverageCount,
}

impl Backward for AvgPoolBackward {
    fn backward(&self, h: &Tensor, wants: Wants<'_>) -> Result<Gradients> {
        let output = &self.output[self.output.len() - self.spatial..];
        gradients![wants; h.average(self.windows, output, self.count)?]
    }
}

impl Tensor {
    fn max_pool<const N: usize>(&self, options: &MaxPoolOptions<N>) -> Result<(Tensor, Tensor)> {
        let maxima = self.array().max_pool(N, &options.geometry())?;
        Ok(self.record_max(N, maxima))
    }

    fn max_pool_values<const N: usize>(&self, options: &MaxPoolOptions<N>) -> Result<Tensor> {
        if needs_graph(&[self]) {
            return Ok(self.max_pool(options)?.0);
        }
        let y = self.array().max_pool_values(N, &options.geometry())?;
        Ok(Tensor::new(y))
    }

    fn adaptive_max_pool(&self, output_size: &[Option<usize>]) -> Result<(Tensor, Tensor)> {
        let output = self.adaptive_sizes(output_size);
        Ok(self.record_max(output.len(), self.array().adaptive_max_pool(&output)?))
    }

    fn record_max(&self, spatial: usize, (values, indices): (Array, Array)) -> (Tensor, Tensor) {
        let kept = indices.clone();
        let rule = || MaxPool {
            indices: kept,
            input: self.shape(),
            spatial,
        };
        (
            Tensor::record(values, "max_pool", &[self], rule),
            Tensor::new(indices),
        )
    }

    /// The gradient of `x`, whose maxima have the flat `indices` within the last two dimensions,
    /// where `self` is that of the maxima. It does not change with `x`.
    pub fn max_pool2d_with_indices_backward(&self, x: &Tensor, indices: &Tensor) -> Result<Tensor> {
        const OP: &str = "max_pool2d_with_indices_backward";
        let (own, whole) = (self.shape(), x.shape());
        let planes = own.len().checked_sub(2).map(|rank| &own[..rank]);
        let fits = whole.len() == own.len() && planes.is_some_and(|kept| whole.starts_with(kept));
        if !fits || indices.shape() != own {
            let expected = format!("the shape of maxima of {whole}, and as many indices");
            return Err(rushlight_tensor::Error::shape(OP, own, expected).into());
        }
        add_at(x.fill(0)?, indices, self, 2)
    }

    fn avg_pool<const N: usize>(&self, options: &AvgPoolOptions<N>) -> Result<Tensor> {
        let AvgPoolOptions {
            kernel_size,
            stride,
            padding,
            ceil_mode,
            ..
        } = *options;
        let stride = stride.unwrap_or(kernel_size);
        let geometry = geometry(kernel_size, stride, padding, [1; N], ceil_mode);
        let count = AverageCount {
            include_padding: options.count_include_pad,
            divisor: options.divisor_override,
        };
        self.average(Windows::Sliding(geometry), &[0; N], count)
    }

    fn adaptive_avg_pool(&self, output_size: &[Option<usize>]) -> Result<Tensor> {
        let output = self.adaptive_sizes(output_size);
        self.average(Windows::Adaptive, &output, AverageCount::default())
    }

    /// Averages over windows; `output` has the spatial sizes of the result, which only adaptive
    /// windows need.
    fn average(&self, windows: Windows, output: &[usize], count: AverageCount) -> Result<Tensor> {
        let (x, spatial) = (self.array(), output.len());
        let y = match &windows {
            Windows::Sliding(geometry) => x.avg_pool(spatial, geometry, count)?,
            Windows::Adaptive => x.adaptive_avg_pool(output)?,
        };
        let rule = || AvgPool {
            input: self.shape(),
            spatial,
            windows,
            count,
        };
        Ok(Tensor::record(y, "avg_pool", &[self], rule))
    }

    fn adaptive_sizes(&self, output_size: &[Option<usize>]) -> Vec<usize> {
        let shape = self.shape();
        let leading = shape.len().saturating_sub(output_size.len());
        let own = |dim: usize| shape.get(leading + dim).copied().unwrap_or(1);
        output_size
            .iter()
            .enumerate()
            .map(|(dim, size)| size.unwrap_or(own(dim)))
            .collect()
    }
}

fn geometry<const N: usize>(
    kernel: [usize; N],
    stride: [usize; N],
    padding: [usize; N],
    dilation: [usize; N],
    ceil_mode: bool,
) -> PoolGeometry {
    let fill = |unused, used: [usize; N]| {
        let mut all = [unused; SPATIAL];
        all[SPATIAL - N..].copy_from_slice(&used);
        all
    };
    PoolGeometry {
        kernel: fill(1, kernel),
        stride: fill(1, stride),
        padding: fill(0, padding),
        dilation: fill(1, dilation),
        ceil_mode,
    }
}

macro_rules! pool_methods { ($($N:literal, $max:ident, $max_values:ident, $avg:ident, $adaptive_max:ident, $adaptive_avg:ident;)*) => { $(
    impl Tensor {
        #[doc = concat!("The maximum of each window over the last ", $N, " dimension(s), and its flat position among them.")]
        pub fn $max(&self, options: &MaxPoolOptions<$N>) -> Result<(Tensor, Tensor)> {
            amp::run(stringify!($max), [self], |[x]| x.max_pool(options))
        }

        #[doc = concat!("As [`", stringify!($max), "`](Tensor::", stringify!($max), "), without the positions, which takes less time where no gradient needs them.")]
        pub fn $max_values(&self, options: &MaxPoolOptions<$N>) -> Result<Tensor> {
            amp::run(stringify!($max), [self], |[x]| x.max_pool_values(options))
        }

        #[doc = concat!("The mean of each window over the last ", $N, " dimension(s).")]
        pub fn $avg(&self, options: &AvgPoolOptions<$N>) -> Result<Tensor> {
            amp::run(stringify!($avg), [self], |[x]| x.avg_pool(options))
        }

        #[doc = concat!("The maximum, and its flat position, of each of the parts into which the last ", $N, " dimension(s) divide. `None` keeps a size.")]
        pub fn $adaptive_max(&self, output_size: [Option<usize>; $N]) -> Result<(Tensor, Tensor)> {
            amp::run(stringify!($adaptive_max), [self], |[x]| x.adaptive_max_pool(&output_size))
        }

        #[doc = concat!("The mean of each of the parts into which the last ", $N, " dimension(s) divide. `None` keeps a size.")]
        pub fn $adaptive_avg(&self, output_size: [Option<usize>; $N]) -> Result<Tensor> {
            amp::run(stringify!($adaptive_avg), [self], |[x]| x.adaptive_avg_pool(&output_size))
        }
    }
)* } }
pool_methods! {
    1, max_pool1d, max_pool1d_values, avg_pool1d, adaptive_max_pool1d, adaptive_avg_pool1d;
    2, max_pool2d, max_pool2d_values, avg_pool2d, adaptive_max_pool2d, adaptive_avg_pool2d;
    3, max_pool3d, max_pool3d_values, avg_pool3d, adaptive_max_pool3d, adaptive_avg_pool3d;
}

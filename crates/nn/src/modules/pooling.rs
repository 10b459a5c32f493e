//! Pooling: windows over the last dimensions become single elements.

use crate::functional::{MaxUnpoolOptions, max_unpool};
use crate::layer::layer;
use crate::spatial::{Spatial, name_for};
use crate::{Module, Result, Setting, Site, Size};
use rushlight_autograd::{AvgPoolOptions, MaxPoolOptions, Scalar, Tensor};

layer! {
    /// The maximum of each window over the last `N` dimensions.
    ///
    /// # Shape
    ///
    /// `[n, channels, size, ...]` or `[channels, size, ...]`; each size becomes
    /// `(size + 2 padding - dilation (kernel_size - 1) - 1) / stride + 1`, rounded up in
    /// `ceil_mode`.
    ///
    /// ```
    /// # use rushlight_autograd::{Result, Tensor};
    /// # use rushlight_nn::{Forward, MaxPool2d};
    /// # fn main() -> Result<()> {
    /// let layer = MaxPool2d::new(3).stride(2).padding(1);
    /// let y = layer.forward(&Tensor::zeros(&[20, 16, 50, 32])?)?;
    /// assert_eq!(y.shape(), [20, 16, 25, 16]);
    /// # Ok(()) }
    /// ```
    #[module(name = Self::NAME)]
    MaxPool<const N> {
        /// Sizes of the window.
        kernel_size: Size<N>, from impl Into<Size<N>>;
    }
    /// Steps between windows. Default: the window's sizes.
    stride: Size<N> = kernel_size, from impl Into<Size<N>>;
    /// How far windows reach over the edges. Default: 0.
    padding: Size<N> = Size::All(0), from impl Into<Size<N>>;
    /// Distance between a window's elements. Default: 1.
    dilation: Size<N> = Size::All(1), from impl Into<Size<N>>;
    /// Whether a last window may start inside and end outside. Default: false.
    ceil_mode: bool = false;
    |layer, x| x.max_pool_values(&layer.options())
}

/// [`MaxPool`] of sequences.
pub type MaxPool1d = MaxPool<1>;
/// [`MaxPool`] of images.
pub type MaxPool2d = MaxPool<2>;
/// [`MaxPool`] of volumes.
pub type MaxPool3d = MaxPool<3>;

impl<const N: usize> MaxPool<N> {
    const NAME: &'static str = name_for(N, ["MaxPool1d", "MaxPool2d", "MaxPool3d"]);

    fn options(&self) -> MaxPoolOptions<N> {
        MaxPoolOptions {
            kernel_size: self.kernel_size.each(),
            stride: Some(self.stride.each()),
            padding: self.padding.each(),
            dilation: self.dilation.each(),
            ceil_mode: self.ceil_mode,
        }
    }

    /// The maxima, and their positions in the flattened last dimensions of the input.
    pub fn forward_with_indices(&self, x: &Tensor) -> Result<(Tensor, Tensor)>
    where
        Tensor: Spatial<N>,
    {
        self.site.call_all([x], |[x]| x.max_pool(&self.options()))
    }
}

layer! {
    /// The mean of each window over the last `N` dimensions.
    ///
    /// # Shape
    ///
    /// `[n, channels, size, ...]` or `[channels, size, ...]`; each size becomes
    /// `(size + 2 padding - kernel_size) / stride + 1`, rounded up in `ceil_mode`.
    ///
    /// ```
    /// # use rushlight_autograd::{Result, tensor};
    /// # use rushlight_nn::{AvgPool1d, Forward};
    /// # fn main() -> Result<()> {
    /// let y = AvgPool1d::new(2).forward(&tensor([[1.0, 3.0, 5.0, 9.0]])?)?;
    /// assert_eq!(y.to_vec::<f32>()?, [2.0, 7.0]);
    /// # Ok(()) }
    /// ```
    #[module(name = Self::NAME, repr = Self::text)]
    AvgPool<const N> {
        /// Sizes of the window.
        kernel_size: Size<N>, from impl Into<Size<N>>;
    }
    /// Steps between windows. Default: the window's sizes.
    stride: Size<N> = kernel_size, from impl Into<Size<N>>;
    /// Zeros around the input. Default: 0.
    padding: Size<N> = Size::All(0), from impl Into<Size<N>>;
    /// Whether a last window may start inside and end outside. Default: false.
    ceil_mode: bool = false;
    /// Whether the zeros count in the mean. Default: true.
    count_include_pad: bool = true;
    /// What sums are divided by. Default: the number of elements.
    divisor_override: Option<isize> = None, from impl Into<Option<isize>>;
    |layer, x| x.avg_pool(&layer.options()?)
}

/// [`AvgPool`] of sequences.
pub type AvgPool1d = AvgPool<1>;
/// [`AvgPool`] of images.
pub type AvgPool2d = AvgPool<2>;
/// [`AvgPool`] of volumes.
pub type AvgPool3d = AvgPool<3>;

impl<const N: usize> AvgPool<N> {
    const NAME: &'static str = name_for(N, ["AvgPool1d", "AvgPool2d", "AvgPool3d"]);

    fn options(&self) -> Result<AvgPoolOptions<N>> {
        Ok(AvgPoolOptions {
            stride: Some(self.stride.each()),
            padding: self.padding.each(),
            ceil_mode: self.ceil_mode,
            count_include_pad: self.count_include_pad,
            divisor_override: self.divisor_override,
            ..AvgPoolOptions::new(self.kernel_size.each())
        })
    }

    fn text(&self) -> String {
        let sizes = [
            ("kernel_size", self.kernel_size),
            ("stride", self.stride),
            ("padding", self.padding),
        ];
        // In one dimension PyTorch keeps the sizes as tuples.
        let texts = sizes.map(|(name, size)| match N {
            1 => format!("{name}={}", size.each().text()),
            _ => format!("{name}={}", size.text()),
        });
        texts.join(", ")
    }
}

layer! {
    /// The `p`-norm of each window over the last `N` dimensions, `(sum of x^p)^(1/p)`.
    ///
    /// # Shape
    ///
    /// `[n, channels, size, ...]` or `[channels, size, ...]`; each size becomes
    /// `(size - kernel_size) / stride + 1`, rounded up in `ceil_mode`.
    ///
    /// ```
    /// # use rushlight_autograd::{Result, tensor};
    /// # use rushlight_nn::{Forward, LPPool1d};
    /// # fn main() -> Result<()> {
    /// let y = LPPool1d::new(2.0, 2).forward(&tensor([[3.0, 4.0, 6.0, 8.0]])?)?;
    /// assert_eq!(y.to_string(), "tensor([[ 5., 10.]])");
    /// # Ok(()) }
    /// ```
    #[module(name = Self::NAME)]
    LPPool<const N> {
        /// The power.
        norm_type: Scalar, from impl Into<Scalar>;
        /// Sizes of the window.
        kernel_size: Size<N>, from impl Into<Size<N>>;
    }
    /// Steps between windows. Default: the window's sizes.
    stride: Stride<N> = Stride(None), from impl Into<Stride<N>>;
    /// Whether a last window may start inside and end outside. Default: false.
    ceil_mode: bool = false;
    |layer, x| {
        let p = layer.norm_type.to_f64();
        let window = layer.kernel_size.each();
        let options = AvgPoolOptions {
            stride: layer.stride.0.map(Size::each),
            ceil_mode: layer.ceil_mode,
            ..AvgPoolOptions::new(window)
        };
        let elements: f64 = window.iter().map(|&size| size as f64).product();
        let mean = x.pow(p)?.avg_pool(&options)?;
        (mean.sign()? * mean.abs()?.relu()?)?.mul(elements)?.pow(1.0 / p)
    }
}

/// Steps between windows, or none for the window's sizes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stride<const N: usize>(pub Option<Size<N>>);

impl<const N: usize, T: Into<Size<N>>> From<T> for Stride<N> {
    fn from(size: T) -> Self {
        Stride(Some(size.into()))
    }
}

impl<const N: usize> Setting for Stride<N> {
    fn text(&self) -> String {
        self.0.text()
    }
}
crate::settings!(impl [const N: usize] Stride<N>);

/// [`LPPool`] of sequences.
pub type LPPool1d = LPPool<1>;
/// [`LPPool`] of images.
pub type LPPool2d = LPPool<2>;
/// [`LPPool`] of volumes.
pub type LPPool3d = LPPool<3>;

impl<const N: usize> LPPool<N> {
    const NAME: &'static str = name_for(N, ["LPPool1d", "LPPool2d", "LPPool3d"]);
}

layer! {
    /// The mean of each of the parts into which the last `N` dimensions are divided, whatever their
    /// sizes; `None` keeps a size.
    ///
    /// # Shape
    ///
    /// `[n, channels, size, ...]` or `[channels, size, ...]`; the sizes become `output_size`.
    ///
    /// ```
    /// # use rushlight_autograd::{Result, Tensor};
    /// # use rushlight_nn::{AdaptiveAvgPool2d, Forward};
    /// # fn main() -> Result<()> {
    /// let layer = AdaptiveAvgPool2d::new([5, 7]);
    /// let y = layer.forward(&Tensor::zeros(&[1, 64, 8, 9])?)?;
    /// assert_eq!(y.shape(), [1, 64, 5, 7]);
    /// # Ok(()) }
    /// ```
    #[module(name = Self::NAME)]
    AdaptiveAvgPool<const N> {
        /// Sizes of the output.
        output_size: Size<N, Option<usize>>, from impl Into<Size<N, Option<usize>>>;
    }
    |layer, x| x.adaptive_avg_pool(layer.output_size.each())
}

/// [`AdaptiveAvgPool`] of sequences.
pub type AdaptiveAvgPool1d = AdaptiveAvgPool<1>;
/// [`AdaptiveAvgPool`] of images.
pub type AdaptiveAvgPool2d = AdaptiveAvgPool<2>;
/// [`AdaptiveAvgPool`] of volumes.
pub type AdaptiveAvgPool3d = AdaptiveAvgPool<3>;

impl<const N: usize> AdaptiveAvgPool<N> {
    const NAME: &'static str = name_for(
        N,
        [
            "AdaptiveAvgPool1d",
            "AdaptiveAvgPool2d",
            "AdaptiveAvgPool3d",
        ],
    );
}

layer! {
    /// The maximum of each of the parts into which the last `N` dimensions are divided, whatever their
    /// sizes; `None` keeps a size.
    ///
    /// # Shape
    ///
    /// `[n, channels, size, ...]` or `[channels, size, ...]`; the sizes become `output_size`.
    ///
    /// ```
    /// # use rushlight_autograd::{Result, tensor};
    /// # use rushlight_nn::{AdaptiveMaxPool1d, Forward};
    /// # fn main() -> Result<()> {
    /// let y = AdaptiveMaxPool1d::new(2).forward(&tensor([[1.0, 3.0, 5.0, 9.0]])?)?;
    /// assert_eq!(y.to_vec::<f32>()?, [3.0, 9.0]);
    /// # Ok(()) }
    /// ```
    #[module(name = Self::NAME)]
    AdaptiveMaxPool<const N> {
        /// Sizes of the output.
        output_size: Size<N, Option<usize>>, from impl Into<Size<N, Option<usize>>>;
    }
    |layer, x| Ok(x.adaptive_max_pool(layer.output_size.each())?.0)
}

/// [`AdaptiveMaxPool`] of sequences.
pub type AdaptiveMaxPool1d = AdaptiveMaxPool<1>;
/// [`AdaptiveMaxPool`] of images.
pub type AdaptiveMaxPool2d = AdaptiveMaxPool<2>;
/// [`AdaptiveMaxPool`] of volumes.
pub type AdaptiveMaxPool3d = AdaptiveMaxPool<3>;

impl<const N: usize> AdaptiveMaxPool<N> {
    const NAME: &'static str = name_for(
        N,
        [
            "AdaptiveMaxPool1d",
            "AdaptiveMaxPool2d",
            "AdaptiveMaxPool3d",
        ],
    );

    /// The maxima, and their positions in the flattened last dimensions of the input.
    pub fn forward_with_indices(&self, x: &Tensor) -> Result<(Tensor, Tensor)>
    where
        Tensor: Spatial<N>,
    {
        self.site
            .call_all([x], |[x]| x.adaptive_max_pool(self.output_size.each()))
    }
}

/// Puts maxima back to where they were, and zeros elsewhere; see
/// [`max_unpool`](crate::functional::max_unpool).
///
/// # Shape
///
/// `[n, channels, size, ...]` or `[channels, size, ...]`; each size becomes
/// `(size - 1) stride - 2 padding + kernel_size`, unless another is asked for.
///
/// # Arguments
///
/// * `kernel_size`: Sizes of the window.
/// * `stride`: Steps between windows. Default: the window's sizes.
/// * `padding`: How far windows reached over the edges. Default: 0.
///
/// ```
/// # use rushlight_autograd::{Result, tensor};
/// # use rushlight_nn::{MaxPool1d, MaxUnpool1d};
/// # fn main() -> Result<()> {
/// let (y, indices) = MaxPool1d::new(2).forward_with_indices(&tensor([[1.0, 2.0, 4.0, 3.0]])?)?;
/// let x = MaxUnpool1d::new(2).forward(&y, &indices)?;
/// assert_eq!(x.to_vec::<f32>()?, [0.0, 2.0, 4.0, 0.0]);
/// # Ok(()) }
/// ```
#[derive(Module, Debug)]
#[module(name = Self::NAME)]
pub struct MaxUnpool<const N: usize> {
    /// Sizes of the window.
    pub kernel_size: [usize; N],
    /// Steps between windows.
    pub stride: [usize; N],
    /// How far windows reached over the edges.
    pub padding: [usize; N],
    /// The layer's place in a model.
    pub site: Site,
}

/// [`MaxUnpool`] of sequences.
pub type MaxUnpool1d = MaxUnpool<1>;
/// [`MaxUnpool`] of images.
pub type MaxUnpool2d = MaxUnpool<2>;
/// [`MaxUnpool`] of volumes.
pub type MaxUnpool3d = MaxUnpool<3>;

impl<const N: usize> MaxUnpool<N> {
    const NAME: &'static str = name_for(N, ["MaxUnpool1d", "MaxUnpool2d", "MaxUnpool3d"]);

    /// A layer that undoes pooling over windows of these sizes, as far apart.
    pub fn new(kernel_size: impl Into<Size<N>>) -> Self {
        let kernel_size = kernel_size.into().each();
        MaxUnpool {
            kernel_size,
            stride: kernel_size,
            padding: [0; N],
            site: Site::default(),
        }
    }

    /// Steps between windows. Default: the window's sizes.
    #[must_use]
    pub fn stride(mut self, stride: impl Into<Size<N>>) -> Self {
        self.stride = stride.into().each();
        self
    }

    /// How far windows reached over the edges. Default: 0.
    #[must_use]
    pub fn padding(mut self, padding: impl Into<Size<N>>) -> Self {
        self.padding = padding.into().each();
        self
    }

    /// Puts the maxima `x` to the flat positions `indices`.
    pub fn forward(&self, x: &Tensor, indices: &Tensor) -> Result<Tensor> {
        self.unpool(x, indices, None)
    }

    /// As [`MaxUnpool::forward`], to a result of the given spatial sizes.
    pub fn forward_to_size(
        &self,
        x: &Tensor,
        indices: &Tensor,
        output_size: [usize; N],
    ) -> Result<Tensor> {
        self.unpool(x, indices, Some(output_size))
    }

    fn unpool(
        &self,
        x: &Tensor,
        indices: &Tensor,
        output_size: Option<[usize; N]>,
    ) -> Result<Tensor> {
        let options = MaxUnpoolOptions {
            kernel_size: self.kernel_size,
            stride: Some(self.stride),
            padding: self.padding,
            output_size,
        };
        self.site.call_all([x, indices], |[x, indices]| {
            max_unpool(x, indices, &options)
        })
    }
}

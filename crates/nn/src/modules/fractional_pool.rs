//! Pooling over windows at random distances.

use crate::functional::{FractionalMaxPoolOptions, FractionalOutput, fractional_max_pool};
use crate::spatial::name_for;
use crate::{Buffer, Forward, Module, Result, Site, Size};
use rushlight_autograd::Tensor;

/// The maximum of each window over the last `N` dimensions, two or three, where windows lie at random
/// distances; see [`fractional_max_pool`].
///
/// # Shape
///
/// `[n, c, size, ...]` or `[c, size, ...]`; the sizes become those of `output`.
///
/// # Arguments
///
/// * `kernel_size`: Sizes of the window.
/// * `output`: Sizes of the result, or their ratio to those of the input.
/// * `random_samples`: Where windows lie: `[n, c, N]` numbers from 0 to 1. Default: drawn for each
///   call.
///
/// ```
/// # use rushlight_autograd::{Result, Tensor};
/// # use rushlight_nn::functional::FractionalOutput;
/// # use rushlight_nn::{Forward, FractionalMaxPool2d};
/// # fn main() -> Result<()> {
/// let layer = FractionalMaxPool2d::new(3, FractionalOutput::Size([13, 12]));
/// let y = layer.forward(&Tensor::randn(&[2, 4, 50, 32])?)?;
/// assert_eq!(y.shape(), [2, 4, 13, 12]);
/// # Ok(()) }
/// ```
#[derive(Module, Debug)]
#[module(name = Self::NAME)]
pub struct FractionalMaxPool<const N: usize> {
    /// Sizes of the window.
    #[module(skip)]
    pub kernel_size: [usize; N],
    /// Sizes of the result.
    #[module(skip)]
    pub output: FractionalOutput<N>,
    /// Where windows lie, instead of where chance puts them: `[n, c, N]` numbers from 0 to 1.
    #[module(rename = "_random_samples")]
    pub random_samples: Option<Buffer>,
    /// The layer's place in a model.
    pub site: Site,
}

/// [`FractionalMaxPool`] of images.
pub type FractionalMaxPool2d = FractionalMaxPool<2>;
/// [`FractionalMaxPool`] of volumes.
pub type FractionalMaxPool3d = FractionalMaxPool<3>;

impl<const N: usize> FractionalMaxPool<N> {
    const NAME: &'static str = name_for(
        N,
        [
            "FractionalMaxPool1d",
            "FractionalMaxPool2d",
            "FractionalMaxPool3d",
        ],
    );

    /// A layer with windows of a size, and results of others.
    pub fn new(kernel_size: impl Into<Size<N>>, output: FractionalOutput<N>) -> Self {
        FractionalMaxPool {
            kernel_size: kernel_size.into().each(),
            output,
            random_samples: None,
            site: Site::default(),
        }
    }

    /// Where windows lie: `[n, c, N]` numbers from 0 to 1. Default: drawn for each call.
    #[must_use]
    pub fn random_samples(mut self, samples: Tensor) -> Self {
        self.random_samples = Some(Buffer::new(samples));
        self
    }

    /// The maxima, and their positions in the flattened last dimensions of the input.
    pub fn forward_with_indices(&self, x: &Tensor) -> Result<(Tensor, Tensor)> {
        self.site.call_all([x], |[x]| self.pool(x))
    }

    fn pool(&self, x: &Tensor) -> Result<(Tensor, Tensor)> {
        let options = FractionalMaxPoolOptions {
            kernel_size: self.kernel_size,
            output: self.output,
            random_samples: self.random_samples.as_deref(),
        };
        fractional_max_pool(x, &options)
    }
}

impl<const N: usize> Forward for FractionalMaxPool<N> {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.site.call(x, |x| Ok(self.pool(x)?.0))
    }
}

//! Other spatial sizes: interpolation, and windows of images as columns.

use crate::functional::{
    InterpolateOptions, InterpolationMode, Resize, UnfoldOptions, fold, interpolate, unfold,
};
use crate::layer::layer;
use crate::{Setting, Size};

layer! {
    /// Upsamples the spatial dimensions; see [`interpolate`].
    ///
    /// # Shape
    ///
    /// `[n, c, size, ...]` with one to three spatial dimensions, which become those of `resize`.
    ///
    /// ```
    /// # use rushlight_autograd::{Result, Tensor};
    /// # use rushlight_nn::functional::{InterpolationMode, Resize};
    /// # use rushlight_nn::{Forward, Upsample};
    /// # fn main() -> Result<()> {
    /// let layer = Upsample::new(Resize::By(vec![2.0])).mode(InterpolationMode::Bilinear);
    /// assert_eq!(layer.forward(&Tensor::zeros(&[1, 3, 4, 5])?)?.shape(), [1, 3, 8, 10]);
    /// assert_eq!(layer.to_string(), "Upsample(scale_factor=2.0, mode='bilinear')");
    /// # Ok(()) }
    /// ```
    #[module(repr = Self::text)]
    Upsample {
        /// The sizes of the result.
        #[module(skip)]
        resize: Resize;
    }
    /// How elements between those of the input are found. Default: the nearest.
    mode: InterpolationMode = InterpolationMode::Nearest;
    /// Whether the outermost elements lie upon each other, rather than their edges. Default: false.
    align_corners: Option<bool> = None, from impl Into<Option<bool>>;
    /// Whether positions follow from the rounded sizes rather than from the factors. Default: false.
    recompute_scale_factor: bool = false;
    |layer, x| {
        let options = InterpolateOptions {
            mode: layer.mode,
            align_corners: layer.align_corners,
            recompute_scale_factor: layer.recompute_scale_factor,
            ..InterpolateOptions::new(layer.resize.clone())
        };
        interpolate(x, &options)
    }
}

impl Upsample {
    fn text(&self) -> String {
        text(&self.resize, self.mode)
    }
}

impl Setting for InterpolationMode {
    fn text(&self) -> String {
        format!("'{}'", self.name())
    }
}
crate::settings!(InterpolationMode);

/// The sizes as Python prints them: one number, or a tuple.
fn text(resize: &Resize, mode: InterpolationMode) -> String {
    let sizes = match resize {
        Resize::To(sizes) => match sizes[..] {
            [size] => format!("size={size}"),
            _ => format!("size={}", sizes.text()),
        },
        Resize::By(factors) => match factors[..] {
            [factor] => format!("scale_factor={}", factor.text()),
            _ => format!("scale_factor={}", factors.text()),
        },
    };
    format!("{sizes}, mode={}", mode.text())
}

layer! {
    /// Upsamples images by repeating the nearest element.
    ///
    /// # Shape
    ///
    /// `[n, c, h, w]`, of which the last two become those of `resize`.
    ///
    /// ```
    /// # use rushlight_autograd::{Result, tensor};
    /// # use rushlight_nn::{Forward, UpsamplingNearest2d, functional::Resize};
    /// # fn main() -> Result<()> {
    /// let y = UpsamplingNearest2d::new(Resize::By(vec![2.0])).forward(&tensor([[[[1.0, 2.0]]]])?)?;
    /// assert_eq!(y.to_vec::<f32>()?, [1.0, 1.0, 2.0, 2.0, 1.0, 1.0, 2.0, 2.0]);
    /// # Ok(()) }
    /// ```
    #[module(repr = Self::text)]
    UpsamplingNearest2d {
        /// The sizes of the result.
        #[module(skip)]
        resize: Resize;
    }
    |layer, x| interpolate(x, &InterpolateOptions::new(layer.resize.clone()))
}

impl UpsamplingNearest2d {
    fn text(&self) -> String {
        text(&self.resize, InterpolationMode::Nearest)
    }
}

layer! {
    /// Upsamples images on lines, with the outermost elements upon each other.
    ///
    /// # Shape
    ///
    /// `[n, c, h, w]`, of which the last two become those of `resize`.
    ///
    /// ```
    /// # use rushlight_autograd::{Result, tensor};
    /// # use rushlight_nn::{Forward, UpsamplingBilinear2d, functional::Resize};
    /// # fn main() -> Result<()> {
    /// let layer = UpsamplingBilinear2d::new(Resize::To(vec![1, 3]));
    /// let y = layer.forward(&tensor([[[[1.0, 2.0]]]])?)?;
    /// assert_eq!(y.to_vec::<f32>()?, [1.0, 1.5, 2.0]);
    /// # Ok(()) }
    /// ```
    #[module(repr = Self::text)]
    UpsamplingBilinear2d {
        /// The sizes of the result.
        #[module(skip)]
        resize: Resize;
    }
    |layer, x| {
        let options = InterpolateOptions {
            mode: InterpolationMode::Bilinear,
            align_corners: Some(true),
            ..InterpolateOptions::new(layer.resize.clone())
        };
        interpolate(x, &options)
    }
}

impl UpsamplingBilinear2d {
    fn text(&self) -> String {
        text(&self.resize, InterpolationMode::Bilinear)
    }
}

layer! {
    /// The windows of images as columns; see [`unfold`].
    ///
    /// # Shape
    ///
    /// `[n, c, h, w] -> [n, c * kernel elements, windows]`, with or without `n`.
    ///
    /// ```
    /// # use rushlight_autograd::{Result, Tensor};
    /// # use rushlight_nn::{Forward, Unfold};
    /// # fn main() -> Result<()> {
    /// let y = Unfold::new([2, 3]).forward(&Tensor::zeros(&[2, 5, 3, 4])?)?;
    /// assert_eq!(y.shape(), [2, 30, 4]);
    /// # Ok(()) }
    /// ```
    Unfold {
        /// Sizes of the window.
        kernel_size: Size<2>, from impl Into<Size<2>>;
    }
    /// Distance between a window's elements. Default: 1.
    dilation: Size<2> = Size::All(1), from impl Into<Size<2>>;
    /// Zeros around the image. Default: 0.
    padding: Size<2> = Size::All(0), from impl Into<Size<2>>;
    /// Steps between windows. Default: 1.
    stride: Size<2> = Size::All(1), from impl Into<Size<2>>;
    |layer, x| {
        unfold(x, &windows(layer.kernel_size, layer.dilation, layer.padding, layer.stride))
    }
}

layer! {
    /// Adds the columns of [`Unfold`] up where they came from; see [`fold`].
    ///
    /// # Shape
    ///
    /// `[n, c * kernel elements, windows] -> [n, c, h, w]`, with or without `n`.
    ///
    /// ```
    /// # use rushlight_autograd::{Result, Tensor};
    /// # use rushlight_nn::{Fold, Forward};
    /// # fn main() -> Result<()> {
    /// let y = Fold::new([4, 5], [2, 2]).forward(&Tensor::zeros(&[1, 12, 12])?)?;
    /// assert_eq!(y.shape(), [1, 3, 4, 5]);
    /// # Ok(()) }
    /// ```
    Fold {
        /// Sizes of the image.
        output_size: Size<2>, from impl Into<Size<2>>;
        /// Sizes of the window.
        kernel_size: Size<2>, from impl Into<Size<2>>;
    }
    /// Distance between a window's elements. Default: 1.
    dilation: Size<2> = Size::All(1), from impl Into<Size<2>>;
    /// Zeros around the image. Default: 0.
    padding: Size<2> = Size::All(0), from impl Into<Size<2>>;
    /// Steps between windows. Default: 1.
    stride: Size<2> = Size::All(1), from impl Into<Size<2>>;
    |layer, x| {
        let windows = windows(layer.kernel_size, layer.dilation, layer.padding, layer.stride);
        fold(x, layer.output_size.each(), &windows)
    }
}

fn windows(
    kernel_size: Size<2>,
    dilation: Size<2>,
    padding: Size<2>,
    stride: Size<2>,
) -> UnfoldOptions {
    UnfoldOptions {
        kernel_size: kernel_size.each(),
        dilation: dilation.each(),
        padding: padding.each(),
        stride: stride.each(),
    }
}

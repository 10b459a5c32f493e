//! Padding.

use crate::functional::pad_with;
use crate::{Forward, Module, Result, Setting, Site};
use rushlight_autograd::{PadMode, Scalar, Tensor};

/// How much to add around a tensor: one number for every side, or two numbers for each dimension,
/// before and after, for the last dimension first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sides<const SIDES: usize>(pub [isize; SIDES]);

impl<const SIDES: usize> From<isize> for Sides<SIDES> {
    fn from(amount: isize) -> Self {
        Sides([amount; SIDES])
    }
}

impl<const SIDES: usize> From<[isize; SIDES]> for Sides<SIDES> {
    fn from(amounts: [isize; SIDES]) -> Self {
        Sides(amounts)
    }
}

macro_rules! padding_layers { ($(
    $(#[$doc:meta])*
    $Pad:ident: $mode:expr, $Pad1d:ident $Pad2d:ident $Pad3d:ident;
)*) => { $(
    $(#[$doc])*
    ///
    /// # Arguments
    ///
    /// * `padding`: How much to add: one number for every side, or two for each dimension, before and
    ///   after, for the last dimension first.
    #[derive(Module, Debug)]
    #[module(name = Self::NAME, repr = Self::text)]
    pub struct $Pad<const SIDES: usize> {
        /// How much to add, before and after, for the last dimension first.
        pub padding: [isize; SIDES],
        /// The layer's place in a model.
        pub site: Site,
    }

    #[doc = concat!("[`", stringify!($Pad), "`] for one dimension.")]
    pub type $Pad1d = $Pad<2>;
    #[doc = concat!("[`", stringify!($Pad), "`] for two dimensions.")]
    pub type $Pad2d = $Pad<4>;
    #[doc = concat!("[`", stringify!($Pad), "`] for three dimensions.")]
    pub type $Pad3d = $Pad<6>;

    impl<const SIDES: usize> $Pad<SIDES> {
        const NAME: &'static str = match SIDES {
            2 => stringify!($Pad1d),
            4 => stringify!($Pad2d),
            _ => stringify!($Pad3d),
        };

        /// A layer that adds this much.
        pub fn new(padding: impl Into<Sides<SIDES>>) -> Self {
            $Pad { padding: padding.into().0, site: Site::default() }
        }

        fn text(&self) -> String {
            self.padding.text()
        }
    }

    impl<const SIDES: usize> Forward for $Pad<SIDES> {
        fn forward(&self, x: &Tensor) -> Result<Tensor> {
            self.site.call(x, |x| pad_with(x, &self.padding, $mode))
        }
    }
)* } }
padding_layers! {
    /// Adds zeros around the last dimensions.
    ///
    /// # Shape
    ///
    /// `[n, channels, size, ...]` or `[channels, size, ...]`, of which the last one, two or three
    /// dimensions grow.
    ///
    /// ```
    /// # use rushlight_autograd::{Result, tensor};
    /// # use rushlight_nn::{Forward, ZeroPad1d};
    /// # fn main() -> Result<()> {
    /// let y = ZeroPad1d::new(1).forward(&tensor([[1.0, 2.0]])?)?;
    /// assert_eq!(y.to_vec::<f32>()?, [0.0, 1.0, 2.0, 0.0]);
    /// # Ok(()) }
    /// ```
    ZeroPad: PadMode::Constant(Scalar::Int(0)), ZeroPad1d ZeroPad2d ZeroPad3d;
    /// Adds the elements mirrored at the edge, which is not repeated, around the last dimensions.
    ///
    /// # Shape
    ///
    /// `[n, channels, size, ...]` or `[channels, size, ...]`, of which the last one, two or three
    /// dimensions grow.
    ///
    /// ```
    /// # use rushlight_autograd::{Result, tensor};
    /// # use rushlight_nn::{Forward, ReflectionPad1d};
    /// # fn main() -> Result<()> {
    /// let y = ReflectionPad1d::new(1).forward(&tensor([[1.0, 2.0]])?)?;
    /// assert_eq!(y.to_vec::<f32>()?, [2.0, 1.0, 2.0, 1.0]);
    /// # Ok(()) }
    /// ```
    ReflectionPad: PadMode::Reflect, ReflectionPad1d ReflectionPad2d ReflectionPad3d;
    /// Adds the element at the edge around the last dimensions.
    ///
    /// # Shape
    ///
    /// `[n, channels, size, ...]` or `[channels, size, ...]`, of which the last one, two or three
    /// dimensions grow.
    ///
    /// ```
    /// # use rushlight_autograd::{Result, tensor};
    /// # use rushlight_nn::{Forward, ReplicationPad1d};
    /// # fn main() -> Result<()> {
    /// let y = ReplicationPad1d::new(1).forward(&tensor([[1.0, 2.0]])?)?;
    /// assert_eq!(y.to_vec::<f32>()?, [1.0, 1.0, 2.0, 2.0]);
    /// # Ok(()) }
    /// ```
    ReplicationPad: PadMode::Replicate, ReplicationPad1d ReplicationPad2d ReplicationPad3d;
    /// Adds the elements from the other end around the last dimensions.
    ///
    /// # Shape
    ///
    /// `[n, channels, size, ...]` or `[channels, size, ...]`, of which the last one, two or three
    /// dimensions grow.
    ///
    /// ```
    /// # use rushlight_autograd::{Result, tensor};
    /// # use rushlight_nn::{CircularPad1d, Forward};
    /// # fn main() -> Result<()> {
    /// let y = CircularPad1d::new(1).forward(&tensor([[1.0, 2.0]])?)?;
    /// assert_eq!(y.to_vec::<f32>()?, [2.0, 1.0, 2.0, 1.0]);
    /// # Ok(()) }
    /// ```
    CircularPad: PadMode::Circular, CircularPad1d CircularPad2d CircularPad3d;
}

/// Adds a number around the last dimensions.
///
/// # Shape
///
/// `[n, channels, size, ...]` or `[channels, size, ...]`, of which the last one, two or three
/// dimensions grow.
///
/// # Arguments
///
/// * `padding`: How much to add: one number for every side, or two for each dimension, before and
///   after, for the last dimension first.
/// * `value`: The number that is added.
///
/// ```
/// # use rushlight_autograd::{Result, tensor};
/// # use rushlight_nn::{ConstantPad1d, Forward};
/// # fn main() -> Result<()> {
/// let y = ConstantPad1d::new([1, 2], 3.5).forward(&tensor([[0.0]])?)?;
/// assert_eq!(y.to_vec::<f32>()?, [3.5, 0.0, 3.5, 3.5]);
/// # Ok(()) }
/// ```
#[derive(Module, Debug)]
#[module(name = Self::NAME)]
pub struct ConstantPad<const SIDES: usize> {
    /// How much to add, before and after, for the last dimension first.
    pub padding: [isize; SIDES],
    /// The number that is added.
    pub value: Scalar,
    /// The layer's place in a model.
    pub site: Site,
}

/// [`ConstantPad`] for one dimension.
pub type ConstantPad1d = ConstantPad<2>;
/// [`ConstantPad`] for two dimensions.
pub type ConstantPad2d = ConstantPad<4>;
/// [`ConstantPad`] for three dimensions.
pub type ConstantPad3d = ConstantPad<6>;

impl<const SIDES: usize> ConstantPad<SIDES> {
    const NAME: &'static str = match SIDES {
        2 => "ConstantPad1d",
        4 => "ConstantPad2d",
        _ => "ConstantPad3d",
    };

    /// A layer that adds this much of a number.
    pub fn new(padding: impl Into<Sides<SIDES>>, value: impl Into<Scalar>) -> Self {
        ConstantPad {
            padding: padding.into().0,
            value: value.into(),
            site: Site::default(),
        }
    }
}

impl<const SIDES: usize> Forward for ConstantPad<SIDES> {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.site.call(x, |x| {
            pad_with(x, &self.padding, PadMode::Constant(self.value))
        })
    }
}

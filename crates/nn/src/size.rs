//! Sizes per spatial dimension, given as one number or as one for each.

use crate::{Error, Setting};

/// A number for each of `N` spatial dimensions. One number stands for all of them, and prints as one.
///
/// ```
/// # use rushlight_nn::Size;
/// assert_eq!(Size::<2>::from(3).each(), [3, 3]);
/// assert_eq!(Size::<2>::from([3, 5]).each(), [3, 5]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size<const N: usize, T = usize> {
    /// The same for all dimensions.
    All(T),
    /// One for each dimension.
    Each([T; N]),
}

impl<const N: usize, T: Copy> Size<N, T> {
    /// The number for each dimension.
    pub fn each(self) -> [T; N] {
        match self {
            Size::All(size) => [size; N],
            Size::Each(sizes) => sizes,
        }
    }
}

impl<const N: usize, T: Setting> Setting for Size<N, T> {
    fn text(&self) -> String {
        match self {
            Size::All(size) => size.text(),
            Size::Each(sizes) => sizes.text(),
        }
    }
}
crate::settings!(impl [const N: usize, T: Setting] Size<N, T>);

impl<const N: usize> From<usize> for Size<N> {
    fn from(size: usize) -> Size<N> {
        Size::All(size)
    }
}

impl<const N: usize> From<[usize; N]> for Size<N> {
    fn from(sizes: [usize; N]) -> Size<N> {
        Size::Each(sizes)
    }
}

impl From<(usize, usize)> for Size<2> {
    fn from((height, width): (usize, usize)) -> Size<2> {
        Size::Each([height, width])
    }
}

impl From<(usize, usize, usize)> for Size<3> {
    fn from((depth, height, width): (usize, usize, usize)) -> Size<3> {
        Size::Each([depth, height, width])
    }
}

impl<const N: usize> From<usize> for Size<N, Option<usize>> {
    fn from(size: usize) -> Self {
        Size::All(Some(size))
    }
}

impl<const N: usize> From<[usize; N]> for Size<N, Option<usize>> {
    fn from(sizes: [usize; N]) -> Self {
        Size::Each(sizes.map(Some))
    }
}

impl<const N: usize> From<[Option<usize>; N]> for Size<N, Option<usize>> {
    fn from(sizes: [Option<usize>; N]) -> Self {
        Size::Each(sizes)
    }
}

/// One number for all dimensions, or one for each.
impl<const N: usize, T: Copy> TryFrom<&[T]> for Size<N, T> {
    type Error = rushlight_autograd::Error;

    fn try_from(sizes: &[T]) -> Result<Self, Self::Error> {
        match (sizes, sizes.try_into()) {
            (_, Ok(sizes)) => Ok(Size::Each(sizes)),
            (&[size], _) => Ok(Size::All(size)),
            _ => {
                let expected = "as many as there are spatial dimensions, or one";
                Err(Error::argument("Size", "number of sizes", sizes.len(), expected).into())
            }
        }
    }
}

//! Sizes of the dimensions of an array.

use smallvec::SmallVec;
use std::fmt;
use std::ops::{Deref, DerefMut};

/// Up to this many dimensions are stored without an allocation.
const INLINE_RANK: usize = 6;

/// Distance in elements between neighbours along each dimension.
pub type Strides = SmallVec<[isize; INLINE_RANK]>;

/// The sizes of an array's dimensions, outermost first. Dereferences to a slice.
///
/// ```
/// # use rushlight_tensor::Shape;
/// let shape = Shape::from([2, 3]);
/// assert_eq!(shape.to_string(), "[2, 3]");
/// assert_eq!(shape.len(), 2);
/// ```
#[derive(PartialEq, Eq, Hash, Default)]
pub struct Shape(SmallVec<[usize; INLINE_RANK]>);

impl Shape {
    /// The number of elements, or `None` when it does not fit in an `isize`.
    ///
    /// Sizes beside a zero must not overflow either, so the product of any of the sizes can be formed.
    pub fn checked_numel(&self) -> Option<usize> {
        let mut sizes = self.iter().filter(|&&size| size > 0);
        let product = sizes.try_fold(1usize, |n, &size| n.checked_mul(size))?;
        let fits = product <= isize::MAX as usize;
        let numel = if self.contains(&0) { 0 } else { product };
        fits.then_some(numel)
    }

    /// Appends a dimension.
    pub fn push(&mut self, size: usize) {
        self.0.push(size);
    }

    /// Inserts a dimension before position `at`, which is at most the rank.
    pub fn insert(&mut self, at: usize, size: usize) {
        self.0.insert(at, size);
    }

    /// Removes the dimension at position `at`, which is below the rank.
    pub fn remove(&mut self, at: usize) -> usize {
        self.0.remove(at)
    }
}

/// A copy of numbers: the derived clone goes through them one by one.
impl Clone for Shape {
    fn clone(&self) -> Shape {
        Shape(SmallVec::from_slice(&self.0))
    }
}

impl Deref for Shape {
    type Target = [usize];
    fn deref(&self) -> &[usize] {
        &self.0
    }
}

impl DerefMut for Shape {
    fn deref_mut(&mut self) -> &mut [usize] {
        &mut self.0
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl fmt::Debug for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<&[usize]> for Shape {
    fn from(sizes: &[usize]) -> Shape {
        Shape(SmallVec::from_slice(sizes))
    }
}

impl<const N: usize> From<[usize; N]> for Shape {
    fn from(sizes: [usize; N]) -> Shape {
        Shape(SmallVec::from_slice(&sizes))
    }
}

impl From<&Shape> for Shape {
    fn from(shape: &Shape) -> Shape {
        shape.clone()
    }
}

impl From<Vec<usize>> for Shape {
    fn from(sizes: Vec<usize>) -> Shape {
        Shape(SmallVec::from_vec(sizes))
    }
}

impl FromIterator<usize> for Shape {
    fn from_iter<I: IntoIterator<Item = usize>>(sizes: I) -> Shape {
        Shape(sizes.into_iter().collect())
    }
}

impl PartialEq<[usize]> for Shape {
    fn eq(&self, other: &[usize]) -> bool {
        **self == *other
    }
}

impl<const N: usize> PartialEq<[usize; N]> for Shape {
    fn eq(&self, other: &[usize; N]) -> bool {
        **self == *other
    }
}

//! Whether a tensor's shape, strides and offset stay inside its storage.

use rushlight_tensor::DType;

use crate::{Error, Result};

/// The most dimensions a tensor in a file may have. PyTorch's operations and NumPy stop there, too.
pub(crate) const MAX_DIMS: usize = 64;

/// The bytes that the elements of a tensor take, or `None` where they cannot be counted.
///
/// A dimension of size zero does not excuse the others: kernels multiply them up as well.
pub(crate) fn byte_length(shape: &[usize], dtype: DType) -> Option<u64> {
    let mut sizes = shape.iter().map(|&size| size.max(1));
    let bytes = sizes.try_fold(dtype.size_in_bytes(), |bytes, size| bytes.checked_mul(size))?;
    let bytes = isize::try_from(bytes).ok()?;
    match shape.contains(&0) {
        true => Some(0),
        false => bytes.try_into().ok(),
    }
}

/// A layout that was checked against a storage.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    pub(crate) shape: Vec<usize>,
    pub(crate) strides: Vec<isize>,
    pub(crate) offset: usize,
}

impl Layout {
    /// Accepts a layout all of whose elements lie within `start .. start + elements`, where
    /// `offset` counts from `start`.
    pub(crate) fn checked(
        shape: &[i64],
        strides: &[i64],
        offset: i64,
        start: u64,
        elements: u64,
    ) -> Result<Layout> {
        Layout::fitting(shape, strides, offset, start, elements).ok_or_else(|| Error::Layout {
            shape: shape.to_vec(),
            strides: strides.to_vec(),
            offset,
            elements,
        })
    }

    fn fitting(
        shape: &[i64],
        strides: &[i64],
        offset: i64,
        start: u64,
        elements: u64,
    ) -> Option<Layout> {
        let paired = shape.len() == strides.len() && shape.len() <= MAX_DIMS;
        if !paired || offset < 0 || shape.iter().chain(strides).any(|&value| value < 0) {
            return None;
        }
        // Expanded dimensions cost no storage, but their bytes must stay countable, see above.
        let sizes = || shape.iter().map(|&size| size.max(1));
        sizes().try_fold(8i64, |bytes, size| bytes.checked_mul(size))?;
        let last = sizes()
            .zip(strides)
            .try_fold(offset, |last, (size, &stride)| {
                last.checked_add((size - 1).checked_mul(stride)?)
            })?;
        let (offset, last) = (u64::try_from(offset).ok()?, u64::try_from(last).ok()?);
        if shape.contains(&0) {
            // Nothing is ever read, but an offset points into the storage or at its end.
            return Layout::converted(shape, strides, offset.min(elements), start);
        }
        match last < elements {
            true => Layout::converted(shape, strides, offset, start),
            false => None,
        }
    }

    fn converted(shape: &[i64], strides: &[i64], offset: u64, start: u64) -> Option<Layout> {
        Some(Layout {
            shape: shape
                .iter()
                .map(|&size| size.try_into().ok())
                .collect::<Option<_>>()?,
            strides: strides
                .iter()
                .map(|&stride| stride.try_into().ok())
                .collect::<Option<_>>()?,
            offset: offset.checked_add(start)?.try_into().ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(shape: &[i64], strides: &[i64], offset: i64, elements: u64) -> bool {
        Layout::checked(shape, strides, offset, 0, elements).is_ok()
    }

    #[test]
    fn the_last_element_may_be_the_last_of_the_storage_and_no_further() {
        assert!(fits(&[2, 3], &[3, 1], 0, 6));
        assert!(!fits(&[2, 3], &[3, 1], 1, 6));
        assert!(!fits(&[2, 3], &[3, 1], 0, 5));
        assert!(fits(&[], &[], 5, 6));
        assert!(!fits(&[], &[], 6, 6));
    }

    #[test]
    fn an_expanded_dimension_needs_no_storage() {
        assert!(fits(&[1 << 40, 3], &[0, 1], 0, 3));
    }

    #[test]
    fn nothing_negative_and_nothing_that_wraps_fits() {
        assert!(!fits(&[-1], &[1], 0, 8));
        assert!(!fits(&[3], &[-1], 2, 8));
        assert!(!fits(&[3], &[1], -1, 8));
        assert!(!fits(&[0, -1], &[1, 1], 0, 8));
        assert!(!fits(&[1 << 32, 1 << 32], &[0, 0], 0, 8));
        assert!(!fits(&[i64::MAX], &[i64::MAX], i64::MAX, 8));
        assert!(!fits(&[2], &[i64::MAX], 1, 8));
    }

    #[test]
    fn an_empty_tensor_fits_anywhere() {
        assert!(fits(&[0, 3], &[3, 1], 0, 0));
        assert!(fits(&[0], &[1], 5, 0));
        assert!(!fits(&[i64::MAX, i64::MAX, 0], &[1, 1, 1], 0, 0));
    }

    #[test]
    fn shape_and_strides_have_one_length() {
        assert!(!fits(&[2], &[1, 1], 0, 8));
        assert!(!fits(&[1; 65], &[1; 65], 0, 8));
    }
}

//! Patches: the windows of an image as columns of a matrix, and back.

use super::rules;
use crate::backend::Backend;
use crate::layout::Layout;
use crate::{Array, Error, Result, Shape};

/// How windows move over an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PatchGeometry {
    /// Sizes of the window.
    pub kernel: [usize; 2],
    /// Distance between a window's elements.
    pub dilation: [usize; 2],
    /// Zeros around the image.
    pub padding: [usize; 2],
    /// Steps between windows.
    pub stride: [usize; 2],
}

/// The sizes of patches whose arguments are checked.
#[derive(Clone, Copy, Debug)]
pub struct PatchShape {
    /// Independent planes.
    pub planes: usize,
    /// Sizes of the image.
    pub image: [usize; 2],
    /// How many windows there are along each dimension.
    pub windows: [usize; 2],
    /// The windows.
    pub geometry: PatchGeometry,
}

impl PatchGeometry {
    /// How many windows an image has along each dimension.
    fn windows(&self, op: &'static str, image: [usize; 2]) -> Result<[usize; 2]> {
        for (name, values) in [
            ("kernel_size", self.kernel),
            ("dilation", self.dilation),
            ("stride", self.stride),
        ] {
            if values.contains(&0) {
                let got = format!("{values:?}");
                return Err(Error::argument(op, name, got, "greater than zero"));
            }
        }
        let mut windows = [0; 2];
        for dim in 0..2 {
            let extent = self.dilation[dim]
                .checked_mul(self.kernel[dim] - 1)
                .and_then(|extent| extent.checked_add(1));
            let padded = self.padding[dim]
                .checked_mul(2)
                .and_then(|padding| padding.checked_add(image[dim]));
            let room = padded
                .zip(extent)
                .and_then(|(padded, extent)| padded.checked_sub(extent));
            let Some(room) = room else {
                let (kernel, padding) = (self.kernel, self.padding);
                let expected = format!("an image that holds {kernel:?}, padded by {padding:?}");
                return Err(Error::shape(op, image.as_slice(), expected));
            };
            windows[dim] = room / self.stride[dim] + 1;
        }
        Ok(windows)
    }
}

impl Array {
    /// The windows of images as columns.
    ///
    /// Shapes: `[n, c, h, w] -> [n, c * kernel elements, windows]`.
    pub fn im2col(&self, geometry: PatchGeometry) -> Result<Array> {
        const OP: &str = "im2col";
        let [n, channels, height, width] = self.shape()[..] else {
            return Err(Error::shape(
                OP,
                self.shape(),
                "[n, channels, height, width]",
            ));
        };
        let image = [height, width];
        if channels == 0 || image.contains(&0) {
            return Err(Error::shape(
                OP,
                self.shape(),
                "sizes that are not zero but for the first",
            ));
        }
        let windows = geometry.windows(OP, image)?;
        let [rows, columns] = [geometry.kernel, windows].map(|[a, b]| a.checked_mul(b));
        let rows = rows.and_then(|rows| rows.checked_mul(channels));
        let (Some(rows), Some(columns)) = (rows, columns) else {
            let shape = self.shape().clone();
            return Err(Error::Overflow { op: OP, shape });
        };
        let shape = Shape::from([n, rows, columns]);
        let planes = n * channels;
        let patches = PatchShape {
            planes,
            image,
            windows,
            geometry,
        };
        self.fill_with(OP, shape, |backend, out| {
            backend.im2col(&patches, self, out)
        })
    }

    /// Adds the columns of [`Array::im2col`] up where they came from: its transpose.
    ///
    /// Shapes: `[n, c * kernel elements, windows] -> [n, c, h, w]`.
    pub fn col2im(&self, geometry: PatchGeometry, image: [usize; 2]) -> Result<Array> {
        const OP: &str = "col2im";
        let windows = geometry.windows(OP, image)?;
        let [elements, columns] = [geometry.kernel, windows].map(|[a, b]| a.checked_mul(b));
        let channels = match (&self.shape()[..], elements) {
            (&[n, rows, found], Some(elements))
                if rows > 0 && rows % elements == 0 && Some(found) == columns =>
            {
                Some((n, rows / elements))
            }
            _ => None,
        };
        let Some((n, channels)) = channels else {
            let (kernel, found) = (geometry.kernel, columns.unwrap_or(usize::MAX));
            let expected = format!("[n, channels times {kernel:?}, {found}]");
            return Err(Error::shape(OP, self.shape(), expected));
        };
        let shape = Shape::from([n, channels, image[0], image[1]]);
        let planes = n * channels;
        let patches = PatchShape {
            planes,
            image,
            windows,
            geometry,
        };
        self.fill_with(OP, shape, |backend, out| {
            backend.col2im(&patches, self, out)
        })
    }

    /// A new array of the given shape that a kernel fills, unless it is empty.
    fn fill_with(
        &self,
        op: &'static str,
        shape: Shape,
        kernel: impl FnOnce(&dyn Backend, &mut Array) -> Result<()>,
    ) -> Result<Array> {
        rules::numel(op, &shape)?;
        let mut out = Array::uninit(op, Layout::contiguous(shape), self.dtype(), self.device())?;
        if out.numel() > 0 {
            kernel(out.backend(op)?, &mut out)?;
        }
        Ok(out)
    }
}

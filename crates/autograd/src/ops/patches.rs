//! Patches: the windows of images as columns of a matrix, and back.

use crate::{Backward, Gradients, Result, Tensor, Wants, gradients};
use rushlight_tensor::ops::patches::PatchGeometry;

/// The backward of taking columns: they are added up where they came from.
struct TakeColumns {
    geometry: PatchGeometry,
    image: [usize; 2],
}

impl Backward for TakeColumns {
    fn backward(&self, g: &Tensor, wants: Wants<'_>) -> Result<Gradients> {
        gradients![wants; g.col2im(self.geometry, self.image)?]
    }
}

/// The backward of adding columns up: they are taken.
struct AddColumns {
    geometry: PatchGeometry,
}

impl Backward for AddColumns {
    fn backward(&self, g: &Tensor, wants: Wants<'_>) -> Result<Gradients> {
        gradients![wants; g.im2col(self.geometry)?]
    }
}

impl Tensor {
    /// The windows of images as columns: PyTorch's `unfold` of `nn.functional`.
    ///
    /// Shapes: `[n, c, h, w] -> [n, c * kernel elements, windows]`.
    pub fn im2col(&self, geometry: PatchGeometry) -> Result<Tensor> {
        let y = self.array().im2col(geometry)?;
        let shape = self.shape();
        let image = [shape[2], shape[3]];
        Ok(Tensor::record(y, "im2col", &[self], || TakeColumns {
            geometry,
            image,
        }))
    }

    /// Adds the columns of [`Tensor::im2col`] up where they came from: PyTorch's `fold`.
    ///
    /// Shapes: `[n, c * kernel elements, windows] -> [n, c, h, w]`.
    pub fn col2im(&self, geometry: PatchGeometry, image: [usize; 2]) -> Result<Tensor> {
        let y = self.array().col2im(geometry, image)?;
        Ok(Tensor::record(y, "col2im", &[self], || AddColumns {
            geometry,
        }))
    }
}

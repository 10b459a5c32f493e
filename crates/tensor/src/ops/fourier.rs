//! Discrete Fourier transforms. Complex numbers are pairs of `f64`, real and imaginary part, in the last
//! dimension.

use super::rules;
use crate::layout::Layout;
use crate::{Array, DType, Error, Result};

impl Array {
    /// The sums `sum_j x[j] exp(-2 pi i j k / n)` along the last dimension of complex numbers, or with
    /// the other sign for the `inverse`, which is not divided by `n` here.
    ///
    /// Shapes: `[..., n, 2] -> [..., n, 2]`.
    pub fn fourier(&self, inverse: bool) -> Result<Array> {
        const OP: &str = "fft";
        rules::dtype(OP, self.dtype(), self.dtype() == DType::F64, "f64")?;
        if !matches!(self.shape()[..], [.., _, 2]) {
            return Err(Error::shape(
                OP,
                self.shape(),
                "pairs in the last dimension",
            ));
        }
        let layout = Layout::contiguous(self.shape().clone());
        let mut out = Array::uninit(OP, layout, DType::F64, self.device())?;
        if out.numel() > 0 {
            self.backend(OP)?
                .fourier(inverse, &self.contiguous()?, &mut out)?;
        }
        Ok(out)
    }
}

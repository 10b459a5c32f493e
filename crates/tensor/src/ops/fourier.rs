//! Discrete Fourier transforms. Complex numbers are pairs of real and imaginary part in the last
//! dimension.

use super::rules;
use crate::layout::Layout;
use crate::{Array, DType, Error, Result};

/// The kinds of transforms: what goes in and what comes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FourierKind {
    /// Complex numbers, and complex ones.
    Complex,
    /// Real numbers, and the first half of their transform, which the second half repeats.
    FromReal,
    /// The first half of the transform of real numbers, and those.
    ToReal,
}

impl FourierKind {
    /// Elements of a line of `n` numbers before and after.
    pub(crate) fn widths(self, n: usize) -> (usize, usize) {
        let half = 2 * (n / 2 + 1);
        match self {
            FourierKind::Complex => (2 * n, 2 * n),
            FourierKind::FromReal => (n, half),
            FourierKind::ToReal => (half, n),
        }
    }
}

/// A transform along the last dimension of numbers: `y[k] = scale sum_j x[j] exp(-2 pi i j k / n)`, or
/// with the other sign for the inverse, which is not divided by `n` of itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FourierTransform {
    /// What goes in and what comes out.
    pub kind: FourierKind,
    /// `n`.
    pub size: usize,
    /// Whether the sign is positive.
    pub is_inverse: bool,
    /// What to multiply with.
    pub scale: f64,
}

impl Array {
    /// The transform of lines of `f32` or `f64`, computed in `f64`.
    ///
    /// Shapes: `[..., n, 2] -> [..., n, 2]`; from real numbers `[..., n] -> [..., n / 2 + 1, 2]`, to them
    /// the reverse.
    pub fn fourier(&self, transform: &FourierTransform) -> Result<Array> {
        const OP: &str = "fft";
        let &FourierTransform { kind, size, .. } = transform;
        if self.dtype() == DType::F32 {
            return self
                .to_dtype(DType::F64)?
                .fourier(transform)?
                .to_dtype(DType::F32);
        }
        rules::dtype(OP, self.dtype(), self.dtype() == DType::F64, "f32 or f64")?;
        if size == 0 {
            return Err(Error::argument(OP, "n", size, "positive"));
        }
        let bins = size / 2 + 1;
        let (before, after) = match kind {
            FourierKind::Complex => (&[size, 2][..], &[size, 2][..]),
            FourierKind::FromReal => (&[size][..], &[bins, 2][..]),
            FourierKind::ToReal => (&[bins, 2][..], &[size][..]),
        };
        let Some(kept) = self.shape().strip_suffix(before) else {
            let expected = format!("{before:?} in the last dimensions");
            return Err(Error::shape(OP, self.shape(), expected));
        };
        let layout = Layout::contiguous(kept.iter().chain(after).copied().collect());
        let mut out = Array::uninit(OP, layout, self.dtype(), self.device())?;
        if out.numel() > 0 {
            self.backend(OP)?
                .fourier(transform, &self.contiguous()?, &mut out)?;
        }
        Ok(out)
    }
}

//! Complex numbers, as far as Fourier transforms need them.

use std::f64::consts::PI;

#[derive(Clone, Copy, Debug)]
pub(super) struct Complex {
    pub(super) re: f64,
    pub(super) im: f64,
}

impl Complex {
    pub(super) fn new(re: f64, im: f64) -> Complex {
        Complex { re, im }
    }

    /// `exp(-2 pi i k / n)`.
    pub(super) fn root(k: usize, n: usize) -> Complex {
        let (sine, cosine) = (-2.0 * PI * k as f64 / n as f64).sin_cos();
        Complex::new(cosine, sine)
    }

    #[inline(always)]
    pub(super) fn plus(self, other: Complex) -> Complex {
        Complex::new(self.re + other.re, self.im + other.im)
    }

    #[inline(always)]
    pub(super) fn minus(self, other: Complex) -> Complex {
        Complex::new(self.re - other.re, self.im - other.im)
    }

    #[inline(always)]
    pub(super) fn times(self, other: Complex) -> Complex {
        let re = self.re * other.re - self.im * other.im;
        Complex::new(re, self.re * other.im + self.im * other.re)
    }

    /// The product with `-i`.
    #[inline(always)]
    pub(super) fn turned(self) -> Complex {
        Complex::new(self.im, -self.re)
    }

    pub(super) fn conjugate(self) -> Complex {
        Complex::new(self.re, -self.im)
    }
}

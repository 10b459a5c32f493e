//! Special functions in `f64`, one family a file. Other types evaluate them in `f64` and round.
//!
//! Where a function has no value, or only a convention, they answer as PyTorch does.

mod airy;
mod bessel;
mod error;
mod gamma;
mod incomplete_gamma;
mod parts;
mod polynomial;

pub(crate) use airy::airy_ai;
pub(crate) use bessel::{
    bessel_i0, bessel_i0e, bessel_i1, bessel_i1e, bessel_j0, bessel_j1, bessel_k0, bessel_k0e,
    bessel_k1, bessel_k1e, bessel_y0, bessel_y1, spherical_bessel_j0,
};
pub(crate) use error::{entr, erfcx, erfinv, log_ndtr, ndtr, ndtri};
pub(crate) use gamma::{digamma, lgamma, polygamma, zeta};
pub(crate) use incomplete_gamma::{igamma, igammac};
pub(crate) use parts::{exponent, mantissa, power_slope};
pub(crate) use polynomial::{
    chebyshev_t, chebyshev_u, chebyshev_v, chebyshev_w, hermite_h, hermite_he, laguerre_l,
    legendre_p,
};

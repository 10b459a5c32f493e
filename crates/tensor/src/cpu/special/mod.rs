//! Special functions in `f64`, one family a file. Other types evaluate them in `f64` and round, unless
//! [`elementary`](super::elementary) has a form of `f32`.
//!
//! Bessel and Airy functions are vector code: `#[inline(always)]` and free of branches. Their `_everywhere`
//! forms are for arguments beyond the limit of the fast sine, see [`rare`](super::rare).
//!
//! Where a function has no value, or only a convention, they answer as PyTorch does.

mod airy;
mod bessel;
mod error;
mod gamma;
mod incomplete_gamma;
mod modified_bessel;
mod parts;
mod polynomial;

pub(crate) use airy::{AIRY_LIMIT, airy_ai, airy_ai_everywhere};
pub(crate) use bessel::{
    bessel_j0, bessel_j0_everywhere, bessel_j1, bessel_j1_everywhere, bessel_y0,
    bessel_y0_everywhere, bessel_y1, bessel_y1_everywhere,
};
pub(crate) use error::{bell, erfcx, erfinv, gelu, log_ndtr, ndtr, ndtri};
pub(crate) use gamma::{digamma, lgamma, lgamma_f32, polygamma, zeta};
pub(crate) use incomplete_gamma::{igamma, igammac};
pub(crate) use modified_bessel::{
    bessel_i0, bessel_i0e, bessel_i1, bessel_i1e, bessel_k0, bessel_k0e, bessel_k1, bessel_k1e,
};
pub(crate) use parts::{exponent, mantissa, power_slope};
pub(crate) use polynomial::{
    chebyshev_t, chebyshev_u, chebyshev_v, chebyshev_w, hermite_h, hermite_he, laguerre_l,
    legendre_p,
};

//! Pooling.

use crate::Result;
use rushlight_autograd::{AvgPoolOptions, MaxPoolOptions, Tensor};

macro_rules! pooling { ($(
    $N:literal, $max:ident $max_with_indices:ident $avg:ident
    $adaptive_max:ident $adaptive_max_with_indices:ident $adaptive_avg:ident;
)*) => { $(
    #[doc = concat!("The maximum of each window over the last ", $N, " dimension(s).")]
    pub fn $max(x: &Tensor, options: &MaxPoolOptions<$N>) -> Result<Tensor> {
        Ok(x.$max(options)?.0)
    }

    #[doc = concat!("As [`", stringify!($max), "`], with the flat positions of the maxima.")]
    pub fn $max_with_indices(
        x: &Tensor,
        options: &MaxPoolOptions<$N>,
    ) -> Result<(Tensor, Tensor)> {
        x.$max(options)
    }

    #[doc = concat!("The mean of each window over the last ", $N, " dimension(s).")]
    pub fn $avg(x: &Tensor, options: &AvgPoolOptions<$N>) -> Result<Tensor> {
        x.$avg(options)
    }

    #[doc = concat!(
        "The maximum of each of the parts into which the last ", $N,
        " dimension(s) are divided; `None` keeps a size."
    )]
    pub fn $adaptive_max(x: &Tensor, output_size: [Option<usize>; $N]) -> Result<Tensor> {
        Ok(x.$adaptive_max(output_size)?.0)
    }

    #[doc = concat!("As [`", stringify!($adaptive_max), "`], with the flat positions of the maxima.")]
    pub fn $adaptive_max_with_indices(
        x: &Tensor,
        output_size: [Option<usize>; $N],
    ) -> Result<(Tensor, Tensor)> {
        x.$adaptive_max(output_size)
    }

    #[doc = concat!(
        "The mean of each of the parts into which the last ", $N,
        " dimension(s) are divided; `None` keeps a size."
    )]
    pub fn $adaptive_avg(x: &Tensor, output_size: [Option<usize>; $N]) -> Result<Tensor> {
        x.$adaptive_avg(output_size)
    }
)* } }
pooling! {
    1, max_pool1d max_pool1d_with_indices avg_pool1d
       adaptive_max_pool1d adaptive_max_pool1d_with_indices adaptive_avg_pool1d;
    2, max_pool2d max_pool2d_with_indices avg_pool2d
       adaptive_max_pool2d adaptive_max_pool2d_with_indices adaptive_avg_pool2d;
    3, max_pool3d max_pool3d_with_indices avg_pool3d
       adaptive_max_pool3d adaptive_max_pool3d_with_indices adaptive_avg_pool3d;
}

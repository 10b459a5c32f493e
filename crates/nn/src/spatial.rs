//! Operations over one, two or three spatial dimensions, by their number.

use crate::Result;
use rushlight_autograd::{
    AvgPoolOptions, ConvOptions, ConvTransposeOptions, MaxPoolOptions, Tensor,
};

/// Operations over `N` spatial dimensions, so that a layer is written once for all of them. Tensors
/// have them for one, two and three.
pub trait Spatial<const N: usize> {
    /// `conv1d`, `conv2d` or `conv3d`.
    fn conv(
        &self,
        weight: &Tensor,
        bias: Option<&Tensor>,
        options: &ConvOptions<N>,
    ) -> Result<Tensor>;

    /// `conv_transpose1d`, `conv_transpose2d` or `conv_transpose3d`.
    fn conv_transpose(
        &self,
        weight: &Tensor,
        bias: Option<&Tensor>,
        options: &ConvTransposeOptions<N>,
    ) -> Result<Tensor>;

    /// `max_pool1d`, `max_pool2d` or `max_pool3d`: the maxima and their positions.
    fn max_pool(&self, options: &MaxPoolOptions<N>) -> Result<(Tensor, Tensor)>;

    /// The maxima alone.
    fn max_pool_values(&self, options: &MaxPoolOptions<N>) -> Result<Tensor>;

    /// `avg_pool1d`, `avg_pool2d` or `avg_pool3d`.
    fn avg_pool(&self, options: &AvgPoolOptions<N>) -> Result<Tensor>;

    /// `adaptive_max_pool1d`, `adaptive_max_pool2d` or `adaptive_max_pool3d`: the maxima and their
    /// positions.
    fn adaptive_max_pool(&self, output_size: [Option<usize>; N]) -> Result<(Tensor, Tensor)>;

    /// `adaptive_avg_pool1d`, `adaptive_avg_pool2d` or `adaptive_avg_pool3d`.
    fn adaptive_avg_pool(&self, output_size: [Option<usize>; N]) -> Result<Tensor>;
}

macro_rules! spatial { ($(
    $N:literal, $conv:ident $conv_transpose:ident $max_pool:ident $max_pool_values:ident $avg_pool:ident
    $adaptive_max_pool:ident $adaptive_avg_pool:ident;
)*) => { $(
    impl Spatial<$N> for Tensor {
        fn conv(
            &self,
            weight: &Tensor,
            bias: Option<&Tensor>,
            options: &ConvOptions<$N>,
        ) -> Result<Tensor> {
            self.$conv(weight, bias, options)
        }

        fn conv_transpose(
            &self,
            weight: &Tensor,
            bias: Option<&Tensor>,
            options: &ConvTransposeOptions<$N>,
        ) -> Result<Tensor> {
            self.$conv_transpose(weight, bias, options)
        }

        fn max_pool(&self, options: &MaxPoolOptions<$N>) -> Result<(Tensor, Tensor)> {
            self.$max_pool(options)
        }

        fn max_pool_values(&self, options: &MaxPoolOptions<$N>) -> Result<Tensor> {
            self.$max_pool_values(options)
        }

        fn avg_pool(&self, options: &AvgPoolOptions<$N>) -> Result<Tensor> {
            self.$avg_pool(options)
        }

        fn adaptive_max_pool(&self, output_size: [Option<usize>; $N]) -> Result<(Tensor, Tensor)> {
            self.$adaptive_max_pool(output_size)
        }

        fn adaptive_avg_pool(&self, output_size: [Option<usize>; $N]) -> Result<Tensor> {
            self.$adaptive_avg_pool(output_size)
        }
    }
)* } }
spatial! {
    1, conv1d conv_transpose1d max_pool1d max_pool1d_values avg_pool1d
       adaptive_max_pool1d adaptive_avg_pool1d;
    2, conv2d conv_transpose2d max_pool2d max_pool2d_values avg_pool2d
       adaptive_max_pool2d adaptive_avg_pool2d;
    3, conv3d conv_transpose3d max_pool3d max_pool3d_values avg_pool3d
       adaptive_max_pool3d adaptive_avg_pool3d;
}

/// The name of a layer that is written once for all numbers of dimensions.
pub(crate) const fn name_for(dimensions: usize, names: [&'static str; 3]) -> &'static str {
    match dimensions {
        1 => names[0],
        2 => names[1],
        _ => names[2],
    }
}

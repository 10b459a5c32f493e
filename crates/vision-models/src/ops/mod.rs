//! Blocks that several families are made of: torchvision's `ops`.

mod activation;
mod conv_norm_activation;
mod mlp;
mod norm;
mod permute;
mod squeeze_excitation;
mod stochastic_depth;

pub use activation::Activation;
pub use conv_norm_activation::{Conv2dNormActivation, Conv2dNormActivationBuilder};
pub use mlp::MLP;
pub use norm::{LayerNorm2d, Norm};
pub use permute::{Permute, SwapAxes};
pub use squeeze_excitation::SqueezeExcitation;
pub use stochastic_depth::{StochasticDepth, StochasticDepthMode, stochastic_depth};

/// Writes a module that is a [`Sequential`](rushlight_nn::Sequential) under a name of its own.
macro_rules! sequence {
    ($(#[$meta:meta])* $Name:ident) => {
        #[derive(::rushlight_nn::Module, Debug)]
        $(#[$meta])*
        pub struct $Name {
            /// The modules, called one after the other.
            #[module(flatten)]
            pub layers: ::rushlight_nn::Sequential,
        }

        impl ::rushlight_nn::Forward for $Name {
            fn forward(
                &self,
                x: &::rushlight_autograd::Tensor,
            ) -> ::rushlight_autograd::Result<::rushlight_autograd::Tensor> {
                self.layers.forward(x)
            }
        }
    };
}
pub(crate) use sequence;

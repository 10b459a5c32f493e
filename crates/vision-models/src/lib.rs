//! torchvision's models: the same names, printed form, parameters and initial values.
//!
//! Each model is a function of its [`Weights`], or of options with further settings; each family is
//! a file.
//!
//! ```
//! use rushlight_autograd::{Result, Tensor};
//! use rushlight_nn::{Forward, Linear, Module};
//! use rushlight_vision_models::{ResNetOptions, Weights, resnet18};
//!
//! # fn main() -> Result<()> {
//! let mut model = resnet18(Weights::None)?;
//! model.freeze("*")?;
//! model.fc = Linear::new(512, 10)?;
//! assert_eq!(model.forward(&Tensor::zeros(&[2, 3, 32, 32])?)?.shape(), [2, 10]);
//!
//! let other = resnet18(ResNetOptions::new().num_classes(10).zero_init_residual(true))?;
//! assert_eq!(other.fc.out_features, 10);
//! # Ok(()) }
//! ```
//!
//! [`get_model`] finds a model by name, and [`list_models`] names them all.
#![forbid(unsafe_code)]

pub mod alexnet;
mod channels;
pub mod convnext;
pub mod densenet;
pub mod efficientnet;
mod error;
pub mod googlenet;
pub mod hub;
pub mod inception;
mod initialise;
pub mod maxvit;
pub mod mnasnet;
pub mod mobilenet_v2;
pub mod mobilenet_v3;
pub mod ops;
mod options;
mod registry;
pub mod regnet;
pub mod resnet;
pub mod shufflenet_v2;
pub mod squeezenet;
pub mod swin;
pub mod vgg;
pub mod vit;
pub mod weights;

pub use alexnet::{AlexNet, AlexNetOptions};
pub use convnext::{ConvNeXt, ConvNeXtOptions};
pub use densenet::{DenseNet, DenseNetOptions};
pub use efficientnet::{EfficientNet, EfficientNetOptions};
pub use error::Error;
pub use googlenet::{GoogLeNet, GoogLeNetOptions, GoogLeNetOutputs};
pub use inception::{Inception3, Inception3Options, InceptionOutputs};
pub use maxvit::{MaxVit, MaxVitOptions};
pub use mnasnet::{MNASNet, MNASNetOptions};
pub use mobilenet_v2::{MobileNetV2, MobileNetV2Options};
pub use mobilenet_v3::{MobileNetV3, MobileNetV3Options};
pub use options::ModelOptions;
pub use registry::*;
pub use regnet::{RegNet, RegNetOptions};
pub use resnet::{ResNet, ResNetOptions};
pub use shufflenet_v2::{ShuffleNetV2, ShuffleNetV2Options};
pub use squeezenet::{SqueezeNet, SqueezeNetOptions};
pub use swin::{SwinTransformer, SwinTransformerOptions};
pub use vgg::{VGG, VGGOptions};
pub use vit::{VisionTransformer, VisionTransformerOptions};
pub use weights::*;

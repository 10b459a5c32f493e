//! All models: a row for each family.

use crate::{Error, ModelOptions};
use rushlight_autograd::Result;
use rushlight_nn::Forward;

/// A row is `family::{types}: models;`, which are named at the top of the crate from here on.
macro_rules! models {
    ($($family:ident::{$($Type:ident),*}: $($model:ident),*;)*) => {
        $( pub use crate::$family::{$($Type,)* $($model),*}; )*

        const MODELS: &[(&str, Constructor)] = &[
            $($( (stringify!($model), |options| Ok(Box::new($model(options)?))), )*)*
        ];
    };
}

type Constructor = fn(ModelOptions) -> Result<Box<dyn Forward>>;

models! {
    alexnet::{AlexNet, AlexNetOptions}: alexnet;
    convnext::{ConvNeXt, ConvNeXtOptions}: convnext_tiny, convnext_small, convnext_base, convnext_large;
    densenet::{DenseNet, DenseNetOptions}: densenet121, densenet161, densenet169, densenet201;
    efficientnet::{EfficientNet, EfficientNetOptions}: efficientnet_b0, efficientnet_b1,
        efficientnet_b2, efficientnet_b3, efficientnet_b4, efficientnet_b5, efficientnet_b6,
        efficientnet_b7, efficientnet_v2_s, efficientnet_v2_m, efficientnet_v2_l;
    googlenet::{GoogLeNet, GoogLeNetOptions, GoogLeNetOutputs}: googlenet;
    inception::{Inception3, Inception3Options, InceptionOutputs}: inception_v3;
    maxvit::{MaxVit, MaxVitOptions}: maxvit_t;
    mnasnet::{MNASNet, MNASNetOptions}: mnasnet0_5, mnasnet0_75, mnasnet1_0, mnasnet1_3;
    mobilenet_v2::{MobileNetV2, MobileNetV2Options}: mobilenet_v2;
    mobilenet_v3::{MobileNetV3, MobileNetV3Options}: mobilenet_v3_large, mobilenet_v3_small;
    regnet::{RegNet, RegNetOptions}: regnet_x_400mf, regnet_x_800mf, regnet_x_1_6gf, regnet_x_3_2gf,
        regnet_x_8gf, regnet_x_16gf, regnet_x_32gf, regnet_y_400mf, regnet_y_800mf, regnet_y_1_6gf,
        regnet_y_3_2gf, regnet_y_8gf, regnet_y_16gf, regnet_y_32gf, regnet_y_128gf;
    resnet::{ResNet, ResNetOptions}: resnet18, resnet34, resnet50, resnet101, resnet152,
        resnext50_32x4d, resnext101_32x8d, resnext101_64x4d, wide_resnet50_2, wide_resnet101_2;
    shufflenet_v2::{ShuffleNetV2, ShuffleNetV2Options}: shufflenet_v2_x0_5, shufflenet_v2_x1_0,
        shufflenet_v2_x1_5, shufflenet_v2_x2_0;
    squeezenet::{SqueezeNet, SqueezeNetOptions}: squeezenet1_0, squeezenet1_1;
    swin::{SwinTransformer, SwinTransformerOptions}: swin_t, swin_s, swin_b, swin_v2_t, swin_v2_s,
        swin_v2_b;
    vgg::{VGG, VGGOptions}: vgg11, vgg11_bn, vgg13, vgg13_bn, vgg16, vgg16_bn, vgg19, vgg19_bn;
    vit::{VisionTransformer, VisionTransformerOptions}: vit_b_16, vit_b_32, vit_l_16, vit_l_32, vit_h_14;
}

/// Makes the model of a name, whatever its letters' case.
///
/// ```
/// # use rushlight_autograd::Result;
/// # use rushlight_vision_models::{Weights, get_model};
/// # fn main() -> Result<()> {
/// let model = get_model("resnet18", Weights::None)?;
/// assert_eq!(model.named_parameters()[0].0, "conv1.weight");
/// # Ok(()) }
/// ```
pub fn get_model(name: &str, options: impl Into<ModelOptions>) -> Result<Box<dyn Forward>> {
    let lower = name.to_lowercase();
    match MODELS.iter().find(|(own, _)| *own == lower) {
        Some((_, construct)) => construct(options.into()),
        None => {
            let name = name.to_owned();
            Err(Error::UnknownModel { name }.into())
        }
    }
}

/// The names of all models, sorted.
///
/// ```
/// let names = rushlight_vision_models::list_models();
/// assert!(names.contains(&"resnet18") && names.is_sorted());
/// ```
pub fn list_models() -> Vec<&'static str> {
    let mut names: Vec<_> = MODELS.iter().map(|(name, _)| *name).collect();
    names.sort_unstable();
    names
}

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
    resnet::{ResNet, ResNetOptions}: resnet18, resnet34, resnet50, resnet101, resnet152,
        resnext50_32x4d, resnext101_32x8d, resnext101_64x4d, wide_resnet50_2, wide_resnet101_2;
    vgg::{VGG, VGGOptions}: vgg11, vgg11_bn, vgg13, vgg13_bn, vgg16, vgg16_bn, vgg19, vgg19_bn;
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

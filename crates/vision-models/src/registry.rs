//! All models: a row for each.

use crate::weights::{self, Published};
use crate::{Error, ModelOptions};
use rushlight_autograd::Result;
use rushlight_nn::Forward;

/// What is known of a model by its name.
pub(crate) struct Row {
    name: &'static str,
    construct: fn(ModelOptions) -> Result<Box<dyn Forward>>,
    /// Its published weights.
    pub(crate) weights: &'static [&'static Published],
    /// The best of them.
    pub(crate) default: &'static Published,
}

/// A row is `model family Weights;`. The model is named at the top of the crate from here on.
macro_rules! models {
    ($($model:ident $family:ident $Weights:ident;)*) => {
        $( pub use crate::$family::$model; )*

        pub(crate) const MODELS: &[Row] = &[
            $(Row {
                name: stringify!($model),
                construct: |options| Ok(Box::new($model(options)?)),
                weights: weights::$Weights::ALL,
                default: weights::$Weights::DEFAULT,
            },)*
        ];
    };
}

models! {
    alexnet            alexnet       AlexNet_Weights;
    convnext_base      convnext      ConvNeXt_Base_Weights;
    convnext_large     convnext      ConvNeXt_Large_Weights;
    convnext_small     convnext      ConvNeXt_Small_Weights;
    convnext_tiny      convnext      ConvNeXt_Tiny_Weights;
    densenet121        densenet      DenseNet121_Weights;
    densenet161        densenet      DenseNet161_Weights;
    densenet169        densenet      DenseNet169_Weights;
    densenet201        densenet      DenseNet201_Weights;
    efficientnet_b0    efficientnet  EfficientNet_B0_Weights;
    efficientnet_b1    efficientnet  EfficientNet_B1_Weights;
    efficientnet_b2    efficientnet  EfficientNet_B2_Weights;
    efficientnet_b3    efficientnet  EfficientNet_B3_Weights;
    efficientnet_b4    efficientnet  EfficientNet_B4_Weights;
    efficientnet_b5    efficientnet  EfficientNet_B5_Weights;
    efficientnet_b6    efficientnet  EfficientNet_B6_Weights;
    efficientnet_b7    efficientnet  EfficientNet_B7_Weights;
    efficientnet_v2_l  efficientnet  EfficientNet_V2_L_Weights;
    efficientnet_v2_m  efficientnet  EfficientNet_V2_M_Weights;
    efficientnet_v2_s  efficientnet  EfficientNet_V2_S_Weights;
    googlenet          googlenet     GoogLeNet_Weights;
    inception_v3       inception     Inception_V3_Weights;
    maxvit_t           maxvit        MaxVit_T_Weights;
    mnasnet0_5         mnasnet       MNASNet0_5_Weights;
    mnasnet0_75        mnasnet       MNASNet0_75_Weights;
    mnasnet1_0         mnasnet       MNASNet1_0_Weights;
    mnasnet1_3         mnasnet       MNASNet1_3_Weights;
    mobilenet_v2       mobilenet_v2  MobileNet_V2_Weights;
    mobilenet_v3_large mobilenet_v3  MobileNet_V3_Large_Weights;
    mobilenet_v3_small mobilenet_v3  MobileNet_V3_Small_Weights;
    regnet_x_16gf      regnet        RegNet_X_16GF_Weights;
    regnet_x_1_6gf     regnet        RegNet_X_1_6GF_Weights;
    regnet_x_32gf      regnet        RegNet_X_32GF_Weights;
    regnet_x_3_2gf     regnet        RegNet_X_3_2GF_Weights;
    regnet_x_400mf     regnet        RegNet_X_400MF_Weights;
    regnet_x_800mf     regnet        RegNet_X_800MF_Weights;
    regnet_x_8gf       regnet        RegNet_X_8GF_Weights;
    regnet_y_128gf     regnet        RegNet_Y_128GF_Weights;
    regnet_y_16gf      regnet        RegNet_Y_16GF_Weights;
    regnet_y_1_6gf     regnet        RegNet_Y_1_6GF_Weights;
    regnet_y_32gf      regnet        RegNet_Y_32GF_Weights;
    regnet_y_3_2gf     regnet        RegNet_Y_3_2GF_Weights;
    regnet_y_400mf     regnet        RegNet_Y_400MF_Weights;
    regnet_y_800mf     regnet        RegNet_Y_800MF_Weights;
    regnet_y_8gf       regnet        RegNet_Y_8GF_Weights;
    resnet101          resnet        ResNet101_Weights;
    resnet152          resnet        ResNet152_Weights;
    resnet18           resnet        ResNet18_Weights;
    resnet34           resnet        ResNet34_Weights;
    resnet50           resnet        ResNet50_Weights;
    resnext101_32x8d   resnet        ResNeXt101_32X8D_Weights;
    resnext101_64x4d   resnet        ResNeXt101_64X4D_Weights;
    resnext50_32x4d    resnet        ResNeXt50_32X4D_Weights;
    shufflenet_v2_x0_5 shufflenet_v2 ShuffleNet_V2_X0_5_Weights;
    shufflenet_v2_x1_0 shufflenet_v2 ShuffleNet_V2_X1_0_Weights;
    shufflenet_v2_x1_5 shufflenet_v2 ShuffleNet_V2_X1_5_Weights;
    shufflenet_v2_x2_0 shufflenet_v2 ShuffleNet_V2_X2_0_Weights;
    squeezenet1_0      squeezenet    SqueezeNet1_0_Weights;
    squeezenet1_1      squeezenet    SqueezeNet1_1_Weights;
    swin_b             swin          Swin_B_Weights;
    swin_s             swin          Swin_S_Weights;
    swin_t             swin          Swin_T_Weights;
    swin_v2_b          swin          Swin_V2_B_Weights;
    swin_v2_s          swin          Swin_V2_S_Weights;
    swin_v2_t          swin          Swin_V2_T_Weights;
    vgg11              vgg           VGG11_Weights;
    vgg11_bn           vgg           VGG11_BN_Weights;
    vgg13              vgg           VGG13_Weights;
    vgg13_bn           vgg           VGG13_BN_Weights;
    vgg16              vgg           VGG16_Weights;
    vgg16_bn           vgg           VGG16_BN_Weights;
    vgg19              vgg           VGG19_Weights;
    vgg19_bn           vgg           VGG19_BN_Weights;
    vit_b_16           vit           ViT_B_16_Weights;
    vit_b_32           vit           ViT_B_32_Weights;
    vit_h_14           vit           ViT_H_14_Weights;
    vit_l_16           vit           ViT_L_16_Weights;
    vit_l_32           vit           ViT_L_32_Weights;
    wide_resnet101_2   resnet        Wide_ResNet101_2_Weights;
    wide_resnet50_2    resnet        Wide_ResNet50_2_Weights;
}

/// The row of a name, whatever its letters' case.
pub(crate) fn find(name: &str) -> Result<&'static Row> {
    let lower = name.to_lowercase();
    let found = MODELS.iter().find(|row| row.name == lower);
    found.ok_or_else(|| {
        let name = name.to_owned();
        Error::UnknownModel { name }.into()
    })
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
    (find(name)?.construct)(options.into())
}

/// The names of all models, sorted.
///
/// ```
/// let names = rushlight_vision_models::list_models();
/// assert!(names.contains(&"resnet18") && names.is_sorted());
/// ```
pub fn list_models() -> Vec<&'static str> {
    let mut names: Vec<_> = MODELS.iter().map(|row| row.name).collect();
    names.sort_unstable();
    names
}

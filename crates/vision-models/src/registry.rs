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
    pub(crate) weights: &'static [Published],
    /// Which of them is the best.
    default: usize,
}

impl Row {
    /// The best of the published weights.
    pub(crate) fn default(&self) -> &'static Published {
        &self.weights[self.default]
    }
}

/// A row is `model family Weights;`. The model is named at the top of the crate from here on.
macro_rules! models {
    ($($model:ident $family:ident $Weights:ident;)*) => {
        $( pub use crate::$family::$model; )*

        pub(crate) const MODELS: &[Row] = &[
            $(Row {
                name: stringify!($model),
                construct: |options| Ok(Box::new($model(options)?)),
                weights: weights::$Weights::PUBLISHED,
                default: weights::$Weights::DEFAULT as usize,
            },)*
        ];
    };
}

models! {
    alexnet            alexnet       AlexNetWeights;
    convnext_base      convnext      ConvNeXtBaseWeights;
    convnext_large     convnext      ConvNeXtLargeWeights;
    convnext_small     convnext      ConvNeXtSmallWeights;
    convnext_tiny      convnext      ConvNeXtTinyWeights;
    densenet121        densenet      DenseNet121Weights;
    densenet161        densenet      DenseNet161Weights;
    densenet169        densenet      DenseNet169Weights;
    densenet201        densenet      DenseNet201Weights;
    efficientnet_b0    efficientnet  EfficientNetB0Weights;
    efficientnet_b1    efficientnet  EfficientNetB1Weights;
    efficientnet_b2    efficientnet  EfficientNetB2Weights;
    efficientnet_b3    efficientnet  EfficientNetB3Weights;
    efficientnet_b4    efficientnet  EfficientNetB4Weights;
    efficientnet_b5    efficientnet  EfficientNetB5Weights;
    efficientnet_b6    efficientnet  EfficientNetB6Weights;
    efficientnet_b7    efficientnet  EfficientNetB7Weights;
    efficientnet_v2_l  efficientnet  EfficientNetV2LWeights;
    efficientnet_v2_m  efficientnet  EfficientNetV2MWeights;
    efficientnet_v2_s  efficientnet  EfficientNetV2SWeights;
    googlenet          googlenet     GoogLeNetWeights;
    inception_v3       inception     InceptionV3Weights;
    maxvit_t           maxvit        MaxVitTWeights;
    mnasnet0_5         mnasnet       MNASNet0_5Weights;
    mnasnet0_75        mnasnet       MNASNet0_75Weights;
    mnasnet1_0         mnasnet       MNASNet1_0Weights;
    mnasnet1_3         mnasnet       MNASNet1_3Weights;
    mobilenet_v2       mobilenet_v2  MobileNetV2Weights;
    mobilenet_v3_large mobilenet_v3  MobileNetV3LargeWeights;
    mobilenet_v3_small mobilenet_v3  MobileNetV3SmallWeights;
    regnet_x_16gf      regnet        RegNetX16GFWeights;
    regnet_x_1_6gf     regnet        RegNetX1_6GFWeights;
    regnet_x_32gf      regnet        RegNetX32GFWeights;
    regnet_x_3_2gf     regnet        RegNetX3_2GFWeights;
    regnet_x_400mf     regnet        RegNetX400MFWeights;
    regnet_x_800mf     regnet        RegNetX800MFWeights;
    regnet_x_8gf       regnet        RegNetX8GFWeights;
    regnet_y_128gf     regnet        RegNetY128GFWeights;
    regnet_y_16gf      regnet        RegNetY16GFWeights;
    regnet_y_1_6gf     regnet        RegNetY1_6GFWeights;
    regnet_y_32gf      regnet        RegNetY32GFWeights;
    regnet_y_3_2gf     regnet        RegNetY3_2GFWeights;
    regnet_y_400mf     regnet        RegNetY400MFWeights;
    regnet_y_800mf     regnet        RegNetY800MFWeights;
    regnet_y_8gf       regnet        RegNetY8GFWeights;
    resnet101          resnet        ResNet101Weights;
    resnet152          resnet        ResNet152Weights;
    resnet18           resnet        ResNet18Weights;
    resnet34           resnet        ResNet34Weights;
    resnet50           resnet        ResNet50Weights;
    resnext101_32x8d   resnet        ResNeXt101_32X8DWeights;
    resnext101_64x4d   resnet        ResNeXt101_64X4DWeights;
    resnext50_32x4d    resnet        ResNeXt50_32X4DWeights;
    shufflenet_v2_x0_5 shufflenet_v2 ShuffleNetV2X0_5Weights;
    shufflenet_v2_x1_0 shufflenet_v2 ShuffleNetV2X1_0Weights;
    shufflenet_v2_x1_5 shufflenet_v2 ShuffleNetV2X1_5Weights;
    shufflenet_v2_x2_0 shufflenet_v2 ShuffleNetV2X2_0Weights;
    squeezenet1_0      squeezenet    SqueezeNet1_0Weights;
    squeezenet1_1      squeezenet    SqueezeNet1_1Weights;
    swin_b             swin          SwinBWeights;
    swin_s             swin          SwinSWeights;
    swin_t             swin          SwinTWeights;
    swin_v2_b          swin          SwinV2BWeights;
    swin_v2_s          swin          SwinV2SWeights;
    swin_v2_t          swin          SwinV2TWeights;
    vgg11              vgg           VGG11Weights;
    vgg11_bn           vgg           VGG11BNWeights;
    vgg13              vgg           VGG13Weights;
    vgg13_bn           vgg           VGG13BNWeights;
    vgg16              vgg           VGG16Weights;
    vgg16_bn           vgg           VGG16BNWeights;
    vgg19              vgg           VGG19Weights;
    vgg19_bn           vgg           VGG19BNWeights;
    vit_b_16           vit           ViTB16Weights;
    vit_b_32           vit           ViTB32Weights;
    vit_h_14           vit           ViTH14Weights;
    vit_l_16           vit           ViTL16Weights;
    vit_l_32           vit           ViTL32Weights;
    wide_resnet101_2   resnet        WideResNet101_2Weights;
    wide_resnet50_2    resnet        WideResNet50_2Weights;
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

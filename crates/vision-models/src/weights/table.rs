//! All published weights: a row for each file.

use super::Weights;
use super::published::{BYTES, HALF, Meta, Published};
use rushlight_data::transforms::{ImageClassification, Interpolation, Normalisation};

const IMAGENET: Normalisation = Normalisation::IMAGENET;

/// torchvision's spelling of the name of weights.
macro_rules! python {
    (Imagenet1kV1) => {
        "IMAGENET1K_V1"
    };
    (Imagenet1kV2) => {
        "IMAGENET1K_V2"
    };
    (Imagenet1kFeatures) => {
        "IMAGENET1K_FEATURES"
    };
    (Imagenet1kSwagE2eV1) => {
        "IMAGENET1K_SWAG_E2E_V1"
    };
    (Imagenet1kSwagLinearV1) => {
        "IMAGENET1K_SWAG_LINEAR_V1"
    };
}

/// Writes an enum of each model's weights, with a variant for each file.
///
/// A group is `model Weights "Python's weights" Default { rows }`. A row is `Name "file" parameters MiB
/// smallest [resize crop interpolation normalisation] accuracy;`, where the smallest is that of the
/// input's sizes.
macro_rules! published {
    ($($model:ident $Weights:ident $weights:literal $Default:ident {
        $($Name:ident $file:literal $num_params:literal $file_size:literal $min_size:literal
            [$resize:literal $crop:literal $interpolation:ident $normalisation:ident] $accuracy:expr;)*
    })*) => { $(
        #[doc = concat!(
            "The published weights of [`", stringify!($model), "`](crate::", stringify!($model),
            "()), torchvision's `", $weights, "`; each is a [`Published`]."
        )]
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $Weights {
            $(
                #[doc = concat!("`", python!($Name), "`, the file `", $file, "`.")]
                $Name,
            )*
        }

        impl $Weights {
            /// The best of them.
            pub const DEFAULT: $Weights = $Weights::$Default;

            /// All of them.
            pub const ALL: &'static [$Weights] = &[$($Weights::$Name),*];

            /// What is known of each, in the order of the variants.
            pub(crate) const PUBLISHED: &'static [Published] = &[$(Published {
                model: stringify!($model),
                weights: $weights,
                name: python!($Name),
                file: $file,
                meta: Meta {
                    num_params: $num_params,
                    file_size: $file_size,
                    min_size: $min_size,
                    accuracy: $accuracy,
                },
                transforms: ImageClassification {
                    resize_size: $resize,
                    crop_size: $crop,
                    interpolation: Interpolation::$interpolation,
                    normalisation: $normalisation,
                },
            }),*];
        }

        impl Default for $Weights {
            /// The best of them.
            fn default() -> $Weights {
                $Weights::DEFAULT
            }
        }

        impl std::ops::Deref for $Weights {
            type Target = Published;

            fn deref(&self) -> &Published {
                &$Weights::PUBLISHED[*self as usize]
            }
        }

        impl From<$Weights> for Weights {
            fn from(weights: $Weights) -> Weights {
                Weights::Published(&$Weights::PUBLISHED[weights as usize])
            }
        }
    )* };
}

#[rustfmt::skip]
published! {
    alexnet AlexNetWeights "AlexNet_Weights" Imagenet1kV1 {
        Imagenet1kV1 "alexnet-owt-7be5be79.pth" 61100840 233.087 63 [256 224 Bilinear IMAGENET] Some([56.522, 79.066]);
    }
    convnext_base ConvNeXtBaseWeights "ConvNeXt_Base_Weights" Imagenet1kV1 {
        Imagenet1kV1 "convnext_base-6075fbad.pth" 88591464 338.064 32 [232 224 Bilinear IMAGENET] Some([84.062, 96.87]);
    }
    convnext_large ConvNeXtLargeWeights "ConvNeXt_Large_Weights" Imagenet1kV1 {
        Imagenet1kV1 "convnext_large-ea097f82.pth" 197767336 754.537 32 [232 224 Bilinear IMAGENET] Some([84.414, 96.976]);
    }
    convnext_small ConvNeXtSmallWeights "ConvNeXt_Small_Weights" Imagenet1kV1 {
        Imagenet1kV1 "convnext_small-0c510722.pth" 50223688 191.703 32 [230 224 Bilinear IMAGENET] Some([83.616, 96.65]);
    }
    convnext_tiny ConvNeXtTinyWeights "ConvNeXt_Tiny_Weights" Imagenet1kV1 {
        Imagenet1kV1 "convnext_tiny-983f1562.pth" 28589128 109.119 32 [236 224 Bilinear IMAGENET] Some([82.52, 96.146]);
    }
    densenet121 DenseNet121Weights "DenseNet121_Weights" Imagenet1kV1 {
        Imagenet1kV1 "densenet121-a639ec97.pth" 7978856 30.845 29 [256 224 Bilinear IMAGENET] Some([74.434, 91.972]);
    }
    densenet161 DenseNet161Weights "DenseNet161_Weights" Imagenet1kV1 {
        Imagenet1kV1 "densenet161-8d451a50.pth" 28681000 110.369 29 [256 224 Bilinear IMAGENET] Some([77.138, 93.56]);
    }
    densenet169 DenseNet169Weights "DenseNet169_Weights" Imagenet1kV1 {
        Imagenet1kV1 "densenet169-b2777c0a.pth" 14149480 54.708 29 [256 224 Bilinear IMAGENET] Some([75.6, 92.806]);
    }
    densenet201 DenseNet201Weights "DenseNet201_Weights" Imagenet1kV1 {
        Imagenet1kV1 "densenet201-c1103571.pth" 20013928 77.373 29 [256 224 Bilinear IMAGENET] Some([76.896, 93.37]);
    }
    efficientnet_b0 EfficientNetB0Weights "EfficientNet_B0_Weights" Imagenet1kV1 {
        Imagenet1kV1 "efficientnet_b0_rwightman-7f5810bc.pth" 5288548 20.451 1 [256 224 Bicubic IMAGENET] Some([77.692, 93.532]);
    }
    efficientnet_b1 EfficientNetB1Weights "EfficientNet_B1_Weights" Imagenet1kV2 {
        Imagenet1kV1 "efficientnet_b1_rwightman-bac287d4.pth" 7794184 30.134 1 [256 240 Bicubic IMAGENET] Some([78.642, 94.186]);
        Imagenet1kV2 "efficientnet_b1-c27df63c.pth" 7794184 30.136 1 [255 240 Bilinear IMAGENET] Some([79.838, 94.934]);
    }
    efficientnet_b2 EfficientNetB2Weights "EfficientNet_B2_Weights" Imagenet1kV1 {
        Imagenet1kV1 "efficientnet_b2_rwightman-c35c1473.pth" 9109994 35.174 1 [288 288 Bicubic IMAGENET] Some([80.608, 95.31]);
    }
    efficientnet_b3 EfficientNetB3Weights "EfficientNet_B3_Weights" Imagenet1kV1 {
        Imagenet1kV1 "efficientnet_b3_rwightman-b3899882.pth" 12233232 47.184 1 [320 300 Bicubic IMAGENET] Some([82.008, 96.054]);
    }
    efficientnet_b4 EfficientNetB4Weights "EfficientNet_B4_Weights" Imagenet1kV1 {
        Imagenet1kV1 "efficientnet_b4_rwightman-23ab8bcd.pth" 19341616 74.489 1 [384 380 Bicubic IMAGENET] Some([83.384, 96.594]);
    }
    efficientnet_b5 EfficientNetB5Weights "EfficientNet_B5_Weights" Imagenet1kV1 {
        Imagenet1kV1 "efficientnet_b5_lukemelas-1a07897c.pth" 30389784 116.864 1 [456 456 Bicubic IMAGENET] Some([83.444, 96.628]);
    }
    efficientnet_b6 EfficientNetB6Weights "EfficientNet_B6_Weights" Imagenet1kV1 {
        Imagenet1kV1 "efficientnet_b6_lukemelas-24a108a5.pth" 43040704 165.362 1 [528 528 Bicubic IMAGENET] Some([84.008, 96.916]);
    }
    efficientnet_b7 EfficientNetB7Weights "EfficientNet_B7_Weights" Imagenet1kV1 {
        Imagenet1kV1 "efficientnet_b7_lukemelas-c5b4e57e.pth" 66347960 254.675 1 [600 600 Bicubic IMAGENET] Some([84.122, 96.908]);
    }
    efficientnet_v2_l EfficientNetV2LWeights "EfficientNet_V2_L_Weights" Imagenet1kV1 {
        Imagenet1kV1 "efficientnet_v2_l-59c71312.pth" 118515272 454.573 33 [480 480 Bicubic HALF] Some([85.808, 97.788]);
    }
    efficientnet_v2_m EfficientNetV2MWeights "EfficientNet_V2_M_Weights" Imagenet1kV1 {
        Imagenet1kV1 "efficientnet_v2_m-dc08266a.pth" 54139356 208.01 33 [480 480 Bilinear IMAGENET] Some([85.112, 97.156]);
    }
    efficientnet_v2_s EfficientNetV2SWeights "EfficientNet_V2_S_Weights" Imagenet1kV1 {
        Imagenet1kV1 "efficientnet_v2_s-dd5fe13b.pth" 21458488 82.704 33 [384 384 Bilinear IMAGENET] Some([84.228, 96.878]);
    }
    googlenet GoogLeNetWeights "GoogLeNet_Weights" Imagenet1kV1 {
        Imagenet1kV1 "googlenet-1378be20.pth" 6624904 49.731 15 [256 224 Bilinear IMAGENET] Some([69.778, 89.53]);
    }
    inception_v3 InceptionV3Weights "Inception_V3_Weights" Imagenet1kV1 {
        Imagenet1kV1 "inception_v3_google-0cc3c7bd.pth" 27161264 103.903 75 [342 299 Bilinear IMAGENET] Some([77.294, 93.45]);
    }
    maxvit_t MaxVitTWeights "MaxVit_T_Weights" Imagenet1kV1 {
        Imagenet1kV1 "maxvit_t-bc5ab103.pth" 30919624 118.769 224 [224 224 Bicubic IMAGENET] Some([83.7, 96.722]);
    }
    mnasnet0_5 MNASNet0_5Weights "MNASNet0_5_Weights" Imagenet1kV1 {
        Imagenet1kV1 "mnasnet0.5_top1_67.823-3ffadce67e.pth" 2218512 8.591 1 [256 224 Bilinear IMAGENET] Some([67.734, 87.49]);
    }
    mnasnet0_75 MNASNet0_75Weights "MNASNet0_75_Weights" Imagenet1kV1 {
        Imagenet1kV1 "mnasnet0_75-7090bc5f.pth" 3170208 12.303 1 [232 224 Bilinear IMAGENET] Some([71.18, 90.496]);
    }
    mnasnet1_0 MNASNet1_0Weights "MNASNet1_0_Weights" Imagenet1kV1 {
        Imagenet1kV1 "mnasnet1.0_top1_73.512-f206786ef8.pth" 4383312 16.915 1 [256 224 Bilinear IMAGENET] Some([73.456, 91.51]);
    }
    mnasnet1_3 MNASNet1_3Weights "MNASNet1_3_Weights" Imagenet1kV1 {
        Imagenet1kV1 "mnasnet1_3-a4c69d6f.pth" 6282256 24.246 1 [232 224 Bilinear IMAGENET] Some([76.506, 93.522]);
    }
    mobilenet_v2 MobileNetV2Weights "MobileNet_V2_Weights" Imagenet1kV2 {
        Imagenet1kV1 "mobilenet_v2-b0353104.pth" 3504872 13.555 1 [256 224 Bilinear IMAGENET] Some([71.878, 90.286]);
        Imagenet1kV2 "mobilenet_v2-7ebf99e0.pth" 3504872 13.598 1 [232 224 Bilinear IMAGENET] Some([72.154, 90.822]);
    }
    mobilenet_v3_large MobileNetV3LargeWeights "MobileNet_V3_Large_Weights" Imagenet1kV2 {
        Imagenet1kV1 "mobilenet_v3_large-8738ca79.pth" 5483032 21.114 1 [256 224 Bilinear IMAGENET] Some([74.042, 91.34]);
        Imagenet1kV2 "mobilenet_v3_large-5c1a4163.pth" 5483032 21.107 1 [232 224 Bilinear IMAGENET] Some([75.274, 92.566]);
    }
    mobilenet_v3_small MobileNetV3SmallWeights "MobileNet_V3_Small_Weights" Imagenet1kV1 {
        Imagenet1kV1 "mobilenet_v3_small-047dcff4.pth" 2542856 9.829 1 [256 224 Bilinear IMAGENET] Some([67.668, 87.402]);
    }
    regnet_x_16gf RegNetX16GFWeights "RegNet_X_16GF_Weights" Imagenet1kV2 {
        Imagenet1kV1 "regnet_x_16gf-2007eb11.pth" 54278536 207.627 1 [256 224 Bilinear IMAGENET] Some([80.058, 94.944]);
        Imagenet1kV2 "regnet_x_16gf-ba3796d7.pth" 54278536 207.627 1 [232 224 Bilinear IMAGENET] Some([82.716, 96.196]);
    }
    regnet_x_1_6gf RegNetX1_6GFWeights "RegNet_X_1_6GF_Weights" Imagenet1kV2 {
        Imagenet1kV1 "regnet_x_1_6gf-e3633e7f.pth" 9190136 35.339 1 [256 224 Bilinear IMAGENET] Some([77.04, 93.44]);
        Imagenet1kV2 "regnet_x_1_6gf-a12f2b72.pth" 9190136 35.339 1 [232 224 Bilinear IMAGENET] Some([79.668, 94.922]);
    }
    regnet_x_32gf RegNetX32GFWeights "RegNet_X_32GF_Weights" Imagenet1kV2 {
        Imagenet1kV1 "regnet_x_32gf-9d47f8d0.pth" 107811560 412.039 1 [256 224 Bilinear IMAGENET] Some([80.622, 95.248]);
        Imagenet1kV2 "regnet_x_32gf-6eb8fdc6.pth" 107811560 412.039 1 [232 224 Bilinear IMAGENET] Some([83.014, 96.288]);
    }
    regnet_x_3_2gf RegNetX3_2GFWeights "RegNet_X_3_2GF_Weights" Imagenet1kV2 {
        Imagenet1kV1 "regnet_x_3_2gf-f342aeae.pth" 15296552 58.756 1 [256 224 Bilinear IMAGENET] Some([78.364, 93.992]);
        Imagenet1kV2 "regnet_x_3_2gf-7071aa85.pth" 15296552 58.756 1 [232 224 Bilinear IMAGENET] Some([81.196, 95.43]);
    }
    regnet_x_400mf RegNetX400MFWeights "RegNet_X_400MF_Weights" Imagenet1kV2 {
        Imagenet1kV1 "regnet_x_400mf-adf1edd5.pth" 5495976 21.258 1 [256 224 Bilinear IMAGENET] Some([72.834, 90.95]);
        Imagenet1kV2 "regnet_x_400mf-62229a5f.pth" 5495976 21.257 1 [232 224 Bilinear IMAGENET] Some([74.864, 92.322]);
    }
    regnet_x_800mf RegNetX800MFWeights "RegNet_X_800MF_Weights" Imagenet1kV2 {
        Imagenet1kV1 "regnet_x_800mf-ad17e45c.pth" 7259656 27.945 1 [256 224 Bilinear IMAGENET] Some([75.212, 92.348]);
        Imagenet1kV2 "regnet_x_800mf-94a99ebd.pth" 7259656 27.945 1 [232 224 Bilinear IMAGENET] Some([77.522, 93.826]);
    }
    regnet_x_8gf RegNetX8GFWeights "RegNet_X_8GF_Weights" Imagenet1kV2 {
        Imagenet1kV1 "regnet_x_8gf-03ceed89.pth" 39572648 151.456 1 [256 224 Bilinear IMAGENET] Some([79.344, 94.686]);
        Imagenet1kV2 "regnet_x_8gf-2b70d774.pth" 39572648 151.456 1 [232 224 Bilinear IMAGENET] Some([81.682, 95.678]);
    }
    regnet_y_128gf RegNetY128GFWeights "RegNet_Y_128GF_Weights" Imagenet1kSwagE2eV1 {
        Imagenet1kSwagE2eV1 "regnet_y_128gf_swag-c8ce3e52.pth" 644812894 2461.564 1 [384 384 Bicubic IMAGENET] Some([88.228, 98.682]);
        Imagenet1kSwagLinearV1 "regnet_y_128gf_lc_swag-cbe8ce12.pth" 644812894 2461.564 1 [224 224 Bicubic IMAGENET] Some([86.068, 97.844]);
    }
    regnet_y_16gf RegNetY16GFWeights "RegNet_Y_16GF_Weights" Imagenet1kV2 {
        Imagenet1kV1 "regnet_y_16gf-9e6ed7dd.pth" 83590140 319.49 1 [256 224 Bilinear IMAGENET] Some([80.424, 95.24]);
        Imagenet1kV2 "regnet_y_16gf-3e4a00f9.pth" 83590140 319.49 1 [232 224 Bilinear IMAGENET] Some([82.886, 96.328]);
        Imagenet1kSwagE2eV1 "regnet_y_16gf_swag-43afe44d.pth" 83590140 319.49 1 [384 384 Bicubic IMAGENET] Some([86.012, 98.054]);
        Imagenet1kSwagLinearV1 "regnet_y_16gf_lc_swag-f3ec0043.pth" 83590140 319.49 1 [224 224 Bicubic IMAGENET] Some([83.976, 97.244]);
    }
    regnet_y_1_6gf RegNetY1_6GFWeights "RegNet_Y_1_6GF_Weights" Imagenet1kV2 {
        Imagenet1kV1 "regnet_y_1_6gf-b11a554e.pth" 11202430 43.152 1 [256 224 Bilinear IMAGENET] Some([77.95, 93.966]);
        Imagenet1kV2 "regnet_y_1_6gf-0d7bc02a.pth" 11202430 43.152 1 [232 224 Bilinear IMAGENET] Some([80.876, 95.444]);
    }
    regnet_y_32gf RegNetY32GFWeights "RegNet_Y_32GF_Weights" Imagenet1kV2 {
        Imagenet1kV1 "regnet_y_32gf-4dee3f7a.pth" 145046770 554.076 1 [256 224 Bilinear IMAGENET] Some([80.878, 95.34]);
        Imagenet1kV2 "regnet_y_32gf-8db6d4b5.pth" 145046770 554.076 1 [232 224 Bilinear IMAGENET] Some([83.368, 96.498]);
        Imagenet1kSwagE2eV1 "regnet_y_32gf_swag-04fdfa75.pth" 145046770 554.076 1 [384 384 Bicubic IMAGENET] Some([86.838, 98.362]);
        Imagenet1kSwagLinearV1 "regnet_y_32gf_lc_swag-e1583746.pth" 145046770 554.076 1 [224 224 Bicubic IMAGENET] Some([84.622, 97.48]);
    }
    regnet_y_3_2gf RegNetY3_2GFWeights "RegNet_Y_3_2GF_Weights" Imagenet1kV2 {
        Imagenet1kV1 "regnet_y_3_2gf-b5a9779c.pth" 19436338 74.567 1 [256 224 Bilinear IMAGENET] Some([78.948, 94.576]);
        Imagenet1kV2 "regnet_y_3_2gf-9180c971.pth" 19436338 74.567 1 [232 224 Bilinear IMAGENET] Some([81.982, 95.972]);
    }
    regnet_y_400mf RegNetY400MFWeights "RegNet_Y_400MF_Weights" Imagenet1kV2 {
        Imagenet1kV1 "regnet_y_400mf-c65dace8.pth" 4344144 16.806 1 [256 224 Bilinear IMAGENET] Some([74.046, 91.716]);
        Imagenet1kV2 "regnet_y_400mf-e6988f5f.pth" 4344144 16.806 1 [232 224 Bilinear IMAGENET] Some([75.804, 92.742]);
    }
    regnet_y_800mf RegNetY800MFWeights "RegNet_Y_800MF_Weights" Imagenet1kV2 {
        Imagenet1kV1 "regnet_y_800mf-1b27b58c.pth" 6432512 24.774 1 [256 224 Bilinear IMAGENET] Some([76.42, 93.136]);
        Imagenet1kV2 "regnet_y_800mf-58fc7688.pth" 6432512 24.774 1 [232 224 Bilinear IMAGENET] Some([78.828, 94.502]);
    }
    regnet_y_8gf RegNetY8GFWeights "RegNet_Y_8GF_Weights" Imagenet1kV2 {
        Imagenet1kV1 "regnet_y_8gf-d0d0e4a8.pth" 39381472 150.701 1 [256 224 Bilinear IMAGENET] Some([80.032, 95.048]);
        Imagenet1kV2 "regnet_y_8gf-dc2b1b54.pth" 39381472 150.701 1 [232 224 Bilinear IMAGENET] Some([82.828, 96.33]);
    }
    resnet101 ResNet101Weights "ResNet101_Weights" Imagenet1kV2 {
        Imagenet1kV1 "resnet101-63fe2227.pth" 44549160 170.511 1 [256 224 Bilinear IMAGENET] Some([77.374, 93.546]);
        Imagenet1kV2 "resnet101-cd907fc2.pth" 44549160 170.53 1 [232 224 Bilinear IMAGENET] Some([81.886, 95.78]);
    }
    resnet152 ResNet152Weights "ResNet152_Weights" Imagenet1kV2 {
        Imagenet1kV1 "resnet152-394f9c45.pth" 60192808 230.434 1 [256 224 Bilinear IMAGENET] Some([78.312, 94.046]);
        Imagenet1kV2 "resnet152-f82ba261.pth" 60192808 230.474 1 [232 224 Bilinear IMAGENET] Some([82.284, 96.002]);
    }
    resnet18 ResNet18Weights "ResNet18_Weights" Imagenet1kV1 {
        Imagenet1kV1 "resnet18-f37072fd.pth" 11689512 44.661 1 [256 224 Bilinear IMAGENET] Some([69.758, 89.078]);
    }
    resnet34 ResNet34Weights "ResNet34_Weights" Imagenet1kV1 {
        Imagenet1kV1 "resnet34-b627a593.pth" 21797672 83.275 1 [256 224 Bilinear IMAGENET] Some([73.314, 91.42]);
    }
    resnet50 ResNet50Weights "ResNet50_Weights" Imagenet1kV2 {
        Imagenet1kV1 "resnet50-0676ba61.pth" 25557032 97.781 1 [256 224 Bilinear IMAGENET] Some([76.13, 92.862]);
        Imagenet1kV2 "resnet50-11ad3fa6.pth" 25557032 97.79 1 [232 224 Bilinear IMAGENET] Some([80.858, 95.434]);
    }
    resnext101_32x8d ResNeXt101_32X8DWeights "ResNeXt101_32X8D_Weights" Imagenet1kV2 {
        Imagenet1kV1 "resnext101_32x8d-8ba56ff5.pth" 88791336 339.586 1 [256 224 Bilinear IMAGENET] Some([79.312, 94.526]);
        Imagenet1kV2 "resnext101_32x8d-110c445d.pth" 88791336 339.673 1 [232 224 Bilinear IMAGENET] Some([82.834, 96.228]);
    }
    resnext101_64x4d ResNeXt101_64X4DWeights "ResNeXt101_64X4D_Weights" Imagenet1kV1 {
        Imagenet1kV1 "resnext101_64x4d-173b62eb.pth" 83455272 319.318 1 [232 224 Bilinear IMAGENET] Some([83.246, 96.454]);
    }
    resnext50_32x4d ResNeXt50_32X4DWeights "ResNeXt50_32X4D_Weights" Imagenet1kV2 {
        Imagenet1kV1 "resnext50_32x4d-7cdf4587.pth" 25028904 95.789 1 [256 224 Bilinear IMAGENET] Some([77.618, 93.698]);
        Imagenet1kV2 "resnext50_32x4d-1a0047aa.pth" 25028904 95.833 1 [232 224 Bilinear IMAGENET] Some([81.198, 95.34]);
    }
    shufflenet_v2_x0_5 ShuffleNetV2X0_5Weights "ShuffleNet_V2_X0_5_Weights" Imagenet1kV1 {
        Imagenet1kV1 "shufflenetv2_x0.5-f707e7126e.pth" 1366792 5.282 1 [256 224 Bilinear IMAGENET] Some([60.552, 81.746]);
    }
    shufflenet_v2_x1_0 ShuffleNetV2X1_0Weights "ShuffleNet_V2_X1_0_Weights" Imagenet1kV1 {
        Imagenet1kV1 "shufflenetv2_x1-5666bf0f80.pth" 2278604 8.791 1 [256 224 Bilinear IMAGENET] Some([69.362, 88.316]);
    }
    shufflenet_v2_x1_5 ShuffleNetV2X1_5Weights "ShuffleNet_V2_X1_5_Weights" Imagenet1kV1 {
        Imagenet1kV1 "shufflenetv2_x1_5-3c479a10.pth" 3503624 13.557 1 [232 224 Bilinear IMAGENET] Some([72.996, 91.086]);
    }
    shufflenet_v2_x2_0 ShuffleNetV2X2_0Weights "ShuffleNet_V2_X2_0_Weights" Imagenet1kV1 {
        Imagenet1kV1 "shufflenetv2_x2_0-8be3c8ee.pth" 7393996 28.433 1 [232 224 Bilinear IMAGENET] Some([76.23, 93.006]);
    }
    squeezenet1_0 SqueezeNet1_0Weights "SqueezeNet1_0_Weights" Imagenet1kV1 {
        Imagenet1kV1 "squeezenet1_0-b66bff10.pth" 1248424 4.778 21 [256 224 Bilinear IMAGENET] Some([58.092, 80.42]);
    }
    squeezenet1_1 SqueezeNet1_1Weights "SqueezeNet1_1_Weights" Imagenet1kV1 {
        Imagenet1kV1 "squeezenet1_1-b8a52dc0.pth" 1235496 4.729 17 [256 224 Bilinear IMAGENET] Some([58.178, 80.624]);
    }
    swin_b SwinBWeights "Swin_B_Weights" Imagenet1kV1 {
        Imagenet1kV1 "swin_b-68c6b09e.pth" 87768224 335.364 224 [238 224 Bicubic IMAGENET] Some([83.582, 96.64]);
    }
    swin_s SwinSWeights "Swin_S_Weights" Imagenet1kV1 {
        Imagenet1kV1 "swin_s-5e29d889.pth" 49606258 189.786 224 [246 224 Bicubic IMAGENET] Some([83.196, 96.36]);
    }
    swin_t SwinTWeights "Swin_T_Weights" Imagenet1kV1 {
        Imagenet1kV1 "swin_t-704ceda3.pth" 28288354 108.19 224 [232 224 Bicubic IMAGENET] Some([81.474, 95.776]);
    }
    swin_v2_b SwinV2BWeights "Swin_V2_B_Weights" Imagenet1kV1 {
        Imagenet1kV1 "swin_v2_b-781e5279.pth" 87930848 336.372 256 [272 256 Bicubic IMAGENET] Some([84.112, 96.864]);
    }
    swin_v2_s SwinV2SWeights "Swin_V2_S_Weights" Imagenet1kV1 {
        Imagenet1kV1 "swin_v2_s-637d8ceb.pth" 49737442 190.675 256 [260 256 Bicubic IMAGENET] Some([83.712, 96.816]);
    }
    swin_v2_t SwinV2TWeights "Swin_V2_T_Weights" Imagenet1kV1 {
        Imagenet1kV1 "swin_v2_t-b137f0e2.pth" 28351570 108.626 256 [260 256 Bicubic IMAGENET] Some([82.072, 96.132]);
    }
    vgg11 VGG11Weights "VGG11_Weights" Imagenet1kV1 {
        Imagenet1kV1 "vgg11-8a719046.pth" 132863336 506.84 32 [256 224 Bilinear IMAGENET] Some([69.02, 88.628]);
    }
    vgg11_bn VGG11BNWeights "VGG11_BN_Weights" Imagenet1kV1 {
        Imagenet1kV1 "vgg11_bn-6002323d.pth" 132868840 506.881 32 [256 224 Bilinear IMAGENET] Some([70.37, 89.81]);
    }
    vgg13 VGG13Weights "VGG13_Weights" Imagenet1kV1 {
        Imagenet1kV1 "vgg13-19584684.pth" 133047848 507.545 32 [256 224 Bilinear IMAGENET] Some([69.928, 89.246]);
    }
    vgg13_bn VGG13BNWeights "VGG13_BN_Weights" Imagenet1kV1 {
        Imagenet1kV1 "vgg13_bn-abd245e5.pth" 133053736 507.59 32 [256 224 Bilinear IMAGENET] Some([71.586, 90.374]);
    }
    vgg16 VGG16Weights "VGG16_Weights" Imagenet1kV1 {
        Imagenet1kV1 "vgg16-397923af.pth" 138357544 527.796 32 [256 224 Bilinear IMAGENET] Some([71.592, 90.382]);
        Imagenet1kFeatures "vgg16_features-amdegroot-88682ab5.pth" 138357544 527.802 32 [256 224 Bilinear BYTES] None;
    }
    vgg16_bn VGG16BNWeights "VGG16_BN_Weights" Imagenet1kV1 {
        Imagenet1kV1 "vgg16_bn-6c64b313.pth" 138365992 527.866 32 [256 224 Bilinear IMAGENET] Some([73.36, 91.516]);
    }
    vgg19 VGG19Weights "VGG19_Weights" Imagenet1kV1 {
        Imagenet1kV1 "vgg19-dcbb9e9d.pth" 143667240 548.051 32 [256 224 Bilinear IMAGENET] Some([72.376, 90.876]);
    }
    vgg19_bn VGG19BNWeights "VGG19_BN_Weights" Imagenet1kV1 {
        Imagenet1kV1 "vgg19_bn-c79401a0.pth" 143678248 548.143 32 [256 224 Bilinear IMAGENET] Some([74.218, 91.842]);
    }
    vit_b_16 ViTB16Weights "ViT_B_16_Weights" Imagenet1kV1 {
        Imagenet1kV1 "vit_b_16-c867db91.pth" 86567656 330.285 224 [256 224 Bilinear IMAGENET] Some([81.072, 95.318]);
        Imagenet1kSwagE2eV1 "vit_b_16_swag-9ac1b537.pth" 86859496 331.398 384 [384 384 Bicubic IMAGENET] Some([85.304, 97.65]);
        Imagenet1kSwagLinearV1 "vit_b_16_lc_swag-4e70ced5.pth" 86567656 330.285 224 [224 224 Bicubic IMAGENET] Some([81.886, 96.18]);
    }
    vit_b_32 ViTB32Weights "ViT_B_32_Weights" Imagenet1kV1 {
        Imagenet1kV1 "vit_b_32-d86f8d99.pth" 88224232 336.604 224 [256 224 Bilinear IMAGENET] Some([75.912, 92.466]);
    }
    vit_h_14 ViTH14Weights "ViT_H_14_Weights" Imagenet1kSwagE2eV1 {
        Imagenet1kSwagE2eV1 "vit_h_14_swag-80465313.pth" 633470440 2416.643 518 [518 518 Bicubic IMAGENET] Some([88.552, 98.694]);
        Imagenet1kSwagLinearV1 "vit_h_14_lc_swag-c1eb923e.pth" 632045800 2411.209 224 [224 224 Bicubic IMAGENET] Some([85.708, 97.73]);
    }
    vit_l_16 ViTL16Weights "ViT_L_16_Weights" Imagenet1kV1 {
        Imagenet1kV1 "vit_l_16-852ce7e3.pth" 304326632 1161.023 224 [242 224 Bilinear IMAGENET] Some([79.662, 94.638]);
        Imagenet1kSwagE2eV1 "vit_l_16_swag-4f3808c9.pth" 305174504 1164.258 512 [512 512 Bicubic IMAGENET] Some([88.064, 98.512]);
        Imagenet1kSwagLinearV1 "vit_l_16_lc_swag-4d563306.pth" 304326632 1161.023 224 [224 224 Bicubic IMAGENET] Some([85.146, 97.422]);
    }
    vit_l_32 ViTL32Weights "ViT_L_32_Weights" Imagenet1kV1 {
        Imagenet1kV1 "vit_l_32-c7638314.pth" 306535400 1169.449 224 [256 224 Bilinear IMAGENET] Some([76.972, 93.07]);
    }
    wide_resnet101_2 WideResNet101_2Weights "Wide_ResNet101_2_Weights" Imagenet1kV2 {
        Imagenet1kV1 "wide_resnet101_2-32ee1156.pth" 126886696 242.896 1 [256 224 Bilinear IMAGENET] Some([78.848, 94.284]);
        Imagenet1kV2 "wide_resnet101_2-d733dc28.pth" 126886696 484.747 1 [232 224 Bilinear IMAGENET] Some([82.51, 96.02]);
    }
    wide_resnet50_2 WideResNet50_2Weights "Wide_ResNet50_2_Weights" Imagenet1kV2 {
        Imagenet1kV1 "wide_resnet50_2-95faca4d.pth" 68883240 131.82 1 [256 224 Bilinear IMAGENET] Some([78.468, 94.086]);
        Imagenet1kV2 "wide_resnet50_2-9ba9bcbe.pth" 68883240 263.124 1 [232 224 Bilinear IMAGENET] Some([81.602, 95.758]);
    }
}

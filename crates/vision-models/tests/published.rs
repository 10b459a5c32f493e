use rushlight_autograd::Result;
use rushlight_nn::Module;
use rushlight_vision_models::weights::{RegNet_Y_128GF_Weights, VGG16_Weights, ViT_B_16_Weights};
use rushlight_vision_models::{
    Error, Weights, get_model, get_model_weights, get_weight, list_models,
};

#[test]
fn every_model_has_weights_that_are_found_by_their_names() -> Result<()> {
    let mut files = 0;
    for model in list_models() {
        for weights in get_model_weights(model)? {
            assert_eq!(weights.model, model);
            assert_eq!(get_weight(&weights.to_string())?, *weights);
            let prefix = weights.sha256_prefix();
            let is_hexadecimal = prefix.bytes().all(|digit| digit.is_ascii_hexdigit());
            assert!(
                is_hexadecimal && [8, 10].contains(&prefix.len()),
                "{prefix}"
            );
            assert!(weights.transforms().crop_size >= weights.meta().min_size);
            files += 1;
        }
    }
    assert_eq!(files, 115);
    assert_eq!(list_models().len(), 80);
    Ok(())
}

#[test]
fn numbers_of_parameters_are_those_of_the_models() -> Result<()> {
    for name in [
        "squeezenet1_1",
        "mobilenet_v3_small",
        "shufflenet_v2_x1_0",
        "regnet_x_400mf",
    ] {
        let model = get_model(name, Weights::None)?;
        let count: usize = model
            .parameters()
            .iter()
            .map(|parameter| parameter.numel())
            .sum();
        assert_eq!(
            get_model_weights(name)?[0].meta().num_params,
            count,
            "{name}"
        );
    }
    Ok(())
}

#[test]
fn the_default_is_not_always_the_first_or_last() {
    let default = RegNet_Y_128GF_Weights::DEFAULT;
    assert_eq!(default.name, "IMAGENET1K_SWAG_E2E_V1");
    assert_eq!(ViT_B_16_Weights::DEFAULT, ViT_B_16_Weights::IMAGENET1K_V1);
    assert_eq!(ViT_B_16_Weights::ALL.len(), 3);
    assert_eq!(VGG16_Weights::IMAGENET1K_FEATURES.meta().accuracy, None);
    assert_eq!(VGG16_Weights::IMAGENET1K_FEATURES.meta().categories(), None);
}

#[cfg(not(feature = "download"))]
#[test]
fn weights_that_are_not_there_are_an_error_with_their_address() {
    let weights = get_weight("SqueezeNet1_1_Weights.DEFAULT").expect("there are such");
    if weights.path().exists() {
        return;
    }
    let error = rushlight_vision_models::squeezenet1_1(weights)
        .map(|model| model.repr())
        .expect_err("no file");
    assert!(matches!(
        Error::of(&error),
        Some(Error::NotDownloaded { .. })
    ));
    let error = error.to_string();
    assert!(error.contains("https://download.pytorch.org/models/squeezenet1_1-b8a52dc0.pth"));
}

#[test]
fn unknown_weights_are_an_error() {
    for name in [
        "",
        "ResNet18_Weights",
        "ResNet18_Weights.IMAGENET1K_V9",
        "ResNet19_Weights.DEFAULT",
    ] {
        let error = get_weight(name).expect_err("no such weights");
        assert!(
            matches!(Error::of(&error), Some(Error::UnknownWeights { name: own }) if own == name)
        );
    }
}

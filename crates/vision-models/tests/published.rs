use rushlight_autograd::Result;
use rushlight_nn::Module;
use rushlight_vision_models::{
    Error, RegNetY128GFWeights, ResNet18Weights, ResNet50Weights, VGG16Weights, ViTB16Weights,
    Weights, get_model, get_model_weights, get_weight, list_models, resnet18,
};

#[test]
fn every_model_has_weights_that_are_found_by_their_names() -> Result<()> {
    let mut files = 0;
    for model in list_models() {
        for weights in get_model_weights(model)? {
            assert_eq!(weights.model, model);
            assert_eq!(get_weight(&weights.to_string())?, weights);
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
    let default = RegNetY128GFWeights::DEFAULT;
    assert_eq!(default.name, "IMAGENET1K_SWAG_E2E_V1");
    assert_eq!(ViTB16Weights::DEFAULT, ViTB16Weights::Imagenet1kV1);
    assert_eq!(ViTB16Weights::ALL.len(), 3);
    assert_eq!(VGG16Weights::Imagenet1kFeatures.meta().accuracy, None);
    assert_eq!(VGG16Weights::Imagenet1kFeatures.meta().categories(), None);
}

#[test]
fn variants_are_what_is_published() {
    let weights = ResNet50Weights::Imagenet1kV2;
    assert_eq!(weights, ResNet50Weights::default());
    assert_eq!(weights.to_string(), "ResNet50_Weights.IMAGENET1K_V2");
    let published = get_weight("ResNet50_Weights.IMAGENET1K_V2").expect("there are such");
    assert_eq!(*weights, *published);
    let Weights::Published(chosen) = weights.into() else {
        panic!("a published file");
    };
    assert_eq!(chosen, published);
    let names = ViTB16Weights::ALL.iter().map(|weights| weights.name);
    let expected = [
        "IMAGENET1K_V1",
        "IMAGENET1K_SWAG_E2E_V1",
        "IMAGENET1K_SWAG_LINEAR_V1",
    ];
    assert!(names.eq(expected));
    assert_eq!(ResNet18Weights::ALL, [ResNet18Weights::DEFAULT]);
}

#[test]
fn weights_of_another_model_are_an_error() {
    let error = resnet18(ResNet50Weights::DEFAULT).map(|model| model.repr());
    let error = error.expect_err("another model");
    assert!(matches!(Error::of(&error), Some(Error::OtherModel { .. })));
    let expected = "resnet18: ResNet50_Weights.IMAGENET1K_V2 are weights of another model";
    assert_eq!(error.to_string(), expected);
    assert!(get_model("resnet18", ResNet50Weights::Imagenet1kV1).is_err());
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

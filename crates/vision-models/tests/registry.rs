use rushlight_autograd::Result;
use rushlight_nn::Module;
use rushlight_vision_models::{Error, ModelOptions, ResNet, get_model, list_models};

#[test]
fn models_are_found_whatever_the_case_of_their_letters() -> Result<()> {
    let model = get_model("ResNet18", ModelOptions::new().num_classes(7))?;
    let model: &ResNet = model.downcast_ref().expect("a residual network");
    assert_eq!(model.fc.out_features, 7);
    Ok(())
}

#[test]
fn an_unknown_name_is_an_error() {
    let error = get_model("resnet19", ModelOptions::new()).map(|model| model.repr());
    let error = error.expect_err("there is none");
    assert!(matches!(Error::of(&error), Some(Error::UnknownModel { name }) if name == "resnet19"));
    assert_eq!(
        error.to_string(),
        "get_model: there is no model named \"resnet19\", see `list_models()`"
    );
}

#[test]
fn names_are_listed_once_and_sorted() {
    let names = list_models();
    assert!(names.windows(2).all(|pair| pair[0] < pair[1]));
}

use rushlight_autograd::{Result, Tensor};
use rushlight_nn::{Forward, Linear, Module, sequential};
use rushlight_vision_models::{AlexNetOptions, VGG, VGGOptions, alexnet};

#[test]
fn the_last_layer_can_be_replaced_and_others_added() -> Result<()> {
    let mut model = VGG::new(sequential![], VGGOptions::new().init_weights(false))?;
    model.classifier.set(6, Linear::new(4096, 10)?)?;
    model
        .classifier
        .add_module("add_linear", Linear::new(10, 2)?)?;
    model.eval();
    // The stages may be any: none leave the image as it is.
    let y = model.forward(&Tensor::ones(&[1, 512, 7, 7])?)?;
    assert_eq!(y.shape(), [1, 2]);
    let text = model.to_string();
    let line = "(add_linear): Linear(in_features=10, out_features=2, bias=True)";
    assert!(text.contains(line), "{text}");
    Ok(())
}

#[test]
fn a_probability_outside_of_0_to_1_is_an_error() {
    let error = alexnet(AlexNetOptions::new().dropout(1.5)).map(|model| model.repr());
    let error = error.expect_err("no probability").to_string();
    assert!(error.contains("1.5"), "{error}");
}

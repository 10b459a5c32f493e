use rushlight_autograd::{Result, Tensor};
use rushlight_nn::{Forward, Module};
use rushlight_vision_models::{
    GoogLeNet, GoogLeNetOptions, Inception3Options, googlenet, inception_v3,
};

#[test]
fn auxiliary_heads_are_called_while_training_only() -> Result<()> {
    let model = googlenet(GoogLeNetOptions::new().num_classes(3).init_weights(false))?;
    let x = Tensor::rand(&[2, 3, 32, 32])?;
    let outputs = model.forward_with_aux(&x)?;
    assert_eq!(outputs.logits.shape(), [2, 3]);
    assert_eq!(
        outputs.aux_logits1.map(|logits| logits.shape()),
        Some([2, 3].into())
    );
    assert_eq!(
        outputs.aux_logits2.map(|logits| logits.shape()),
        Some([2, 3].into())
    );
    model.eval();
    let outputs = model.forward_with_aux(&x)?;
    assert!(outputs.aux_logits1.is_none() && outputs.aux_logits2.is_none());
    assert_eq!(
        outputs.logits.to_vec::<f32>()?,
        model.forward(&x)?.to_vec::<f32>()?
    );
    Ok(())
}

#[test]
fn weights_bring_the_auxiliary_heads_that_the_model_then_loses_or_keeps() -> Result<()> {
    let options = || GoogLeNetOptions::new().num_classes(3).init_weights(false);
    let state = googlenet(options())?.state_dict();
    let model = googlenet(options().weights(state.clone()))?;
    assert!(model.aux1.is_none() && model.aux2.is_none() && model.transform_input);
    let model = googlenet(
        options()
            .weights(state)
            .aux_logits(true)
            .transform_input(false),
    )?;
    assert!(model.aux1.is_some() && model.aux2.is_some() && !model.transform_input);

    let options = || Inception3Options::new().num_classes(3).init_weights(false);
    let state = inception_v3(options())?.state_dict();
    assert!(
        inception_v3(options().weights(state.clone()))?
            .aux_logits
            .is_some()
    );
    assert!(
        inception_v3(options().weights(state).aux_logits(false))?
            .aux_logits
            .is_none()
    );
    Ok(())
}

#[test]
fn transform_input_undoes_the_statistics_of_imagenet() -> Result<()> {
    let options = || {
        GoogLeNetOptions::new()
            .num_classes(3)
            .init_weights(false)
            .aux_logits(false)
    };
    let model = googlenet(options())?;
    let transforming = googlenet(options().weights(model.state_dict()).aux_logits(false));
    // Without auxiliary heads the state lacks theirs.
    assert!(transforming.is_err());
    let mut transforming = googlenet(options())?;
    transforming.load_state_dict(&model.state_dict(), true)?;
    transforming.transform_input = true;
    model.eval();
    transforming.eval();
    let pixels = Tensor::rand(&[1, 3, 32, 32])?;
    let statistic = |values: [f32; 3]| Tensor::from_slice(&values, &[1, 3, 1, 1]);
    let normalised =
        ((&pixels - statistic([0.485, 0.456, 0.406])?)? / statistic([0.229, 0.224, 0.225])?)?;
    let symmetric = pixels.mul(2.0)?.sub(1.0)?;
    let (got, expected) = (
        transforming.forward(&normalised)?,
        model.forward(&symmetric)?,
    );
    for (got, expected) in got
        .to_vec::<f32>()?
        .into_iter()
        .zip(expected.to_vec::<f32>()?)
    {
        assert!((got - expected).abs() < 1e-4, "{got}, expected {expected}");
    }
    Ok(())
}

#[test]
fn auxiliary_heads_that_are_taken_off_print_as_none() -> Result<()> {
    let options = || GoogLeNetOptions::new().num_classes(3).init_weights(false);
    let model = googlenet(options())?;
    let lines = |model: &GoogLeNet| -> Vec<String> {
        let text = model.repr();
        let lines = text.lines().filter(|line| line.starts_with("  (aux"));
        lines.map(str::to_owned).collect()
    };
    let loaded = googlenet(options().weights(model.state_dict()))?;
    assert_eq!(lines(&loaded), ["  (aux1): None", "  (aux2): None"]);
    assert_eq!(lines(&googlenet(options().aux_logits(false))?), [""; 0]);
    assert_eq!(lines(&model).len(), 2);
    assert!(
        loaded
            .named_modules()
            .iter()
            .all(|(name, _)| !name.starts_with("aux"))
    );
    Ok(())
}

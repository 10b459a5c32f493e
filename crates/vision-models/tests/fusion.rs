//! Convolutions that wait for what follows compute what the steps do, in every model.

use rushlight_autograd::{Result, Tensor, manual_seed, no_grad};
use rushlight_nn::{Forward, Module};
use rushlight_vision_models::{ModelOptions, get_model};

/// Gives running statistics values that are no identity, for all norms of a model.
fn disturb(model: &dyn Forward) -> Result<()> {
    for (name, buffer) in model.named_buffers() {
        if name.ends_with("running_mean") || name.ends_with("running_var") {
            buffer.set_data(&(buffer.rand_like()? + 0.5)?)?;
        }
    }
    Ok(())
}

/// Has the output of every module computed before anything follows it.
fn compute_step_by_step(model: &dyn Forward) {
    for module in model.modules() {
        if let Ok(site) = module.site() {
            site.register_forward_hook(|_, y| {
                drop(y.array());
                Ok(None)
            });
        }
    }
}

/// The smallest model of each family with convolutions, and the side of its images.
const MODELS: [(&str, usize); 16] = [
    ("alexnet", 64),
    ("convnext_tiny", 32),
    ("densenet121", 32),
    ("efficientnet_b0", 32),
    ("efficientnet_v2_s", 32),
    ("googlenet", 32),
    ("inception_v3", 75),
    ("mnasnet0_5", 32),
    ("mobilenet_v2", 32),
    ("mobilenet_v3_small", 32),
    ("regnet_y_400mf", 32),
    ("resnet18", 32),
    ("resnext50_32x4d", 32),
    ("shufflenet_v2_x0_5", 32),
    ("squeezenet1_1", 32),
    ("vgg11_bn", 32),
];

#[test]
fn a_model_computes_the_same_at_once_and_step_by_step() -> Result<()> {
    for (name, side) in MODELS {
        manual_seed(0);
        let model = get_model(name, ModelOptions::new().num_classes(10))?;
        model.eval();
        disturb(&*model)?;
        let images = Tensor::randn(&[2, 3, side, side])?;
        let logits = |model: &dyn Forward| no_grad(|| model.forward(&images))?.to_vec::<f32>();
        let at_once = logits(&*model)?;
        let recorded = model.forward(&images)?.to_vec::<f32>()?;
        assert_eq!(at_once, recorded, "{name}: with a graph");
        compute_step_by_step(&*model);
        assert_eq!(at_once, logits(&*model)?, "{name}: step by step");
    }
    Ok(())
}

#[test]
fn a_model_follows_its_weights_and_its_mode() -> Result<()> {
    manual_seed(0);
    let model = get_model("resnet18", ModelOptions::new().num_classes(10))?;
    let images = Tensor::randn(&[2, 3, 32, 32])?;
    let logits = || no_grad(|| model.forward(&images))?.to_vec::<f32>();
    model.eval();
    let (text, state, before) = (model.repr(), model.state_dict(), logits()?);
    assert_eq!(before, logits()?);
    assert_eq!(text, model.repr());
    model.train();
    assert_ne!(before, logits()?, "by the statistics of the batch");
    model.eval();
    assert_ne!(before, logits()?, "by other statistics");
    model.load_state_dict(&state, true)?;
    assert_eq!(before, logits()?);
    let weight = model.get_parameter("bn1.weight")?;
    weight.set_data(&weight.detach().mul(2.0)?)?;
    assert_ne!(before, logits()?);
    Ok(())
}

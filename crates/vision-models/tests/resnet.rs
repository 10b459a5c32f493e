use rushlight_autograd::{Result, Tensor};
use rushlight_nn::{Conv2d, Forward, Module};
use rushlight_vision_models::resnet::{Architecture, BasicBlock, Block};
use rushlight_vision_models::{ResNet, ResNetOptions, Weights};

const SMALL: Architecture = Architecture::new(Block::Basic, [1, 1, 1, 1]);
const SMALL_BOTTLENECKS: Architecture = Architecture::new(Block::Bottleneck, [2, 1, 1, 1]);

#[test]
fn the_head_sees_the_features() -> Result<()> {
    let model = ResNet::new(SMALL, ResNetOptions::new().num_classes(5))?;
    model.eval();
    let images = Tensor::ones(&[2, 3, 32, 32])?;
    let features = model.forward_features(&images)?;
    assert_eq!(features.shape(), [2, 512]);
    let (expected, got) = (model.fc.forward(&features)?, model.forward(&images)?);
    assert_eq!(got.to_vec::<f32>()?, expected.to_vec::<f32>()?);
    Ok(())
}

#[test]
fn zero_init_residual_makes_blocks_the_identity() -> Result<()> {
    let model = ResNet::new(SMALL, ResNetOptions::new().zero_init_residual(true))?;
    let block = model.layer1.get(0)?;
    let x = Tensor::rand(&[2, 64, 4, 4])?;
    assert_eq!(
        block.forward(&x)?.to_vec::<f32>()?,
        x.relu()?.to_vec::<f32>()?
    );
    let block: &BasicBlock = block.downcast_ref().expect("a basic block");
    let first = block.bn1.weight.as_ref().expect("affine");
    assert!(first.to_vec::<f32>()?.iter().all(|&weight| weight == 1.0));
    Ok(())
}

#[test]
fn every_parameter_gets_a_gradient() -> Result<()> {
    let model = ResNet::new(SMALL_BOTTLENECKS, ResNetOptions::new().num_classes(3))?;
    let logits = model.forward(&Tensor::rand(&[2, 3, 32, 32])?)?;
    logits.square()?.sum()?.backward()?;
    assert_eq!(model.parameters_without_grad(), [""; 0]);
    Ok(())
}

#[test]
fn dilation_keeps_height_and_width() -> Result<()> {
    let options = ResNetOptions::new().replace_stride_with_dilation([false, true, true]);
    let model = ResNet::new(SMALL_BOTTLENECKS, options)?;
    model.eval();
    let conv: &Conv2d = (model.get_submodule("layer4.0.conv2")?.downcast_ref()).expect("a conv");
    assert_eq!((conv.stride, conv.dilation), ([1, 1], [2, 2]));
    let x = Tensor::rand(&[1, 256, 8, 8])?;
    let x = model.layer2.forward(&x)?;
    assert_eq!(x.shape(), [1, 512, 4, 4]);
    let x = model.layer4.forward(&model.layer3.forward(&x)?)?;
    assert_eq!(x.shape(), [1, 2048, 4, 4]);
    Ok(())
}

#[test]
fn basic_blocks_have_neither_groups_nor_dilation() {
    let refusal = |architecture: Architecture, options: ResNetOptions| {
        let error = ResNet::new(architecture, options).map(|model| model.repr());
        error.expect_err("not supported").to_string()
    };
    assert_eq!(
        refusal(SMALL.groups(2, 64), ResNetOptions::new()),
        "ResNet: groups must be 1 of 64 channels for basic blocks, got 2 of 64 channels"
    );
    let options = ResNetOptions::new().replace_stride_with_dilation([true; 3]);
    assert_eq!(
        refusal(
            Architecture::new(Block::Basic, [1, 2, 1, 1]),
            options.clone()
        ),
        "ResNet: replace_stride_with_dilation must be false for basic blocks, got true"
    );
}

#[test]
fn a_width_that_cannot_be_counted_is_an_error() {
    let architecture = SMALL_BOTTLENECKS.groups(usize::MAX, 64);
    let error = ResNet::new(architecture, Weights::None).map(|model| model.repr());
    let error = error.expect_err("too wide").to_string();
    assert!(error.contains("few enough to be counted"), "{error}");
}

#[test]
fn an_error_says_where_it_happened() -> Result<()> {
    let model = ResNet::new(SMALL, Weights::None)?;
    model.named_modules();
    let error = model.forward(&Tensor::zeros(&[2, 1, 32, 32])?);
    let error = error.expect_err("one channel").to_string();
    assert!(error.starts_with("conv1: "), "{error}");
    Ok(())
}

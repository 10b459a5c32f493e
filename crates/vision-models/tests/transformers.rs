use rushlight_autograd::{Result, Tensor};
use rushlight_nn::{Forward, Module};
use rushlight_vision_models::{
    MaxVitOptions, SwinTransformerOptions, VisionTransformerOptions, maxvit_t, swin_t, vit_b_32,
};

#[test]
fn swin_takes_images_that_windows_do_not_divide() -> Result<()> {
    let model = swin_t(SwinTransformerOptions::new().num_classes(2))?;
    model.eval();
    let y = model.forward(&Tensor::rand(&[1, 3, 68, 100])?)?;
    assert_eq!(y.shape(), [1, 2]);
    Ok(())
}

#[test]
fn vit_takes_images_of_its_size_only() -> Result<()> {
    let options = VisionTransformerOptions::new()
        .num_classes(2)
        .image_size(64);
    let model = vit_b_32(options.representation_size(8))?;
    assert_eq!(model.encoder.pos_embedding.shape(), [1, 5, 768]);
    assert_eq!(
        model
            .forward(&Tensor::rand(&[1, 3, 64, 64])?)?
            .to_vec::<f32>()?,
        [0.0, 0.0]
    );
    let error = model.forward(&Tensor::rand(&[1, 3, 64, 96])?);
    let error = error.expect_err("another size").to_string();
    assert!(error.contains("height and width of 64"), "{error}");
    Ok(())
}

#[test]
fn sizes_that_patches_do_not_divide_are_an_error() {
    for size in [0, 31, 33, usize::MAX, usize::MAX / 32 * 32] {
        let model = vit_b_32(VisionTransformerOptions::new().image_size(size));
        let error = model
            .map(|model| model.repr())
            .expect_err("no such size")
            .to_string();
        assert!(error.contains("image_size"), "{error}");
    }
    for size in [[0, 224], [224, 200], [usize::MAX, 224]] {
        let model = maxvit_t(MaxVitOptions::new().input_size(size));
        let error = model
            .map(|model| model.repr())
            .expect_err("no such size")
            .to_string();
        assert!(error.contains("input_size"), "{error}");
    }
}

#[test]
fn tensors_of_older_vits_load() -> Result<()> {
    let options = || {
        VisionTransformerOptions::new()
            .num_classes(2)
            .image_size(32)
    };
    let state = vit_b_32(options())?.state_dict();
    let older = state.clone().rename(|name| {
        name.replace(".mlp.0.", ".mlp.linear_1.")
            .replace(".mlp.3.", ".mlp.linear_2.")
    });
    let loaded = vit_b_32(options().weights(older))?.state_dict();
    let name = "encoder.layers.encoder_layer_3.mlp.3.weight";
    let values = |state: &rushlight_nn::StateDict| state.get(name).expect("there").to_vec::<f32>();
    assert_eq!(values(&loaded)?, values(&state)?);
    Ok(())
}

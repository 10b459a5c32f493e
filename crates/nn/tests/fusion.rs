use rushlight_autograd::{DType, Result, Tensor, no_grad};
use rushlight_nn::{
    BatchNorm, BatchNorm1d, BatchNorm2d, Conv2d, ConvTranspose2d, Forward, Linear, Module,
    fuse_conv_bn_eval, fuse_conv_transpose_bn_eval, fuse_linear_bn_eval, parameters_to_vector,
    vector_to_parameters,
};

/// A norm with statistics, weight and bias that are not those it starts with.
fn used<const N: usize>(norm: BatchNorm<N>) -> Result<BatchNorm<N>> {
    no_grad(|| {
        for tensor in norm.buffers().iter().take(2) {
            tensor.set_data(&Tensor::rand(&tensor.shape())?.add(0.5)?)?;
        }
        for parameter in norm.parameters() {
            parameter.set_data(&Tensor::rand(&parameter.shape())?)?;
        }
        Ok(())
    })
    .map(|()| norm)
}

fn assert_same(fused: &dyn Forward, layers: [&dyn Forward; 2], x: &Tensor) -> Result<()> {
    let expected = layers[1].forward(&layers[0].forward(x)?)?;
    let difference = (fused.forward(x)? - expected)?.abs()?.max()?;
    assert!(difference.item()? < 1e-5, "{difference}");
    assert!(!fused.is_training());
    Ok(())
}

#[test]
fn fused_layers_compute_what_two_did() -> Result<()> {
    let x = Tensor::rand(&[2, 4, 6, 6])?;
    for bias in [true, false] {
        let conv = Conv2d::builder(4, 6, 3)
            .stride(2)
            .padding(1)
            .groups(2)
            .bias(bias)
            .build()?;
        let norm = used(BatchNorm2d::builder(6).affine(bias).build()?)?;
        assert!(fuse_conv_bn_eval(&conv, &norm).is_err());
        conv.eval();
        norm.eval();
        assert_same(&fuse_conv_bn_eval(&conv, &norm)?, [&conv, &norm], &x)?;

        let conv = ConvTranspose2d::builder(4, 6, 3)
            .groups(2)
            .bias(bias)
            .build()?;
        conv.eval();
        assert_same(
            &fuse_conv_transpose_bn_eval(&conv, &norm)?,
            [&conv, &norm],
            &x,
        )?;

        let linear = Linear::builder(6, 3).bias(bias).build()?;
        let norm = used(BatchNorm1d::new(3)?)?;
        linear.eval();
        norm.eval();
        let rows = Tensor::rand(&[5, 6])?;
        assert_same(
            &fuse_linear_bn_eval(&linear, &norm)?,
            [&linear, &norm],
            &rows,
        )?;
    }
    Ok(())
}

#[test]
fn fusion_refuses_what_does_not_fit() -> Result<()> {
    let linear = Linear::new(6, 3)?;
    linear.eval();
    let without = BatchNorm1d::builder(3).track_running_stats(false).build()?;
    let other = BatchNorm1d::new(4)?;
    for norm in [without, other] {
        norm.eval();
        assert!(fuse_linear_bn_eval(&linear, &norm).is_err());
    }
    Ok(())
}

#[test]
fn parameters_become_a_vector_and_back() -> Result<()> {
    let model = Linear::new(3, 2)?;
    let vector = parameters_to_vector(model.parameters())?;
    vector.square()?.sum()?.backward()?;
    assert_eq!(
        model.weight.grad().unwrap().to_vec::<f32>()?,
        model.weight.mul(2.0)?.detach().to_vec::<f32>()?
    );
    let other = Linear::builder(3, 2).dtype(DType::F64).build()?;
    vector_to_parameters(&vector, other.parameters())?;
    assert_eq!(other.weight.dtype(), DType::F64);
    assert_eq!(
        parameters_to_vector(other.parameters())?
            .float()?
            .detach()
            .to_vec::<f32>()?,
        vector.detach().to_vec::<f32>()?
    );
    let short = vector.detach().narrow(0, 0, 7)?;
    assert!(vector_to_parameters(&short, other.parameters()).is_err());
    let nothing: [Tensor; 0] = [];
    assert!(parameters_to_vector(nothing).is_err());
    Ok(())
}

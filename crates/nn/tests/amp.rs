use rushlight_autograd::{DType, Result, Tensor, autocast, tensor};
use rushlight_nn::{
    BatchNorm2d, Conv2d, Flatten, Forward, LSTM, LayerNorm, Linear, Module, MultiheadAttention,
    ReLU, functional as F, sequential,
};

#[test]
fn losses_are_computed_in_single_precision() -> Result<()> {
    let half = |sizes: &[usize]| Tensor::rand(sizes)?.to_dtype(DType::BF16);
    let (x, y) = (half(&[2, 3])?, half(&[2, 3])?);
    let (classes, signs) = (tensor([0, 2])?, tensor([1.0, -1.0])?.to_dtype(DType::BF16)?);
    let losses = autocast(DType::BF16, || -> Result<Vec<Tensor>> {
        Ok(vec![
            F::mse_loss(&x, &y)?,
            F::l1_loss(&x, &y)?,
            F::smooth_l1_loss(&x, &y)?,
            F::huber_loss(&x, &y)?,
            F::poisson_nll_loss(&x, &y)?,
            F::kl_div(&x, &y)?,
            F::cross_entropy(&x, &classes)?,
            F::cross_entropy(&x, &y)?,
            F::nll_loss(&x, &classes)?,
            F::binary_cross_entropy(&x, &y)?,
            F::binary_cross_entropy_with_logits(&x, &y)?,
            F::cosine_embedding_loss(&x, &y, &signs)?,
            F::hinge_embedding_loss(&x, &y)?,
            F::triplet_margin_loss(&x, &y, &x)?,
            F::margin_ranking_loss(&signs, &signs, &signs)?,
            F::soft_margin_loss(&x, &y)?,
            F::multi_margin_loss(&x, &classes)?,
            F::cosine_similarity(&x, &y, 1, 1e-8)?,
            F::pdist(&x, 2.0)?,
            F::layer_norm(&x, &[3], None, None, 1e-5)?,
            F::group_norm(&x, 1, None, None, 1e-5)?,
        ])
    })?;
    for (index, loss) in losses.iter().enumerate() {
        assert_eq!(loss.dtype(), DType::F32, "{index}");
    }
    assert_eq!(F::mse_loss(&x, &y)?.dtype(), DType::BF16);
    Ok(())
}

#[test]
fn models_train_with_gradients_near_those_of_single_precision() -> Result<()> {
    let model = sequential![
        Conv2d::builder(1, 4, 3).padding(1).build()?,
        BatchNorm2d::new(4)?,
        ReLU::new(),
        Flatten::new(),
        LayerNorm::new(64)?,
        Linear::new(64, 3)?,
    ];
    // Not drawn: other tests draw from the same generator, and rounding matters more to some numbers.
    let wave = |count: i64, step: f64| Tensor::arange(0, count, 1)?.mul(step)?.sin();
    for (weight, step) in [("0.weight", 1.3), ("5.weight", 2.1)] {
        let parameter = model.get_parameter(weight)?;
        let numbers = wave(parameter.numel() as i64, step)?.mul(0.4)?;
        parameter.set_data(&numbers.reshape_as(&parameter)?)?;
    }
    let x = wave(128, 0.7)?.reshape(&[8, 1, 4, 4])?;
    let y = tensor([0_i64, 1, 2, 0, 1, 2, 0, 1])?;
    let loss = || F::cross_entropy(&model.forward(&x)?, &y);
    loss()?.backward()?;
    let single: Vec<Tensor> = model
        .parameters()
        .iter()
        .map(|p| p.grad().unwrap())
        .collect();
    for half in [DType::BF16, DType::F16] {
        model.zero_grad();
        let loss = autocast(half, loss)?;
        assert_eq!(loss.dtype(), DType::F32);
        loss.backward()?;
        // The bias of the convolution has no gradient but for rounding.
        for (index, (parameter, single)) in model.parameters().iter().zip(&single).enumerate() {
            let gradient = parameter.grad().unwrap();
            assert_eq!(gradient.dtype(), DType::F32);
            let (error, size) = (gradient.dist(single, 2.0)?.item()?, single.norm()?.item()?);
            assert!(
                index == 1 || error < 0.1 * size,
                "{index}: {error} of {size}"
            );
        }
    }
    Ok(())
}

#[test]
fn recurrent_and_attention_layers_run() -> Result<()> {
    let (lstm, attention) = (LSTM::new(4, 4)?, MultiheadAttention::new(4, 2)?);
    let x = Tensor::rand(&[3, 2, 4])?;
    for half in [DType::BF16, DType::F16] {
        let (y, z) = autocast(half, || -> Result<_> {
            let (y, _) = lstm.forward(&x)?;
            Ok((y.clone(), attention.forward(&y, &y, &y)?.0))
        })?;
        assert_eq!(z.dtype(), half);
        let (exact, _) = lstm.forward(&x)?;
        assert!((y.float()? - exact)?.abs()?.max()?.item()? < 0.02);
        z.float()?.square()?.sum()?.backward()?;
        assert!(lstm.parameters_without_grad().is_empty());
        lstm.zero_grad();
        attention.zero_grad();
    }
    Ok(())
}
